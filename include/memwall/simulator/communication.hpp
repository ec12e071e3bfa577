#pragma once

#include <vector>

#include "memwall/footprint/walk.hpp"
#include "memwall/parallel/collective.hpp"
#include "memwall/plan/plan.hpp"
#include "memwall/plan/recipe.hpp"
#include "memwall/units/quantity.hpp"
#include "memwall/workload/trace.hpp"

/// The collectives that sharding puts into a trace.
namespace memwall::simulator {

/// Which group of devices exchanges.
enum class Exchange { tensor, expert, context };

/// One collective of a micro-batch.
struct Communication {
  Exchange exchange = Exchange::tensor;
  parallel::Collective collective = parallel::Collective::all_reduce;
  Bytes bytes{0};       ///< the whole buffer: gathered, or before it is reduced
  double forward = 0;   ///< how often in the forward pass
  double backward = 0;  ///< and in the backward pass, what is run again included
  int first = 0;        ///< operators [first, last) of the chunk, behind whose computation it may hide: those
  int last = 0;         ///< that it feeds, or that feed it
  int at = 0;           ///< the operator that asks for it
};

/// Everything that a sharded chunk exchanges in the forward and backward pass of one micro-batch, what is run
/// again included.
///
/// Tensor parallelism (Shoeybi et al. 2019, section 3): all-reduce where a region is left, and of the
/// gradient where it is entered. With sequence parallelism (Korthikanti et al. 2022, section 4.2.2)
/// all-gather where it is entered and reduce-scatter where it is left, the reverse for gradients, and the
/// gathered input once more for the weights' gradient. Expert parallelism: all-to-all of the routed tokens
/// there and back; of divided tables, indices there and vectors back. Context parallelism: keys and values of
/// the whole sequence are gathered before attention, and their gradients reduced after it; or they go round a
/// ring, part by part, and their gradients with them.
[[nodiscard]] std::vector<Communication> communications(const workload::Trace& chunk, const plan::Plan& plan,
                                                        const plan::Recipe& recipe);

}  // namespace memwall::simulator
