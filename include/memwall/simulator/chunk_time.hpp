#pragma once

#include <vector>

#include "memwall/hardware/system.hpp"
#include "memwall/plan/plan.hpp"
#include "memwall/plan/recipe.hpp"
#include "memwall/plan/stages.hpp"
#include "memwall/roofline/kernel.hpp"
#include "memwall/roofline/machine.hpp"
#include "memwall/units/quantity.hpp"
#include "memwall/workload/trace.hpp"

/// How long one chunk of a model takes for one micro-batch on one device.
namespace memwall::simulator {

struct ChunkTime {
  Seconds forward{0};
  Seconds input_gradient{0};
  Seconds weight_gradient{0};
  Seconds recompute{0};
  Seconds tensor_comm{0};  ///< this and the next two: what computation does not hide
  Seconds expert_comm{0};
  Seconds context_comm{0};
  Seconds forward_comm{0};           ///< of the three, what belongs to the forward pass
  Seconds hidden_forward{0};         ///< communication that travels behind the forward pass,
  Seconds hidden_backward{0};        ///< and behind the backward pass
  Bytes handed_on{0};                ///< to the next stage: its output and what passes through it
  std::vector<Seconds> by_resource;  ///< computation, by the resource of the machine that bounds it
  Flops recomputed{0};               ///< products that are run again, as the model counts them

  [[nodiscard]] Seconds communication() const { return tensor_comm + expert_comm + context_comm; }
  [[nodiscard]] Seconds busy() const {
    return forward + input_gradient + weight_gradient + recompute + communication();
  }
};

/// What pricing a chunk needs beside the chunk.
struct Pricer {
  const hardware::System* system = nullptr;
  const roofline::Machine* machine = nullptr;
  const plan::Recipe* recipe = nullptr;
  roofline::Fusion fusion = roofline::Fusion::none;
};

/// Prices every kernel (ideal) and every collective of a chunk.
[[nodiscard]] ChunkTime chunk_time(const workload::Trace& chunk, const plan::Plan& plan,
                                   const Pricer& pricer);

/// Seconds of one unit of each run, forward and backward: what stages are balanced by.
[[nodiscard]] std::vector<double> unit_seconds(const workload::Trace& trace,
                                               const std::vector<plan::UnitRun>& runs, const Pricer& pricer);

}  // namespace memwall::simulator
