#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "parallel/play.hpp"

/// What comes before and after the event loop.
namespace memwall::parallel {
namespace {

std::size_t index_of(std::int64_t i) { return static_cast<std::size_t>(i); }

Durations durations_of(const ChunkTimes& chunk, bool split_backward) {
  const double weight = chunk.weight_gradient.value();
  const double input = chunk.input_gradient.value();
  return {.compute = {chunk.forward.value(), split_backward ? input : input + weight, weight},
          .send = {chunk.send_forward.value(), chunk.send_backward.value()},
          .offload = chunk.offload.value(),
          .reload = chunk.reload.value()};
}

}  // namespace

void Play::check(const PipelineTimes& times) const {
  const Pipeline& pipeline = *pipeline_;
  if (pipeline.stages < 1 || pipeline.chunks < 1 || pipeline.micro_batches < 1 ||
      pipeline.tasks.size() != index_of(pipeline.stages) ||
      times.size() != index_of(pipeline.stages * pipeline.chunks)) {
    throw std::invalid_argument("a pipeline has tasks for every stage, and times for every stage and chunk");
  }
  const std::int64_t all = pipeline.chunks * pipeline.micro_batches * (pipeline.split_backward ? 3 : 2);
  for (std::size_t stage = 0; stage < pipeline.tasks.size(); ++stage) {
    if (pipeline.tasks[stage].size() != index_of(all)) {
      throw std::invalid_argument(
          fmt::format("stage {} has {} tasks; a step has {}", stage, pipeline.tasks[stage].size(), all));
    }
    for (const Task& task : pipeline.tasks[stage]) check(task);
  }
}

void Play::check(const Task& task) const {
  const bool known = task.kind != TaskKind::weight || pipeline_->split_backward;
  const bool inside = task.micro_batch >= 0 && task.micro_batch < pipeline_->micro_batches &&
                      task.chunk >= 0 && task.chunk < pipeline_->chunks;
  if (known && inside) return;
  throw std::invalid_argument(
      fmt::format("{} is no task of this pipeline", to_text(task, pipeline_->chunks)));
}

void Play::prepare(const PipelineTimes& times) {
  const std::size_t stages = pipeline_->tasks.size();
  chunks_ = index_of(pipeline_->chunks);
  batches_ = index_of(pipeline_->micro_batches);
  per_kind_ = stages * chunks_ * batches_;
  arrivals_.assign(per_kind_ * (pipeline_->split_backward ? 3 : 2), Arrival{});
  // The first part's forwards wait for nobody.
  for (std::size_t i = 0; i < batches_; ++i) arrivals_[i].at = 0;
  progress_.assign(stages, Progress{});
  in_flight_.assign(stages * chunks_, 0);
  durations_.clear();
  for (const ChunkTimes& chunk : times) durations_.push_back(durations_of(chunk, pipeline_->split_backward));
  copies_ = std::ranges::any_of(durations_, [](const Durations& d) { return d.offload > 0; });
  if (copies_) copied_out_.assign(per_kind_, -1);
  ready_.clear();
  for (std::size_t stage = stages; stage-- > 0;) ready_.push_back(static_cast<std::int32_t>(stage));
  prepare_result();
}

void Play::prepare_result() {
  result_.event_count = 0;
  result_.events.clear();
  result_.stages.resize(pipeline_->tasks.size());
  for (StageTimes& stage : result_.stages) {
    stage.in_flight_by_chunk.assign(chunks_, 0);
    stage.most_in_flight.assign(chunks_, 0);
  }
  if (!options_.record) return;
  std::size_t most = 0;
  for (const std::vector<Task>& tasks : pipeline_->tasks) most += 3 * tasks.size();
  result_.events.reserve(most);
}

void Play::report_deadlock() const {
  std::string waiting;
  for (std::size_t stage = 0; stage < progress_.size(); ++stage) {
    const Progress& now = progress_[stage];
    if (now.next == pipeline_->tasks[stage].size()) continue;
    const Task& task = pipeline_->tasks[stage][now.next];
    waiting +=
        fmt::format("{}stage {} waits for the input of {}, its task {} of {}", waiting.empty() ? "" : "; ",
                    stage, to_text(task, pipeline_->chunks), now.next + 1, pipeline_->tasks[stage].size());
  }
  if (!waiting.empty()) throw Deadlock("the schedule cannot go on: " + waiting);
}

void Play::finish() {
  double time = 0;
  for (const Progress& now : progress_) time = std::max(time, now.compute);
  result_.time = Seconds(time);
  for (std::size_t stage = 0; stage < progress_.size(); ++stage) {
    const Progress& now = progress_[stage];
    StageTimes& times = result_.stages[stage];
    times.forward = Seconds(now.busy[0]);
    times.backward = Seconds(now.busy[1]);
    times.weight = Seconds(now.busy[2]);
    times.exposed_communication = Seconds(now.communication);
    times.exposed_copy = Seconds(now.copies);
    times.bubble = Seconds(now.bubble + (time - now.compute));
    times.end = Seconds(now.compute);
    times.in_flight = now.peak;
  }
}

}  // namespace memwall::parallel
