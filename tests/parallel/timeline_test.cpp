#include "memwall/parallel/timeline.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "parallel/helpers.hpp"

using namespace memwall;
using namespace memwall::parallel;
using nlohmann::json;

namespace {

/// What the format forbids ("Trace Event Format", Google 2016), or what a viewer would draw wrongly.
std::vector<std::string> faults(const std::string& text) {
  std::vector<std::string> found;
  const json file = json::parse(text);
  double last = 0;
  std::map<std::pair<int, int>, std::vector<double>> open;  // ends of what an event may lie within
  for (const json& event : file.at("traceEvents")) {
    const std::string phase = event.at("ph");
    if (!event.at("name").is_string()) found.emplace_back("a name is no text");
    if (!event.at("pid").is_number_integer()) found.emplace_back("a pid is no integer");
    if (phase == "M") {
      if (last > 0) found.emplace_back("metadata after events");
      if (!event.at("args").is_object()) found.emplace_back("metadata without args");
      continue;
    }
    const double start = event.at("ts");
    if (start < last) found.emplace_back("not sorted by time");
    last = start;
    if (phase == "C") {
      for (const auto& [name, value] : event.at("args").items()) {
        if (!value.is_number()) found.push_back("counter " + name + " is no number");
        if (value < 0) found.push_back("counter " + name + " is below zero");
      }
      continue;
    }
    if (phase != "X") found.push_back("unknown phase " + phase);
    const double duration = event.at("dur");
    if (duration < 0) found.emplace_back("a duration below zero");
    std::vector<double>& ends = open[{event.at("pid"), event.at("tid")}];
    // Microseconds with three digits: sums in doubles are exact to far below a nanosecond.
    while (!ends.empty() && ends.back() <= start + 1e-6) ends.pop_back();
    if (!ends.empty() && start + duration > ends.back() + 1e-6)
      found.emplace_back("an event outlasts the one that it lies within");
    ends.push_back(start + duration);
  }
  return found;
}

ChunkTimes chunk_of(double f, double b, double w, double x, double copy) {
  return {Seconds(f), Seconds(b), Seconds(w), Seconds(x), Seconds(x), Seconds(copy), Seconds(copy)};
}

Timeline timeline_with_memory(const Pipeline& pipeline, const ChunkTimes& chunk, bool overlap = true) {
  const Simulation step =
      simulate(pipeline, uniform_times(pipeline, chunk), {.overlap = overlap, .record = true});
  TimelineDetail detail;
  detail.kept.assign(static_cast<std::size_t>(pipeline.stages * pipeline.chunks), Bytes(1000));
  detail.standing.assign(static_cast<std::size_t>(pipeline.stages), Bytes(5e9));
  return timeline_of(pipeline, step, detail);
}

}  // namespace

TEST_CASE("Timelines of all schedules keep the rules of Chrome's trace format", "[parallel][timeline]") {
  Dice dice(8);
  for (int i = 0; i < 60; ++i) {
    const std::int64_t stages = dice.roll(1, 6);
    const Pipeline pipelines[] = {gpipe(stages, dice.roll(1, 6), dice.roll(1, 2)),
                                  interleaved(stages, 2 * stages, 2), zb_h1(stages, dice.roll(1, 9))};
    // Thirds of microseconds, so that nothing falls on a whole nanosecond.
    const auto third = [&] { return static_cast<double>(dice.roll(0, 900)) * 1e-6 / 3; };
    const ChunkTimes chunk = chunk_of(third(), third(), third(), third() / 9, third() / 2);
    const Timeline timeline = timeline_with_memory(pipelines[dice.roll(0, 2)], chunk, dice.roll(0, 1) == 1);
    CHECK(faults(chrome_trace(timeline)) == std::vector<std::string>{});
  }
}

TEST_CASE("The validator sees what is wrong", "[parallel][timeline]") {
  Timeline timeline{
      .processes = {"stage 0"}, .threads = {"compute"}, .spans = {}, .counters = {}, .notes = {}};
  timeline.spans.push_back({0, 0, "F0", "forward", Seconds(0), Seconds(2e-6)});
  CHECK(faults(chrome_trace(timeline)).empty());
  timeline.spans.push_back({0, 0, "mlp", "operator", Seconds(0), Seconds(1e-6)});
  timeline.spans.push_back({0, 0, "norm", "operator", Seconds(1e-6), Seconds(1e-6)});
  CHECK(faults(chrome_trace(timeline)).empty());
  timeline.spans.resize(1);
  timeline.spans.push_back({0, 0, "F1", "forward", Seconds(1e-6), Seconds(2e-6)});
  CHECK(faults(chrome_trace(timeline)) ==
        std::vector<std::string>{"an event outlasts the one that it lies within"});
  timeline.spans.pop_back();
  timeline.counters.push_back({0, "memory", Seconds(0), {{"activations", -1.0}}});
  CHECK(faults(chrome_trace(timeline)) == std::vector<std::string>{"counter activations is below zero"});
}

