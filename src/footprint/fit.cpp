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

std::vector<std::int64_t> divisors(std::int64_t n) {
  std::vector<std::int64_t> small;
  std::vector<std::int64_t> large;
  for (std::int64_t d = 1; d * d <= n; ++d) {
    if (n % d != 0) continue;
    small.push_back(d);
    if (d != n / d) large.push_back(n / d);
  }
  small.insert(small.end(), large.rbegin(), large.rend());
  return small;
}

Bytes capacity_of(const FitQuestion& question) {
  const hardware::Accelerator& device = question.system->accelerator;
  const auto& nominal = device.main_memory().capacity;
  if (!nominal) {
    throw config::BadInput(device.where,
                           fmt::format("nobody publishes the memory capacity of '{}'; give one with --set "
                                       "memory.{}.capacity=...",
                                       device.id, device.main_memory().name));
  }
  const Bytes usable =
      question.reserve ? nominal->value - *question.reserve : device.usable_memory().value_or(nominal->value);
  if (usable <= Bytes(0)) {
    throw config::BadInput({"--reserve", 0, 0},
                           fmt::format("a reserve of {} leaves nothing of {}", to_text(*question.reserve),
                                       to_text(nominal->value)));
  }
  return usable;
}

std::int64_t global_batch_of(const FitQuestion& question) {
  const auto& training = question.model.workload->training;
  return question.asked.global_batch.value_or(
      static_cast<std::int64_t>(training.batch.value_or(training.device_batch.value_or(1))));
}

/// The best of all valid plans for one number of devices.
struct Best {
  std::optional<Plan> plan;
  Footprint footprint;
  std::vector<std::string> broken;  ///< of the last plan that was refused, to tell why nothing is left
};

class Search {
 public:
  explicit Search(const FitQuestion& question)
      : question_(question),
        asked_(question.asked),
        profiler_(question.model),
        global_batch_(global_batch_of(question)) {}

  [[nodiscard]] std::int64_t plans() const { return plans_; }
  [[nodiscard]] Profiler& profiler() { return profiler_; }

  Best best(std::int64_t devices) {
    Best best;
    each_degrees(devices, [&](Plan plan) { each_policy(plan, best); });
    return best;
  }

  /// No valid plan has more devices: the widest of each degree.
  [[nodiscard]] std::int64_t most_devices() {
    constexpr std::int64_t sensible = 1 << 20;
    const double product = static_cast<double>(tensor_degrees().back()) *
                           static_cast<double>(asked_.context.value_or(1)) *
                           static_cast<double>(asked_.pipeline.value_or(profiler_.limits().cut_points)) *
                           static_cast<double>(widest_data());
    return static_cast<std::int64_t>(std::min(product, static_cast<double>(sensible)));
  }

  /// Whether any plan on any number of devices fits into `capacity`: with the widest data parallelism that
  /// the batch allows, every way to divide the model is tried.
  bool fits_anywhere(Bytes capacity) {
    for (const std::int64_t tensor : tensor_degrees()) {
      for (std::int64_t pipeline = 1; pipeline <= profiler_.limits().cut_points; pipeline = wider(pipeline)) {
        const std::int64_t data = widest_data();
        Best found;
        Plan plan = start(data, tensor, asked_.pipeline.value_or(pipeline));
        each_policy(plan, found);
        if (found.plan && found.footprint.total() <= capacity) return true;
        if (asked_.pipeline) break;
      }
    }
    return false;
  }

 private:
  /// All stage counts up to 16, then steps of an eighth: between them a footprint hardly changes.
  static std::int64_t wider(std::int64_t pipeline) {
    return pipeline + std::max<std::int64_t>(1, pipeline / 8);
  }

  /// The widest data parallelism that the batch allows.
  std::int64_t widest_data() const {
    constexpr std::int64_t unbounded = 1'000'000;  // the batch grows with the replicas
    if (asked_.data) return *asked_.data;
    if (asked_.micro_batch && !asked_.global_batch) return unbounded;
    return std::max<std::int64_t>(1, global_batch_ / asked_.micro_batch.value_or(1));
  }

