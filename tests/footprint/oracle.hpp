#pragma once

#include "memwall/footprint/walk.hpp"
#include "memwall/plan/recompute.hpp"

/// The slow and plain way to know what is alive, for tests to hold the walk against.
namespace memwall::footprint {

/// What is alive at each moment of a pass over a trace without repeats, asked of every tensor at every
/// moment: no counters, no running sums.
struct Oracle {
  Bytes kept{0};
  Bytes peak{0};
};

[[nodiscard]] Oracle ask_oracle(const workload::Trace& unrolled, const plan::Recipe& recipe,
                                plan::Recompute recompute);

}  // namespace memwall::footprint
