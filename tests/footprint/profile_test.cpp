#include <catch2/catch.hpp>

#include <cmath>

#include "footprint/models.hpp"
#include "memwall/workload/counts.hpp"

// Footprints of whole plans.

using namespace memwall;
using namespace memwall::footprint;
using plan::Plan;
using workload::set;

namespace {

/// A GPT of 8 layers; its workload must outlive its profiler.
struct Small {
  workload::Workload workload = workload::catalog().workload("gpt-2-xl");
  Model model{&workload,
              {.dimensions = {set("layers", "8"), set("hidden", "64"), set("heads", "4"),
                              set("vocabulary", "128"), set("sequence", "32"), set("context", "32")}},
              recipe("mixed"),
              optimizer("adam")};
};

constexpr double layer = 12 * 64 * 64 + 13 * 64;
constexpr double around = 128 * 64 + 32 * 64 + 2 * 64;  // tied table, positions, last norm

}  // namespace

TEST_CASE("On one device everything is there once", "[footprint][profile]") {
  const Small small;
  Profiler profiler(small.model);
  const Footprint f = profiler.footprint({.micro_batch = 2, .global_batch = 2});
  CHECK(f.weights + f.gradients + f.optimizer == Bytes((8 * layer + around) * 18));
  workload::LoweringOptions two = small.model.lowering;
  two.batch = 2;
  const Life life = walk(lower(small.workload, two), recipe("mixed"));
  CHECK(f.activations == life.kept);
  CHECK(f.workspace == life.workspace());
  CHECK(f.inputs == Bytes(2 * 32 * 8));
  CHECK(f.cache == Bytes(0));
  CHECK(f.moment == life.moment);
  CHECK(f.total() == f.weights + f.gradients + f.optimizer + f.activations + f.inputs + f.workspace);
}

TEST_CASE("Stages hold what is in flight, and together every parameter", "[footprint][profile]") {
  const Small small;
  Profiler profiler(small.model);
  const Plan plan{.pipeline = 4, .global_batch = 16};
  const std::vector<Footprint> stages = profiler.stages(plan);
  const auto& chunks = profiler.chunks(plan);
  REQUIRE(stages.size() == 4);
  REQUIRE(chunks.size() == 4);
  Bytes weights{0};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(stages[i].stage == static_cast<std::int64_t>(i));
    CHECK(stages[i].activations == (4.0 - static_cast<double>(i)) * chunks[i]->life.kept);
    weights += stages[i].weights;
  }
  // The tied table is on the first and on the last stage.
  CHECK(weights == Bytes((8 * layer + around + 128 * 64) * 2));
  const Footprint fullest = profiler.footprint(plan);
  for (const Footprint& stage : stages) CHECK(stage.total() <= fullest.total());
}

TEST_CASE("Data parallelism and the number of micro-batches change no activation", "[footprint][profile]") {
  const Small small;
  Profiler profiler(small.model);
  const Footprint one = profiler.footprint({.pipeline = 2, .global_batch = 8});
  const Footprint many = profiler.footprint({.data = 4, .pipeline = 2, .global_batch = 64});
  CHECK(one.activations == many.activations);
  CHECK(one.weights == many.weights);
  const Footprint zero = profiler.footprint({.data = 4, .pipeline = 2, .zero = 1, .global_batch = 64});
  CHECK(zero.activations == one.activations);
  CHECK(zero.optimizer < one.optimizer);
}

TEST_CASE("Interleaved chunks hold more than one chunk a stage", "[footprint][profile]") {
  // Korthikanti et al. 2022, section 4.2.3: the first stage holds 1 + (p - 1) / (p v) times its layers'
  // activations.
  const Small small;
  Profiler profiler(small.model);
  const Plan plan{.pipeline = 2, .global_batch = 8, .interleave = 2};
  const auto& chunks = profiler.chunks(plan);
  REQUIRE(chunks.size() == 4);
  // p = 2, v = 2: 2 (p - 1) + (v - 1) p + 1 = 5 passes: two of chunk 0, two of chunk 1, one more of chunk 0.
  CHECK(profiler.stages(plan)[0].activations == 3 * chunks[0]->life.kept + 2 * chunks[2]->life.kept);
}

TEST_CASE("A decode step's device holds all weights, those of an encoder that has run among them",
          "[footprint][profile]") {
  for (const std::string id :
       {"whisper-tiny", "t5-small", "gpt-2-small", "llama-3.2-11b-vision", "mamba2-130m"}) {
    INFO(id);
    const workload::Workload model = workload::catalog().workload(id);
    Profiler profiler({&model, {.phase = workload::Phase::decode}, recipe("mixed"), optimizer("adam")});
    const Footprint f = profiler.footprint({});
    CHECK(f.weights == Bytes(workload::count(lower(model, {})).parameters * 2));
    Bytes sum{0};
    for (const Footprint& stage : profiler.stages({.pipeline = 2})) sum += stage.weights;
    CHECK(sum >= f.weights);
  }
}

TEST_CASE("Tensor parallelism divides weights and work of every stage", "[footprint][profile]") {
  const Small small;
  Profiler profiler(small.model);
  const Footprint one = profiler.footprint({});
  const Footprint four = profiler.footprint({.tensor = 4});
  const Footprint sequence = profiler.footprint({.tensor = 4, .sequence_parallel = true});
  CHECK(four.weights < one.weights / 2);
  CHECK(four.activations < one.activations);
  CHECK(sequence.activations < four.activations);
}