  std::vector<std::int64_t> tensor_degrees() const {
    if (asked_.tensor) return {*asked_.tensor};
    if (!profiler_.limits().shardable) return {1};
    // Beyond the innermost tier tensor parallelism is possible, and never sensible.
    const auto& tiers = question_.system->tiers;
    const std::int64_t most =
        tiers.empty() ? 1 : (tiers.front().size > 0 ? std::min<std::int64_t>(tiers.front().size, 64) : 64);
    std::vector<std::int64_t> degrees;
    for (std::int64_t t = 1; t <= most; ++t) degrees.push_back(t);
    return degrees;
  }

  Plan start(std::int64_t data, std::int64_t tensor, std::int64_t pipeline) const {
    Plan plan;
    plan.data = data;
    plan.tensor = tensor;
    plan.pipeline = pipeline;
    plan.context = asked_.context.value_or(1);
    plan.expert = asked_.expert.value_or(1);
    const bool training = question_.model.lowering.phase == workload::Phase::training;
    const bool own_batch = asked_.micro_batch && !asked_.global_batch;
    plan.global_batch = own_batch ? *asked_.micro_batch * data : global_batch_;
    plan.micro_batch =
        asked_.micro_batch.value_or(training ? 1 : std::max<std::int64_t>(1, plan.global_batch / data));
    plan.interleave = asked_.interleave.value_or(1);
    plan.schedule = asked_.schedule.value_or(plan::Schedule::one_f_one_b);
    return plan;
  }

  void each_degrees(std::int64_t devices, const std::function<void(Plan)>& use) const {
    const std::int64_t context = asked_.context.value_or(1);
    for (const std::int64_t tensor : tensor_degrees()) {
      if (devices % (tensor * context) != 0) continue;
      const std::int64_t rest = devices / (tensor * context);
      for (const std::int64_t pipeline : divisors(rest)) {
        if (asked_.pipeline && *asked_.pipeline != pipeline) continue;
        if (pipeline > profiler_.limits().cut_points && !asked_.pipeline) break;
        const std::int64_t data = rest / pipeline;
        if (asked_.data && *asked_.data != data) continue;
        use(start(data, tensor, pipeline));
      }
    }
  }

  /// Tries what stays open once the degrees are set, the simplest first.
  void each_policy(Plan plan, Best& best) {
    const bool training = question_.model.lowering.phase == workload::Phase::training;
    for (const std::int64_t expert : expert_degrees(plan)) {
      plan.expert = expert;
      for (const bool sequence_parallel : options<bool>(asked_.sequence_parallel, {false, true})) {
        plan.sequence_parallel = sequence_parallel;
        for (const plan::Recompute recompute : recomputations(training)) {
          plan.recompute = recompute;
          for (const int zero :
               options<int>(asked_.zero,
                            training && plan.data > 1 ? std::vector<int>{0, 1, 2, 3} : std::vector<int>{0})) {
            plan.zero = zero;
            consider(plan, best);
          }
        }
      }
    }
  }

  std::vector<plan::Recompute> recomputations(bool training) const {
    if (!training) return {plan::Recompute::none};
    return options<plan::Recompute>(
        asked_.recompute, {plan::Recompute::none, plan::Recompute::selective, plan::Recompute::full});
  }

  std::vector<std::int64_t> expert_degrees(const Plan& plan) const {
    if (asked_.expert) return {*asked_.expert};
    std::int64_t common = plan.data;
    for (const std::int64_t experts : profiler_.limits().experts) common = std::gcd(common, experts);
    return profiler_.limits().experts.empty() ? std::vector<std::int64_t>{1} : divisors(common);
  }

  template <class T>
  static std::vector<T> options(const std::optional<T>& asked, std::vector<T> open) {
    return asked ? std::vector<T>{*asked} : open;
  }

  void consider(const Plan& plan, Best& best) {
    std::vector<std::string> broken = plan::violations(plan, profiler_.limits());
    if (!broken.empty()) {
      if (best.broken.empty() || broken.size() < best.broken.size()) best.broken = std::move(broken);
      return;
    }
    ++plans_;
    Footprint footprint = profiler_.footprint(plan);
    if (best.plan && footprint.total() >= best.footprint.total()) return;
    best.plan = plan;
    best.footprint = std::move(footprint);
  }

  const FitQuestion& question_;
  const Asked& asked_;
  Profiler profiler_;
  std::int64_t global_batch_;
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
  double parameters = 0;
  for (const workload::Weight& weight : trace.weights)
    parameters += weight.elements() * trace.count_of(weight);
  Bytes each = question.model.recipe.weight;
  if (trace.phase == workload::Phase::training) {
    each += question.model.recipe.gradient + question.model.recipe.master;
    for (const plan::OptimizerState& state : question.model.optimizer.states) {
      if (!state.factored) each += state.bytes;
    }
  }
  return static_cast<std::int64_t>(std::ceil(std::min(parameters * each / capacity, 1e12)));
}

