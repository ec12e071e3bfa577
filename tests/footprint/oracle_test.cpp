#include <catch2/catch.hpp>

#include "footprint/models.hpp"
#include "footprint/oracle.hpp"
#include "footprint/random_model.hpp"
#include "memwall/workload/expand.hpp"

// The walk over folded traces against brute force on small random models.

using namespace memwall;
using namespace memwall::footprint;
using plan::Recompute;

namespace {

constexpr std::uint32_t models = 150;

const std::vector<plan::Degrees> shardings = {
    {}, {.tensor = 2}, {.tensor = 2, .sequence_parallel = true}, {.context = 2}};

}  // namespace

TEST_CASE("A folded repeat keeps and peaks exactly as one written out in full", "[footprint][oracle]") {
  const plan::Recipe mixed = recipe("mixed");
  for (std::uint32_t seed = 0; seed < models; ++seed) {
    const int iterations = 2 + static_cast<int>(seed % 6);
    const workload::Workload folded = workload::model_of(random_model(seed, iterations, false));
    const workload::Workload written_out = workload::model_of(random_model(seed, iterations, true));
    for (const bool flash : {false, true}) {
      const workload::Trace few = lower(folded, {.batch = 2, .flash_attention = flash});
      const workload::Trace many = lower(written_out, {.batch = 2, .flash_attention = flash});
      for (const plan::Degrees& degrees : shardings) {
        for (const Recompute& recompute : {Recompute::none(), Recompute::selective(), Recompute::full()}) {
          INFO(random_model(seed, iterations, false)
               << "tensor " << degrees.tensor << " sequence parallel " << degrees.sequence_parallel
               << " context " << degrees.context << " flash " << flash << " recompute "
               << plan::to_text(recompute));
          const Life short_walk = walk(plan::mark_recomputed(plan::shard(few, degrees), recompute), mixed);
          const Life long_walk = walk(plan::mark_recomputed(plan::shard(many, degrees), recompute), mixed);
          REQUIRE(short_walk.kept == long_walk.kept);
          REQUIRE(short_walk.peak == long_walk.peak);
          REQUIRE(short_walk.inputs == long_walk.inputs);
        }
      }
    }
  }
}

TEST_CASE("The walk finds what asking every tensor at every moment finds", "[footprint][oracle]") {
  const plan::Recipe mixed = recipe("mixed");
  for (std::uint32_t seed = 1000; seed < 1000 + models; ++seed) {
    const int iterations = 1 + static_cast<int>(seed % 3);
    const workload::Workload model = workload::model_of(random_model(seed, iterations, true));
    const workload::Trace trace = lower(model, {.batch = 2});
    for (const plan::Degrees& degrees : shardings) {
      const workload::Trace part = plan::shard(trace, degrees);
      for (const Recompute& recompute : {Recompute::none(), Recompute::selective(), Recompute::full()}) {
        INFO(random_model(seed, iterations, false)
             << "tensor " << degrees.tensor << " sequence parallel " << degrees.sequence_parallel
             << " context " << degrees.context << " recompute " << plan::to_text(recompute));
        const Life life = walk(plan::mark_recomputed(part, recompute), mixed);
        const Oracle oracle = ask_oracle(part, mixed, recompute);
        REQUIRE(life.kept == oracle.kept);
        REQUIRE(life.peak == oracle.peak);
      }
    }
    const workload::Trace prefill = lower(model, {.phase = workload::Phase::prefill});
    REQUIRE(walk(prefill, mixed).kept == Bytes(0));
    REQUIRE(walk(prefill, mixed).peak == ask_oracle(prefill, mixed, Recompute::none()).peak);
  }
}

TEST_CASE("Of a repeat three iterations stand in the expanded trace, and tensors keep their identity",
          "[workload][expand]") {
  const workload::Trace trace = gpt_trace({.l = 10});
  const workload::Expanded expanded = workload::expand(trace);
  REQUIRE(trace.repeats.size() == 1);
  const auto body = static_cast<std::size_t>(trace.repeats[0].last - trace.repeats[0].first);
  CHECK(expanded.trace.operators.size() == trace.operators.size() + 2 * body);
  CHECK(expanded.trace.repeats.empty());
  CHECK(*std::max_element(expanded.copies.begin(), expanded.copies.end()) == 8);
  for (const workload::Tensor& tensor : expanded.trace.tensors) CHECK(tensor.repeat == workload::none);
}
