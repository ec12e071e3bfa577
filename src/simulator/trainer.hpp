#pragma once

#include <map>
#include <memory>
#include <tuple>
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
                                                       const std::vector<const ChunkTime*>& chunks);

  [[nodiscard]] std::vector<StageTime> stage_times(const plan::Plan& plan,
                                                   const std::vector<const ChunkTime*>& chunks);
  /// What one part's passes take longer for what passes through the device; none where nothing is offloaded.
  struct Stretch {
    Seconds forward{0};
    Seconds input_gradient{0};
    Seconds weight_gradient{0};

    [[nodiscard]] Seconds total() const { return forward + input_gradient + weight_gradient; }
  };
  [[nodiscard]] Stretch stretch(const plan::Plan& plan, const footprint::Chunk& chunk,
                                const ChunkTime& time) const;

  /// Adds a part's copies of what its passes keep.
  void add_copies(const plan::Plan& plan, const footprint::Chunk& chunk, parallel::ChunkTimes& entry) const;

  /// Until the first block's weights are on the device and the first pass can begin.
  [[nodiscard]] Seconds first_fetch(const plan::Plan& plan);

  [[nodiscard]] std::vector<Closing> after_passes(const plan::Plan& plan,
                                                  const std::vector<StageTime>& stages);

  /// What each stage's tasks consist of, [stage * interleave + chunk].
  [[nodiscard]] std::vector<parallel::TaskParts> parts_of_tasks(const plan::Plan& plan);

  [[nodiscard]] parallel::Simulation play(const plan::Plan& plan, bool record);

  const TrainQuestion& question_;
  roofline::Machine machine_;
  Pricer pricer_;
  footprint::Profiler profiler_;
  workload::Counts counts_;  ///< of one sample
  using TimeKey = std::tuple<const footprint::Chunk*, plan::Overlap, plan::ContextExchange>;
  std::map<TimeKey, std::unique_ptr<ChunkTime>> times_;
};

/// One stage's share of a micro-batch: its chunks added.
[[nodiscard]] StageTime stage_time(const plan::Plan& plan, const std::vector<const ChunkTime*>& chunks,
                                   std::int64_t stage);

}  // namespace memwall::simulator
