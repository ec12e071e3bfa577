#include "memwall/parallel/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>
#include <string_view>
#include <tuple>

namespace memwall::parallel {
namespace {

constexpr std::string_view stream_verb(Stream stream) {
  switch (stream) {
    case Stream::compute:
      return "";
    case Stream::link:
      return "send ";
    case Stream::copy_out:
      return "offload ";
    case Stream::copy_in:
      return "reload ";
  }
  return "";
}

std::string category_of(const Event& event) {
  switch (event.stream) {
    case Stream::compute:
      break;
    case Stream::link:
      return "communication";
    case Stream::copy_out:
    case Stream::copy_in:
      return "copy";
  }
  switch (event.task.kind) {
    case TaskKind::forward:
      return "forward";
    case TaskKind::backward:
      return "backward";
    case TaskKind::weight:
      return "weight gradient";
  }
  return "";
}

/// A pass takes memory when its forward begins and gives it back when its gradients are done; between, it is
/// away from when it was copied out until its copy in begins.
void add_memory(Timeline& timeline, const Pipeline& pipeline, const Simulation& simulation,
                const TimelineDetail& detail) {
  const TaskKind last = pipeline.split_backward ? TaskKind::weight : TaskKind::backward;
  std::map<std::pair<std::int32_t, double>, double> changes;
  for (std::int32_t stage = 0; stage < pipeline.stages; ++stage) changes[{stage, 0.0}] = 0;
  for (const Event& event : simulation.events) {
    const double bytes =
        detail.kept[static_cast<std::size_t>(event.stage * pipeline.chunks + event.task.chunk)].value();
    const double start = event.start + detail.delay.value();
    const double end = event.end + detail.delay.value();
    if (event.stream == Stream::copy_out) changes[{event.stage, end}] -= bytes;
    if (event.stream == Stream::copy_in) changes[{event.stage, start}] += bytes;
    if (event.stream != Stream::compute) continue;
    if (event.task.kind == TaskKind::forward) changes[{event.stage, start}] += bytes;
    if (event.task.kind == last) changes[{event.stage, end}] -= bytes;
  }
  std::vector<double> held(static_cast<std::size_t>(pipeline.stages), 0.0);
  for (const auto& [moment, change] : changes) {
    const auto [stage, time] = moment;
    double& now = held[static_cast<std::size_t>(stage)];
    now += change;
    Counter counter{.process = stage, .name = "memory", .time = Seconds(time), .values = {}};
    if (!detail.standing.empty()) {
      counter.values.emplace_back("standing", detail.standing[static_cast<std::size_t>(stage)].value());
    }
    counter.values.emplace_back("activations", now);
    timeline.counters.push_back(std::move(counter));
  }
}

// --- Parts of tasks ---------------------------------------------------------------------------------------

/// How many micro-batches, from the first, show what their tasks consist of.
std::int64_t micro_batches_in_parts(const Timeline& timeline, const Pipeline& pipeline,
                                    const Simulation& simulation, const TimelineDetail& detail) {
  std::size_t of_each = 0;
  for (const TaskParts& parts : detail.parts) {
    of_each += parts.forward.size() + parts.backward.size() + parts.weight.size();
  }
  if (of_each == 0) return 0;
  const std::size_t others =
      simulation.events.size() + timeline.counters.size() + detail.before.size() + detail.after.size();
  const std::size_t room = detail.most_events - std::min(detail.most_events, others);
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(room / of_each), 1, pipeline.micro_batches);
}

const std::vector<Part>& parts_of(const Event& event, const Pipeline& pipeline,
                                  const TimelineDetail& detail) {
  const TaskParts& parts =
      detail.parts[static_cast<std::size_t>(event.stage * pipeline.chunks + event.task.chunk)];
  switch (event.task.kind) {
    case TaskKind::forward:
      return parts.forward;
    case TaskKind::backward:
      return parts.backward;
    case TaskKind::weight:
      return parts.weight;
  }
  return parts.forward;
}

/// One after the other from the task's beginning; a sum of rounded durations does not leave it.
void add_parts(Timeline& timeline, const Span& task, const std::vector<Part>& parts) {
  const Seconds end = task.start + task.duration;
  Seconds now = task.start;
  for (const Part& part : parts) {
    const Seconds next = std::min(end, now + part.duration);
    timeline.spans.push_back({.process = task.process,
                              .thread = task.thread,
                              .name = part.name,
                              .category = part.category,
                              .start = now,
                              .duration = next - now});
    now = next;
  }
}

Span span_of(const Event& event, const Pipeline& pipeline, Seconds delay) {
  return {.process = event.stage,
          .thread = static_cast<std::int64_t>(event.stream),
          .name = std::string(stream_verb(event.stream)) + to_text(event.task, pipeline.chunks),
          .category = category_of(event),
          .start = Seconds(event.start) + delay,
          .duration = Seconds(event.end - event.start)};
}

// --- JSON -------------------------------------------------------------------------------------------------

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Whole nanoseconds, so that what abuts still does when written.
std::int64_t nanoseconds(Seconds time) { return std::llround(time.value() * 1e9); }

std::string microseconds(std::int64_t nanoseconds) {
  return fmt::format("{}.{:03}", nanoseconds / 1000, nanoseconds % 1000);
}

/// A line of the file and where it belongs: time, then counters before what starts there, then process and
/// thread.
struct Line {
  std::int64_t time;
  int kind;
  std::int64_t process;
  std::int64_t thread;
  std::string text;
};

Line line_of(const Span& span) {
  const std::int64_t start = nanoseconds(span.start);
  const std::int64_t end = nanoseconds(span.start + span.duration);
  return {start, 1, span.process, span.thread,
          fmt::format(R"({{"name":{},"cat":{},"ph":"X","ts":{},"dur":{},"pid":{},"tid":{}}})",
                      quoted(span.name), quoted(span.category), microseconds(start),
                      microseconds(std::max<std::int64_t>(0, end - start)), span.process, span.thread)};
}

Line line_of(const Counter& counter) {
  const std::int64_t time = nanoseconds(counter.time);
  std::string values;
  for (const auto& [name, value] : counter.values) {
    values += fmt::format("{}{}:{:.0f}", values.empty() ? "" : ",", quoted(name), value);
  }
  return {time, 0, counter.process, 0,
          fmt::format(R"({{"name":{},"ph":"C","ts":{},"pid":{},"args":{{{}}}}})", quoted(counter.name),
                      microseconds(time), counter.process, values)};
}

std::string name_line(std::string_view what, std::int64_t process, std::int64_t thread,
                      const std::string& name) {
  return fmt::format(R"({{"name":"{}","ph":"M","pid":{},"tid":{},"args":{{"name":{}}}}})", what, process,
                     thread, quoted(name));
}

std::vector<std::string> metadata(const Timeline& timeline) {
  std::vector<std::string> lines;
  for (std::size_t process = 0; process < timeline.processes.size(); ++process) {
    const auto pid = static_cast<std::int64_t>(process);
    lines.push_back(name_line("process_name", pid, 0, timeline.processes[process]));
    lines.push_back(fmt::format(
        R"({{"name":"process_sort_index","ph":"M","pid":{},"tid":0,"args":{{"sort_index":{}}}}})", pid, pid));
    for (std::size_t thread = 0; thread < timeline.threads.size(); ++thread) {
      lines.push_back(
          name_line("thread_name", pid, static_cast<std::int64_t>(thread), timeline.threads[thread]));
    }
  }
  return lines;
}

}  // namespace

