#include "memwall/footprint/footprint.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace memwall::footprint {
namespace {

/// The fullest device's share of `elements` divided over `ways`.
double divided(double elements, std::int64_t ways) { return std::ceil(elements / static_cast<double>(ways)); }

/// Devices that hold the same experts, or parts of tables.
std::int64_t expert_ways(const plan::Plan& plan) {
  return std::max<std::int64_t>(1, plan.data / plan.expert);
}

/// What one device of a ZeRO group has of a stage's parameters where they are divided.
double device_share(const StageParameters& parameters, const plan::Plan& plan) {
  return divided(parameters.shared, plan.zero_ways()) + divided(parameters.expert, plan.zero_expert_ways());
}

/// Parameters with a gradient each.
StageParameters dense_of(StageParameters parameters) {
  parameters.shared -= parameters.sparse_shared;
  parameters.expert -= parameters.sparse_expert;
  return parameters;
}

/// Elements of the gradient that an operator's use of a weight makes in one micro-batch.
double gradient_elements(const workload::Operator& op, const workload::Weight& weight) {
  return weight.sparse ? workload::touched_rows(op.tables) * weight.rest : weight.elements();
}

}  // namespace

StageParameters& StageParameters::operator+=(const StageParameters& chunk) {
  shared += chunk.shared;
  expert += chunk.expert;
  factored += chunk.factored;
  sparse_shared += chunk.sparse_shared;
  sparse_expert += chunk.sparse_expert;
  sparse_rows += chunk.sparse_rows;
  tables.insert(tables.end(), chunk.tables.begin(), chunk.tables.end());
  largest_block = std::max(largest_block, chunk.largest_block);
  largest_gradient = std::max(largest_gradient, chunk.largest_gradient);
  return *this;
}

StageParameters count_parameters(const workload::Trace& stage) {
  StageParameters parameters;
  std::set<workload::WeightId> seen;
  // A block, or an operator that stands in none, and the weights already counted for it.
  using Block = std::tuple<int, int, std::size_t>;
  std::map<Block, std::pair<double, double>> blocks;  // elements of weights and of gradients
  std::set<std::pair<Block, workload::WeightId>> gathered;
  for (std::size_t i = 0; i < stage.operators.size(); ++i) {
    const workload::Operator& op = stage.operators[i];
    const Block block{op.repeat, op.segment, op.segment == workload::none ? i : 0};
    for (const workload::WeightId id : op.weights) {
      const workload::Weight& weight = stage.weight(id);
      if (gathered.insert({block, id}).second) {
        blocks[block].first += weight.elements();
        blocks[block].second += gradient_elements(op, weight);
      }
      if (!seen.insert(id).second) continue;
      // Each iteration that this stage runs has its own.
      const double times = weight.repeat == workload::none ? 1 : stage.count_of(op);
      (weight.routed ? parameters.expert : parameters.shared) += weight.elements() * times;
      if (weight.sparse) {
        (weight.routed ? parameters.sparse_expert : parameters.sparse_shared) += weight.elements() * times;
        parameters.sparse_rows += weight.divided * times;
      }
      const bool matrix = weight.divided > 1 && weight.rest > 1;
      parameters.factored +=
          (matrix ? weight.divided + weight.rest : weight.divided * weight.rest) * weight.experts * times;
    }
  }
  for (const auto& [block, elements] : blocks) {
    parameters.largest_block = std::max(parameters.largest_block, elements.first);
    parameters.largest_gradient = std::max(parameters.largest_gradient, elements.second);
  }
  parameters.tables = plan::sparse_tables(stage);
  return parameters;
}

