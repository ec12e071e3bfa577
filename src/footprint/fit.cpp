#include "memwall/footprint/fit.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "memwall/config/problem.hpp"
#include "memwall/units/text.hpp"

namespace memwall::footprint {
namespace {

using plan::Plan;

/// Where mistakes of a question are told: it has no file.
const config::Location command_line{"plan", 0, 0};

/// The best of all valid plans for one number of devices.
struct Best {
  std::optional<Plan> plan;
  Footprint footprint;
  std::vector<std::string> broken;  ///< of the last plan that was refused, to tell why nothing is left
};

class Search {
 public:
  explicit Search(const FitQuestion& question)
      : profiler_(question.model),
        candidates_(question.asked, profiler_.limits(), *question.system, *question.model.workload,
                    question.model.lowering.phase) {}

  [[nodiscard]] std::int64_t plans() const { return plans_; }
  [[nodiscard]] const Candidates& candidates() const { return candidates_; }

  Best best(std::int64_t devices) {
    Best best;
    best.broken = candidates_.each(devices, [&](const Plan& plan) {
      ++plans_;
      Footprint footprint = profiler_.footprint(plan);
      if (best.plan && footprint.total() >= best.footprint.total()) return;
      best.plan = plan;
      best.footprint = std::move(footprint);
    });
    return best;
  }

  /// Whether any plan on any number of devices fits into `capacity`.
  bool fits_anywhere(Bytes capacity) {
    bool fits = false;
    candidates_.each_widest([&](const Plan& plan) {
      if (!fits) fits = profiler_.footprint(plan).total() <= capacity;
    });
    return fits;
  }

