#include "memwall/roofline/roofline.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

namespace memwall::roofline {
namespace {

Totals empty_totals(const Machine& machine, std::string name) {
  Totals totals;
  totals.name = std::move(name);
  totals.by_bound.resize(machine.resources.size());
  return totals;
}

void add(Totals& totals, const OperatorTime& op) {
  const Seconds time = op.total();
  totals.time += time;
  totals.matrix += op.kernel.count * op.kernel.matrix();
  totals.vector += op.kernel.count * op.kernel.vector();
  totals.bytes += op.bytes();
  if (op.cost.bound == workload::none) return;
  totals.by_bound[static_cast<std::size_t>(op.cost.bound)] += time;
  totals.by_provenance[static_cast<std::size_t>(op.cost.basis)] += time;
}

/// The first `depth` names of a path.
std::string shortened(const std::string& path, std::size_t depth) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < std::max<std::size_t>(depth, 1); ++i) {
    end = path.find('.', i == 0 ? 0 : end + 1);
    if (end == std::string::npos) return path;
  }
  return path.substr(0, end);
}

template <class NameOf>
std::vector<Totals> fold(const Roofline& roofline, NameOf name_of) {
  std::vector<Totals> groups;
  std::unordered_map<std::string, std::size_t> index;
  for (const OperatorTime& op : roofline.operators) {
    const auto [found, is_new] = index.try_emplace(name_of(op.kernel), groups.size());
    if (is_new) groups.push_back(empty_totals(roofline.machine, found->first));
    add(groups[found->second], op);
  }
  return groups;
}

}  // namespace

Bytes OperatorTime::bytes() const {
  return cost.bytes.empty() ? kernel.count * kernel.touched() : kernel.count * cost.bytes.front();
}

int Totals::bound() const {
  const auto largest = std::ranges::max_element(by_bound);
  if (largest == by_bound.end() || *largest == Seconds(0)) return workload::none;
  return static_cast<int>(largest - by_bound.begin());
}

std::string_view Roofline::bound_name(int resource) const {
  if (resource == workload::none) return "unknown";
  return machine.resources[static_cast<std::size_t>(resource)].name;
}

Roofline roofline(Machine machine, workload::Phase phase, std::vector<Kernel> kernels,
                  const Pricing& pricing) {
  Roofline result;
  result.total = empty_totals(machine, "total");
  result.notes = machine.notes;
  result.machine = std::move(machine);
  result.phase = phase;
  result.operators.reserve(kernels.size());
  std::size_t unknown = 0;
  for (Kernel& kernel : kernels) {
    Cost cost = pricing(result.machine, kernel);
    result.operators.push_back({std::move(kernel), std::move(cost)});
    add(result.total, result.operators.back());
    if (result.operators.back().cost.bound == workload::none) ++unknown;
  }
  if (unknown > 0) {
    result.notes.push_back(
        fmt::format("{} of {} operators use only what has no known peak: they count no time", unknown,
                    result.operators.size()));
  }
  return result;
}

std::vector<Totals> by_layer(const Roofline& roofline, std::size_t depth) {
  return fold(roofline, [depth](const Kernel& kernel) { return shortened(kernel.layer, depth); });
}

std::vector<Totals> by_pass(const Roofline& roofline) {
  return fold(roofline, [](const Kernel& kernel) { return std::string(to_text(kernel.pass)); });
}

std::vector<Totals> by_kind(const Roofline& roofline) {
  return fold(roofline, [](const Kernel& kernel) {
    return std::string(kernel.pass == Pass::optimizer ? "optimizer" : workload::to_text(kernel.kind));
  });
}

}  // namespace memwall::roofline
