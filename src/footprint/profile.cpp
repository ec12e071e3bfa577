#include "memwall/footprint/profile.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

#include "memwall/footprint/offload.hpp"
#include "memwall/plan/shard.hpp"

namespace memwall::footprint {

/// The trace of one sharding and micro-batch, with the chunks that were cut from it.
struct Profiler::Sharded {
  workload::Trace trace;
  std::vector<plan::UnitRun> runs;
  std::vector<double> costs;     ///< of one unit of each run, for balancing stages
  std::vector<Bytes> made;       ///< by one unit of each run, for the next
  std::vector<double> products;  ///< of one unit of each run: FLOPs of products with weights
  StageParameters idle;          ///< weights that no operator uses, which stand on the first stage
  std::map<std::tuple<plan::Recompute, std::int64_t, plan::Cut, std::int64_t>, std::vector<const Chunk*>>
      cuts;
  std::map<std::pair<std::vector<std::int64_t>, plan::Recompute>, std::unique_ptr<Chunk>>
      slices;  ///< chunks by what they are made of
};

namespace {

/// FLOPs of a unit of each run.
std::vector<double> flops(const workload::Trace& trace, const std::vector<plan::UnitRun>& runs) {
  std::vector<double> costs;
  for (const plan::UnitRun& run : runs) {
    double cost = 0;
    for (int i = run.first; i < run.last; ++i) {
      const workload::Operator& op = trace.operators[static_cast<std::size_t>(i)];
      for (const workload::Matmul& product : op.matmuls) cost += product.flops() * product.executed;
      if (op.vector.over == workload::none) continue;
      cost += op.vector.forward * trace.tensor(op.vector.over).shape.elements();
    }
    costs.push_back(cost);
  }
  return costs;
}

/// What a unit of each run makes for the next: an iteration's carry, or all that an operator writes.
std::vector<Bytes> made_by_units(const workload::Trace& trace, const std::vector<plan::UnitRun>& runs,
                                 const plan::Recipe& recipe) {
  std::vector<Bytes> made;
  for (const plan::UnitRun& run : runs) {
    Bytes& bytes = made.emplace_back(0);
    if (run.repeat != workload::none) {
      const workload::TensorId carry = trace.repeats[static_cast<std::size_t>(run.repeat)].carry_out;
      bytes = plan::tensor_bytes(trace.tensor(carry), recipe);
      continue;
    }
    for (const workload::TensorId id : trace.operators[static_cast<std::size_t>(run.first)].writes)
      bytes += plan::tensor_bytes(trace.tensor(id), recipe);
  }
  return made;
}

/// FLOPs of a unit of each run in products of activations with weights.
std::vector<double> weight_products(const workload::Trace& trace, const std::vector<plan::UnitRun>& runs) {
  std::vector<double> costs;
  for (const plan::UnitRun& run : runs) {
    double cost = 0;
    for (int i = run.first; i < run.last; ++i) {
      const workload::Operator& op = trace.operators[static_cast<std::size_t>(i)];
      if (op.weights.empty()) continue;
      for (const workload::Matmul& product : op.matmuls) cost += product.flops();
    }
    costs.push_back(cost);
  }
  return costs;
}

/// What the framework holds all along; `gathered` is the largest tensor that it gathers along the sequence.
Bytes standing_buffers(const plan::Recipe& recipe, Bytes gathered) {
  return recipe.library_workspace + recipe.sequence_buffers * gathered;
}

/// What a device of a stage holds all along, and what its optimizer's step needs beside it.
struct States {
  Footprint standing;
  Bytes at_step;
};

States states_of(const StageParameters& parameters, const plan::Plan& plan, const Model& model) {
  States states{standing(parameters, plan, model.recipe, model.optimizer, model.lowering.phase),
                step_buffers(parameters, plan, model.recipe)};
  states.at_step += update_buffers(parameters, plan, states.standing.optimizer);
  move_outside(parameters, plan, model.recipe, states.standing);
  return states;
}

/// Two slices with equal signatures are the same chunk: the same runs, as often, entered and left
/// at the same place.
std::vector<std::int64_t> signature(const std::vector<plan::UnitRun>& runs, std::int64_t begin,
                                    std::int64_t end) {
  std::vector<std::int64_t> key;
  std::int64_t unit = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::int64_t from = std::max(begin, unit);
    const std::int64_t to = std::min(end, unit + runs[i].count);
    if (from < to) {
      key.insert(key.end(), {static_cast<std::int64_t>(i), to - from, from > unit ? 1 : 0,
                             to < unit + runs[i].count ? 1 : 0});
    }
    unit += runs[i].count;
  }
  return key;
}

/// Weights that no operator of a trace uses, as an encoder's in a decode step: they stay on the device all
/// the same.
StageParameters idle_parameters(const workload::Trace& trace) {
  std::vector<bool> used(trace.weights.size(), false);
  for (const workload::Operator& op : trace.operators) {
    for (const workload::WeightId id : op.weights) used[static_cast<std::size_t>(id)] = true;
  }
  workload::Trace idle = trace;
  idle.operators.clear();
  for (std::size_t id = 0; id < used.size(); ++id) {
    if (used[id]) continue;
    workload::Operator holder;
    holder.weights = {static_cast<workload::WeightId>(id)};
    holder.repeat = trace.weights[id].repeat;
    idle.operators.push_back(std::move(holder));
  }
  StageParameters parameters = count_parameters(idle);
  parameters.largest_block = parameters.largest_gradient = 0;
  return parameters;
}

}  // namespace

