#include "memwall/simulator/chunk_parts.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "memwall/roofline/price.hpp"
#include "memwall/simulator/communication.hpp"
#include "memwall/simulator/hiding.hpp"

namespace memwall::simulator {
namespace {

using parallel::Part;
using roofline::Kernel;
using roofline::Pass;
using workload::Operator;

/// A part and where in the trace it runs: at its operator, or between two.
struct Placed {
  double place = 0;
  Part part;
};

constexpr double between = 0.5;

class Lister {
 public:
  Lister(const workload::Trace& chunk, const plan::Plan& plan, const Pricer& pricer)
      : chunk_(chunk), plan_(plan), pricer_(pricer) {}

  parallel::TaskParts run() {
    std::vector<Seconds> forward(chunk_.operators.size(), Seconds(0));
    std::vector<Seconds> backward = forward;
    for (const Kernel& kernel : kernels(Pass::forward)) {
      const int at = kernel.operators.front();
      add(forward_, at, "operator", kernel, forward);
      if (runs_again(kernel)) add(backward_, end_of_run(at) + between, "recomputed", kernel, backward);
    }
    const bool split = plan_.schedule == plan::Schedule::zero_bubble;
    for (const Kernel& kernel : kernels(Pass::backward)) {
      const bool apart = split && kernel.name.ends_with(".weight_gradient");
      add(apart ? weight_ : backward_, kernel.operators.front(), "operator", kernel, backward);
    }
    const std::vector<Communication> exchanges = communications(chunk_, plan_, *pricer_.recipe);
    add_waits(forward_, exposed_in(Half::forward, exchanges, forward, plan_, *pricer_.system), Half::forward);
    add_waits(backward_, exposed_in(Half::backward, exchanges, backward, plan_, *pricer_.system),
              Half::backward);
    return {in_order(forward_, Half::forward), in_order(backward_, Half::backward),
            in_order(weight_, Half::backward)};
  }

 private:
  [[nodiscard]] std::vector<Kernel> kernels(Pass pass) const {
    return roofline::kernels(chunk_, pass, *pricer_.recipe, pricer_.fusion);
  }
  [[nodiscard]] const Operator& op(int index) const {
    return chunk_.operators[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] bool again(int index) const { return op(index).runs_again != workload::RunsAgain::no; }
  [[nodiscard]] bool runs_again(const Kernel& kernel) const {
    return std::ranges::any_of(kernel.operators, [&](int index) { return again(index); });
  }

  /// The last operator that runs again together with this one, before any of their gradients.
  [[nodiscard]] int end_of_run(int index) const {
    int end = index;
    while (end + 1 < static_cast<int>(chunk_.operators.size()) && again(end + 1) &&
           op(end + 1).repeat == op(index).repeat && op(end + 1).segment == op(index).segment)
      ++end;
    return end;
  }

  static std::string named(const std::string& name, double times) {
    return times == 1 ? name : fmt::format("{} x {}", name, times);
  }

  void add(std::vector<Placed>& parts, double place, const char* category, const Kernel& kernel,
           std::vector<Seconds>& by_operator) const {
    const Seconds time = kernel.count * roofline::price_ideal(*pricer_.machine, kernel).time;
    by_operator[static_cast<std::size_t>(kernel.operators.front())] += time;
    if (time > Seconds(0)) parts.push_back({place, {named(kernel.name, kernel.count), category, time}});
  }

  static void add_waits(std::vector<Placed>& parts, const Exposed& exposed, Half half) {
    for (const Wait& wait : exposed.waits) {
      const Communication& c = *wait.communication;
      const double times = half == Half::forward ? c.forward : c.backward;
      const double place = c.at + (c.first > c.at ? between / 2 : -between / 2);  // before whom it feeds
      const std::string name = fmt::format("{} {}", parallel::to_text(c.collective), name_of(c.exchange));
      parts.push_back({place, {named(name, times), "collective", wait.time}});
    }
  }

  static std::string_view name_of(Exchange exchange) {
    switch (exchange) {
      case Exchange::tensor:
        return "tensor";
      case Exchange::expert:
        return "expert";
      case Exchange::context:
        return "context";
    }
    return "";
  }

  static std::vector<Part> in_order(std::vector<Placed>& parts, Half half) {
    const double way = half == Half::forward ? 1 : -1;
    std::ranges::stable_sort(parts, {}, [&](const Placed& placed) { return way * placed.place; });
    std::vector<Part> ordered;
    for (Placed& placed : parts) ordered.push_back(std::move(placed.part));
    return ordered;
  }

  const workload::Trace& chunk_;
  const plan::Plan& plan_;
  const Pricer& pricer_;
  std::vector<Placed> forward_;
  std::vector<Placed> backward_;
  std::vector<Placed> weight_;
};

}  // namespace

parallel::TaskParts chunk_parts(const workload::Trace& chunk, const plan::Plan& plan, const Pricer& pricer) {
  return Lister(chunk, plan, pricer).run();
}

}  // namespace memwall::simulator
