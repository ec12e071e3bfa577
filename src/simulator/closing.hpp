#pragma once

#include <vector>

#include "memwall/footprint/profile.hpp"
#include "memwall/simulator/chunk_time.hpp"
#include "memwall/simulator/train.hpp"

/// What data parallelism and the optimizer add to the passes of a step.
namespace memwall::simulator {

/// What a stage waits for and does after the last pass of all stages.
struct Closing {
  Seconds tables{0};          ///< exposed sums of gradients of tables that several stages hold,
  bool holds_tables = false;  ///< of which it holds some; the others wait
  Seconds gradients{0};       ///< exposed exchanges behind the backward pass
  Seconds weights{0};         ///< exposed gathers of weights behind the forward pass
  Seconds optimizer{0};
  Seconds offload_exposed{0};  ///< what the update waits for states, gradients and weights to pass through

  [[nodiscard]] Seconds data_exposed() const { return tables + gradients + weights; }
  [[nodiscard]] Seconds total() const { return data_exposed() + optimizer + offload_exposed; }
};

/// Repeated blocks of a chunk, and layers with weights that stand in none; at least 1.
[[nodiscard]] double blocks_in(const workload::Trace& chunk);

/// Of each stage. `chunks` are the plan's in the model's order, `stages` what each stage takes for one
/// micro-batch.
///
/// Gradients are summed over all replicas (devices that hold the same weights): all-reduce without ZeRO; with
/// it reduce-scatter of gradients and all-gather of the weights that were updated (Rajbhandari et al. 2020,
/// section 7). ZeRO 2 keeps only its share of the gradients, so that every micro-batch is scattered; ZeRO 3
/// gathers weights for every pass besides. Block by block they hide behind the backward pass that makes them,
/// gathers behind the forward pass that needs them. With hybrid sharding all of this happens within a ZeRO
/// group, and each device's part of the gradients is summed over the groups once a step. A table that several
/// stages hold has its gradient summed over them.
[[nodiscard]] std::vector<Closing> closings(const plan::Plan& plan,
                                            const std::vector<const footprint::Chunk*>& chunks,
                                            const std::vector<StageTime>& stages, const Pricer& pricer,
                                            const plan::Optimizer& optimizer);

/// The longest, which the step ends with.
[[nodiscard]] const Closing& longest(const std::vector<Closing>& closings);

}  // namespace memwall::simulator