Profiler::Profiler(Model model, std::int64_t node_devices)
    : model_(std::move(model)), node_devices_(std::max<std::int64_t>(1, node_devices)) {
  const workload::Trace whole = workload::lower(*model_.workload, model_.lowering);
  limits_ = plan::limits_of(whole);
  limits_.cut_points = plan::unit_count(plan::unit_runs(whole));
}

Profiler::~Profiler() = default;

Profiler::Sharded& Profiler::sharded(const plan::Plan& plan) {
  // Where a device has all experts, it has all their tokens however they are spread.
  const double imbalance = plan.expert > 1 ? plan.imbalance : 1;
  const ShardKey key{
      {plan.tensor, plan.sequence_parallel ? 1 : 0, plan.context, plan.expert, plan.micro_batch}, imbalance};
  auto& entry = sharded_[key];
  if (entry) return *entry;
  workload::LoweringOptions options = model_.lowering;
  options.batch = plan.micro_batch;
  options.imbalance = imbalance;
  entry = std::make_unique<Sharded>();
  entry->trace = plan::shard(workload::lower(*model_.workload, options),
                             {plan.tensor, plan.sequence_parallel, plan.context, plan.expert});
  entry->runs = plan::unit_runs(entry->trace);
  entry->idle = idle_parameters(entry->trace);
  entry->costs =
      model_.unit_costs ? model_.unit_costs(entry->trace, entry->runs) : flops(entry->trace, entry->runs);
  entry->made = made_by_units(entry->trace, entry->runs, model_.recipe);
  entry->products = weight_products(entry->trace, entry->runs);
  return *entry;
}

std::vector<double> Profiler::hand_on_costs(const Sharded& model, const plan::Plan& plan) const {
  std::vector<double> costs(model.runs.size(), 0);
  if (!model_.message_cost) return costs;
  for (std::size_t i = 0; i < costs.size(); ++i) costs[i] = model_.message_cost(model.made[i], plan);
  return costs;
}

const std::vector<const Chunk*>& Profiler::chunks(const plan::Plan& plan) {
  Sharded& model = sharded(plan);
  const std::int64_t count = plan.pipeline * plan.interleave;
  const std::int64_t stride = model_.message_cost ? plan.devices() / plan.pipeline : 0;
  const auto key = std::tuple(plan.recompute, count, plan.cut, stride);
  if (const auto found = model.cuts.find(key); found != model.cuts.end()) return found->second;

  std::vector<const Chunk*> chunks;
  const plan::Cuts cuts =
      plan.cut == plan::Cut::in_order
          ? plan::cut_in_order(model.runs, model.products, count)
          : plan::cut_stages(model.runs, {model.costs, hand_on_costs(model, plan)}, count);
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
    auto& chunk = model.slices[{signature(model.runs, cuts[i], cuts[i + 1]), plan.recompute}];
    if (!chunk) {
      chunk = std::make_unique<Chunk>();
      chunk->trace = plan::mark_recomputed(
          count == 1 ? model.trace : plan::slice(model.trace, model.runs, cuts[i], cuts[i + 1]),
          plan.recompute);
      chunk->life = walk(chunk->trace, model_.recipe);
      chunk->parameters = count_parameters(chunk->trace);
    }
    chunks.push_back(chunk.get());
  }
  return model.cuts.emplace(key, std::move(chunks)).first->second;
}

