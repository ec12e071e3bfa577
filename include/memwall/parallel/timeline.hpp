#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

#include "memwall/parallel/simulate.hpp"
#include "memwall/units/quantity.hpp"

/// A step as Chrome trace events (JSON), which Perfetto and chrome://tracing open.
namespace memwall::parallel {

/// Something with a beginning and an end, on one thread of one process.
struct Span {
  std::int64_t process = 0;
  std::int64_t thread = 0;
  std::string name;
  std::string category;
  Seconds start;
  Seconds duration;
};

/// Values that hold from a moment on.
struct Counter {
  std::int64_t process = 0;
  std::string name;
  Seconds time;
  std::vector<std::pair<std::string, double>> values;
};

/// Processes are stages, threads are streams.
struct Timeline {
  std::vector<std::string> processes;
  std::vector<std::string> threads;  ///< the same for every process
  std::vector<Span> spans;
  std::vector<Counter> counters;
  std::vector<std::pair<std::string, std::string>> notes;  ///< what is said of the whole, by name
};

/// An operator or a wait inside a task.
struct Part {
  std::string name;
  std::string category;
  Seconds duration{0};
};

/// What the tasks of one chunk of one stage consist of, in order and one after the other.
struct TaskParts {
  std::vector<Part> forward;
  std::vector<Part> backward;
  std::vector<Part> weight;
};

/// What a timeline shows beside tasks, messages and copies.
struct TimelineDetail {
  std::vector<Bytes> kept;       ///< by a pass from its forward's beginning to its gradients' end, [stage *
                                 ///< chunks + chunk]; empty: no memory counter
  std::vector<Bytes> standing;   ///< all the time, [stage]
  std::vector<TaskParts> parts;  ///< [stage * chunks + chunk]; empty: none
  std::vector<Span> before;      ///< what precedes the passes,
  Seconds delay{0};              ///< and how long they wait for it
  std::vector<Span> after;       ///< what follows them, begun at 0 where the last pass of all stages ends
  std::size_t most_events = 100'000;  ///< beyond those of tasks: parts are left out of later micro-batches
};

/// The recorded events of a simulation: "F3", "B3", "W3" on compute, "send F3" on link, "offload F3" and
/// "reload B3" on the copy streams. Parts of a task lie within it on the same thread, behind it in `spans`;
/// micro-batch 0 always has them, the next ones while the whole stays within `most_events`.
[[nodiscard]] Timeline timeline_of(const Pipeline& pipeline, const Simulation& simulation,
                                   const TimelineDetail& detail = {});

/// Writes JSON: metadata, then complete and counter events sorted by time, in microseconds with nanoseconds
/// behind the point.
void write_chrome_trace(const Timeline& timeline, std::ostream& out);
[[nodiscard]] std::string chrome_trace(const Timeline& timeline);

}  // namespace memwall::parallel