TEST_CASE("A timeline is text that one can read", "[parallel][timeline]") {
  const Pipeline pipeline = gpipe(1, 1);
  const Simulation step =
      simulate(pipeline, uniform_times(pipeline, chunk_of(1.5e-3, 2e-3, 0, 0, 0)), {.record = true});
  TimelineDetail detail;
  detail.kept = {Bytes(64)};
  CHECK(chrome_trace(timeline_of(pipeline, step, detail)) ==
        R"({"displayTimeUnit":"ms","traceEvents":[
{"name":"process_name","ph":"M","pid":0,"tid":0,"args":{"name":"stage 0"}},
{"name":"process_sort_index","ph":"M","pid":0,"tid":0,"args":{"sort_index":0}},
{"name":"thread_name","ph":"M","pid":0,"tid":0,"args":{"name":"compute"}},
{"name":"thread_name","ph":"M","pid":0,"tid":1,"args":{"name":"link"}},
{"name":"thread_name","ph":"M","pid":0,"tid":2,"args":{"name":"copy out"}},
{"name":"thread_name","ph":"M","pid":0,"tid":3,"args":{"name":"copy in"}},
{"name":"memory","ph":"C","ts":0.000,"pid":0,"args":{"activations":64}},
{"name":"F0","cat":"forward","ph":"X","ts":0.000,"dur":1500.000,"pid":0,"tid":0},
{"name":"B0","cat":"backward","ph":"X","ts":1500.000,"dur":2000.000,"pid":0,"tid":0},
{"name":"memory","ph":"C","ts":3500.000,"pid":0,"args":{"activations":0}}
]}
)");
}

TEST_CASE("Streams are threads, and chunks are told apart", "[parallel][timeline]") {
  const Timeline timeline = timeline_with_memory(interleaved(2, 4, 2), chunk_of(1e-3, 1e-3, 0, 1e-4, 1e-4));
  const auto has = [&](std::int64_t process, std::int64_t thread, const std::string& name) {
    return std::ranges::any_of(timeline.spans, [&](const Span& span) {
      return span.process == process && span.thread == thread && span.name == name;
    });
  };
  CHECK(has(0, 0, "F3.1"));
  CHECK(has(1, 1, "send F0.0"));
  CHECK(has(0, 2, "offload F2.1"));
  CHECK(has(0, 3, "reload B0.0"));
}

TEST_CASE("Memory peaks with the passes in flight, and ends with what stands", "[parallel][timeline]") {
  const Timeline timeline = timeline_with_memory(one_f_one_b(4, 8), chunk_of(1, 1, 1, 0, 0));
  std::map<std::int64_t, double> peak;
  std::map<std::int64_t, double> last;
  for (const Counter& counter : timeline.counters) {
    CHECK(counter.values[0] == std::pair<std::string, double>("standing", 5e9));
    peak[counter.process] = std::max(peak[counter.process], counter.values[1].second);
    last[counter.process] = counter.values[1].second;
  }
  CHECK(peak[0] == 4000);
  CHECK(peak[3] == 1000);
  CHECK(last[0] == 0);
}

TEST_CASE("Memory begins with what stands on every stage", "[parallel][timeline]") {
  const Timeline timeline = timeline_with_memory(one_f_one_b(4, 8), chunk_of(1, 1, 1, 0, 0));
  for (std::int64_t stage = 1; stage < 4; ++stage) {
    const auto first = std::ranges::find(timeline.counters, stage, &Counter::process);
    REQUIRE(first != timeline.counters.end());
    CHECK(first->time == Seconds(0));
    CHECK(first->values[1].second == 0);
  }
}

TEST_CASE("Parts lie within their task, and what follows begins where the last pass ends",
          "[parallel][timeline]") {
  const Pipeline pipeline = one_f_one_b(2, 2);
  TimelineDetail detail;
  detail.parts.assign(2, {.forward = {{"up", "operator", Seconds(0.25)}, {"down", "operator", Seconds(0.75)}},
                          .backward = {{"down", "operator", Seconds(2)}},
                          .weight = {}});
  detail.delay = Seconds(0.5);
  detail.after = {{0, 0, "optimizer", "optimizer", Seconds(0), Seconds(3)}};
  const Simulation step =
      simulate(pipeline, uniform_times(pipeline, chunk_of(1, 1, 1, 0, 0)), {.record = true});
  const Timeline timeline = timeline_of(pipeline, step, detail);
  CHECK(faults(chrome_trace(timeline)).empty());
  const auto named = [&](const std::string& name) {
    return *std::ranges::find_if(timeline.spans, [&](const Span& span) { return span.name == name; });
  };
  CHECK(named("F0").start == Seconds(0.5));
  CHECK(named("down").start == Seconds(0.75));
  // (2 micro-batches + 1 other stage) x (forward 1 s + backward 2 s), after the delay.
  CHECK(named("optimizer").start == Seconds(9.5));
  CHECK(json::parse(chrome_trace(timeline)).at("otherData").at("operators") ==
        "shown inside the passes of micro-batches 0 to 1 of 2");
}

TEST_CASE("Parts are left out of later micro-batches to keep a file small", "[parallel][timeline]") {
  const Pipeline pipeline = one_f_one_b(1, 10);
  const Simulation step =
      simulate(pipeline, uniform_times(pipeline, chunk_of(1, 1, 0, 0, 0)), {.record = true});
  TimelineDetail detail;
  detail.parts = {{.forward = {{"a", "operator", Seconds(1)}},
                   .backward = {{"a", "operator", Seconds(1)}},
                   .weight = {}}};
  // 20 tasks; two parts of each micro-batch.
  const auto spans = [&](std::size_t most) {
    detail.most_events = most;
    return timeline_of(pipeline, step, detail).spans.size();
  };
  CHECK(spans(100) == 40);
  CHECK(spans(27) == 26);
  CHECK(spans(10) == 22);
}

TEST_CASE("Names are escaped", "[parallel][timeline]") {
  Timeline timeline{.processes = {"a \"b\"\n"}, .threads = {}, .spans = {}, .counters = {}, .notes = {}};
  CHECK(json::parse(chrome_trace(timeline)).at("traceEvents")[0].at("args").at("name") == "a \"b\"\n");
}
