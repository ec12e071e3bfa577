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

bool better(const Footprint& a, const Footprint& b, const Room& room) {
  const bool holds = room.holds(a);
  return holds == room.holds(b) ? a.total() < b.total() : holds;
}

class Search {
 public:
  explicit Search(const FitQuestion& question)
      : profiler_(question.model, question.system->node.devices),
        candidates_(question.asked, profiler_.limits(), *question.system, *question.model.workload,
                    question.model.lowering.phase) {}

  [[nodiscard]] std::int64_t plans() const { return plans_; }
  [[nodiscard]] const Candidates& candidates() const { return candidates_; }

  /// One that `room` holds comes before all others, then the one with the most headroom on its devices.
  Best best(std::int64_t devices, const Room& room) {
    Best best;
    best.broken = candidates_.each(devices, [&](const Plan& plan) {
      ++plans_;
      Footprint footprint = profiler_.footprint(plan);
      if (best.plan && !better(footprint, best.footprint, room)) return;
      best.plan = plan;
      best.footprint = std::move(footprint);
    });
    return best;
  }

  /// Whether `room` holds any plan on any number of devices.
  bool fits_anywhere(const Room& room) {
    bool fits = false;
    candidates_.each_widest([&](const Plan& plan) {
      if (!fits) fits = room.holds(profiler_.footprint(plan));
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

/// Of the master copy and the optimizer's states, for each parameter of a weight; rows and columns not
/// counted.
Bytes state_bytes(const Model& model, const workload::Weight& weight) {
  Bytes each = model.recipe.master;
  for (const plan::OptimizerState& state : model.optimizer.states) {
    if (!state.factored && !(state.row_wise && weight.sparse)) each += state.bytes;
  }
  return each;
}

/// Fewer devices than this cannot hold the standing state that stays on them, however it is divided.
std::int64_t states_bound(const FitQuestion& question, Bytes capacity) {
  const workload::Trace trace = workload::lower(*question.model.workload, question.model.lowering);
  const plan::Recipe& recipe = question.model.recipe;
  const plan::Offload outside = question.asked.offload.value_or(plan::Offload{});
  Bytes all{0};
  for (const workload::Weight& weight : trace.weights) {
    Bytes each = outside.weights ? Bytes(0) : recipe.weight;
    if (trace.phase == workload::Phase::training) {
      if (!outside.weights && !weight.sparse) each += recipe.gradient;
      if (!outside.optimizer) each += state_bytes(question.model, weight);
    }
    all += weight.elements() * trace.count_of(weight) * each;
  }
  return static_cast<std::int64_t>(std::ceil(std::min(all / capacity, 1e12)));
}

std::optional<std::int64_t> smallest(const FitQuestion& question, Search& search, const Room& room) {
  if (!search.fits_anywhere(room)) return std::nullopt;
  const std::int64_t node = std::max<std::int64_t>(1, question.system->node.devices);
  const std::int64_t reach = question.system->reach();
  const std::int64_t most = search.candidates().most_devices();
  const std::int64_t limit = reach > 0 ? std::min(reach, most) : most;
  for (std::int64_t n = rounded_up(states_bound(question, room.device), node); n <= limit;
       n = next_size(n, node)) {
    const Best best = search.best(n, room);
    if (best.plan && room.holds(best.footprint)) return n;
  }
  return std::nullopt;
}

/// The question with one thing changed, and how to say it.
struct Change {
  std::string name;
  FitQuestion question;
};

/// What could be offloaded beside what is, where the system has a memory for it: one thing more, or all.
std::vector<plan::Offload> wider_offloads(const FitQuestion& question) {
  if (!hardware::has_outer_memory(*question.system,
                                  question.asked.offload_to.value_or(hardware::OuterMemory::host)))
    return {};
  const plan::Offload now = question.asked.offload.value_or(plan::Offload{});
  const plan::Offload all{true, true, true};
  std::vector<plan::Offload> wider;
  for (bool plan::Offload::*part :
       {&plan::Offload::weights, &plan::Offload::optimizer, &plan::Offload::activations}) {
    plan::Offload one = now;
    one.*part = true;
    if (one != now && one != all) wider.push_back(one);
  }
  if (now != all) wider.push_back(all);
  return wider;
}

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
  if (training && asked.recompute && *asked.recompute != plan::Recompute::full()) {
    change("--recompute full", [](FitQuestion& q) { q.asked.recompute = plan::Recompute::full(); });
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
  for (const plan::Offload& offload : wider_offloads(question)) {
    change("--offload " + plan::to_text(offload), [&](FitQuestion& q) { q.asked.offload = offload; });
  }
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
    const Room room = room_for(*question.system, change.question.asked, question.reserve);
    const Best best = search.best(devices, room);
    const bool helps =
        best.plan && (room.holds(best.footprint) || best.footprint.total() < answer.footprint.total());
    if (!helps) continue;
    const Bytes held_by_node = best.footprint.node_offloaded;
    answer.suggestions.push_back({change.name, room.holds(best.footprint),
                                  answer.capacity - best.footprint.total(),
                                  held_by_node - std::min(held_by_node, room.node.value_or(held_by_node))});
  }
  std::ranges::stable_sort(answer.suggestions, [](const Suggestion& a, const Suggestion& b) {
    return a.fits == b.fits ? a.headroom > b.headroom : a.fits;
  });
}

std::vector<std::string> rules_of(const FitQuestion& question, const Fit& answer, BatchSource source) {
  std::vector<std::string> rules;
  const plan::Offload& offload = answer.plan.offload;
  rules.push_back(
      fmt::format("of all valid plans that leave open what was not asked, the one with the most headroom; {}",
                  offload.any() ? fmt::format("offload of {} to {}", plan::to_text(offload),
                                              hardware::to_text(answer.plan.offload_to))
                                : "no offload"));
  rules.push_back(
      fmt::format("devices in whole nodes of {} above one node; tensor parallelism inside the innermost tier",
                  std::max<std::int64_t>(1, question.system->node.devices)));
  rules.push_back(fmt::format("global batch {}: {}", answer.plan.global_batch, to_text(source)));
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
  const Room room = room_for(*question.system, question.asked, question.reserve);
  answer.capacity = room.device;
  answer.node_capacity = room.node;
  Search search(question);
  std::optional<std::int64_t> devices = search.candidates().devices();
  if (devices) check_devices(*question.system, *devices);
  FitQuestion open = question;
  open.asked.devices.reset();
  if (question.find_smallest || !devices) answer.smallest_devices = smallest(open, search, room);
  if (!devices)
    devices = answer.smallest_devices.value_or(std::max<std::int64_t>(1, question.system->node.devices));

  Best best = search.best(*devices, room);
  if (!best.plan) {
    throw config::BadInput(command_line, fmt::format("no valid plan for {} devices: {}", *devices,
                                                     fmt::join(best.broken, "; ")));
  }
  answer.plan = *best.plan;
  answer.footprint = std::move(best.footprint);
  answer.fits = room.holds(answer.footprint);
  if (!answer.fits) suggest(question, *devices, answer);
  answer.plans = search.plans();
  answer.rules = rules_of(question, answer, search.candidates().batch_source());
  return answer;
}

}  // namespace memwall::footprint
