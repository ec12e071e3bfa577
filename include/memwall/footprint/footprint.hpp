#pragma once

#include <cstdint>
#include <string>

#include "memwall/plan/plan.hpp"
#include "memwall/plan/recipe.hpp"
#include "memwall/plan/tables.hpp"
#include "memwall/units/quantity.hpp"
#include "memwall/workload/trace.hpp"

/// Bytes on a device, by what they are.
namespace memwall::footprint {

/// What one device holds at its fullest moment.
struct Footprint {
  Bytes weights{0};
  Bytes gradients{0};
  Bytes optimizer{0};    ///< master weights and the optimizer's states
  Bytes activations{0};  ///< kept for backward passes, of all micro-batches in flight
  Bytes inputs{0};
  Bytes cache{0};           ///< keys and values of inference
  Bytes workspace{0};       ///< transient, at the fullest moment
  Bytes holes{0};           ///< what part of the workspace is memory that the allocator holds and cannot use
  Bytes offloaded{0};       ///< of the device in its node's outer memory, in no other number
  Bytes node_offloaded{0};  ///< there of all devices of the fullest node
  std::int64_t stage = 0;   ///< the pipeline stage that the device is of
  std::string moment;       ///< when it is fullest

  [[nodiscard]] Bytes total() const {
    return weights + gradients + optimizer + activations + inputs + cache + workspace;
  }
};

/// Parameters of one stage on one device of its tensor-parallel group, before ZeRO divides anything.
struct StageParameters {
  double shared = 0;            ///< elements that every data-parallel replica has
  double expert = 0;            ///< elements of experts, already divided by expert parallelism
  double factored = 0;          ///< rows plus columns of all matrices, for factored optimizer states
  double largest_block = 0;     ///< elements of the block with most: what ZeRO 3 gathers at a time
  double largest_gradient = 0;  ///< elements of the gradient of the block with most, in one micro-batch

  // Of these, tables whose gradients have the rows alone that were looked up.
  double sparse_shared = 0;
  double sparse_expert = 0;
  double sparse_rows = 0;
  std::vector<plan::SparseTable> tables;  ///< as the device with most look-ups has them

  /// Another chunk of the same stage.
  StageParameters& operator+=(const StageParameters& chunk);
};

/// Counts the parameters of a sharded stage: each weight that its operators use once, times its repeat's
/// count.
[[nodiscard]] StageParameters count_parameters(const workload::Trace& stage);

/// Gradients of a device's sparse tables when a step's passes have ended: the rows that its micro-batches
/// have touched, those of all replicas where these are gathered, or (where they would be more) the whole
/// table.
[[nodiscard]] Bytes sparse_gradients(const StageParameters& parameters, const plan::Plan& plan,
                                     const plan::Recipe& recipe);

/// Standing bytes of a device under a plan: weights, gradients and optimizer (and, with ZeRO, the workspace
/// that gathering a block's weights and reducing its gradients takes). Inference holds weights alone.
[[nodiscard]] Footprint standing(const StageParameters& parameters, const plan::Plan& plan,
                                 const plan::Recipe& recipe, const plan::Optimizer& optimizer,
                                 workload::Phase phase);

/// Buffers through which the optimizer's step, after all backward passes, gathers the weights that each
/// device of the data-parallel group has updated its share of (ZeRO 1 and 2).
[[nodiscard]] Bytes step_buffers(const StageParameters& parameters, const plan::Plan& plan,
                                 const plan::Recipe& recipe);

/// How many passes of a stage's chunk are in flight at most (its forward done, its gradients not).
/// 1F1B: min(micro-batches, stages - stage) (Narayanan et al. 2021, section 2.2); GPipe: all micro-batches;
/// ZB-H1: min(micro-batches, stages) on every stage, since stage s puts off weight gradients by s
/// micro-batches (Qi et al. 2023, arXiv:2401.10241, section 2.1). Interleaved 1F1B (Narayanan et al. again):
/// of the 2 (stages - stage - 1) + (chunks - 1) stages + 1 first passes of a stage, those that fall to
/// `chunk`.
[[nodiscard]] std::int64_t in_flight(const plan::Plan& plan, std::int64_t stage, std::int64_t chunk);

}  // namespace memwall::footprint
