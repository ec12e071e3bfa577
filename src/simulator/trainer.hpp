#pragma once

#include <map>
#include <memory>
#include <vector>

#include "memwall/footprint/profile.hpp"
#include "memwall/parallel/schedule.hpp"
#include "memwall/parallel/simulate.hpp"
#include "memwall/simulator/chunk_time.hpp"
#include "memwall/simulator/train.hpp"
#include "memwall/workload/counts.hpp"
#include "simulator/closing.hpp"

/// Prices plans of one training question, remembering what plans have in common.
namespace memwall::simulator {

class Trainer {
 public:
  explicit Trainer(const TrainQuestion& question);

  [[nodiscard]] const plan::Limits& limits() const { return profiler_.limits(); }
  [[nodiscard]] footprint::Footprint footprint(const plan::Plan& plan) { return profiler_.footprint(plan); }

  /// A lower bound of the step that is exact for equal stages without messages: for searches.
  [[nodiscard]] Seconds quick_step(const plan::Plan& plan);

  /// The step as the event simulator plays it, with everything that is said of it.
  [[nodiscard]] TrainEstimate estimate(const plan::Plan& plan);

  /// The plan's step, played once more with its events kept.
  [[nodiscard]] parallel::Timeline timeline(const plan::Plan& plan);

 private:
  /// What each chunk of the plan takes for one micro-batch, in the model's order.
  [[nodiscard]] std::vector<const ChunkTime*> times(const plan::Plan& plan);
  [[nodiscard]] parallel::PipelineTimes pipeline_times(const plan::Plan& plan,
                                                       const std::vector<const ChunkTime*>& chunks) const;

  [[nodiscard]] std::vector<StageTime> stage_times(const plan::Plan& plan,
                                                   const std::vector<const ChunkTime*>& chunks) const;
  [[nodiscard]] Closing after_passes(const plan::Plan& plan, const std::vector<StageTime>& stages);

  [[nodiscard]] parallel::Simulation play(const plan::Plan& plan, bool record);

  const TrainQuestion& question_;
  roofline::Machine machine_;
  Pricer pricer_;
  footprint::Profiler profiler_;
  workload::Counts counts_;  ///< of one sample
  std::map<const footprint::Chunk*, std::unique_ptr<ChunkTime>> times_;
};

/// One stage's share of a micro-batch: its chunks added.
[[nodiscard]] StageTime stage_time(const plan::Plan& plan, const std::vector<const ChunkTime*>& chunks,
                                   std::int64_t stage);

}  // namespace memwall::simulator
