#include "simulator/closing.hpp"

#include <algorithm>
#include <set>

#include "memwall/parallel/collective.hpp"
#include "memwall/parallel/overlap.hpp"
#include "memwall/roofline/price.hpp"
#include "memwall/simulator/groups.hpp"

namespace memwall::simulator {
namespace {

using parallel::Collective;
using plan::Plan;

/// One stage's chunks, with what they hold.
struct Stage {
  std::vector<const footprint::Chunk*> chunks;
  footprint::StageParameters parameters;
  double blocks = 0;  ///< whose gradients become ready one after the other
};

/// Repeated blocks, and layers with weights that stand in none.
double blocks_in(const workload::Trace& chunk) {
  std::set<std::pair<int, int>> seen;
  double blocks = 0;
  for (const workload::Operator& op : chunk.operators) {
    if (op.weights.empty()) continue;
    const bool alone = op.segment == workload::none && op.repeat == workload::none;
    if (alone || seen.insert({op.repeat, op.segment}).second) blocks += chunk.count_of(op);
  }
  return std::max(1.0, blocks);
}

Stage stage_of(const Plan& plan, const std::vector<const footprint::Chunk*>& chunks, std::int64_t index) {
  Stage stage;
  for (std::int64_t chunk = 0; chunk < plan.interleave; ++chunk) {
    stage.chunks.push_back(chunks[static_cast<std::size_t>(chunk * plan.pipeline + index)]);
    stage.parameters += stage.chunks.back()->parameters;
    stage.blocks += blocks_in(stage.chunks.back()->trace);
  }
  return stage;
}

/// Bytes in which one parameter's gradient travels.
Bytes gradient_bytes(const plan::Recipe& recipe) {
  return recipe.gradient_bucket > Bytes(0) ? recipe.gradient_bucket : recipe.gradient;
}

class Replicas {
 public:
  Replicas(const Plan& plan, const Pricer& pricer, const Overlap& overlap)
      : plan_(plan), pricer_(pricer), overlap_(overlap) {}

  Seconds exposed(const Stage& stage, const StageTime& time) const {
    const auto micro_batches = static_cast<double>(plan_.micro_batches());
    const Bytes gradient = gradient_bytes(*pricer_.recipe);
    const Bytes weight = pricer_.recipe->weight;
    if (plan_.zero == 0)
      return hidden(over(Collective::all_reduce, stage, gradient), 1, stage, time.backward);
    const Seconds scatter = over(Collective::reduce_scatter, stage, gradient);
    const Seconds gather = over(Collective::all_gather, stage, weight);
    const double scatters = plan_.zero >= 2 ? micro_batches : 1;
    const double gathers = plan_.zero >= 3 ? micro_batches : 1;
    // ZeRO 3 gathers once more for each backward pass, behind which scatters hide too.
    const Seconds backward = plan_.zero >= 3 ? scatter + gather : scatter;
    return hidden(backward, scatters, stage, time.backward) + hidden(gather, gathers, stage, time.forward);
  }

  /// Sum of a shared table's gradient over the first and the last stage.
  Seconds tied(const workload::Trace& first, const workload::Trace& last) const {
    std::set<workload::WeightId> here;
    for (const workload::Operator& op : first.operators) here.insert(op.weights.begin(), op.weights.end());
    std::set<workload::WeightId> both;
    for (const workload::Operator& op : last.operators) {
      for (const workload::WeightId id : op.weights) {
        if (here.contains(id)) both.insert(id);
      }
    }
    Seconds sum{0};
    for (const workload::WeightId id : both) {
      const Bytes bytes = first.weight(id).elements() * gradient_bytes(*pricer_.recipe);
      sum += parallel::cost(Collective::all_reduce, bytes, {2, stage_stride(plan_) * (plan_.pipeline - 1)},
                            pricer_.system->tiers)
                 .time;
    }
    return sum;
  }

 private:
  Seconds over(Collective collective, const Stage& stage, Bytes each) const {
    return one(collective, stage.parameters.shared * each, replica_group(plan_)) +
           one(collective, stage.parameters.expert * each, expert_replica_group(plan_));
  }

  Seconds one(Collective collective, Bytes bytes, const parallel::Group& group) const {
    if (group.size == 1 || bytes == Bytes(0)) return Seconds(0);
    return parallel::cost(collective, bytes, group, pricer_.system->tiers).time;
  }

  /// What `times` exchanges of all blocks leave exposed behind as many passes.
  Seconds hidden(Seconds exchange, double times, const Stage& stage, Seconds pass) const {
    const double buckets = stage.blocks * times;
    return parallel::exposed({static_cast<std::int64_t>(buckets), exchange / stage.blocks}, times * pass,
                             overlap_.data);
  }

  const Plan& plan_;
  const Pricer& pricer_;
  const Overlap& overlap_;
};

/// The update of a stage's parameters. An update takes as long for each parameter, whatever it is of.
Seconds optimizer_time(const Plan& plan, const Stage& stage, const Pricer& pricer,
                       const plan::Optimizer& optimizer) {
  const double all = stage.parameters.shared + stage.parameters.expert;
  if (all == 0) return Seconds(0);
  const auto data = static_cast<double>(plan.data);
  const double own = plan.zero == 0 ? all
                                    : stage.parameters.shared / data +
                                          stage.parameters.expert * static_cast<double>(plan.expert) / data;
  Seconds sum{0};
  for (const footprint::Chunk* chunk : stage.chunks) {
    const roofline::Kernel kernel =
        roofline::optimizer_kernel(chunk->trace, *pricer.recipe, optimizer, own / all);
    sum += roofline::price_ideal(*pricer.machine, kernel).time;
  }
  return sum;
}

}  // namespace

Closing closing(const Plan& plan, const std::vector<const footprint::Chunk*>& chunks,
                const std::vector<StageTime>& stages, const Pricer& pricer, const plan::Optimizer& optimizer,
                const Overlap& overlap) {
  const Replicas replicas(plan, pricer, overlap);
  Closing longest;
  for (std::int64_t index = 0; index < plan.pipeline; ++index) {
    const Stage stage = stage_of(plan, chunks, index);
    const Closing here{replicas.exposed(stage, stages[static_cast<std::size_t>(index)]),
                       optimizer_time(plan, stage, pricer, optimizer)};
    if (here.data_exposed + here.optimizer > longest.data_exposed + longest.optimizer) longest = here;
  }
  if (plan.pipeline > 1) longest.data_exposed += replicas.tied(chunks.front()->trace, chunks.back()->trace);
  return longest;
}

}  // namespace memwall::simulator
