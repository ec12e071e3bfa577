#include "simulator/trainer.hpp"

#include <algorithm>
#include <utility>

#include "memwall/parallel/closed_form.hpp"
#include "memwall/parallel/collective.hpp"
#include "memwall/parallel/overlap.hpp"
#include "memwall/parallel/timeline.hpp"
#include "memwall/roofline/price.hpp"
#include "memwall/simulator/groups.hpp"

namespace memwall::simulator {
namespace {

using plan::Plan;

footprint::Model with_unit_seconds(footprint::Model model, const Pricer& pricer) {
  model.unit_costs = [pricer](const workload::Trace& trace, const std::vector<plan::UnitRun>& runs) {
    return unit_seconds(trace, runs, pricer);
  };
  return model;
}

workload::Counts count_sample(const footprint::Model& model) {
  workload::LoweringOptions options = model.lowering;
  options.batch = 1;
  return workload::count(workload::lower(*model.workload, options));
}

/// Blocks of a chunk whose gradients become ready one after the other.
double blocks_in(const workload::Trace& chunk) {
  double blocks = 0;
  for (const workload::Repeat& repeat : chunk.repeats) {
    if (repeat.first != repeat.last) blocks += repeat.count;
  }
  return blocks;
}

/// The largest part of a step, by name.
std::string largest_part(const TrainEstimate& estimate, const std::vector<Seconds>& by_resource,
                         const roofline::Machine& machine) {
  std::vector<std::pair<std::string, Seconds>> parts = {
      {"tensor communication", estimate.breakdown.tensor_comm_exposed},
      {"pipeline communication", estimate.breakdown.pipeline_comm_exposed},
      {"data communication", estimate.breakdown.data_comm_exposed},
      {"expert communication", estimate.breakdown.expert_comm_exposed},
      {"context communication", estimate.breakdown.context_comm_exposed},
      {"bubble", estimate.breakdown.bubble},
      {"offload", estimate.breakdown.offload_exposed}};
  for (std::size_t i = 0; i < by_resource.size(); ++i)
    parts.emplace_back(machine.resources[i].name, by_resource[i]);
  return std::max_element(parts.begin(), parts.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

}  // namespace

StageTime stage_time(const Plan& plan, const std::vector<const ChunkTime*>& chunks, std::int64_t stage) {
  StageTime sum;
  for (std::int64_t chunk = 0; chunk < plan.interleave; ++chunk) {
    const ChunkTime& time = *chunks[static_cast<std::size_t>(chunk * plan.pipeline + stage)];
    sum.forward += time.forward;
    sum.backward += time.input_gradient + time.weight_gradient;
    sum.recompute += time.recompute;
    sum.tensor_comm += time.tensor_comm;
    sum.expert_comm += time.expert_comm;
    sum.context_comm += time.context_comm;
    sum.send += time.send;
  }
  return sum;
}

Trainer::Trainer(const TrainQuestion& question)
    : question_(question),
      machine_(roofline::make_machine(question.system->accelerator, question.model.recipe)),
      pricer_{
          question.system, &machine_, &question.model.recipe,
          question.model.lowering.fuse_elementwise ? roofline::Fusion::elementwise : roofline::Fusion::none},
      profiler_(with_unit_seconds(question.model, pricer_)),
      counts_(count_sample(question.model)) {}

std::vector<const ChunkTime*> Trainer::times(const Plan& plan) {
  std::vector<const ChunkTime*> result;
  for (const footprint::Chunk* chunk : profiler_.chunks(plan)) {
    auto& time = times_[chunk];
    if (!time) time = std::make_unique<ChunkTime>(chunk_time(chunk->trace, plan, pricer_));
    result.push_back(time.get());
  }
  return result;
}

parallel::PipelineTimes Trainer::pipeline_times(const Plan& plan,
                                                const std::vector<const ChunkTime*>& chunks) const {
  parallel::PipelineTimes times;
  for (std::int64_t stage = 0; stage < plan.pipeline; ++stage) {
    for (std::int64_t chunk = 0; chunk < plan.interleave; ++chunk) {
      const ChunkTime& time = *chunks[static_cast<std::size_t>(chunk * plan.pipeline + stage)];
      // Half of what is exchanged belongs to either pass: every gather has its scatter on the way back.
      const Seconds communication = time.communication();
      parallel::ChunkTimes entry{};
      entry.forward = time.forward + communication / 2;
      entry.input_gradient = time.input_gradient + time.recompute + communication / 2;
      entry.weight_gradient = time.weight_gradient;
      entry.send_forward = time.send;
      entry.send_backward = time.send;
      times.push_back(entry);
    }
  }
  return times;
}

Seconds Trainer::data_exposed(const Plan& plan, const footprint::StageParameters& parameters, double blocks,
                              const StageTime& stage) const {
  if (plan.data == 1) return Seconds(0);
  using parallel::Collective;
  const plan::Recipe& recipe = question_.model.recipe;
  const auto& tiers = question_.system->tiers;
  const Bytes gradient = recipe.gradient_bucket > Bytes(0) ? recipe.gradient_bucket : recipe.gradient;
  const auto over = [&](double elements, const parallel::Group& group) {
    if (elements == 0 || group.size == 1) return Seconds(0);
    const Bytes gradients = elements * gradient;
    const Bytes weights = elements * recipe.weight;
    if (plan.zero == 0) return parallel::cost(Collective::all_reduce, gradients, group, tiers).time;
    const Seconds scattered = parallel::cost(Collective::reduce_scatter, gradients, group, tiers).time;
    const Seconds gathered = parallel::cost(Collective::all_gather, weights, group, tiers).time;
    if (plan.zero < 3) return scattered + gathered;
    // Weights are gathered for each pass of each micro-batch, gradients scattered after each backward pass.
    return static_cast<double>(plan.micro_batches()) * (scattered + 2 * gathered);
  };
  const Seconds whole =
      over(parameters.shared, data_group(plan)) + over(parameters.expert, expert_data_group(plan));
  // ZeRO 3 moves weights and gradients in every pass, all others gradients after the last one.
  const double passes = plan.zero == 3 ? static_cast<double>(plan.micro_batches()) : 1;
  const Seconds cover = plan.zero == 3 ? passes * (stage.forward + stage.backward) : stage.backward;
  const double buckets = std::max(1.0, blocks) * passes;
  return parallel::exposed({static_cast<std::int64_t>(buckets), whole / buckets}, cover,
                           question_.overlap.data);
}

Seconds Trainer::optimizer_time(const Plan& plan, const std::vector<const footprint::Chunk*>& chunks) const {
  Seconds sum{0};
  const double share = plan.zero >= 1 ? 1 / static_cast<double>(plan.data) : 1;
  for (const footprint::Chunk* chunk : chunks) {
    const roofline::Kernel kernel =
        roofline::optimizer_kernel(chunk->trace, question_.model.recipe, question_.model.optimizer, share);
    sum += roofline::price_ideal(machine_, kernel).time;
  }
  return sum;
}

Trainer::Closing Trainer::closing(const Plan& plan, const std::vector<const ChunkTime*>& times) {
  const std::vector<const footprint::Chunk*>& chunks = profiler_.chunks(plan);
  Closing longest;
  for (std::int64_t stage = 0; stage < plan.pipeline; ++stage) {
    std::vector<const footprint::Chunk*> own;
    footprint::StageParameters parameters;
    double blocks = 0;
    for (std::int64_t chunk = 0; chunk < plan.interleave; ++chunk) {
      own.push_back(chunks[static_cast<std::size_t>(chunk * plan.pipeline + stage)]);
      parameters.shared += own.back()->parameters.shared;
      parameters.expert += own.back()->parameters.expert;
      blocks += blocks_in(own.back()->trace);
    }
    const Closing here{data_exposed(plan, parameters, blocks, stage_time(plan, times, stage)),
                       optimizer_time(plan, own)};
    if (here.data_exposed + here.optimizer > longest.data_exposed + longest.optimizer) longest = here;
  }
  return longest;
}

Seconds Trainer::quick_step(const Plan& plan) {
  const std::vector<const ChunkTime*> chunks = times(plan);
  const Closing after = closing(plan, chunks);
  return parallel::lower_bound(plan.schedule, plan.pipeline, plan.interleave, plan.micro_batches(),
                               pipeline_times(plan, chunks)) +
         after.data_exposed + after.optimizer;
}

parallel::Simulation Trainer::play(const Plan& plan, bool record) {
  return parallel::simulate(parallel::pipeline_of(plan), pipeline_times(plan, times(plan)),
                            {question_.overlap.pipeline, record});
}

TrainEstimate Trainer::estimate(const Plan& plan, bool record) {
  const std::vector<const ChunkTime*> chunks = times(plan);
  const parallel::Simulation played = play(plan, record);
  const Closing after = closing(plan, chunks);
  const auto micro_batches = static_cast<double>(plan.micro_batches());

  TrainEstimate estimate;
  estimate.plan = plan;
  Flops recomputed{0};
  for (std::int64_t stage = 0; stage < plan.pipeline; ++stage) {
    estimate.stages.push_back(stage_time(plan, chunks, stage));
    if (estimate.stages.back().busy() >
        estimate.stages[static_cast<std::size_t>(estimate.busiest_stage)].busy()) {
      estimate.busiest_stage = stage;
    }
  }
  for (const ChunkTime* chunk : chunks) recomputed += chunk->recomputed;

  const StageTime& busiest = estimate.stages[static_cast<std::size_t>(estimate.busiest_stage)];
  const parallel::StageTimes& stage = played.stages[static_cast<std::size_t>(estimate.busiest_stage)];
  Breakdown& b = estimate.breakdown;
  b.forward = micro_batches * busiest.forward;
  b.backward = micro_batches * busiest.backward;
  b.recompute = micro_batches * busiest.recompute;
  b.tensor_comm_exposed = micro_batches * busiest.tensor_comm;
  b.expert_comm_exposed = micro_batches * busiest.expert_comm;
  b.context_comm_exposed = micro_batches * busiest.context_comm;
  b.pipeline_comm_exposed = stage.exposed_communication;
  b.offload_exposed = stage.exposed_copy;
  b.bubble = stage.bubble;
  b.data_comm_exposed = after.data_exposed;
  b.optimizer = after.optimizer;
  estimate.step_time = b.total();

  const auto samples = static_cast<double>(plan.global_batch);
  estimate.model_flops = 3 * samples * (counts_.forward_flops + counts_.head_flops);
  // Every device of a stage's replicas runs again what its chunk does, micro-batch by micro-batch.
  const double copies = static_cast<double>(plan.tensor * plan.context * plan.data) * micro_batches;
  estimate.hardware_flops = estimate.model_flops + copies * recomputed;
  estimate.peak = machine_.products.peak.value;
  estimate.samples_per_second = samples / estimate.step_time.value();
  estimate.tokens_per_second = estimate.samples_per_second * static_cast<double>(limits().sequence);
  estimate.footprint = profiler_.footprint(plan);
  estimate.notes = machine_.notes;

  std::vector<Seconds> by_resource(machine_.resources.size(), Seconds(0));
  for (std::int64_t chunk = 0; chunk < plan.interleave; ++chunk) {
    const ChunkTime& time = *chunks[static_cast<std::size_t>(chunk * plan.pipeline + estimate.busiest_stage)];
    for (std::size_t i = 0; i < by_resource.size(); ++i)
      by_resource[i] += micro_batches * time.by_resource[i];
  }
  estimate.bound = largest_part(estimate, by_resource, machine_);
  return estimate;
}

parallel::Timeline Trainer::timeline(const Plan& plan) {
  const parallel::Pipeline pipeline = parallel::pipeline_of(plan);
  const parallel::Simulation played = play(plan, true);
  const std::vector<const footprint::Chunk*>& chunks = profiler_.chunks(plan);
  std::vector<Bytes> kept;
  std::vector<Bytes> standing;
  const std::vector<footprint::Footprint> stages = profiler_.stages(plan);
  for (std::int64_t stage = 0; stage < plan.pipeline; ++stage) {
    for (std::int64_t chunk = 0; chunk < plan.interleave; ++chunk) {
      kept.push_back(chunks[static_cast<std::size_t>(chunk * plan.pipeline + stage)]->life.kept);
    }
    const footprint::Footprint& f = stages[static_cast<std::size_t>(stage)];
    standing.push_back(f.weights + f.gradients + f.optimizer + f.workspace + f.inputs);
  }
  return parallel::timeline_of(pipeline, played, kept, standing);
}

}  // namespace memwall::simulator
