#include "memwall/footprint/candidates.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "memwall/config/problem.hpp"
#include "memwall/units/text.hpp"

namespace memwall::footprint {
namespace {

using plan::Plan;

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

template <class T>
std::vector<T> options(const std::optional<T>& asked, std::vector<T> open) {
  return asked ? std::vector<T>{*asked} : std::move(open);
}

/// Beyond the innermost tier tensor parallelism is possible, and hardly ever sensible.
std::int64_t widest_tensor_of(const hardware::System& system) {
  constexpr std::int64_t sensible = 64;
  if (system.tiers.empty()) return 1;
  const std::int64_t size = system.tiers.front().size;
  return size > 0 ? std::min(size, sensible) : sensible;
}

/// All stage counts up to 16, then steps of an eighth: between them a footprint hardly changes.
std::int64_t next_pipeline(std::int64_t pipeline) {
  return pipeline + std::max<std::int64_t>(1, pipeline / 8);
}

/// Degrees and batches that are none leave nothing to enumerate.
void check(const Asked& asked) {
  constexpr std::int64_t most = std::int64_t{1} << 31;
  const auto refuse = [](std::string_view what, std::int64_t value, std::string_view expected) {
    throw config::BadInput({"plan", 0, 0}, fmt::format("{} {}: expected {}", what, value, expected));
  };
  const auto count = [&](std::string_view what, const std::optional<std::int64_t>& value) {
    if (value && (*value < 1 || *value > most)) refuse(what, *value, fmt::format("1 to {}", most));
  };
  count("devices", asked.devices);
  count("data", asked.data);
  count("tensor", asked.tensor);
  count("pipeline", asked.pipeline);
  count("context", asked.context);
  count("expert", asked.expert);
  count("micro-batch", asked.micro_batch);
  count("global batch", asked.global_batch);
  count("interleave", asked.interleave);
  if (asked.zero_group.value_or(0) != 0) count("zero-group", asked.zero_group);
  if (asked.zero && (*asked.zero < 0 || *asked.zero > 3)) refuse("zero", *asked.zero, "0 to 3");
  double product = 1;
  for (const auto& degree : {asked.data, asked.tensor, asked.pipeline, asked.context})
    product *= static_cast<double>(degree.value_or(1));
  if (product > static_cast<double>(most)) {
    throw config::BadInput(
        {"plan", 0, 0},
        fmt::format("data x tensor x pipeline x context is {:.0f}; expected at most {}", product, most));
  }
}

}  // namespace

std::string_view to_text(BatchSource source) {
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

Candidates::Candidates(Asked asked, plan::Limits limits, const hardware::System& system,
                       const workload::Workload& workload, workload::Phase phase)
    : asked_(std::move(asked)),
      limits_(std::move(limits)),
      widest_tensor_(widest_tensor_of(system)),
      training_(phase == workload::Phase::training) {
  check(asked_);
  if (!training_ && asked_.offload.value_or(plan::Offload{}).any()) {
    throw config::BadInput({"plan", 0, 0}, "offload is for what training remembers; inference has none");
  }
  if (asked_.global_batch) {
    global_batch_ = *asked_.global_batch;
  } else if (workload.training.batch && !asked_.batch_follows_micro_batch) {
    global_batch_ = static_cast<std::int64_t>(*workload.training.batch);
    batch_source_ = BatchSource::workload;
  } else {
    batch_source_ = BatchSource::micro_batch;
  }
}

std::optional<std::int64_t> Candidates::devices() const {
  if (asked_.devices) return asked_.devices;
  if (!asked_.data || !asked_.tensor || !asked_.pipeline) return std::nullopt;
  return *asked_.data * *asked_.tensor * *asked_.pipeline * asked_.context.value_or(1);
}

std::int64_t Candidates::widest_data() const {
  constexpr std::int64_t unbounded = 1 << 20;  // the batch grows with the replicas
  if (asked_.data) return *asked_.data;
  if (batch_source_ == BatchSource::micro_batch) {
    const std::int64_t whole =
        std::lcm(std::max<std::int64_t>(1, asked_.zero_group.value_or(1)), asked_.expert.value_or(1));
    return std::max(whole, unbounded / whole * whole);
  }
  return std::max<std::int64_t>(1, global_batch_ / asked_.micro_batch.value_or(1));
}

std::int64_t Candidates::most_devices() const {
  constexpr double sensible = 1 << 20;
  const std::int64_t pipeline = asked_.pipeline.value_or(limits_.cut_points);
  const double product = static_cast<double>(tensor_degrees().back()) * static_cast<double>(pipeline) *
                         static_cast<double>(widest_data()) * static_cast<double>(asked_.context.value_or(1));
  return static_cast<std::int64_t>(std::min(product, sensible));
}

std::vector<std::int64_t> Candidates::tensor_degrees() const {
  if (asked_.tensor) return {*asked_.tensor};
  if (!limits_.shardable) return {1};
  std::vector<std::int64_t> degrees(static_cast<std::size_t>(widest_tensor_));
  std::iota(degrees.begin(), degrees.end(), 1);
  return degrees;
}

std::vector<std::int64_t> Candidates::expert_degrees(const Plan& plan) const {
  if (asked_.expert) return {*asked_.expert};
  if (!limits_.divides_experts()) return {1};
  std::int64_t common = plan.data;
  for (const std::int64_t experts : limits_.experts) common = std::gcd(common, experts);
  return divisors(common);
}

std::vector<plan::Recompute> Candidates::recomputations() const {
  using plan::Recompute;
  if (!training_) return {Recompute::none()};
  return options<Recompute>(asked_.recompute, {Recompute::none(), Recompute::selective(), Recompute::full()});
}

Plan Candidates::start(std::int64_t data, std::int64_t tensor, std::int64_t pipeline) const {
  Plan plan = completed(asked_, {});
  plan.data = data;
  plan.tensor = tensor;
  plan.pipeline = pipeline;
  const double follows = static_cast<double>(asked_.micro_batch.value_or(1)) * static_cast<double>(data) *
                         static_cast<double>(training_ ? pipeline : 1);
  plan.global_batch = batch_source_ == BatchSource::micro_batch
                          ? static_cast<std::int64_t>(std::min(follows, largest_exact_count))
                          : global_batch_;
  // Training accumulates micro-batches of one sample unless told otherwise; inference runs its batch at once.
  plan.micro_batch =
      asked_.micro_batch.value_or(training_ ? 1 : std::max<std::int64_t>(1, plan.global_batch / data));
  return plan;
}

std::vector<std::string> Candidates::each(std::int64_t devices, const Use& use) const {
  std::vector<std::string> broken;
  bool found = false;
  const Use note = [&](const Plan& plan) {
    found = true;
    use(plan);
  };
  const std::int64_t context = asked_.context.value_or(1);
  for (const std::int64_t tensor : tensor_degrees()) {
    if (devices % (tensor * context) != 0) continue;
    const std::int64_t rest = devices / (tensor * context);
    for (const std::int64_t pipeline : divisors(rest)) {
      if (asked_.pipeline ? *asked_.pipeline != pipeline : pipeline > limits_.cut_points) continue;
      if (asked_.data && *asked_.data != rest / pipeline) continue;
      each_policy(start(rest / pipeline, tensor, pipeline), note, broken);
    }
  }
  if (found) return {};
  return broken.empty() ? mismatch(devices) : broken;
}

/// Why no degrees multiply to so many devices: the rules that those asked for break by themselves, and their
/// product.
std::vector<std::string> Candidates::mismatch(std::int64_t devices) const {
  Plan plan = completed(asked_, {});
  if (!asked_.zero) plan.zero_group = 0;
  plan.global_batch = plan.data * plan.micro_batch * plan.pipeline;
  std::vector<std::string> broken = plan::violations(plan, limits_);
  std::vector<std::string> degrees;
  const auto name = [&](const char* what, const std::optional<std::int64_t>& degree) {
    if (degree) degrees.push_back(fmt::format("{} {}", what, *degree));
  };
  name("data", asked_.data);
  name("tensor", asked_.tensor);
  name("pipeline", asked_.pipeline);
  name("context", asked_.context);
  const std::int64_t product = plan.devices();
  const bool all = asked_.data && asked_.tensor && asked_.pipeline;
  if (all ? product != devices : devices % product != 0) {
    const std::int64_t below = devices / product * product;
    const std::string nearest =
        all || below == 0 ? fmt::format("{}", product) : fmt::format("{} or {}", below, below + product);
    const std::string equals = degrees.size() > 1 ? fmt::format(" = {}", product) : "";
    broken.push_back(fmt::format("{}{} {} {} devices; nearest number of devices: {}",
                                 fmt::join(degrees, " x "), equals, all ? "is not" : "does not divide",
                                 devices, nearest));
  }
  if (broken.empty()) {
    broken.push_back(
        fmt::format("{} devices are no product of a tensor degree up to {}, up to {} stages and replicas",
                    devices, tensor_degrees().back(), limits_.cut_points));
  }
  return broken;
}

std::vector<std::int64_t> Candidates::spread_of_pipelines() const {
  if (asked_.pipeline) return {*asked_.pipeline};
  constexpr std::int64_t sensible = 1 << 16;
  const std::int64_t most = std::min(limits_.cut_points, sensible);
  std::vector<std::int64_t> pipelines;
  for (std::int64_t p = 1; p < most; p = next_pipeline(p)) pipelines.push_back(p);
  pipelines.push_back(most);
  return pipelines;
}

void Candidates::each_widest(const Use& use) const {
  std::vector<std::string> ignored;
  // Interleaving wants as many micro-batches as stages, which leaves fewer for data parallelism.
  const bool interleaved =
      asked_.interleave.value_or(1) > 1 && !asked_.data && batch_source_ != BatchSource::micro_batch;
  const auto widest = [&](std::int64_t pipeline) {
    return interleaved ? std::max<std::int64_t>(1, widest_data() / pipeline) : widest_data();
  };
  for (const std::int64_t tensor : tensor_degrees()) {
    for (const std::int64_t pipeline : spread_of_pipelines()) {
      each_policy(start(widest(pipeline), tensor, pipeline), use, ignored);
      // One replica holds nothing that replicas need to sum their gradients.
      if (!asked_.data) each_policy(start(1, tensor, pipeline), use, ignored);
    }
  }
}

/// Tries what stays open once the degrees are set, the simplest first.
void Candidates::each_policy(Plan plan, const Use& use, std::vector<std::string>& broken) const {
  const std::vector<int> zeros =
      training_ && plan.replicas() > 1 ? std::vector<int>{0, 1, 2, 3} : std::vector<int>{0};
  const std::vector<bool> sequences =
      plan.tensor > 1 ? std::vector<bool>{false, true} : std::vector<bool>{false};
  for (const std::int64_t expert : expert_degrees(plan)) {
    plan.expert = expert;
    for (const bool sequence_parallel : options<bool>(asked_.sequence_parallel, sequences)) {
      plan.sequence_parallel = sequence_parallel;
      for (const plan::Recompute& recompute : recomputations()) {
        plan.recompute = recompute;
        for (const int zero : options<int>(asked_.zero, zeros)) {
          plan.zero = zero;
          std::vector<std::string> rules = plan::violations(plan, limits_);
          if (rules.empty()) {
            use(plan);
          } else if (broken.empty() || rules.size() < broken.size()) {
            broken = std::move(rules);
          }
        }
      }
    }
  }
}

Bytes usable_capacity(const hardware::Accelerator& device, const std::optional<Bytes>& reserve) {
  const hardware::MemoryLevel& memory = device.main_memory();
  if (!memory.capacity) {
    throw config::BadInput(device.where,
                           fmt::format("nobody publishes the memory capacity of '{}'; give one with --set "
                                       "memory.{}.capacity=...",
                                       device.id, memory.name));
  }
  const Bytes nominal = memory.capacity->value;
  if (!reserve) return device.usable_memory().value_or(nominal);
  if (*reserve < Bytes(0) || *reserve >= nominal) {
    throw config::BadInput({"--reserve", 0, 0}, fmt::format("a reserve of {} is not within the {} of '{}'",
                                                            to_text(*reserve), to_text(nominal), device.id));
  }
  return nominal - *reserve;
}

Room room_for(const hardware::System& system, const Asked& asked, const std::optional<Bytes>& reserve) {
  Room room{usable_capacity(system.accelerator, reserve)};
  if (asked.offload && asked.offload->any()) {
    room.node = hardware::outer_room(system, asked.offload_to.value_or(hardware::OuterMemory::host)).capacity;
  }
  return room;
}

void check_devices(const hardware::System& system, std::int64_t devices) {
  const std::int64_t node = std::max<std::int64_t>(1, system.node.devices);
  if (devices > node && devices % node != 0) {
    throw config::BadInput({"--devices", 0, 0},
                           fmt::format("{} devices are no whole number of nodes of {}; nearest: {} or {}",
                                       devices, node, devices / node * node, (devices / node + 1) * node));
  }
  const std::int64_t reach = system.reach();
  if (reach > 0 && devices > reach) {
    throw config::BadInput({"--devices", 0, 0}, fmt::format("{} devices are more than the {} that '{}' joins",
                                                            devices, reach, system.id));
  }
}

}  // namespace memwall::footprint
