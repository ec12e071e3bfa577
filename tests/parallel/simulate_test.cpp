#include "memwall/parallel/simulate.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "memwall/footprint/footprint.hpp"
#include "parallel/helpers.hpp"

using namespace memwall;
using namespace memwall::parallel;

namespace {

ChunkTimes chunk_of(double f, double b, double w = 0, double x = 0, double offload = 0) {
  return {.forward = Seconds(f),
          .input_gradient = Seconds(b),
          .weight_gradient = Seconds(w),
          .send_forward = Seconds(x),
          .send_backward = Seconds(x),
          .offload = Seconds(offload),
          .reload = Seconds(offload)};
}

Simulation play_uniform(const Pipeline& pipeline, const ChunkTimes& chunk, SimulationOptions options = {}) {
  return simulate(pipeline, uniform_times(pipeline, chunk), options);
}

double sum_of(const StageTimes& stage) {
  return (stage.forward + stage.backward + stage.weight + stage.exposed_communication + stage.exposed_copy +
          stage.bubble)
      .value();
}

const Event& event_of(const Simulation& simulation, std::int32_t stage, Stream stream, const Task& task) {
  const auto found = std::ranges::find_if(simulation.events, [&](const Event& event) {
    return event.stage == stage && event.stream == stream && event.task == task;
  });
  REQUIRE(found != simulation.events.end());
  return *found;
}

std::string complaint_of(const Pipeline& pipeline) {
  try {
    static_cast<void>(play_uniform(pipeline, chunk_of(1, 1)));
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing";
}

}  // namespace

// 1F1B, p = 2, m = 2, f = 1, b = 2, by hand: stage 0 F0 0-1, F1 1-2; stage 1 F0 1-2, B0 2-4, F1 4-5, B1 5-7;
// stage 0 B0 4-6, B1 7-9.
TEST_CASE("A small pipeline runs as drawn by hand", "[parallel][simulate]") {
  const Simulation step = play_uniform(one_f_one_b(2, 2), chunk_of(1, 2), {.record = true});
  CHECK(step.time.value() == 9);
  CHECK(event_of(step, 1, Stream::compute, {TaskKind::backward, 0, 0}).start == 2);
  CHECK(event_of(step, 1, Stream::compute, {TaskKind::forward, 1, 0}).start == 4);
  CHECK(event_of(step, 0, Stream::compute, {TaskKind::backward, 0, 0}).start == 4);
  CHECK(event_of(step, 0, Stream::compute, {TaskKind::backward, 1, 0}).end == 9);
  CHECK(step.stages[0].bubble.value() == 3);  // 2-4 and 6-7
  CHECK(step.stages[1].bubble.value() == 3);  // 0-1 and 7-9
  CHECK(step.stages[1].end.value() == 7);
  CHECK(step.bubble_fraction() == Approx(1.0 / 3));
  CHECK(step.event_count == 8 + 4);  // tasks and messages
}

TEST_CASE("Waiting for a message on its way is communication, for its sender bubble",
          "[parallel][simulate]") {
  // Stage 1 has nothing until 4 + 1: 4 of bubble, 1 of communication. Then it works without a gap to 21.
  const Simulation step = play_uniform(one_f_one_b(2, 2), chunk_of(4, 4, 0, 1));
  CHECK(step.time.value() == 26);
  CHECK(step.stages[1].exposed_communication.value() == 1);
  CHECK(step.stages[1].bubble.value() == 4 + (26 - 21));
  // Stage 0 waits 8-14 for B0 (sent at 13) and 18-22 for B1 (sent at 21).
  CHECK(step.stages[0].exposed_communication.value() == 2);
  CHECK(step.stages[0].bubble.value() == 5 + 3);
}

TEST_CASE("Without overlap the sender waits until its message has arrived", "[parallel][simulate]") {
  const Simulation step = play_uniform(one_f_one_b(2, 2), chunk_of(4, 4, 0, 1), {.overlap = false});
  CHECK(step.time.value() == 27);
  // Stage 0 sends F0 and F1, and waits 10-14 for B0 (sent at 13) and 18-23 for B1 (sent at 22).
  CHECK(step.stages[0].exposed_communication.value() == 2 + 2);
  CHECK(step.stages[0].bubble.value() == 3 + 4);
}

TEST_CASE("A link carries one message at a time", "[parallel][simulate]") {
  // GPipe, forwards of 1 s, messages of 3 s: they leave at 1, 4, 7 and arrive at 4, 7, 10.
  const Simulation step = play_uniform(gpipe(2, 3), chunk_of(1, 10, 0, 3), {.record = true});
  CHECK(event_of(step, 0, Stream::link, {TaskKind::forward, 2, 0}).start == 7);
  CHECK(event_of(step, 1, Stream::compute, {TaskKind::forward, 2, 0}).start == 10);
}

TEST_CASE("Split backwards hand the gradient on before the weights' gradients", "[parallel][simulate]") {
  // ZB-H1, p = 2, m = 1: stage 0 F 0-1; stage 1 F 1-2, B 2-3, W 3-4; stage 0 B 3-4, W 4-5.
  const Simulation step = play_uniform(zb_h1(2, 1), chunk_of(1, 1, 1));
  CHECK(step.time.value() == 5);
  CHECK(play_uniform(one_f_one_b(2, 1), chunk_of(1, 1, 1)).time.value() == 6);
  CHECK(step.stages[0].weight.value() == 1);
}

TEST_CASE("The parts of every stage's time add up to the step", "[parallel][simulate]") {
  Dice dice(3);
  for (int i = 0; i < 500; ++i) {
    const std::int64_t stages = dice.roll(1, 7);
    const std::int64_t batches = stages * dice.roll(1, 4);
    const std::int64_t chunks = dice.roll(1, 3);
    const Pipeline pipelines[] = {gpipe(stages, batches, chunks), interleaved(stages, batches, chunks),
                                  zb_h1(stages, batches)};
    const Pipeline& pipeline = pipelines[dice.roll(0, 2)];
    PipelineTimes times;
    for (std::int64_t k = 0; k < pipeline.stages * pipeline.chunks; ++k) {
      times.push_back(chunk_of(static_cast<double>(dice.roll(0, 9)), static_cast<double>(dice.roll(0, 9)),
                               static_cast<double>(dice.roll(0, 9)), static_cast<double>(dice.roll(0, 4)),
                               static_cast<double>(dice.roll(0, 6))));
    }
    const Simulation step = simulate(pipeline, times, {.overlap = dice.roll(0, 1) == 1});
    for (const StageTimes& stage : step.stages) CHECK(sum_of(stage) == Approx(step.time.value()));
    CHECK(std::ranges::all_of(step.stages, [](const StageTimes& s) { return s.bubble.value() >= 0; }));
  }
}

TEST_CASE("Passes in flight are as many as the footprint counts", "[parallel][simulate]") {
  Dice dice(9);
  for (int i = 0; i < 400; ++i) {
    plan::Plan plan;
    plan.schedule = static_cast<plan::Schedule>(dice.roll(0, 2));
    plan.pipeline = dice.roll(1, 9);
    plan.interleave =
        plan.schedule == plan::Schedule::zero_bubble || plan.pipeline == 1 ? 1 : dice.roll(1, 4);
    plan.global_batch = plan.interleave > 1 ? plan.pipeline * dice.roll(1, 4) : dice.roll(1, 20);
    const Pipeline pipeline = pipeline_of(plan);
    const Simulation step = play_uniform(pipeline, chunk_of(1, 1, 1));
    for (std::int64_t stage = 0; stage < plan.pipeline; ++stage) {
      const StageTimes& times = step.stages[static_cast<std::size_t>(stage)];
      std::int64_t all = 0;
      for (std::int64_t chunk = 0; chunk < plan.interleave; ++chunk) {
        const std::int64_t counted = footprint::in_flight(plan, stage, chunk);
        INFO(plan::to_text(plan.schedule) << " p " << plan.pipeline << " v " << plan.interleave << " m "
                                          << plan.global_batch << " stage " << stage << " chunk " << chunk);
        CHECK(times.in_flight_by_chunk[static_cast<std::size_t>(chunk)] == counted);
        CHECK(times.most_in_flight[static_cast<std::size_t>(chunk)] >= counted);
        all += counted;
      }
      CHECK(times.in_flight == all);
    }
  }
}

// p = 2, v = 2: stage 1 runs F0.0 F1.0 F0.1 B0.1 F1.1 B1.1 F2.0, and then holds chunk 0 of three
// micro-batches and nothing of chunk 1: as many passes as after F0.1, of other chunks.
TEST_CASE("Interleaved, a chunk may have more passes in flight when others have fewer",
          "[parallel][simulate]") {
  const Simulation step = play_uniform(interleaved(2, 4, 2), chunk_of(1, 1));
  const StageTimes& stage = step.stages[1];
  CHECK(stage.in_flight == 3);
  CHECK(stage.in_flight_by_chunk == std::vector<std::int64_t>{2, 1});
  CHECK(stage.most_in_flight == std::vector<std::int64_t>{3, 1});
}

// --- Offload
// --------------------------------------------------------------------------------------------------

TEST_CASE("Copies shorter than the computation are hidden", "[parallel][simulate]") {
  // F 0-4 4-8 8-12, then B 12-16 16-20 20-24. Copies out of 3 s: 4-7, 8-11, 12-15. B0 is asked for when F2
  // starts, 8-11; B1 when B0 starts, 12-15; B2 when B1 starts, 16-19.
  const Simulation step = play_uniform(gpipe(1, 3), chunk_of(4, 4, 0, 0, 3), {.record = true});
  CHECK(step.time.value() == 24);
  CHECK(step.stages[0].exposed_copy.value() == 0);
  CHECK(event_of(step, 0, Stream::copy_in, {TaskKind::backward, 0, 0}).start == 8);
  CHECK(event_of(step, 0, Stream::copy_out, {TaskKind::forward, 2, 0}).end == 15);
}

TEST_CASE("Copies longer than the computation hold it up", "[parallel][simulate]") {
  // Copies of 6 s, forwards and backwards of 4 s. F0 0-4 (out 4-10), F1 4-8 (out 10-16), F2 has to wait for
  // the first buffer until 10: 10-14 (out 16-22). B0 in 10-16, runs 16-20; B1 asked for at 16: 16-22, runs
  // 22-26; B2 asked for at 22, copied out by then: 22-28, runs 28-32. Exposed: 2 before F2, 2, 2 and 2 before
  // the backwards.
  const Simulation step = play_uniform(gpipe(1, 3), chunk_of(4, 4, 0, 0, 6));
  CHECK(step.time.value() == 32);
  CHECK(step.stages[0].exposed_copy.value() == 8);
}

TEST_CASE("What the next task needs is not copied away", "[parallel][simulate]") {
  const Simulation step = play_uniform(one_f_one_b(1, 4), chunk_of(1, 1, 0, 0, 50));
  CHECK(step.time.value() == 8);
  CHECK(step.event_count == 8);
}

// --- Mistakes
// -------------------------------------------------------------------------------------------------

TEST_CASE("Stages that wait for each other are a deadlock, not a hang", "[parallel][simulate]") {
  Pipeline pipeline = one_f_one_b(2, 2);
  std::swap(pipeline.tasks[0][1], pipeline.tasks[0][2]);  // F0 B0 F1 B1: fine
  CHECK(complaint_of(pipeline) == "nothing");
  std::swap(pipeline.tasks[1][0],
            pipeline.tasks[1][2]);  // stage 1: F1 B0 F0 B1, but stage 0 needs B0 before F1
  CHECK(
      complaint_of(pipeline) ==
      "the schedule cannot go on: stage 0 waits for the input of B0, its task 2 of 4; stage 1 waits for the "
      "input of F1, its task 1 of 4");
  CHECK_THROWS_AS(play_uniform(pipeline, chunk_of(1, 1)), Deadlock);
}

TEST_CASE("A task that is listed twice waits for ever", "[parallel][simulate]") {
  Pipeline pipeline = gpipe(1, 2);
  pipeline.tasks[0][1] = pipeline.tasks[0][0];
  CHECK(complaint_of(pipeline) ==
        "the schedule cannot go on: stage 0 waits for the input of F0, its task 2 of 4");
}

TEST_CASE("Tasks and times that fit no pipeline are refused", "[parallel][simulate]") {
  Pipeline pipeline = gpipe(2, 2);
  CHECK_THROWS_AS(simulate(pipeline, PipelineTimes(3)), std::invalid_argument);
  pipeline.tasks[1].pop_back();
  CHECK(complaint_of(pipeline) == "stage 1 has 3 tasks; a step has 4");
  pipeline = gpipe(2, 2);
  pipeline.tasks[0][0].micro_batch = 2;
  CHECK(complaint_of(pipeline) == "F2 is no task of this pipeline");
  pipeline = gpipe(2, 2);
  pipeline.tasks[0][3].kind = TaskKind::weight;
  CHECK(complaint_of(pipeline) == "W1 is no task of this pipeline");
}

TEST_CASE("A simulator that is used again forgets the step before", "[parallel][simulate]") {
  Simulator simulator;
  const Pipeline large = interleaved(4, 8, 2);
  const Pipeline small = zb_h1(2, 3);
  const double first = simulator.run(large, uniform_times(large, chunk_of(1, 2, 1, 0.5, 3))).time.value();
  CHECK(simulator.run(small, uniform_times(small, chunk_of(1, 1, 1))).time ==
        play_uniform(small, chunk_of(1, 1, 1)).time);
  CHECK(simulator.run(large, uniform_times(large, chunk_of(1, 2, 1, 0.5, 3))).time.value() == first);
}