std::vector<Footprint> Profiler::stages(const plan::Plan& plan) {
  const std::vector<const Chunk*>& all = chunks(plan);
  const bool training = model_.lowering.phase == workload::Phase::training;
  std::vector<Footprint> result;
  for (std::int64_t stage = 0; stage < plan.pipeline; ++stage) {
    StageParameters parameters = stage == 0 ? sharded(plan).idle : StageParameters{};
    std::vector<Bytes> kept_by_chunk;
    Bytes inputs{0};
    Bytes cache{0};
    Bytes workspace{0};
    Bytes gathered{0};
    std::string moment;
    for (std::int64_t chunk = 0; chunk < plan.interleave; ++chunk) {
      const Chunk& part = *all[static_cast<std::size_t>(chunk * plan.pipeline + stage)];
      parameters += part.parameters;
      gathered = std::max(gathered, part.life.gathered);
      const auto flights = static_cast<double>(training ? in_flight(plan, stage, chunk) : 1);
      kept_by_chunk.push_back(part.life.kept);
      inputs += flights * part.life.inputs;
      cache += part.life.cache;
      if (part.life.workspace() >= workspace) {
        workspace = part.life.workspace();
        moment = part.life.moment;
      }
    }
    const Kept passes =
        training ? kept_bytes(plan, stage, kept_by_chunk)
                 : Kept{std::accumulate(kept_by_chunk.begin(), kept_by_chunk.end(), Bytes(0)), Bytes(0)};
    const Bytes kept = passes.on_device;
    auto [footprint, at_step] = states_of(parameters, plan, model_);
    footprint.offloaded += passes.outside;
    footprint.stage = stage;
    footprint.cache = cache;
    const Bytes holes = model_.recipe.allocator_overhead * (kept + inputs);
    if (at_step > kept + inputs + workspace + holes) {
      footprint.workspace += at_step;
      footprint.moment = "optimizer step";
    } else {
      footprint.activations = kept;
      footprint.inputs = inputs;
      footprint.workspace += workspace + holes;
      footprint.holes = holes;
      footprint.moment = std::move(moment);
    }
    footprint.workspace += standing_buffers(model_.recipe, gathered);
    result.push_back(std::move(footprint));
  }
  note_node(plan, result);
  return result;
}

void Profiler::note_node(const plan::Plan& plan, std::vector<Footprint>& stages) const {
  if (!plan.offload.any()) return;
  std::vector<Bytes> offloaded;
  for (const Footprint& stage : stages) offloaded.push_back(stage.offloaded);
  const Bytes fullest = fullest_node(offloaded, plan.devices() / plan.pipeline, node_devices_);
  for (Footprint& stage : stages) stage.node_offloaded = fullest;
}

Footprint Profiler::between_steps(const plan::Plan& plan, std::int64_t stage) {
  const std::vector<const Chunk*>& all = chunks(plan);
  StageParameters parameters;
  Bytes gathered{0};
  for (std::int64_t chunk = 0; chunk < plan.interleave; ++chunk) {
    const Chunk& part = *all[static_cast<std::size_t>(chunk * plan.pipeline + stage)];
    parameters += part.parameters;
    gathered = std::max(gathered, part.life.gathered);
  }
  auto [footprint, at_step] = states_of(parameters, plan, model_);
  footprint.workspace = at_step + standing_buffers(model_.recipe, gathered);
  footprint.stage = stage;
  footprint.moment = "between steps";
  return footprint;
}

Footprint Profiler::footprint(const plan::Plan& plan) {
  std::vector<Footprint> all = stages(plan);
  return *std::max_element(all.begin(), all.end(),
                           [](const Footprint& a, const Footprint& b) { return a.total() < b.total(); });
}

}  // namespace memwall::footprint