 private:
  Profiler profiler_;
  Candidates candidates_;
  std::int64_t plans_ = 0;
};

/// Numbers of devices that a system is bought in: up to a node any, above it whole nodes.
std::int64_t next_size(std::int64_t devices, std::int64_t node) {
  return devices < node ? devices + 1 : devices + node;
}

std::int64_t rounded_up(std::int64_t devices, std::int64_t node) {
  return devices <= node ? std::max<std::int64_t>(1, devices) : (devices + node - 1) / node * node;
}

/// Fewer devices than this cannot hold the standing state alone, however it is divided.
std::int64_t states_bound(const FitQuestion& question, Bytes capacity) {
  const workload::Trace trace = workload::lower(*question.model.workload, question.model.lowering);
  const plan::Recipe& recipe = question.model.recipe;
  Bytes all{0};
  for (const workload::Weight& weight : trace.weights) {
    Bytes each = recipe.weight;
    if (trace.phase == workload::Phase::training) {
      each += recipe.master;
      if (!weight.sparse) each += recipe.gradient;
      for (const plan::OptimizerState& state : question.model.optimizer.states) {
        if (!state.factored && !(state.row_wise && weight.sparse)) each += state.bytes;
      }
    }
    all += weight.elements() * trace.count_of(weight) * each;
  }
  return static_cast<std::int64_t>(std::ceil(std::min(all / capacity, 1e12)));
}

std::optional<std::int64_t> smallest(const FitQuestion& question, Search& search, Bytes capacity) {
  if (!search.fits_anywhere(capacity)) return std::nullopt;
  const std::int64_t node = std::max<std::int64_t>(1, question.system->node.devices);
  const std::int64_t reach = question.system->reach();
  const std::int64_t most = search.candidates().most_devices();
  const std::int64_t limit = reach > 0 ? std::min(reach, most) : most;
  for (std::int64_t n = rounded_up(states_bound(question, capacity), node); n <= limit;
       n = next_size(n, node)) {
    const Best best = search.best(n);
    if (best.plan && best.footprint.total() <= capacity) return n;
  }
  return std::nullopt;
}

/// The question with one thing changed, and how to say it.
struct Change {
  std::string name;
  FitQuestion question;
};

std::vector<Change> changes_of(const FitQuestion& question) {
  std::vector<Change> changes;
  const auto change = [&](std::string name, const std::function<void(FitQuestion&)>& make) {
    FitQuestion changed = question;
    make(changed);
    changes.push_back({std::move(name), std::move(changed)});
  };
  const Asked& asked = question.asked;
  const bool training = question.model.lowering.phase == workload::Phase::training;
  if (training && asked.zero && *asked.zero < 3) change("--zero 3", [](FitQuestion& q) { q.asked.zero = 3; });
  if (training && asked.recompute && *asked.recompute != plan::Recompute::full) {
    change("--recompute full", [](FitQuestion& q) { q.asked.recompute = plan::Recompute::full; });
  }
  if (asked.sequence_parallel && !*asked.sequence_parallel) {
    change("--sequence-parallel on", [](FitQuestion& q) { q.asked.sequence_parallel = true; });
  }
  if (asked.tensor)
    change("tensor parallelism left open",
           [](FitQuestion& q) { q.asked.tensor.reset(), q.asked.data.reset(); });
  if (asked.pipeline)
    change("pipeline parallelism left open",
           [](FitQuestion& q) { q.asked.pipeline.reset(), q.asked.data.reset(); });
  if (asked.micro_batch && *asked.micro_batch > 1)
    change("--micro-batch 1", [](FitQuestion& q) {
      if (!q.asked.global_batch) q.asked.global_batch = q.asked.micro_batch;
      q.asked.micro_batch = 1;
    });
  if (!question.model.lowering.flash_attention) {
    change("--attention flash", [](FitQuestion& q) { q.model.lowering.flash_attention = true; });
  }
  if (!training) return changes;
  for (const plan::Optimizer& optimizer : question.other_optimizers) {
    change("--optimizer " + optimizer.id, [&](FitQuestion& q) { q.model.optimizer = optimizer; });
  }
  for (const plan::Recipe& recipe : question.other_recipes) {
    change("--recipe " + recipe.id, [&](FitQuestion& q) { q.model.recipe = recipe; });
  }
  return changes;
}

void suggest(const FitQuestion& question, std::int64_t devices, Fit& answer) {
  for (const Change& change : changes_of(question)) {
    Search search(change.question);
    const Best best = search.best(devices);
    if (!best.plan || best.footprint.total() >= answer.footprint.total()) continue;
    answer.suggestions.push_back(
        {change.name, best.footprint.total() <= answer.capacity, answer.capacity - best.footprint.total()});
  }
  std::ranges::stable_sort(answer.suggestions,
                           [](const Suggestion& a, const Suggestion& b) { return a.headroom > b.headroom; });
}

std::string_view batch_rule(BatchSource source) {
  switch (source) {
    case BatchSource::asked:
      return "as asked";
    case BatchSource::workload:
      return "the workload's own";
    case BatchSource::micro_batch:
      return "one micro-batch for each stage of each replica";
  }
  return "";
}

std::vector<std::string> rules_of(const FitQuestion& question, const Fit& answer, BatchSource source) {
  std::vector<std::string> rules;
  rules.emplace_back(
      "of all valid plans that leave open what was not asked, the one with the most headroom; no offload");
  rules.push_back(
      fmt::format("devices in whole nodes of {} above one node; tensor parallelism inside the innermost tier",
                  std::max<std::int64_t>(1, question.system->node.devices)));
  rules.push_back(fmt::format("global batch {}: {}", answer.plan.global_batch, batch_rule(source)));
  rules.push_back(
      fmt::format("recipe {}, optimizer {}", question.model.recipe.id, question.model.optimizer.id));
  const auto& memory = question.system->accelerator.main_memory().capacity;
  const Bytes nominal = memory ? memory->value : answer.capacity;
  rules.push_back(fmt::format("capacity {}: {} less a reserve of {}", to_text(answer.capacity),
                              to_text(nominal), to_text(nominal - answer.capacity)));
  rules.emplace_back(
      "stages may differ by whole units (operators outside repeated blocks, or iterations); blocks need not "
      "divide");
  return rules;
}

}  // namespace

Fit fit(const FitQuestion& question) {
  Fit answer;
  answer.capacity = usable_capacity(question.system->accelerator, question.reserve);
  Search search(question);
  std::optional<std::int64_t> devices = search.candidates().devices();
  if (devices) check_devices(*question.system, *devices);
  FitQuestion open = question;
  open.asked.devices.reset();
  if (question.find_smallest || !devices) answer.smallest_devices = smallest(open, search, answer.capacity);
  if (!devices)
    devices = answer.smallest_devices.value_or(std::max<std::int64_t>(1, question.system->node.devices));

  Best best = search.best(*devices);
  if (!best.plan) {
    throw config::BadInput(command_line, fmt::format("no valid plan for {} devices: {}", *devices,
                                                     fmt::join(best.broken, "; ")));
  }
  answer.plan = *best.plan;
  answer.footprint = std::move(best.footprint);
  answer.fits = answer.footprint.total() <= answer.capacity;
  if (!answer.fits) suggest(question, *devices, answer);
  answer.plans = search.plans();
  answer.rules = rules_of(question, answer, search.candidates().batch_source());
  return answer;
}

}  // namespace memwall::footprint
