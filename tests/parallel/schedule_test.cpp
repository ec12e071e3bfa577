#include "memwall/parallel/schedule.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>
#include <string>

using namespace memwall;
using namespace memwall::parallel;

namespace {

/// "F0 F1 B0 ...": one stage's tasks.
std::string order(const Pipeline& pipeline, std::size_t stage) {
  std::string text;
  for (const Task& task : pipeline.tasks[stage]) {
    text += (text.empty() ? "" : " ") + to_text(task, pipeline.chunks);
  }
  return text;
}

}  // namespace

TEST_CASE("GPipe runs all forwards, then all backwards", "[parallel][schedule]") {
  const Pipeline pipeline = gpipe(2, 3);
  CHECK(order(pipeline, 0) == "F0 F1 F2 B0 B1 B2");
  CHECK(order(pipeline, 1) == order(pipeline, 0));
  CHECK(order(gpipe(2, 2, 2), 1) == "F0.0 F1.0 F0.1 F1.1 B0.1 B1.1 B0.0 B1.0");
}

// Narayanan et al. 2021, figure 3 lower part: 4 stages; the first warms up with 3 forwards, the last with
// none.
TEST_CASE("1F1B warms up by as many forwards as stages follow", "[parallel][schedule]") {
  const Pipeline pipeline = one_f_one_b(4, 5);
  CHECK(order(pipeline, 0) == "F0 F1 F2 F3 B0 F4 B1 B2 B3 B4");
  CHECK(order(pipeline, 1) == "F0 F1 F2 B0 F3 B1 F4 B2 B3 B4");
  CHECK(order(pipeline, 3) == "F0 B0 F1 B1 F2 B2 F3 B3 F4 B4");
}

TEST_CASE("1F1B with fewer micro-batches than stages runs what there is", "[parallel][schedule]") {
  const Pipeline pipeline = one_f_one_b(4, 2);
  CHECK(order(pipeline, 0) == "F0 F1 B0 B1");
  CHECK(order(pipeline, 2) == "F0 F1 B0 B1");
  CHECK(order(pipeline, 3) == "F0 B0 F1 B1");
}

// Megatron-LM: warm-up 2 (p - rank - 1) + (v - 1) p passes; pass k is of chunk (k mod p v) / p forward and of
// v - 1 - that backward. Here p = 2, v = 2, m = 4: rank 0 warms up by 4 passes, rank 1 by 2.
TEST_CASE("Interleaved 1F1B has Megatron-LM's order", "[parallel][schedule]") {
  const Pipeline pipeline = interleaved(2, 4, 2);
  CHECK(order(pipeline, 0) ==
        "F0.0 F1.0 F0.1 F1.1 F2.0 B0.1 F3.0 B1.1 F2.1 B0.0 F3.1 B1.0 B2.1 B3.1 B2.0 B3.0");
  CHECK(order(pipeline, 1) ==
        "F0.0 F1.0 F0.1 B0.1 F1.1 B1.1 F2.0 B0.0 F3.0 B1.0 F2.1 B2.1 F3.1 B3.1 B2.0 B3.0");
}

TEST_CASE("One chunk interleaved is 1F1B", "[parallel][schedule]") {
  for (std::size_t stage = 0; stage < 3; ++stage) {
    CHECK(order(interleaved(3, 5, 1), stage) == order(one_f_one_b(3, 5), stage));
  }
}

// Qi et al. 2023, figure 3 upper part: stage 0 never waits with W, the last one of 4 first after 4 backwards.
TEST_CASE("ZB-H1 puts weight gradients off by the stage's number", "[parallel][schedule]") {
  const Pipeline pipeline = zb_h1(4, 5);
  CHECK(order(pipeline, 0) == "F0 F1 F2 F3 B0 W0 F4 B1 W1 B2 W2 B3 W3 B4 W4");
  CHECK(order(pipeline, 1) == "F0 F1 F2 B0 F3 B1 W0 F4 B2 W1 B3 W2 B4 W3 W4");
  CHECK(order(pipeline, 3) == "F0 B0 F1 B1 F2 B2 F3 B3 W0 F4 B4 W1 W2 W3 W4");
}

TEST_CASE("Every schedule runs every pass of every chunk once", "[parallel][schedule]") {
  for (const Pipeline& pipeline :
       {gpipe(3, 6, 2), one_f_one_b(5, 7), interleaved(4, 8, 3), zb_h1(4, 9), zb_h1(6, 2)}) {
    for (const std::vector<Task>& tasks : pipeline.tasks) {
      const auto kinds = pipeline.split_backward ? 3 : 2;
      CHECK(tasks.size() == static_cast<std::size_t>(kinds * pipeline.micro_batches * pipeline.chunks));
      for (std::size_t i = 0; i < tasks.size(); ++i) CHECK(std::ranges::count(tasks, tasks[i]) == 1);
    }
  }
}

TEST_CASE("A plan names its schedule", "[parallel][schedule]") {
  plan::Plan plan{.pipeline = 4, .global_batch = 8};
  CHECK(order(pipeline_of(plan), 0) == order(one_f_one_b(4, 8), 0));
  plan.interleave = 2;
  CHECK(order(pipeline_of(plan), 1) == order(interleaved(4, 8, 2), 1));
  plan.schedule = plan::Schedule::zero_bubble;
  CHECK_THROWS_AS(pipeline_of(plan), std::invalid_argument);
  plan::Limits limits;
  limits.cut_points = 8;
  CHECK(plan::violations(plan, limits) ==
        std::vector<std::string>{
            "schedule zb-h1 has one chunk on each stage; use interleave 1 or schedule 1f1b"});
  plan.interleave = 1;
  CHECK(order(pipeline_of(plan), 3) == order(zb_h1(4, 8), 3));
  plan.schedule = plan::Schedule::gpipe;
  CHECK(order(pipeline_of(plan), 2) == order(gpipe(4, 8), 2));
}

TEST_CASE("Schedules are spelt as in YAML", "[parallel][schedule]") {
  CHECK(plan::to_text(plan::Schedule::zero_bubble) == "zb-h1");
  CHECK(plan::schedule_names() == std::vector<std::string>{"gpipe", "1f1b", "zb-h1"});
}

TEST_CASE("Impossible pipelines are refused", "[parallel][schedule]") {
  CHECK_THROWS_AS(gpipe(0, 1), std::invalid_argument);
  CHECK_THROWS_AS(one_f_one_b(2, 0), std::invalid_argument);
  CHECK_THROWS_AS(interleaved(4, 6, 2), std::invalid_argument);  // 6 is no multiple of 4
}