std::optional<std::int64_t> smallest(const FitQuestion& question, Search& search, Bytes capacity) {
  if (!search.fits_anywhere(capacity)) return std::nullopt;
  const std::int64_t node = std::max<std::int64_t>(1, question.system->node.devices);
  const std::int64_t reach = question.system->reach();
  const std::int64_t most = search.most_devices();
  const std::int64_t limit = reach > 0 ? std::min(reach, most) : most;
  for (std::int64_t n = rounded_up(states_bound(question, capacity), node); n <= limit;
       n = next_size(n, node)) {
    const Best best = search.best(n);
    if (best.plan && best.footprint.total() <= capacity) return n;
  }
  return std::nullopt;
}

std::optional<std::int64_t> devices_asked(const FitQuestion& question) {
  const Asked& asked = question.asked;
  if (asked.devices) return asked.devices;
  if (!asked.data || !asked.tensor || !asked.pipeline) return std::nullopt;
  return *asked.data * *asked.tensor * *asked.pipeline * asked.context.value_or(1);
}

void check_size(const FitQuestion& question, std::int64_t devices) {
  const std::int64_t node = std::max<std::int64_t>(1, question.system->node.devices);
  if (devices > node && devices % node != 0) {
    throw config::BadInput({"--devices", 0, 0},
                           fmt::format("{} devices are no whole number of nodes of {}; nearest: {} or {}",
                                       devices, node, devices / node * node, (devices / node + 1) * node));
  }
  const std::int64_t reach = question.system->reach();
  if (reach > 0 && devices > reach) {
    throw config::BadInput({"--devices", 0, 0}, fmt::format("{} devices are more than the {} that '{}' joins",
                                                            devices, reach, question.system->id));
  }
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

std::vector<std::string> rules_of(const FitQuestion& question, const Fit& answer) {
  const auto& asked = question.asked;
  const auto& workload = *question.model.workload;
  std::vector<std::string> rules;
  rules.push_back(
      "of all valid plans that leave open what was not asked, the one with the most headroom; no offload");
  rules.push_back(
      fmt::format("devices in whole nodes of {} above one node; tensor parallelism inside the innermost tier",
                  std::max<std::int64_t>(1, question.system->node.devices)));
  if (asked.micro_batch && !asked.global_batch) {
    rules.push_back(
        fmt::format("global batch {}: the micro-batch on every replica", answer.plan.global_batch));
  } else {
    const bool given = asked.global_batch.has_value();
    rules.push_back(fmt::format("global batch {}: {}", answer.plan.global_batch,
                                given                            ? "as asked"
                                : workload.training.batch        ? "the workload's own"
                                : workload.training.device_batch ? "the workload's for one device"
                                                                 : "the workload names none"));
  }
  rules.push_back(
      fmt::format("recipe {}, optimizer {}", question.model.recipe.id, question.model.optimizer.id));
  const Bytes nominal = question.system->accelerator.main_memory().capacity->value;
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
  answer.capacity = capacity_of(question);
  Search search(question);
  std::optional<std::int64_t> devices = devices_asked(question);
  if (devices) check_size(question, *devices);
  FitQuestion open = question;
  open.asked.devices.reset();
  if (question.find_smallest || !devices) answer.smallest_devices = smallest(open, search, answer.capacity);
  if (!devices)
    devices = answer.smallest_devices.value_or(std::max<std::int64_t>(1, question.system->node.devices));

  Best best = search.best(*devices);
  if (!best.plan) {
    if (best.broken.empty())
      best.broken.push_back(
          fmt::format("{} devices are not data x tensor x pipeline x context as asked", *devices));
    throw config::BadInput(command_line, fmt::format("no valid plan for {} devices: {}", *devices,
                                                     fmt::join(best.broken, "; ")));
  }
  answer.plan = *best.plan;
  answer.footprint = std::move(best.footprint);
  answer.fits = answer.footprint.total() <= answer.capacity;
  if (!answer.fits) suggest(question, *devices, answer);
  answer.plans = search.plans();
  answer.rules = rules_of(question, answer);
  return answer;
}

}  // namespace memwall::footprint
