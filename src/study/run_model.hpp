#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "memwall/footprint/profile.hpp"
#include "memwall/hardware/system.hpp"
#include "memwall/simulator/train.hpp"
#include "memwall/study/measured.hpp"

/// What memwall says of one measured run.
namespace memwall::study {

/// The model of runs that differ in their plans alone; remembers what plans have in common.
class RunModel {
 public:
  RunModel(const workload::Workload& workload, workload::LoweringOptions lowering, plan::Recipe recipe,
           plan::Optimizer optimizer, const hardware::System& system);

  [[nodiscard]] const plan::Limits& limits() const { return profiler_.limits(); }
  [[nodiscard]] const footprint::Model& model() const { return model_; }

  /// The run's plan; a micro-batch that the run does not tell is 1, a global batch keeps every stage busy
  /// once.
  [[nodiscard]] plan::Plan plan_of(const footprint::Asked& asked) const;

  /// A metric in SI base units (truths as 1 and 0). Throws BadInput where there is no answer.
  [[nodiscard]] double ours(Metric metric, const MeasuredRun& run, const plan::Plan& plan);

  /// The same of the whole model, for a metric of the layers alone; nothing for all others.
  [[nodiscard]] std::optional<double> whole_model(Metric metric, const plan::Plan& plan);

 private:
  /// Ideal seconds of a step, and what else the simulator says of it.
  [[nodiscard]] const simulator::TrainEstimate& step(const MeasuredRun& run, const plan::Plan& plan);

  // Of the stage with most.
  [[nodiscard]] Bytes activations(const plan::Plan& plan);
  [[nodiscard]] Bytes tensors_at_most(const plan::Plan& plan);

  footprint::Model model_;
  const hardware::System& system_;
  footprint::Profiler profiler_;
  config::Location stepped_;  ///< where the run stands that `step_` is of
  simulator::TrainEstimate step_;
};

}  // namespace memwall::study
