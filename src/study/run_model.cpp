#include "study/run_model.hpp"

#include <algorithm>
#include <utility>

#include "memwall/footprint/candidates.hpp"
#include "study/layers_alone.hpp"

namespace memwall::study {
namespace {

using plan::Plan;

/// What relative figures are parts of: tensor parallelism alone.
Plan tensor_parallel_alone(Plan plan) {
  plan.sequence_parallel = false;
  plan.recompute = plan::Recompute::none();
  return plan;
}

}  // namespace

RunModel::RunModel(const workload::Workload& workload, workload::LoweringOptions lowering,
                   plan::Recipe recipe, plan::Optimizer optimizer, const hardware::System& system)
    : model_{&workload, std::move(lowering), std::move(recipe), std::move(optimizer)},
      system_(system),
      profiler_(model_, system.node.devices) {}

Plan RunModel::plan_of(const footprint::Asked& asked) const {
  Plan plan = footprint::completed(asked, {});
  if (!asked.global_batch) plan.global_batch = plan.data * plan.micro_batch * plan.pipeline;
  return plan;
}

const simulator::TrainEstimate& RunModel::step(const MeasuredRun& run, const Plan& plan) {
  if (stepped_ == run.where) return step_;
  simulator::TrainQuestion question;
  question.model = model_;
  question.system = &system_;
  question.reserve = run.reserve;
  question.asked = footprint::fixed(plan);
  step_ = simulator::train(question);
  stepped_ = run.where;
  return step_;
}

Bytes RunModel::activations(const Plan& plan) {
  Bytes most{0};
  for (const footprint::Footprint& stage : profiler_.stages(plan)) most = std::max(most, stage.activations);
  return most;
}

Bytes RunModel::tensors_at_most(const Plan& plan) {
  Bytes most{0};
  for (const footprint::Footprint& stage : profiler_.stages(plan))
    most = std::max(most, stage.total() - stage.holes);
  return most;
}

double RunModel::ours(Metric metric, const MeasuredRun& run, const Plan& plan) {
  switch (metric) {
    case Metric::fits:
      return footprint::room_for(system_, run.plan, run.reserve).holds(profiler_.footprint(plan)) ? 1 : 0;
    case Metric::allocated:
      return profiler_.between_steps(plan, run.stage).total().value();
    case Metric::reserved:
      return profiler_.stages(plan)[static_cast<std::size_t>(run.stage)].total().value();
    case Metric::peak:
      return tensors_at_most(plan).value();
    case Metric::step_time:
      return step(run, plan).step_time.value();
    case Metric::token_rate:
      return step(run, plan).tokens_per_second / static_cast<double>(plan.devices());
    case Metric::flops_rate: {
      const simulator::TrainEstimate& estimate = step(run, plan);
      return estimate.hardware_flops / estimate.step_time / Flops(1) * Seconds(1) /
             static_cast<double>(plan.devices());
    }
    case Metric::layer_activations:
      return layer_activations(model_, plan).value();
    case Metric::layer_states:
      return layer_states(model_, plan).value();
    case Metric::layer_activations_relative:
      return 100 * (layer_activations(model_, plan) / layer_activations(model_, tensor_parallel_alone(plan)));
  }
  return 0;
}

std::optional<double> RunModel::whole_model(Metric metric, const Plan& plan) {
  switch (metric) {
    case Metric::layer_activations:
      return activations(plan).value();
    case Metric::layer_activations_relative:
      return 100 * (activations(plan) / activations(tensor_parallel_alone(plan)));
    case Metric::layer_states: {
      Bytes most{0};
      for (const footprint::Footprint& stage : profiler_.stages(plan))
        most = std::max(most, stage.weights + stage.gradients + stage.optimizer);
      return most.value();
    }
    default:
      return std::nullopt;
  }
}

}  // namespace memwall::study
