#pragma once

#include "memwall/footprint/profile.hpp"
#include "memwall/hardware/outer_memory.hpp"
#include "memwall/plan/plan.hpp"
#include "memwall/plan/recipe.hpp"
#include "memwall/roofline/kernel.hpp"
#include "memwall/units/quantity.hpp"

/// What a plan that offloads moves between a device and its node's outer memory, and how long that takes.
namespace memwall::simulator {

/// Both directions at once.
struct Traffic {
  Bytes in{0};
  Bytes out{0};
};

[[nodiscard]] Seconds time_of(const Traffic& traffic, const hardware::OuterRoom& way);

/// Of one chunk and one micro-batch. Weights come in for either pass, of tables with sparse gradients the
/// rows that the forward pass looks up; gradients' sums, but for the first micro-batch's, come in and go out
/// where they are made; what the backward pass needs goes out after the forward pass and comes back.
struct ChunkTraffic {
  Traffic forward;
  Traffic input_gradient;   ///< weights
  Traffic weight_gradient;  ///< gradients
  Bytes kept{0};
};

[[nodiscard]] ChunkTraffic chunk_traffic(const footprint::Chunk& chunk, const plan::Plan& plan,
                                         const plan::Recipe& recipe);

/// What the update of a chunk's parameters moves: of what its kernel reads and writes that which is
/// offloaded. `part` is what this device updates of them.
[[nodiscard]] Traffic update_traffic(const footprint::Chunk& chunk, const plan::Plan& plan,
                                     const plan::Recipe& recipe, const plan::Optimizer& optimizer,
                                     const roofline::Update& part);

}  // namespace memwall::simulator
