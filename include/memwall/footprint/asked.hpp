#pragma once

#include <cstdint>
#include <optional>

#include "memwall/config/node.hpp"
#include "memwall/plan/plan.hpp"

/// A plan of which some knobs are fixed and the others open.
namespace memwall::footprint {

/// What the user fixed; everything else is open to a search.
struct Asked {
  std::optional<std::int64_t> devices{};
  std::optional<std::int64_t> data{};
  std::optional<std::int64_t> tensor{};
  std::optional<std::int64_t> pipeline{};
  std::optional<std::int64_t> context{};
  std::optional<plan::ContextExchange> context_exchange{};
  std::optional<std::int64_t> expert{};
  std::optional<double> imbalance{};
  std::optional<bool> sequence_parallel{};
  std::optional<int> zero{};
  std::optional<std::int64_t> zero_group{};
  std::optional<std::int64_t> micro_batch{};
  std::optional<std::int64_t> global_batch{};
  /// Whether a global batch that nobody asked for is as many micro-batches as keep all stages of all replicas
  /// busy, even where the workload has a batch of its own.
  bool batch_follows_micro_batch = false;
  std::optional<plan::Recompute> recompute{};
  std::optional<plan::Overlap> overlap{};
  std::optional<std::int64_t> interleave{};
  std::optional<plan::Schedule> schedule{};
  std::optional<plan::Cut> cut{};
  std::optional<plan::Offload> offload{};
  std::optional<hardware::OuterMemory> offload_to{};
};

/// Calls `use(name, in Asked, in Plan)` for every knob of a plan, by pointers to members: the one list that
/// reading, joining, fixing and reporting plans go by. A name has underscores; as an option of the command
/// line it has dashes.
template <class Use>
void each_knob(Use use) {
  use("data", &Asked::data, &plan::Plan::data);
  use("tensor", &Asked::tensor, &plan::Plan::tensor);
  use("pipeline", &Asked::pipeline, &plan::Plan::pipeline);
  use("context", &Asked::context, &plan::Plan::context);
  use("context_exchange", &Asked::context_exchange, &plan::Plan::context_exchange);
  use("expert", &Asked::expert, &plan::Plan::expert);
  use("imbalance", &Asked::imbalance, &plan::Plan::imbalance);
  use("sequence_parallel", &Asked::sequence_parallel, &plan::Plan::sequence_parallel);
  use("zero", &Asked::zero, &plan::Plan::zero);
  use("zero_group", &Asked::zero_group, &plan::Plan::zero_group);
  use("micro_batch", &Asked::micro_batch, &plan::Plan::micro_batch);
  use("global_batch", &Asked::global_batch, &plan::Plan::global_batch);
  use("recompute", &Asked::recompute, &plan::Plan::recompute);
  use("overlap", &Asked::overlap, &plan::Plan::overlap);
  use("interleave", &Asked::interleave, &plan::Plan::interleave);
  use("schedule", &Asked::schedule, &plan::Plan::schedule);
  use("cut", &Asked::cut, &plan::Plan::cut);
  use("offload", &Asked::offload, &plan::Plan::offload);
  use("offload_to", &Asked::offload_to, &plan::Plan::offload_to);
}

/// Reads a map of knobs (`micro_batch: 4`). Adds what is wrong to `problems`.
[[nodiscard]] Asked read_asked(const config::Node& map, config::Problems& problems);

/// `first`, and of `second` what `first` leaves open.
[[nodiscard]] Asked joined(const Asked& first, const Asked& second);

/// A plan's knobs, all fixed.
[[nodiscard]] Asked fixed(const plan::Plan& plan);

/// A plan with what was asked; where that leaves a knob open, as in `otherwise`.
[[nodiscard]] plan::Plan completed(const Asked& asked, plan::Plan otherwise);

}  // namespace memwall::footprint
