#include <algorithm>
#include <map>

#include <catch2/catch.hpp>

#include "memwall/footprint/offload.hpp"
#include "parallel/helpers.hpp"

// How many passes are on a device at once while others are copied out and in.

using namespace memwall;
using namespace memwall::parallel;

namespace {

/// The most passes whose kept tensors are on a stage at once: each from the beginning of its forward to the
/// end of its copy out, and from the beginning of its copy in to the end of its last gradient.
std::int64_t most_on_device(const Simulation& step, std::int32_t stage, TaskKind last) {
  std::map<double, std::int64_t> changes;
  for (const Event& event : step.events) {
    if (event.stage != stage) continue;
    const bool begins = event.stream == Stream::copy_in ||
                        (event.stream == Stream::compute && event.task.kind == TaskKind::forward);
    const bool ends =
        event.stream == Stream::copy_out || (event.stream == Stream::compute && event.task.kind == last);
    if (begins) ++changes[event.start];
    if (ends) --changes[event.end];
  }
  std::int64_t now = 0;
  std::int64_t most = 0;
  for (const auto& [time, change] : changes) most = std::max(most, now += change);
  return most;
}

}  // namespace

TEST_CASE("Whatever copies take, no more passes are on a device than have buffers", "[parallel][simulate]") {
  Dice dice(20260);
  for (int round = 0; round < 600; ++round) {
    plan::Plan plan;
    plan.pipeline = dice.roll(1, 7);
    plan.schedule = static_cast<plan::Schedule>(dice.roll(0, 2));
    plan.interleave = plan.schedule == plan::Schedule::one_f_one_b && plan.pipeline > 1 ? dice.roll(1, 3) : 1;
    plan.global_batch = plan.pipeline * dice.roll(1, 4);
    plan.offload.activations = true;
    const Pipeline pipeline = pipeline_of(plan);
    PipelineTimes times;
    for (std::int64_t stage = 0; stage < plan.pipeline; ++stage) {
      for (std::int64_t chunk = 0; chunk < plan.interleave; ++chunk) {
        ChunkTimes entry{.forward = dice.seconds(1, 9),
                         .input_gradient = dice.seconds(1, 9),
                         .weight_gradient = dice.seconds(1, 9),
                         .send_forward = dice.seconds(0, 3),
                         .send_backward = dice.seconds(0, 3)};
        if (footprint::copies_activations(plan, stage)) {
          entry.offload = dice.seconds(1, 20);
          entry.reload = dice.seconds(1, 20);
        }
        times.push_back(entry);
      }
    }
    const Simulation step = simulate(pipeline, times, {.record = true});
    const TaskKind last = pipeline.split_backward ? TaskKind::weight : TaskKind::backward;
    for (std::int64_t stage = 0; stage < plan.pipeline; ++stage) {
      INFO("round " << round << ", stage " << stage << " of " << plan.pipeline << ", schedule "
                    << static_cast<int>(plan.schedule) << ", chunks " << plan.interleave);
      CHECK(most_on_device(step, static_cast<std::int32_t>(stage), last) <=
            std::max(footprint::passes_on_device(plan, stage), std::int64_t{3}));
    }
  }
}

TEST_CASE("A copy in waits for a buffer while the last two forwards are still copied out",
          "[parallel][simulate]") {
  // One stage, four micro-batches, all forwards first: 2 s each, backwards 2 s, out 6 s, in 1 s. F0 0-2 (out
  // 2-8), F1 2-4 (out 8-14), F2 8-10 (out 14-20), F3 14-16 (out 20-26). B0 is asked for when F3 starts: in
  // 14-15, runs 16-18. B1 is asked for at 16 and needs a buffer: F2's, free at 20: in 20-21, runs 21-23. B2
  // in 21-22, runs 23-25. B3 is copied out at 26: in 26-27, runs 27-29.
  const Pipeline pipeline = pipeline_of({.global_batch = 4, .schedule = plan::Schedule::gpipe});
  const Simulation step = simulate(pipeline, uniform_times(pipeline, {.forward = Seconds(2),
                                                                      .input_gradient = Seconds(2),
                                                                      .offload = Seconds(6),
                                                                      .reload = Seconds(1)}));
  CHECK(step.time.value() == 29);
}