Bytes sparse_gradients(const StageParameters& parameters, const plan::Plan& plan,
                       const plan::Recipe& recipe) {
  const auto micro_batches = static_cast<double>(std::max<std::int64_t>(1, plan.micro_batches()));
  Bytes sum{0};
  for (const plan::SparseTable& table : parameters.tables) {
    const auto replicas = static_cast<double>((table.routed ? expert_ways(plan) : plan.data) * plan.context);
    const Bytes own = table.gradient(micro_batches, recipe.gradient);
    if (replicas == 1 || plan.zero == 1) {
      sum += own;
    } else if (plan.zero >= 2) {
      const auto owners =
          replicas * static_cast<double>(plan.zero_ways()) / static_cast<double>(plan.replicas());
      const Bytes all = table.gradient(replicas * micro_batches, recipe.gradient);
      sum += Bytes(std::ceil((all / std::max(1.0, owners)).value()));
    } else {
      sum += std::min(replicas * own, table.elements() * recipe.gradient);
    }
  }
  return sum;
}

Footprint standing(const StageParameters& parameters, const plan::Plan& plan, const plan::Recipe& recipe,
                   const plan::Optimizer& optimizer, workload::Phase phase) {
  Footprint footprint;
  const double whole = parameters.shared + parameters.expert;
  const double share = device_share(parameters, plan);
  if (phase != workload::Phase::training) {
    footprint.weights = whole * recipe.weight;
    return footprint;
  }
  footprint.weights = (plan.zero >= 3 ? share : whole) * recipe.weight;
  const StageParameters dense = dense_of(parameters);
  const double summed = dense.shared + dense.expert;
  footprint.gradients = (plan.zero >= 2 ? device_share(dense, plan) : summed) * recipe.gradient;
  if (plan.replicas() > 1 && plan.zero == 0) footprint.gradients += summed * recipe.gradient_bucket;
  footprint.gradients += sparse_gradients(parameters, plan, recipe);
  footprint.optimizer = (plan.zero >= 1 ? share : whole) * recipe.master;
  for (const plan::OptimizerState& state : optimizer.states) {
    const double elements = state.factored   ? parameters.factored
                            : state.row_wise ? summed + parameters.sparse_rows
                                             : whole;
    const double divided_states =
        elements == whole ? share : std::ceil(elements * (share / std::max(whole, 1.0)));
    footprint.optimizer += (plan.zero >= 1 ? divided_states : elements) * state.bytes;
  }
  // The block that runs has its weights in full, and the next one's are on their way; its gradients are whole
  // until they are reduced (Rajbhandari et al. 2020, section 5).
  if (plan.zero >= 3) footprint.workspace += std::min(2 * parameters.largest_block, whole) * recipe.weight;
  if (plan.zero >= 2) footprint.workspace += parameters.largest_gradient * recipe.gradient;
  return footprint;
}

Bytes step_buffers(const StageParameters& parameters, const plan::Plan& plan, const plan::Recipe& recipe) {
  if (plan.replicas() == 1 || plan.zero < 1 || plan.zero > 2) return Bytes(0);
  return (parameters.shared + parameters.expert) * recipe.gathered_whole +
         device_share(parameters, plan) * recipe.gathered_share;
}

std::int64_t in_flight(const plan::Plan& plan, std::int64_t stage, std::int64_t chunk) {
  const std::int64_t micro_batches = plan.micro_batches();
  if (plan.schedule == plan::Schedule::gpipe) return micro_batches;
  if (plan.schedule == plan::Schedule::zero_bubble) return std::min(micro_batches, plan.pipeline);
  if (plan.interleave == 1) return std::min(micro_batches, plan.pipeline - stage);
  const std::int64_t first = 2 * (plan.pipeline - stage - 1) + (plan.interleave - 1) * plan.pipeline + 1;
  const std::int64_t passes = std::min(first, micro_batches * plan.interleave);
  // Passes go round the chunks in groups of `pipeline` micro-batches.
  const std::int64_t round = plan.pipeline * plan.interleave;
  const std::int64_t rest =
      std::clamp<std::int64_t>(passes % round - chunk * plan.pipeline, 0, plan.pipeline);
  return passes / round * plan.pipeline + rest;
}

}  // namespace memwall::footprint
