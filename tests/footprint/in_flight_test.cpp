#include <catch2/catch.hpp>

#include <algorithm>

#include "memwall/footprint/footprint.hpp"

// Passes of a stage whose backward is still to come.

using namespace memwall;
using namespace memwall::footprint;
using plan::Plan;
using plan::Schedule;

namespace {

Plan pipeline(std::int64_t stages, std::int64_t micro_batches, std::int64_t chunks = 1,
              Schedule schedule = Schedule::one_f_one_b) {
  Plan plan;
  plan.pipeline = stages;
  plan.global_batch = micro_batches;
  plan.interleave = chunks;
  plan.schedule = schedule;
  return plan;
}

std::int64_t all_chunks(const Plan& plan, std::int64_t stage) {
  std::int64_t sum = 0;
  for (std::int64_t chunk = 0; chunk < plan.interleave; ++chunk) sum += in_flight(plan, stage, chunk);
  return sum;
}

}  // namespace

TEST_CASE("Under 1F1B stage i of p has p - i micro-batches in flight, or all there are",
          "[footprint][in-flight]") {
  for (const std::int64_t p : {1, 2, 3, 8, 35}) {
    for (std::int64_t i = 0; i < p; ++i) {
      CHECK(in_flight(pipeline(p, 4 * p), i, 0) == p - i);
      CHECK(in_flight(pipeline(p, 2), i, 0) == std::min<std::int64_t>(2, p - i));
    }
  }
}

TEST_CASE("Under GPipe every stage has every micro-batch in flight", "[footprint][in-flight]") {
  for (const std::int64_t m : {1, 5, 64}) {
    for (std::int64_t i = 0; i < 4; ++i) CHECK(in_flight(pipeline(4, m, 1, Schedule::gpipe), i, 0) == m);
  }
}

TEST_CASE("Interleaved 1F1B has 2 (p - i - 1) + (v - 1) p + 1 passes in flight", "[footprint][in-flight]") {
  // Narayanan et al. 2021 (arXiv:2104.04473), section 2.2, as Megatron-LM counts its warm-up, and the pass
  // after it.
  for (const std::int64_t p : {2, 4, 8}) {
    for (const std::int64_t v : {2, 3, 5}) {
      for (const std::int64_t m : {p, 2 * p, 6 * p}) {
        for (std::int64_t i = 0; i < p; ++i) {
          INFO("p " << p << " v " << v << " m " << m << " stage " << i);
          CHECK(all_chunks(pipeline(p, m, v), i) == std::min(2 * (p - i - 1) + (v - 1) * p + 1, m * v));
        }
      }
    }
  }
}

TEST_CASE("The passes in flight fall to the chunks that the schedule runs first", "[footprint][in-flight]") {
  // The schedule gives each chunk p micro-batches in turn: chunk 0 of 1 ... p, chunk 1 of 1 ... p, ..., then
  // again.
  for (const std::int64_t p : {2, 3, 4}) {
    for (const std::int64_t v : {2, 3}) {
      for (std::int64_t i = 0; i < p; ++i) {
        const Plan plan = pipeline(p, 8 * p, v);
        std::vector<std::int64_t> passes(static_cast<std::size_t>(v), 0);
        for (std::int64_t pass = 0; pass < 2 * (p - i - 1) + (v - 1) * p + 1; ++pass)
          ++passes[static_cast<std::size_t>(pass % (p * v) / p)];
        for (std::int64_t chunk = 0; chunk < v; ++chunk)
          CHECK(in_flight(plan, i, chunk) == passes[static_cast<std::size_t>(chunk)]);
      }
    }
  }
}
