#include "memwall/parallel/closed_form.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "parallel/helpers.hpp"

using namespace memwall;
using namespace memwall::parallel;
using plan::Schedule;

namespace {

UniformPipeline random_pipeline(Dice& dice) {
  UniformPipeline pipeline;
  pipeline.schedule = static_cast<Schedule>(dice.roll(0, 2));
  pipeline.stages = dice.roll(1, 12);
  pipeline.micro_batches = dice.roll(1, 40);
  if (pipeline.schedule != Schedule::zero_bubble) pipeline.chunks = dice.roll(1, 4);
  if (pipeline.schedule == Schedule::one_f_one_b && pipeline.chunks > 1) {
    pipeline.micro_batches = pipeline.stages * dice.roll(1, 5);
  }
  pipeline.forward = dice.seconds(1, 60);
  pipeline.input_gradient = dice.seconds(1, 90);
  pipeline.weight_gradient = dice.seconds(0, 60);
  pipeline.send = dice.roll(0, 2) == 0 ? Seconds(0) : dice.seconds(0, 30);
  pipeline.overlap = dice.roll(0, 1) == 1;
  return pipeline;
}

UniformPipeline pipeline_of(Schedule schedule, std::int64_t stages, std::int64_t micro_batches, double f,
                            double b, double w, double x = 0, bool overlap = true, std::int64_t chunks = 1) {
  return {.schedule = schedule,
          .stages = stages,
          .chunks = chunks,
          .micro_batches = micro_batches,
          .forward = Seconds(f),
          .input_gradient = Seconds(b),
          .weight_gradient = Seconds(w),
          .send = Seconds(x),
          .overlap = overlap};
}

double time_of(const UniformPipeline& pipeline) { return closed_form(pipeline).value().value(); }

}  // namespace

// Narayanan et al. 2021, section 2.2: m (f + b) and a bubble of (p - 1)(f + b), over v when interleaved.
TEST_CASE("Without messages the closed forms are those of the papers", "[parallel][closed form]") {
  // p = 4, m = 8, f = 1, b = 2 (1 + 1): (8 + 3) x 3 = 33.
  CHECK(time_of(pipeline_of(Schedule::gpipe, 4, 8, 1, 1, 1)) == 33);
  CHECK(time_of(pipeline_of(Schedule::one_f_one_b, 4, 8, 1, 1, 1)) == 33);
  // v = 2 chunks of half the time: 8 x 3 + 3 x 3 / 2 = 28.5.
  CHECK(time_of(pipeline_of(Schedule::one_f_one_b, 4, 8, 0.5, 0.5, 0.5, 0, true, 2)) == 28.5);
  // ZB-H1 (Qi et al. 2023, table 2): a bubble of (p - 1)(f + b - w) = 3: 8 x 3 + 3 = 27.
  CHECK(time_of(pipeline_of(Schedule::zero_bubble, 4, 8, 1, 1, 1)) == 27);
}

TEST_CASE("Bubbles are the papers' shares of the ideal time", "[parallel][closed form]") {
  CHECK(bubble_over_ideal(pipeline_of(Schedule::gpipe, 8, 32, 1, 1, 1)) == Approx(7.0 / 32));
  CHECK(bubble_over_ideal(pipeline_of(Schedule::one_f_one_b, 8, 32, 1, 1, 1)) == Approx(7.0 / 32));
  CHECK(bubble_over_ideal(pipeline_of(Schedule::one_f_one_b, 8, 32, 1, 1, 1, 0, true, 4)) ==
        Approx(7.0 / 128));
  // A third of 1F1B's where f = b = w: 7 (1 + 1 - 1) / (32 x 3).
  CHECK(bubble_over_ideal(pipeline_of(Schedule::zero_bubble, 8, 32, 1, 1, 1)) == Approx(7.0 / 96));
}

TEST_CASE("The bubble of a simulation is the papers' share", "[parallel][closed form]") {
  Dice dice(11);
  for (int i = 0; i < 300; ++i) {
    UniformPipeline pipeline = random_pipeline(dice);
    pipeline.send = Seconds(0);
    pipeline.micro_batches = pipeline.stages * dice.roll(1, 6);
    if (pipeline.schedule == Schedule::zero_bubble) {  // the paper's table takes w <= f, b
      const Seconds least = std::min(pipeline.forward, pipeline.input_gradient);
      pipeline.weight_gradient = std::min(pipeline.weight_gradient, least);
    }
    const double ratio = bubble_over_ideal(pipeline);
    CHECK(play(pipeline).bubble_fraction() == Approx(ratio / (1 + ratio)).margin(1e-12));
  }
}

