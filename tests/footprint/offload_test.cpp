#include "memwall/footprint/offload.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "footprint/models.hpp"
#include "memwall/footprint/fit.hpp"
#include "memwall/hardware/catalog.hpp"

// What stays on a device and what its node holds, by hand.

using namespace memwall;
using namespace memwall::footprint;
using plan::Plan;

namespace {

/// Ten blocks of a hundred parameters.
StageParameters ten_blocks() {
  StageParameters stage;
  stage.shared = 1000;
  stage.largest_block = stage.largest_gradient = 100;
  return stage;
}

Footprint held(const Plan& plan) {
  const StageParameters stage = ten_blocks();
  Footprint all = standing(stage, plan, recipe("mixed"), optimizer("adam"), workload::Phase::training);
  move_outside(stage, plan, recipe("mixed"), all);
  return all;
}

}  // namespace

TEST_CASE("Offloaded weights leave two blocks of them on the device and three of their gradients",
          "[footprint][offload]") {
  // 2 bytes a weight, 4 a gradient, 12 of the optimizer, which stays.
  const Footprint all = held({.offload = {.weights = true}});
  CHECK(all.weights.value() == Approx(2 * 100 * 2));
  CHECK(all.gradients.value() == Approx(3 * 100 * 4));
  CHECK(all.optimizer.value() == 1000 * 12);
  CHECK(all.offloaded.value() == 1000 * (2 + 4));
}

TEST_CASE("Offloaded optimizer states pass through three blocks of buffers", "[footprint][offload]") {
  const Plan plan{.offload = {.optimizer = true}};
  const Footprint all = held(plan);
  CHECK(all.weights.value() == 1000 * 2);
  CHECK(all.gradients.value() == 1000 * 4);
  CHECK(all.optimizer.value() == 0);
  CHECK(all.offloaded.value() == 1000 * 12);
  CHECK(update_buffers(ten_blocks(), plan, Bytes(12000)).value() == Approx(3 * 100 * 12));
  CHECK(update_buffers(ten_blocks(), Plan{}, Bytes(12000)).value() == 0);
}

TEST_CASE("Buffers are never more than what passes through them", "[footprint][offload]") {
  StageParameters stage;
  stage.shared = stage.largest_block = stage.largest_gradient = 100;
  const Plan plan{.offload = {.weights = true, .optimizer = true}};
  Footprint all = standing(stage, plan, recipe("mixed"), optimizer("adam"), workload::Phase::training);
  move_outside(stage, plan, recipe("mixed"), all);
  CHECK(all.weights.value() == 200);
  CHECK(all.gradients.value() == 400);
  CHECK(update_buffers(stage, plan, Bytes(1200)).value() == 1200);
}

TEST_CASE("With ZeRO 3 a device keeps its share outside and gathers where it comes in",
          "[footprint][offload]") {
  // A quarter of 1,000: 250 of each. On the device two gathered blocks (2 x 100 x 2 bytes) and one block's
  // whole gradient (100 x 4), as without offload, and three blocks' shares of gradients.
  const Footprint all = held({.data = 4, .zero = 3, .offload = {.weights = true, .optimizer = true}});
  CHECK(all.weights.value() == 0);
  CHECK(all.gradients.value() == Approx(3 * 25 * 4));
  CHECK(all.optimizer.value() == 0);
  CHECK(all.workspace.value() == 2 * 100 * 2 + 100 * 4);
  CHECK(all.offloaded.value() == 250 * (2 + 4 + 12));
}

