#pragma once

#include <string>

#include "memwall/plan/recipe.hpp"
#include "memwall/units/quantity.hpp"
#include "memwall/workload/trace.hpp"

/// How many bytes of tensors are alive at every moment of one forward and backward pass.
namespace memwall::footprint {

/// What a walk over one trace (one micro-batch on one device) found. Standing state (weights, gradients,
/// optimizer) is not in it.
struct Life {
  Bytes kept{0};       ///< alive when the forward pass has ended: what each micro-batch in flight holds
  Bytes peak{0};       ///< the most that is alive at once, never less than `kept`
  Bytes inputs{0};     ///< the model's own inputs, in neither of the two
  Bytes cache{0};      ///< keys, values and states that stay between decode steps; in no other number
  Bytes gathered{0};   ///< the largest tensor that sequence parallelism gathers; in no other number
  std::string moment;  ///< of the peak: "backward of decoder.attention.scores"

  /// What exists only while an operator, or a block that runs again, needs it.
  [[nodiscard]] Bytes workspace() const { return peak - kept; }
};

/// Walks a trace, folded or not, forward and (for training) backward, making and freeing tensors in order.
///
/// Forward, a tensor lives from the operator that writes it to the last one that reads it, or, kept, to the
/// backward pass of the last operator that keeps it. Backward, an operator reads the gradients of its outputs
/// and makes those of its inputs. Operators that are marked to run again (plan::mark_recomputed) form regions
/// with their neighbours in a block: a region keeps what it reads from outside, and runs its forward
/// operators again before its backward ones, or before others that need an output which it has dropped.
[[nodiscard]] Life walk(const workload::Trace& trace, const plan::Recipe& recipe);

}  // namespace memwall::footprint
