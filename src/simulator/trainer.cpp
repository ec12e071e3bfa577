#include "simulator/trainer.hpp"

#include <algorithm>
#include <utility>

#include "memwall/footprint/offload.hpp"
#include "memwall/parallel/closed_form.hpp"
#include "memwall/parallel/collective.hpp"
#include "memwall/simulator/groups.hpp"
#include "simulator/streaming.hpp"

namespace memwall::simulator {
namespace {

using plan::Plan;

footprint::Model with_unit_seconds(footprint::Model model, const Pricer& pricer) {
  model.unit_costs = [pricer](const workload::Trace& trace, const std::vector<plan::UnitRun>& runs) {
    return unit_seconds(trace, runs, pricer);
  };
  model.message_cost = [pricer](Bytes bytes, const Plan& plan) {
    if (plan.pipeline == 1) return 0.0;
    return parallel::message_cost(bytes, 0, stage_stride(plan), pricer.system->tiers).time.value();
  };
  return model;
}

workload::Counts count_sample(const footprint::Model& model) {
  workload::LoweringOptions options = model.lowering;
  options.batch = 1;
  return workload::count(workload::lower(*model.workload, options));
}

/// Whether a kernel executes less than the model is counted by.
bool skips_masked_work(const std::vector<const footprint::Chunk*>& chunks) {
  for (const footprint::Chunk* chunk : chunks) {
    for (const workload::Operator& op : chunk->trace.operators) {
      if (std::ranges::any_of(op.matmuls,
                              [](const workload::Matmul& product) { return product.executed < 1; }))
        return true;
    }
  }
  return false;
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

/// One part's passes without what is offloaded.
parallel::ChunkTimes passes_of(const ChunkTime& time) {
  parallel::ChunkTimes passes{};
  passes.forward = time.forward + time.forward_comm;
  passes.input_gradient = time.input_gradient + time.recompute + time.communication() - time.forward_comm;
  passes.weight_gradient = time.weight_gradient;
  return passes;
}

/// The stage that computes, communicates and waits for copies longest.
std::int64_t busiest_of(const std::vector<StageTime>& stages, const parallel::Simulation& played,
                        double micro_batches) {
  std::size_t busiest = 0;
  const auto busy = [&](std::size_t stage) {
    return micro_batches * stages[stage].busy() + played.stages[stage].exposed_copy;
  };
  for (std::size_t stage = 1; stage < stages.size(); ++stage) {
    if (busy(stage) > busy(busiest)) busiest = stage;
  }
  return static_cast<std::int64_t>(busiest);
}

/// What the busiest copy stream of any stage does in a step, all micro-batches but one.
Seconds longest_copying(const Plan& plan, const parallel::PipelineTimes& times) {
  Seconds longest{0};
  for (std::int64_t stage = 0; stage < plan.pipeline; ++stage) {
    Seconds out{0};
    Seconds in{0};
    for (std::int64_t chunk = 0; chunk < plan.interleave; ++chunk) {
      const parallel::ChunkTimes& part = times[static_cast<std::size_t>(stage * plan.interleave + chunk)];
      out += part.offload;
      in += part.reload;
    }
    longest = std::max({longest, out, in});
  }
  return static_cast<double>(plan.micro_batches() - 1) * longest;
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
    sum.hidden_forward += time.hidden_forward;
    sum.hidden_backward += time.hidden_backward;
  }
  return sum;
}

Trainer::Trainer(const TrainQuestion& question)
    : question_(question),
      machine_(roofline::make_machine(question.system->accelerator, question.model.recipe)),
      pricer_{
          question.system, &machine_, &question.model.recipe,
          question.model.lowering.fuse_elementwise ? roofline::Fusion::elementwise : roofline::Fusion::none},
      profiler_(with_unit_seconds(question.model, pricer_), question.system->node.devices),
      counts_(count_sample(question.model)) {}

std::vector<const ChunkTime*> Trainer::times(const Plan& plan) {
  std::vector<const ChunkTime*> result;
  for (const footprint::Chunk* chunk : profiler_.chunks(plan)) {
    auto& time = times_[{chunk, plan.overlap, plan.context_exchange}];
    if (!time) time = std::make_unique<ChunkTime>(chunk_time(chunk->trace, plan, pricer_));
    result.push_back(time.get());
  }
  return result;
}

parallel::PipelineTimes Trainer::pipeline_times(const Plan& plan,
                                                const std::vector<const ChunkTime*>& chunks) {
  const std::vector<const footprint::Chunk*>& parts_of_model = profiler_.chunks(plan);
  const auto at = [&](std::int64_t part) { return static_cast<std::size_t>(part); };
  // Part `part` of the model hands on to the next, which may sit on another node, or back on the first stage.
  const auto send = [&](std::int64_t part) {
    const std::int64_t from = part % plan.pipeline * stage_stride(plan);
    const std::int64_t to = (part + 1) % plan.pipeline * stage_stride(plan);
    return parallel::message_cost(chunks[at(part)]->handed_on, from, to, question_.system->tiers).time;
  };
  const std::int64_t parts = plan.pipeline * plan.interleave;
  parallel::PipelineTimes times;
  for (std::int64_t stage = 0; stage < plan.pipeline; ++stage) {
    for (std::int64_t chunk = 0; chunk < plan.interleave; ++chunk) {
      const std::int64_t part = chunk * plan.pipeline + stage;
      const ChunkTime& time = *chunks[at(part)];
      parallel::ChunkTimes entry = passes_of(time);
      if (plan.offload.any()) {
        const footprint::Chunk& held = *parts_of_model[at(part)];
        const Stretch longer = stretch(plan, held, time);
        entry.forward += longer.forward;
        entry.input_gradient += longer.input_gradient;
        entry.weight_gradient += longer.weight_gradient;
        if (footprint::copies_activations(plan, stage)) add_copies(plan, held, entry);
      }
      if (part + 1 < parts) entry.send_forward = send(part);
      if (part > 0) entry.send_backward = send(part - 1);  // the gradient of what it was handed
      times.push_back(entry);
    }
  }
  return times;
}

std::vector<StageTime> Trainer::stage_times(const Plan& plan, const std::vector<const ChunkTime*>& chunks) {
  std::vector<StageTime> stages;
  for (std::int64_t stage = 0; stage < plan.pipeline; ++stage)
    stages.push_back(stage_time(plan, chunks, stage));
  if (!plan.offload.any()) return stages;
  const std::vector<const footprint::Chunk*>& parts = profiler_.chunks(plan);
  for (std::size_t part = 0; part < parts.size(); ++part) {
    stages[part % stages.size()].offload += stretch(plan, *parts[part], *chunks[part]).total();
  }
  return stages;
}

Trainer::Stretch Trainer::stretch(const Plan& plan, const footprint::Chunk& chunk,
                                  const ChunkTime& time) const {
  const hardware::OuterRoom way = hardware::outer_room(*question_.system, plan.offload_to);
  const ChunkTraffic traffic = chunk_traffic(chunk, plan, question_.model.recipe);
  const parallel::ChunkTimes passes = passes_of(time);
  const auto beyond = [&](const Traffic& moved, Seconds computed) {
    return std::max(Seconds(0), time_of(moved, way) - computed);
  };
  if (plan.schedule == plan::Schedule::zero_bubble) {
    return {beyond(traffic.forward, passes.forward), beyond(traffic.input_gradient, passes.input_gradient),
            beyond(traffic.weight_gradient, passes.weight_gradient)};
  }
  const Traffic backward{traffic.input_gradient.in + traffic.weight_gradient.in, traffic.weight_gradient.out};
  return {beyond(traffic.forward, passes.forward),
          beyond(backward, passes.input_gradient + passes.weight_gradient), Seconds(0)};
}

void Trainer::add_copies(const Plan& plan, const footprint::Chunk& chunk, parallel::ChunkTimes& entry) const {
  const hardware::OuterRoom way = hardware::outer_room(*question_.system, plan.offload_to);
  const ChunkTraffic traffic = chunk_traffic(chunk, plan, question_.model.recipe);
  // The link is shared: a copy waits for what the pass that runs meanwhile moves.
  const bool split = plan.schedule == plan::Schedule::zero_bubble;
  const Bytes apart = std::max(traffic.input_gradient.in, traffic.weight_gradient.in);
  const Bytes together = traffic.input_gradient.in + traffic.weight_gradient.in;
  entry.offload = (traffic.kept + traffic.weight_gradient.out) / way.out;
  entry.reload = (traffic.kept + (split ? apart : together)) / way.in;
}

Seconds Trainer::first_fetch(const Plan& plan) {
  if (!plan.offload.weights) return Seconds(0);
  const footprint::Chunk& first = *profiler_.chunks(plan).front();
  const Bytes weights = chunk_traffic(first, plan, question_.model.recipe).forward.in;
  return weights / blocks_in(first.trace) / hardware::outer_room(*question_.system, plan.offload_to).in;
}

std::vector<Closing> Trainer::after_passes(const Plan& plan, const std::vector<StageTime>& stages) {
  return closings(plan, profiler_.chunks(plan), stages, pricer_, question_.model.optimizer);
}

Seconds Trainer::quick_step(const Plan& plan) {
  const std::vector<const ChunkTime*> chunks = times(plan);
  const Closing after = longest(after_passes(plan, stage_times(plan, chunks)));
  const parallel::PipelineTimes passes = pipeline_times(plan, chunks);
  const Seconds computed =
      parallel::lower_bound(plan.schedule, plan.pipeline, plan.interleave, plan.micro_batches(), passes);
  return std::max(computed, longest_copying(plan, passes)) + first_fetch(plan) + after.total();
}

parallel::Simulation Trainer::play(const Plan& plan, bool record) {
  return parallel::simulate(parallel::pipeline_of(plan), pipeline_times(plan, times(plan)),
                            {plan.overlap.pipeline, record});
}

TrainEstimate Trainer::estimate(const Plan& plan) {
  const std::vector<const ChunkTime*> chunks = times(plan);
  const parallel::Simulation played = play(plan, false);
  const auto micro_batches = static_cast<double>(plan.micro_batches());

  TrainEstimate estimate;
  estimate.plan = plan;
  Flops recomputed{0};
  estimate.stages = stage_times(plan, chunks);
  const Closing after = longest(after_passes(plan, estimate.stages));
  estimate.busiest_stage = busiest_of(estimate.stages, played, micro_batches);
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
  b.offload_exposed =
      stage.exposed_copy + micro_batches * busiest.offload + first_fetch(plan) + after.offload_exposed;
  b.bubble = stage.bubble;
  b.data_comm_exposed = after.data_exposed();
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
  for (const footprint::Footprint& held : profiler_.stages(plan))
    estimate.stage_bytes.push_back(held.total());
  estimate.notes = machine_.notes;
  if (skips_masked_work(profiler_.chunks(plan))) {
    estimate.notes.emplace_back(
        "MFU and HFU count attention in full, masked or not; the kernel skips what is masked, so that they "
        "may exceed 100 %");
  }

  std::vector<Seconds> by_resource(machine_.resources.size(), Seconds(0));
  for (std::int64_t chunk = 0; chunk < plan.interleave; ++chunk) {
    const ChunkTime& time = *chunks[static_cast<std::size_t>(chunk * plan.pipeline + estimate.busiest_stage)];
    for (std::size_t i = 0; i < by_resource.size(); ++i)
      by_resource[i] += micro_batches * time.by_resource[i];
  }
  estimate.bound = largest_part(estimate, by_resource, machine_);
  return estimate;
}

}  // namespace memwall::simulator
