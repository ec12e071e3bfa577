#include "memwall/parallel/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace memwall::parallel {
namespace {

Task task_of(TaskKind kind, std::int64_t micro_batch, std::int64_t chunk = 0) {
  return {kind, static_cast<std::int32_t>(micro_batch), static_cast<std::int32_t>(chunk)};
}

Pipeline empty_pipeline(std::int64_t stages, std::int64_t micro_batches, std::int64_t chunks) {
  if (stages < 1 || micro_batches < 1 || chunks < 1) {
    throw std::invalid_argument("a pipeline has 1 stage, micro-batch and chunk or more");
  }
  if (micro_batches > std::numeric_limits<std::int32_t>::max()) {
    throw std::invalid_argument(fmt::format("{} micro-batches are too many", micro_batches));
  }
  Pipeline pipeline{.stages = stages, .chunks = chunks, .micro_batches = micro_batches, .tasks = {}};
  pipeline.tasks.resize(static_cast<std::size_t>(stages));
  return pipeline;
}

/// Megatron-LM's order of passes: `stages` micro-batches through chunk 0, the same through chunk 1, ...; then
/// the next ones. Backward the chunks are taken from the last.
Task interleaved_task(TaskKind kind, std::int64_t pass, const Pipeline& pipeline) {
  const std::int64_t round = pipeline.stages * pipeline.chunks;
  const std::int64_t turn = pass % round / pipeline.stages;
  const std::int64_t micro_batch = pass / round * pipeline.stages + pass % pipeline.stages;
  return task_of(kind, micro_batch, kind == TaskKind::forward ? turn : pipeline.chunks - 1 - turn);
}

/// `warm_up` forwards, then a forward and a backward in turn, then the other backwards.
std::vector<Task> one_forward_one_backward(const Pipeline& pipeline, std::int64_t warm_up) {
  const std::int64_t passes = pipeline.micro_batches * pipeline.chunks;
  warm_up = std::min(warm_up, passes);
  std::vector<Task> tasks;
  tasks.reserve(static_cast<std::size_t>(2 * passes));
  for (std::int64_t pass = 0; pass < warm_up; ++pass) {
    tasks.push_back(interleaved_task(TaskKind::forward, pass, pipeline));
  }
  for (std::int64_t pass = 0; pass < passes; ++pass) {
    if (warm_up + pass < passes) {
      tasks.push_back(interleaved_task(TaskKind::forward, warm_up + pass, pipeline));
    }
    tasks.push_back(interleaved_task(TaskKind::backward, pass, pipeline));
  }
  return tasks;
}

}  // namespace

std::string_view to_text(TaskKind kind) {
  switch (kind) {
    case TaskKind::forward:
      return "F";
    case TaskKind::backward:
      return "B";
    case TaskKind::weight:
      return "W";
  }
  return "?";
}

std::string to_text(const Task& task, std::int64_t chunks) {
  if (chunks == 1) return fmt::format("{}{}", to_text(task.kind), task.micro_batch);
  return fmt::format("{}{}.{}", to_text(task.kind), task.micro_batch, task.chunk);
}

Pipeline gpipe(std::int64_t stages, std::int64_t micro_batches, std::int64_t chunks) {
  Pipeline pipeline = empty_pipeline(stages, micro_batches, chunks);
  for (std::vector<Task>& tasks : pipeline.tasks) {
    tasks.reserve(static_cast<std::size_t>(2 * micro_batches * chunks));
    for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
      for (std::int64_t i = 0; i < micro_batches; ++i) tasks.push_back(task_of(TaskKind::forward, i, chunk));
    }
    for (std::int64_t chunk = chunks; chunk-- > 0;) {
      for (std::int64_t i = 0; i < micro_batches; ++i) tasks.push_back(task_of(TaskKind::backward, i, chunk));
    }
  }
  return pipeline;
}

Pipeline one_f_one_b(std::int64_t stages, std::int64_t micro_batches) {
  Pipeline pipeline = empty_pipeline(stages, micro_batches, 1);
  for (std::int64_t stage = 0; stage < stages; ++stage) {
    pipeline.tasks[static_cast<std::size_t>(stage)] = one_forward_one_backward(pipeline, stages - stage - 1);
  }
  return pipeline;
}

Pipeline interleaved(std::int64_t stages, std::int64_t micro_batches, std::int64_t chunks) {
  if (chunks == 1) return one_f_one_b(stages, micro_batches);
  Pipeline pipeline = empty_pipeline(stages, micro_batches, chunks);
  if (micro_batches % stages != 0) {
    throw std::invalid_argument(fmt::format(
        "interleaving needs micro-batches ({}) in a multiple of the {} stages", micro_batches, stages));
  }
  for (std::int64_t stage = 0; stage < stages; ++stage) {
    pipeline.tasks[static_cast<std::size_t>(stage)] =
        one_forward_one_backward(pipeline, 2 * (stages - stage - 1) + (chunks - 1) * stages);
  }
  return pipeline;
}

Pipeline zb_h1(std::int64_t stages, std::int64_t micro_batches) {
  Pipeline pipeline = empty_pipeline(stages, micro_batches, 1);
  pipeline.split_backward = true;
  for (std::int64_t stage = 0; stage < stages; ++stage) {
    std::vector<Task>& tasks = pipeline.tasks[static_cast<std::size_t>(stage)];
    tasks.reserve(static_cast<std::size_t>(3 * micro_batches));
    std::int64_t weights = 0;
    for (const Task& task : one_forward_one_backward(pipeline, stages - stage - 1)) {
      tasks.push_back(task);
      if (task.kind == TaskKind::backward && task.micro_batch >= stage) {
        tasks.push_back(task_of(TaskKind::weight, weights++));
      }
    }
    while (weights < micro_batches) tasks.push_back(task_of(TaskKind::weight, weights++));
  }
  return pipeline;
}

Pipeline pipeline_of(const plan::Plan& plan) {
  switch (plan.schedule) {
    case plan::Schedule::gpipe:
      return gpipe(plan.pipeline, plan.micro_batches(), plan.interleave);
    case plan::Schedule::one_f_one_b:
      return interleaved(plan.pipeline, plan.micro_batches(), plan.interleave);
    case plan::Schedule::zero_bubble:
      break;
  }
  if (plan.interleave > 1) throw std::invalid_argument("zb-h1 has one chunk on each stage");
  return zb_h1(plan.pipeline, plan.micro_batches());
}

}  // namespace memwall::parallel
