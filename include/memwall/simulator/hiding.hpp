#pragma once

#include <vector>

#include "memwall/hardware/system.hpp"
#include "memwall/plan/plan.hpp"
#include "memwall/simulator/communication.hpp"
#include "memwall/units/quantity.hpp"

/// What collectives within a pass leave exposed.
namespace memwall::simulator {

/// What one collective of a pass leaves exposed; those that hide behind the same operators share it by their
/// times.
struct Wait {
  const Communication* communication = nullptr;
  Seconds time{0};
};

/// What is waited for, of one kind of exchange in one pass of a micro-batch.
struct Exposed {
  Seconds tensor{0};
  Seconds expert{0};
  Seconds context{0};
  Seconds hidden{0};        ///< what of all three travels while operators run
  std::vector<Wait> waits;  ///< the same by collective

  [[nodiscard]] Seconds total() const { return tensor + expert + context; }
};

enum class Half { forward, backward };

/// Sums what is exposed of one pass; `by_operator` is its computation, all executions of each operator. An
/// exchange that the plan lets overlap is cut into pieces, each of which travels while the operators beside
/// it work on another; the time of an operator hides but once:
/// - tensor parallelism: a piece for each device of the group, the first (or last) of them exposed;
/// - expert parallelism: 1, 2, 4 or 8 pieces, the best of them (Hwang et al. 2023, arXiv:2206.03382);
/// - a ring of context parallelism: attention begins with the device's own part, so that all but one of
///   `context` parts of the computation hide what travels; gathered keys and values hide behind nothing.
[[nodiscard]] Exposed exposed_in(Half half, const std::vector<Communication>& communications,
                                 const std::vector<Seconds>& by_operator, const plan::Plan& plan,
                                 const hardware::System& system);

}  // namespace memwall::simulator
