#include "parallel/play.hpp"

#include <algorithm>

namespace memwall::parallel {
namespace {

constexpr double unknown = -1;

std::size_t index_of(std::int64_t i) { return static_cast<std::size_t>(i); }

}  // namespace

const Simulation& Play::run(const Pipeline& pipeline, const PipelineTimes& times,
                            const SimulationOptions& options) {
  pipeline_ = &pipeline;
  options_ = options;
  check(times);
  prepare(times);
  while (!ready_.empty()) {
    const std::int32_t stage = ready_.back();
    ready_.pop_back();
    advance(stage);
  }
  report_deadlock();
  finish();
  return result_;
}

void Play::advance(std::int32_t stage) {
  const std::vector<Task>& tasks = pipeline_->tasks[index_of(stage)];
  Progress& now = progress_[index_of(stage)];
  now.blocked = false;
  while (now.next < tasks.size()) {
    const Task& task = tasks[now.next];
    Arrival& input = arrivals_[slot(task.kind, stage, task.chunk, task.micro_batch)];
    if (input.at < 0) {
      now.blocked = true;
      now.waiting_for = index_of(&input - arrivals_.data());
      return;
    }
    execute(stage, task, input, now);
    input.at = unknown;  // a task that is listed twice waits for ever
    ++now.next;
  }
}

void Play::execute(std::int32_t stage, const Task& task, const Arrival& input, Progress& now) {
  const Durations& durations = durations_[index_of(stage) * chunks_ + index_of(task.chunk)];
  const auto kind = static_cast<std::size_t>(task.kind);
  double start = now.compute;
  if (input.at > start) {
    const double wait = input.at - start;
    const double communication = std::min(wait, input.travelled);
    now.communication += communication;
    now.bubble += wait - communication;
    start = input.at;
  }
  if (copies_) start = wait_for_copies(stage, task, durations, start, now);
  const double end = start + durations.compute[kind];
  now.busy[kind] += durations.compute[kind];
  now.compute = end;
  now.previous_start = start;
  ++result_.event_count;
  if (options_.record) record(start, end, stage, Stream::compute, task);
  count_in_flight(stage, task, now);
  if (task.kind == TaskKind::weight) return;
  hand_on(stage, task, end, durations.send[kind], now);
  if (task.kind == TaskKind::backward && pipeline_->split_backward) {
    arrivals_[slot(TaskKind::weight, stage, task.chunk, task.micro_batch)] = {end, 0};
  }
  if (copies_ && task.kind == TaskKind::forward) copy_out(stage, task, durations, end, now);
}

/// Gives the task's result to the next part of the model (forward) or the one before (backward).
void Play::hand_on(std::int32_t stage, const Task& task, double end, double send, Progress& now) {
  const bool forward = task.kind == TaskKind::forward;
  std::int64_t to = forward ? stage + 1 : stage - 1;
  std::int64_t chunk = task.chunk;
  if (to == pipeline_->stages) {
    to = 0;
    ++chunk;
  } else if (to < 0) {
    to = pipeline_->stages - 1;
    --chunk;
  }
  if (chunk == pipeline_->chunks) {  // the loss: the backward begins where the forward ended
    deliver(slot(TaskKind::backward, stage, task.chunk, task.micro_batch), stage, {end, 0});
    return;
  }
  if (chunk < 0) return;
  const std::size_t target = slot(task.kind, to, chunk, task.micro_batch);
  if (to == stage) return deliver(target, to, {end, 0});
  if (!options_.overlap) {
    now.communication += send;
    now.compute = end + send;
  }
  const double departure = options_.overlap ? std::max(end, now.link) : end;
  const double arrival = departure + send;
  now.link = arrival;
  ++result_.event_count;
  if (options_.record) record(departure, arrival, stage, Stream::link, task);
  deliver(target, to, {arrival, arrival - end});
}

void Play::deliver(std::size_t target, std::int64_t stage, const Arrival& arrival) {
  arrivals_[target] = arrival;
  Progress& receiver = progress_[index_of(stage)];
  if (!receiver.blocked || receiver.waiting_for != target) return;
  receiver.blocked = false;
  ready_.push_back(static_cast<std::int32_t>(stage));
}

// --- Copies to the host and back ---------------------------------------------------------------------

/// A forward needs one of two buffers, whose copies out must be done; a backward needs its copy in, which
/// is asked for when the task before it starts.
double Play::wait_for_copies(std::int32_t stage, const Task& task, const Durations& durations, double start,
                             Progress& now) {
  double free = start;
  if (task.kind == TaskKind::forward) free = now.copied_before;
  if (task.kind == TaskKind::backward) {
    const double copied = copied_out_[slot(TaskKind::forward, stage, task.chunk, task.micro_batch)];
    if (copied < 0) return start;
    const double begin = std::max({now.copy_in, copied, now.previous_start, room_for_next(stage, now)});
    free = begin + durations.reload;
    now.copy_in = free;
    ++result_.event_count;
    if (options_.record) record(begin, free, stage, Stream::copy_in, task);
  }
  now.copies += std::max(0.0, free - start);
  return std::max(start, free);
}

/// When there is a buffer to copy into while the task before runs. A forward waited for one of its two
/// itself; during a backward only the last forward's may still be on its way out.
double Play::room_for_next(std::int32_t stage, const Progress& now) const {
  if (now.next == 0) return 0;
  const Task& before = pipeline_->tasks[index_of(stage)][now.next - 1];
  return before.kind == TaskKind::forward ? 0 : now.copied_before;
}

/// What the very next task needs again stays.
void Play::copy_out(std::int32_t stage, const Task& task, const Durations& durations, double end,
                    Progress& now) {
  const std::vector<Task>& tasks = pipeline_->tasks[index_of(stage)];
  const Task backward{TaskKind::backward, task.micro_batch, task.chunk};
  if (now.next + 1 < tasks.size() && tasks[now.next + 1] == backward) return;
  if (durations.offload <= 0) return;
  const double begin = std::max(end, now.copy_out);
  now.copied_before = now.copy_out;
  now.copy_out = begin + durations.offload;
  copied_out_[slot(TaskKind::forward, stage, task.chunk, task.micro_batch)] = now.copy_out;
  ++result_.event_count;
  if (options_.record) record(begin, now.copy_out, stage, Stream::copy_out, task);
}

void Play::count_in_flight(std::int32_t stage, const Task& task, Progress& now) {
  const TaskKind last = pipeline_->split_backward ? TaskKind::weight : TaskKind::backward;
  std::int64_t& of_chunk = in_flight_[index_of(stage) * chunks_ + index_of(task.chunk)];
  if (task.kind == TaskKind::forward) {
    ++of_chunk;
    ++now.in_flight;
    StageTimes& times = result_.stages[index_of(stage)];
    std::int64_t& most = times.most_in_flight[index_of(task.chunk)];
    most = std::max(most, of_chunk);
    if (now.in_flight <= now.peak) return;
    now.peak = now.in_flight;
    std::copy_n(in_flight_.begin() + std::ptrdiff_t{stage} * pipeline_->chunks, chunks_,
                times.in_flight_by_chunk.begin());
  } else if (task.kind == last) {
    --of_chunk;
    --now.in_flight;
  }
}

void Play::record(double start, double end, std::int32_t stage, Stream stream, const Task& task) {
  result_.events.push_back({start, end, stage, stream, task});
}

}  // namespace memwall::parallel
