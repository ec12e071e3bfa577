#include "study/layers_alone.hpp"

#include <set>
#include <vector>

#include "memwall/footprint/footprint.hpp"
#include "memwall/footprint/walk.hpp"
#include "memwall/plan/shard.hpp"
#include "memwall/plan/stages.hpp"
#include "memwall/workload/lower.hpp"

namespace memwall::study {
namespace {

workload::Trace sharded(const footprint::Model& model, const plan::Plan& plan) {
  workload::LoweringOptions options = model.lowering;
  options.batch = plan.micro_batch;
  return plan::shard(workload::lower(*model.workload, options),
                     {plan.tensor, plan.sequence_parallel, plan.context, plan.expert});
}

/// One chunk's layers, a trace for each repeat of the model. Layers that do not divide evenly are rounded up.
std::vector<workload::Trace> chunk_layers(const workload::Trace& trace, const plan::Plan& plan) {
  const std::int64_t chunks = plan.pipeline * plan.interleave;
  const std::vector<plan::UnitRun> runs = plan::unit_runs(trace);
  std::vector<workload::Trace> layers;
  std::int64_t unit = 0;
  for (const plan::UnitRun& run : runs) {
    if (run.repeat != workload::none) {
      const std::int64_t mine = (run.count + chunks - 1) / chunks;
      layers.push_back(plan::slice(trace, runs, unit, unit + mine));
    }
    unit += run.count;
  }
  return layers;
}

}  // namespace

Bytes layer_activations(const footprint::Model& model, const plan::Plan& plan) {
  Bytes kept{0};
  for (const workload::Trace& layers : chunk_layers(sharded(model, plan), plan))
    kept += footprint::walk(plan::mark_recomputed(layers, plan.recompute), model.recipe).kept;
  std::int64_t flights = 0;
  for (std::int64_t chunk = 0; chunk < plan.interleave; ++chunk)
    flights += footprint::in_flight(plan, 0, chunk);
  return static_cast<double>(flights) * kept;
}

Bytes layer_states(const footprint::Model& model, const plan::Plan& plan) {
  footprint::StageParameters matrices;
  for (const workload::Trace& layers : chunk_layers(sharded(model, plan), plan)) {
    std::set<workload::WeightId> seen;
    for (const workload::Operator& op : layers.operators) {
      for (const workload::WeightId id : op.weights) {
        const workload::Weight& weight = layers.weight(id);
        const bool matrix = weight.divided > 1 && weight.rest > 1;
        if (!matrix || !seen.insert(id).second) continue;
        const double elements = weight.elements() * layers.count_of(weight);
        (weight.experts > 1 ? matrices.expert : matrices.shared) += elements;
      }
    }
  }
  matrices.shared *= static_cast<double>(plan.interleave);
  matrices.expert *= static_cast<double>(plan.interleave);
  const footprint::Footprint states =
      footprint::standing(matrices, plan, model.recipe, model.optimizer, workload::Phase::training);
  return states.weights + states.gradients + states.optimizer;
}

}  // namespace memwall::study
