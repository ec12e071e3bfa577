#pragma once

#include <cstdint>
#include <vector>

#include "memwall/footprint/footprint.hpp"
#include "memwall/plan/plan.hpp"
#include "memwall/units/quantity.hpp"

/// What stays on a device of a plan that keeps things outside it. docs/model.md states the rules.
///
/// What is only read passes through two buffers, one in use and one being filled; what changes needs a third,
/// that is being emptied. A buffer is as large as the largest block.
namespace memwall::footprint {

/// Passes whose kept tensors are on a device at most: one that is computed, one on its way out, one on its
/// way in. ZB-H1 needs them again for weight gradients: stage s puts off s of those.
[[nodiscard]] std::int64_t passes_on_device(const plan::Plan& plan, std::int64_t stage);

/// Whether a stage copies what its passes keep: not where all that are in flight may stay.
[[nodiscard]] bool copies_activations(const plan::Plan& plan, std::int64_t stage);

/// What the passes in flight of a stage keep.
struct Kept {
  Bytes on_device{0};
  Bytes outside{0};
};

/// `by_chunk`: what one pass of each of the stage's chunks keeps.
[[nodiscard]] Kept kept_bytes(const plan::Plan& plan, std::int64_t stage, const std::vector<Bytes>& by_chunk);

/// Takes what the plan offloads of weights, gradients and optimizer off a device's standing bytes, and notes
/// it as offloaded.
void move_outside(const StageParameters& parameters, const plan::Plan& plan, const plan::Recipe& recipe,
                  Footprint& standing);

/// Buffers through which offloaded optimizer states, of `states` bytes in all, pass during the update.
[[nodiscard]] Bytes update_buffers(const StageParameters& parameters, const plan::Plan& plan, Bytes states);

/// Bytes in the outer memory of the fullest node: devices are numbered stage by stage, `stage_devices` in
/// each, and `node_devices` at a time share a node.
[[nodiscard]] Bytes fullest_node(const std::vector<Bytes>& by_stage, std::int64_t stage_devices,
                                 std::int64_t node_devices);

}  // namespace memwall::footprint