// Messages by hand, p = 2, m = 2, f = b = 4 (w = 0), x = 1, 1F1B.
// Overlapped: stage 0 runs F0 0-4, F1 4-8; stage 1 F0 5-9, B0 9-13, F1 13-17, B1 17-21; stage 0 B0 14-18,
// B1 22-26. Without: stage 0 F0 0-4 sends -5, F1 5-9 sends -10; stage 1 F0 5-9, B0 9-13 sends -14, F1 14-18,
// B1 18-22 sends -23; stage 0 B0 14-18, B1 23-27.
TEST_CASE("A message delays the stage that waits for it", "[parallel][closed form]") {
  const UniformPipeline overlapped = pipeline_of(Schedule::one_f_one_b, 2, 2, 4, 4, 0, 1);
  CHECK(time_of(overlapped) == 26);
  CHECK(play(overlapped).time.value() == 26);
  const UniformPipeline blocking = pipeline_of(Schedule::one_f_one_b, 2, 2, 4, 4, 0, 1, false);
  CHECK(time_of(blocking) == 27);
  CHECK(play(blocking).time.value() == 27);
}

TEST_CASE("Overlapped 1F1B still shows nearly two messages for each micro-batch", "[parallel][closed form]") {
  // (m + p - 1)(f + b) + 2 (p + m - 2 - ceil((m - 1) / p)) x with p = 4, m = 9, f = b = 10, x = 1:
  // 12 x 20 + 2 (11 - 2) = 258.
  CHECK(time_of(pipeline_of(Schedule::one_f_one_b, 4, 9, 10, 10, 0, 1)) == 258);
  // Interleaved, p = 4, v = 2, m = 8: (16 + 3) x 20 + 2 (8 - 1) = 394: only filling and draining show.
  CHECK(time_of(pipeline_of(Schedule::one_f_one_b, 4, 8, 10, 10, 0, 1, true, 2)) == 394);
}

TEST_CASE("Closed forms equal the simulation of random uniform pipelines", "[parallel][closed form]") {
  Dice dice(2024);
  int equal = 0;
  int by_schedule[3] = {0, 0, 0};
  int with_messages = 0;
  for (int i = 0; i < 20000; ++i) {
    const UniformPipeline pipeline = random_pipeline(dice);
    const std::optional<Seconds> expected = closed_form(pipeline);
    if (!expected) continue;
    const double simulated = play(pipeline).time.value();
    INFO("schedule " << plan::to_text(pipeline.schedule) << " p " << pipeline.stages << " v "
                     << pipeline.chunks << " m " << pipeline.micro_batches << " f "
                     << pipeline.forward.value() << " b " << pipeline.input_gradient.value() << " w "
                     << pipeline.weight_gradient.value() << " x " << pipeline.send.value() << " overlap "
                     << pipeline.overlap);
    CHECK(simulated == Approx(expected->value()).epsilon(1e-9));
    ++equal;
    ++by_schedule[static_cast<int>(pipeline.schedule)];
    with_messages += pipeline.send > Seconds(0) && pipeline.stages > 1 ? 1 : 0;
  }
  CHECK(equal > 10000);
  for (const int count : by_schedule) CHECK(count > 1500);
  CHECK(with_messages > 3000);
}

TEST_CASE("Every uniform pipeline without messages has a closed form", "[parallel][closed form]") {
  Dice dice(5);
  for (int i = 0; i < 1000; ++i) {
    UniformPipeline pipeline = random_pipeline(dice);
    pipeline.send = Seconds(0);
    if (pipeline.schedule == Schedule::gpipe && pipeline.micro_batches < pipeline.stages) pipeline.chunks = 1;
    CHECK(closed_form(pipeline).has_value());
  }
}

TEST_CASE("What has no closed form is left to the simulation", "[parallel][closed form]") {
  CHECK_FALSE(closed_form(pipeline_of(Schedule::one_f_one_b, 4, 8, 1, 1, 1, 1.5)));  // longer than f
  CHECK_FALSE(closed_form(pipeline_of(Schedule::zero_bubble, 4, 8, 1, 1, 1, 0.1, false)));
  CHECK_FALSE(closed_form(pipeline_of(Schedule::zero_bubble, 4, 8, 1, 1, 0.1, 0.1)));
  CHECK_FALSE(closed_form(pipeline_of(Schedule::one_f_one_b, 4, 64, 1, 1, 1, 0.1, false, 2)));
  CHECK(closed_form(pipeline_of(Schedule::one_f_one_b, 4, 64, 1, 1, 1, 0.01, false, 2)));
}

