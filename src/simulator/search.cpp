#include "simulator/search.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

namespace memwall::simulator {
namespace {

using footprint::Asked;
using plan::Plan;
using plan::Recompute;

/// How many of the best plans are taken further, and played in the end.
constexpr std::size_t few = 4;

/// Knobs change at most so often: each change helps, and few are needed.
constexpr int most_changes = 16;

struct Rated {
  Plan plan;
  bool fits = false;
  Seconds time{0};
  Bytes held{0};  ///< on the fullest device

  /// What fits is better than what does not; of the first kind the faster, of the second the smaller.
  [[nodiscard]] bool better_than(const Rated& other) const {
    if (fits != other.fits) return fits;
    return fits ? time < other.time : held < other.held;
  }
};

class Rater {
 public:
  Rater(Trainer& trainer, const footprint::Room& room) : trainer_(trainer), room_(room) {}

  /// A plan, where it may be better than another: one that does not fit is not timed where that does.
  std::optional<Rated> rate(const Plan& plan, const Rated* than) {
    ++rated_;
    const footprint::Footprint held = trainer_.footprint(plan);
    const bool fits = room_.holds(held);
    if (than != nullptr && than->fits && !fits) return std::nullopt;
    return Rated{plan, fits, fits ? trainer_.quick_step(plan) : Seconds(0), held.total()};
  }

  [[nodiscard]] std::int64_t rated() const { return rated_; }

 private:
  Trainer& trainer_;
  const footprint::Room& room_;
  std::int64_t rated_ = 0;
};

/// Keeps the best few, the best first; of equals the one that came first, which is the simplest.
void keep(std::vector<Rated>& best, Rated rated) {
  const auto place = std::ranges::find_if(best, [&](const Rated& b) { return rated.better_than(b); });
  best.insert(place, std::move(rated));
  if (best.size() > few) best.pop_back();
}

/// Plans that differ in one knob which nobody has fixed.
class Neighbours {
 public:
  Neighbours(const Asked& asked, bool batch_is_given) : asked_(asked), batch_is_given_(batch_is_given) {}

  std::vector<Plan> of(const Plan& plan) {
    found_.clear();
    if (!asked_.micro_batch && batch_is_given_) doubled_and_halved(plan, &Plan::micro_batch);
    if (!asked_.recompute) recomputations(plan);
    if (!asked_.context && !asked_.data) contexts(plan);
    if (plan.pipeline == 1) return found_;
    if (!asked_.interleave) doubled_and_halved(plan, &Plan::interleave);
    if (!asked_.schedule) {
      for (const plan::Schedule schedule :
           {plan::Schedule::one_f_one_b, plan::Schedule::zero_bubble, plan::Schedule::gpipe})
        add(plan, [schedule](Plan& p) { p.schedule = schedule; });
    }
    return found_;
  }

 private:
  void add(Plan plan, const std::function<void(Plan&)>& change) {
    change(plan);
    found_.push_back(std::move(plan));
  }

  void doubled_and_halved(const Plan& plan, std::int64_t Plan::*knob) {
    add(plan, [knob](Plan& p) { p.*knob *= 2; });
    if (plan.*knob % 2 == 0) add(plan, [knob](Plan& p) { p.*knob /= 2; });
  }

  void recomputations(const Plan& plan) {
    constexpr std::int64_t many = 64;  // blocks of a chunk that halving begins with where all run again
    const std::int64_t blocks = std::min(plan.recompute.blocks, many);
    for (const Recompute& recompute :
         {Recompute::none(), Recompute::selective(), Recompute::full(),
          Recompute::first_blocks(std::max<std::int64_t>(1, blocks / 2)),
          Recompute::first_blocks(blocks + std::max<std::int64_t>(1, blocks / 4))})
      add(plan, [&](Plan& p) { p.recompute = recompute; });
  }

  void contexts(const Plan& plan) {
    if (plan.data % 2 == 0 && plan.data / 2 % plan.expert == 0)
      add(plan, [](Plan& p) { p.context *= 2, p.data /= 2; });
    if (plan.context % 2 == 0) add(plan, [](Plan& p) { p.context /= 2, p.data *= 2; });
  }

  const Asked& asked_;
  bool batch_is_given_;
  std::vector<Plan> found_;
};

/// The plan with one knob after another changed for the better.
Rated improved(Rated now, Rater& rater, Neighbours& neighbours, const plan::Limits& limits) {
  for (int change = 0; change < most_changes; ++change) {
    Rated best = now;
    for (const Plan& plan : neighbours.of(now.plan)) {
      if (!plan::violations(plan, limits).empty()) continue;
      std::optional<Rated> rated = rater.rate(plan, &best);
      if (rated && rated->better_than(best)) best = std::move(*rated);
    }
    if (!best.better_than(now)) break;
    now = std::move(best);
  }
  return now;
}

}  // namespace

Found search(Trainer& trainer, const footprint::Candidates& candidates, const TrainQuestion& question,
             std::int64_t devices, const footprint::Room& room) {
  Rater rater(trainer, room);
  Found found;
  std::vector<Rated> best;
  found.broken = candidates.each(devices, [&](const Plan& plan) {
    std::optional<Rated> rated = rater.rate(plan, best.size() == few ? &best.back() : nullptr);
    if (rated) keep(best, std::move(*rated));
  });
  if (best.empty()) return found;
  if (question.search == Search::all) {
    Neighbours neighbours(question.asked, candidates.batch_source() != footprint::BatchSource::micro_batch);
    for (Rated& rated : best) rated = improved(std::move(rated), rater, neighbours, trainer.limits());
  }
  if (best.size() > 1) {
    for (Rated& rated : best) rated.time = trainer.estimate(rated.plan).step_time;
  }
  found.plan =
      std::ranges::min_element(best, [](const Rated& a, const Rated& b) { return a.better_than(b); })->plan;
  found.plans = rater.rated();
  return found;
}

}  // namespace memwall::simulator