Timeline timeline_of(const Pipeline& pipeline, const Simulation& simulation, const TimelineDetail& detail) {
  Timeline timeline;
  timeline.threads = {"compute", "link", "copy out", "copy in"};
  for (std::int64_t stage = 0; stage < pipeline.stages; ++stage) {
    timeline.processes.push_back(fmt::format("stage {}", stage));
  }
  if (!detail.kept.empty()) add_memory(timeline, pipeline, simulation, detail);
  const std::int64_t shown = micro_batches_in_parts(timeline, pipeline, simulation, detail);
  timeline.spans = detail.before;
  for (const Event& event : simulation.events) {
    const Span span = span_of(event, pipeline, detail.delay);
    timeline.spans.push_back(span);
    if (event.stream == Stream::compute && event.task.micro_batch < shown)
      add_parts(timeline, span, parts_of(event, pipeline, detail));
  }
  for (Span span : detail.after) {
    span.start += detail.delay + simulation.time;
    timeline.spans.push_back(std::move(span));
  }
  if (shown > 0) {
    timeline.notes.emplace_back(
        "operators", fmt::format("shown inside the passes of micro-batches 0 to {} of {}", shown - 1,
                                 pipeline.micro_batches));
  }
  return timeline;
}

void write_chrome_trace(const Timeline& timeline, std::ostream& out) {
  std::vector<Line> lines;
  lines.reserve(timeline.spans.size() + timeline.counters.size());
  for (const Span& span : timeline.spans) lines.push_back(line_of(span));
  for (const Counter& counter : timeline.counters) lines.push_back(line_of(counter));
  std::ranges::stable_sort(lines, {}, [](const Line& line) {
    return std::tuple(line.time, line.kind, line.process, line.thread);
  });
  std::string_view separator = "\n";
  out << R"({"displayTimeUnit":"ms","traceEvents":[)";
  for (const std::string& line : metadata(timeline)) {
    out << separator << line;
    separator = ",\n";
  }
  for (const Line& line : lines) {
    out << separator << line.text;
    separator = ",\n";
  }
  out << "\n]";
  separator = R"(,"otherData":{)";
  for (const auto& [name, text] : timeline.notes) {
    out << separator << quoted(name) << ':' << quoted(text);
    separator = ",";
  }
  out << (timeline.notes.empty() ? "}\n" : "}}\n");
}

std::string chrome_trace(const Timeline& timeline) {
  std::ostringstream out;
  write_chrome_trace(timeline, out);
  return std::move(out).str();
}

}  // namespace memwall::parallel
