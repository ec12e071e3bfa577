#pragma once

#include <cstdint>
#include <optional>

#include "memwall/parallel/simulate.hpp"
#include "memwall/plan/plan.hpp"
#include "memwall/units/quantity.hpp"

/// A pipeline's time without playing it. docs/model.md derives each formula.
namespace memwall::parallel {

/// A pipeline of equal stages.
struct UniformPipeline {
  plan::Schedule schedule = plan::Schedule::one_f_one_b;
  std::int64_t stages = 1;
  std::int64_t chunks = 1;
  std::int64_t micro_batches = 1;
  Seconds forward{0};          ///< of one chunk and micro-batch
  Seconds input_gradient{0};   ///< likewise
  Seconds weight_gradient{0};  ///< likewise
  Seconds send{0};             ///< from one part to the next, either way
  bool overlap = true;         ///< as in SimulationOptions
};

/// The time of one step, exactly as `simulate` finds it. Empty where no closed form is known: messages longer
/// than a chunk's forward or backward; ZB-H1 with messages beyond half of the weight gradient or without
/// overlap; interleaving without overlap whose messages, added over the micro-batches, are longer than two
/// chunks.
[[nodiscard]] std::optional<Seconds> closed_form(const UniformPipeline& pipeline);

/// The least that a step of unequal stages can take: for each stage, what must run before it, on it and after
/// it. Equals the simulation of equal stages without messages, ZB-H1 apart, and of GPipe's unequal stages
/// too.
[[nodiscard]] Seconds lower_bound(plan::Schedule schedule, std::int64_t stages, std::int64_t chunks,
                                  std::int64_t micro_batches, const PipelineTimes& times);

/// Idle over busy time of equal stages without messages: (p - 1) / m of GPipe and 1F1B, (p - 1) / (m v)
/// interleaved, (p - 1) (f + b - w) / (m (f + b + w)) of ZB-H1 (Narayanan et al. 2021, section 2.2; Qi et al.
/// 2023, table 2).
[[nodiscard]] double bubble_over_ideal(const UniformPipeline& pipeline);

}  // namespace memwall::parallel