TEST_CASE("Of an offloaded table with sparse gradients the device has the rows that are looked up",
          "[footprint][offload]") {
  // A layer of 100 parameters and a table of 1,000 rows of 10, of which a micro-batch looks up 10: no more
  // than 100 elements of anything at a time. Its gradient, 100 x 4 bytes and ten row numbers of 8, stays.
  StageParameters stage;
  stage.shared = 10'100;
  stage.sparse_shared = 10'000;
  stage.largest_block = 10'000;
  stage.largest_gradient = 100;
  stage.tables = {{.rows = 1000, .width = 10, .lookups = 10}};
  const Plan plan{.offload = {.weights = true}};
  Footprint all = standing(stage, plan, recipe("mixed"), optimizer("adam"), workload::Phase::training);
  move_outside(stage, plan, recipe("mixed"), all);
  CHECK(all.weights.value() == Approx(2 * 100 * 2));
  CHECK(all.gradients.value() == Approx(100 * 4 + 100 * 4 + 10 * 8));
  CHECK(all.offloaded.value() == 10'100 * 2 + 100 * 4);
}

TEST_CASE("Of passes in flight three stay on the device and all but one are outside",
          "[footprint][offload]") {
  // 1F1B, 8 stages: stage s has 8 - s passes in flight.
  const Plan plan{.pipeline = 8, .global_batch = 16, .offload = {.activations = true}};
  for (std::int64_t stage = 0; stage < 8; ++stage) {
    const Kept kept = kept_bytes(plan, stage, {Bytes(10)});
    const double in_flight = 8 - static_cast<double>(stage);
    CHECK(kept.on_device.value() == 10 * std::min(3.0, in_flight));
    CHECK(kept.outside.value() == (in_flight > 3 ? 10 * (in_flight - 1) : 0));
    CHECK(copies_activations(plan, stage) == (in_flight > 3));
  }
  CHECK(kept_bytes({.pipeline = 8, .global_batch = 16}, 0, {Bytes(10)}).on_device.value() == 80);
}

TEST_CASE("ZB-H1 keeps what its weight gradients wait for", "[footprint][offload]") {
  // min(m, p) = 8 in flight on every stage; stage s puts off s weight gradients.
  const Plan plan{.pipeline = 8,
                  .global_batch = 16,
                  .schedule = plan::Schedule::zero_bubble,
                  .offload = {.activations = true}};
  CHECK(kept_bytes(plan, 0, {Bytes(10)}).on_device.value() == 10 * 3);
  CHECK(kept_bytes(plan, 4, {Bytes(10)}).on_device.value() == 10 * 7);
  CHECK(kept_bytes(plan, 5, {Bytes(10)}).on_device.value() == 10 * 8);
  CHECK(kept_bytes(plan, 5, {Bytes(10)}).outside.value() == 0);
}

TEST_CASE("Chunks of unequal size: as many passes as may stay, of the largest", "[footprint][offload]") {
  // Interleaved, p = 2, v = 2, stage 0: 2 (2 - 0 - 1) + 2 + 1 = 5 first passes; F0.0 F1.0 F0.1 F1.1 F2.0:
  // three of chunk 0 and two of chunk 1. They keep 3 x 10 + 2 x 30 = 90; three of the larger would be as
  // much.
  const Plan plan{.pipeline = 2, .global_batch = 8, .interleave = 2, .offload = {.activations = true}};
  CHECK(kept_bytes(plan, 0, {Bytes(10), Bytes(30)}).on_device.value() == 90);
  CHECK(kept_bytes(plan, 0, {Bytes(20), Bytes(20)}).on_device.value() == 60);
  CHECK(kept_bytes(plan, 0, {Bytes(20), Bytes(20)}).outside.value() == 80);
}

TEST_CASE("The fullest node is found among all", "[footprint][offload]") {
  for (std::int64_t stage_devices = 1; stage_devices <= 9; ++stage_devices) {
    for (std::int64_t node = 1; node <= 9; ++node) {
      const std::vector<Bytes> by_stage = {Bytes(5), Bytes(1), Bytes(7), Bytes(7), Bytes(2)};
      const std::int64_t devices = 5 * stage_devices;
      double fullest = 0;
      for (std::int64_t begin = 0; begin < devices; begin += node) {
        double sum = 0;
        for (std::int64_t d = begin; d < std::min(devices, begin + node); ++d)
          sum += by_stage[static_cast<std::size_t>(d / stage_devices)].value();
        fullest = std::max(fullest, sum);
      }
      CHECK(fullest_node(by_stage, stage_devices, node).value() == fullest);
    }
  }
}

TEST_CASE("A node holds what its devices offload, and may be too small for it", "[footprint][offload]") {
  // GPT-3 175B, 64 devices, ZeRO 3 over all: 18 bytes of 174.6 G parameters over 64 devices, 8 a node.
  const workload::Workload gpt = workload::catalog().workload("gpt-3-175b");
  hardware::System dgx = hardware::Catalog({MEMWALL_SOURCE_DIR}).system("dgx-a100");
  FitQuestion question;
  question.model = {&gpt, {}, recipe("mixed"), optimizer("adam")};
  question.system = &dgx;
  question.asked = {.data = 64, .tensor = 1, .pipeline = 1, .zero = 3, .global_batch = 64};
  question.find_smallest = false;
  const Fit without = fit(question);
  CHECK(without.footprint.node_offloaded.value() == 0);
  CHECK_FALSE(without.node_capacity);
  question.asked.offload = plan::Offload{.weights = true, .optimizer = true};
  const Fit with = fit(question);
  const double parameters = 12288.0 * (50257 + 2048 + 2) + 96 * (12.0 * 12288 * 12288 + 13.0 * 12288);
  CHECK(with.footprint.offloaded.value() == Approx(18 * parameters / 64).epsilon(1e-6));
  CHECK(with.footprint.node_offloaded.value() == Approx(18 * parameters / 8).epsilon(1e-6));
  CHECK(with.node_capacity->value() == 2 * 1099511627776.0);
  CHECK(with.footprint.total() < without.footprint.total());
  const Bytes needed = with.footprint.node_offloaded;
  dgx.node.memory->value = needed;
  CHECK(fit(question).fits == (with.footprint.total() <= with.capacity));
  dgx.node.memory->value = needed - Bytes(1);
  CHECK_FALSE(fit(question).fits);
}

TEST_CASE("What does not fit is told that offload would help, where there is a host",
          "[footprint][offload]") {
  const auto offers = [](const char* system) {
    const workload::Workload gpt = workload::catalog().workload("gpt-2-xl");
    const hardware::System node = hardware::Catalog({MEMWALL_SOURCE_DIR}).system(system);
    FitQuestion question;
    question.model = {&gpt, {}, recipe("mixed"), optimizer("adam")};
    question.system = &node;
    question.asked = {.data = 1, .tensor = 1, .pipeline = 1};
    question.find_smallest = false;
    question.reserve = node.accelerator.main_memory().capacity->value - Bytes(20e9);
    std::vector<std::string> names;
    for (const Suggestion& s : fit(question).suggestions) {
      if (s.change.starts_with("--offload")) names.push_back(s.change + (s.fits ? ", fits" : ""));
    }
    std::ranges::sort(names);
    return names;
  };
  // 18 x 1.56 G bytes are 28 GB: without 12 of the 18 they are 9.3 GB.
  const std::vector<std::string> helpful = offers("dgx-a100");
  CHECK(std::ranges::find(helpful, "--offload optimizer, fits") != helpful.end());
  CHECK(offers("nvidia-a100-sxm-80gb").empty());
}
