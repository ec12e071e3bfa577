#pragma once

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
};

/// The recorded events of a simulation: "F3", "B3", "W3" on compute, "send F3" on link, "offload F3" and
/// "reload B3" on the copy streams. `kept` are the bytes that a pass keeps, [stage * chunks + chunk], from
/// its forward's beginning to its gradients' end, on top of `standing`, [stage]; empty: no memory counter.
[[nodiscard]] Timeline timeline_of(const Pipeline& pipeline, const Simulation& simulation,
                                   const std::vector<Bytes>& kept = {},
                                   const std::vector<Bytes>& standing = {});

/// Writes JSON: metadata, then complete and counter events sorted by time, in microseconds with nanoseconds
/// behind the point.
void write_chrome_trace(const Timeline& timeline, std::ostream& out);
[[nodiscard]] std::string chrome_trace(const Timeline& timeline);

}  // namespace memwall::parallel
