#pragma once

#include "memwall/parallel/timeline.hpp"
#include "memwall/plan/plan.hpp"
#include "memwall/simulator/chunk_time.hpp"
#include "memwall/workload/trace.hpp"

/// What a chunk's passes consist of, by name.
namespace memwall::simulator {

/// The kernels of each task of a chunk for one micro-batch and the collectives that they wait for, in the
/// order of the trace; of a folded repeat one part for each kernel, "decoder.mlp.up x 12", all its iterations
/// long. What runs again stands before the gradients that need it. Durations of a pass add up to its
/// `chunk_time`. Weights' gradients stand in the backward pass unless the plan's schedule makes tasks of
/// them.
[[nodiscard]] parallel::TaskParts chunk_parts(const workload::Trace& chunk, const plan::Plan& plan,
                                              const Pricer& pricer);

}  // namespace memwall::simulator