TEST_CASE("No step is shorter than its lower bound", "[parallel][closed form]") {
  Dice dice(77);
  double worst = 0;
  for (int i = 0; i < 3000; ++i) {
    const UniformPipeline shape = random_pipeline(dice);
    const Pipeline pipeline = played(shape);
    PipelineTimes times;
    for (std::int64_t k = 0; k < shape.stages * shape.chunks; ++k) {
      times.push_back({.forward = dice.seconds(10, 30),
                       .input_gradient = dice.seconds(10, 30),
                       .weight_gradient = dice.seconds(5, 20),
                       .send_forward = dice.seconds(0, 3),
                       .send_backward = dice.seconds(0, 3),
                       .offload = Seconds(0),
                       .reload = Seconds(0)});
    }
    const Seconds bound = lower_bound(shape.schedule, shape.stages, shape.chunks, shape.micro_batches, times);
    const Seconds step = simulate(pipeline, times, {.overlap = shape.overlap}).time;
    CHECK(bound.value() <= step.value() * (1 + 1e-12));
    worst = std::max(worst, step / bound);
  }
  CHECK(worst < 2);
}

// A flow shop: each machine once, the slowest m - 1 times more. f = 1, 3, 2 and b = 2, 2, 4, m = 3:
// 6 + 2 x 3 + 8 + 2 x 4 = 28.
TEST_CASE("GPipe's unequal stages are two flow shops", "[parallel][closed form]") {
  const auto stage = [](double f, double b) {
    return ChunkTimes{.forward = Seconds(f), .input_gradient = Seconds(b)};
  };
  const PipelineTimes times = {stage(1, 2), stage(3, 2), stage(2, 4)};
  CHECK(lower_bound(Schedule::gpipe, 3, 1, 3, times).value() == 28);
  CHECK(simulate(gpipe(3, 3), times).time.value() == 28);
  Dice dice(79);
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t stages = dice.roll(1, 10);
    const std::int64_t batches = dice.roll(1, 30);
    PipelineTimes random;
    for (std::int64_t s = 0; s < stages; ++s) {
      random.push_back({.forward = dice.seconds(1, 50), .input_gradient = dice.seconds(1, 50)});
    }
    CHECK(simulate(gpipe(stages, batches), random).time ==
          lower_bound(Schedule::gpipe, stages, 1, batches, random));
  }
}

// Equal blocks with an embedding on the first stage and a head on the last: what pipelines look like.
TEST_CASE("The lower bound is close where the last stage is the longest", "[parallel][closed form]") {
  Dice dice(80);
  for (int i = 0; i < 500; ++i) {
    const std::int64_t stages = dice.roll(2, 12);
    PipelineTimes times;
    for (std::int64_t s = 0; s < stages; ++s) {
      const double block = static_cast<double>(dice.roll(97, 103)) * (s + 1 == stages ? 1.25 : 1);
      times.push_back(
          {.forward = Seconds(block), .input_gradient = Seconds(block), .weight_gradient = Seconds(block)});
    }
    const std::int64_t batches = stages * dice.roll(1, 6);
    for (const Schedule schedule : {Schedule::one_f_one_b, Schedule::zero_bubble}) {
      const Pipeline pipeline =
          schedule == Schedule::zero_bubble ? zb_h1(stages, batches) : one_f_one_b(stages, batches);
      const double ratio = simulate(pipeline, times).time / lower_bound(schedule, stages, 1, batches, times);
      CHECK(ratio < 1.001);
    }
  }
}

TEST_CASE("The lower bound of equal stages without messages is the step", "[parallel][closed form]") {
  Dice dice(78);
  for (int i = 0; i < 1000; ++i) {
    UniformPipeline shape = random_pipeline(dice);
    shape.send = Seconds(0);
    if (shape.schedule == Schedule::zero_bubble) continue;
    if (shape.schedule == Schedule::gpipe && shape.micro_batches < shape.stages) continue;
    const ChunkTimes chunk{.forward = shape.forward,
                           .input_gradient = shape.input_gradient,
                           .weight_gradient = shape.weight_gradient};
    const PipelineTimes times(static_cast<std::size_t>(shape.stages * shape.chunks), chunk);
    CHECK(lower_bound(shape.schedule, shape.stages, shape.chunks, shape.micro_batches, times).value() ==
          Approx(play(shape).time.value()).epsilon(1e-12));
  }
}
