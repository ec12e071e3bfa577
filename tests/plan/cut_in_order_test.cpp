#include <catch2/catch.hpp>

#include "memwall/plan/plan.hpp"
#include "memwall/plan/stages.hpp"

using namespace memwall;
using plan::Cuts;
using plan::UnitRun;

namespace {

/// An embedding, `layers` equal blocks, a norm and a head, as units of a decoder.
std::vector<UnitRun> decoder(std::int64_t layers) {
  return {{0, 1, workload::none, 1}, {1, 2, 0, layers}, {2, 3, workload::none, 1}, {3, 4, workload::none, 1}};
}

}  // namespace

TEST_CASE("cut in order, a stage ends with the unit that gives it its share") {
  // 16 layers of 1 and a head of 4 are 20; two stages share 10 each, and the tenth layer makes 10.
  CHECK(plan::cut_in_order(decoder(16), {0, 1, 0, 4}, 2) == Cuts{0, 11, 19});
  // Four stages share 5: the embedding and layers 1 to 5, then 5, 5, and layer 16 with norm and head.
  CHECK(plan::cut_in_order(decoder(16), {0, 1, 0, 4}, 4) == Cuts{0, 6, 11, 16, 19});
}

TEST_CASE("cut in order, a stage may take more than its share by part of a unit") {
  // 32 layers of 1 and a head of 2.2 are 34.2: half is 17.1, which the eighteenth layer passes.
  CHECK(plan::cut_in_order(decoder(32), {0, 1, 0, 2.2}, 2) == Cuts{0, 19, 35});
}

TEST_CASE("cut in order, the last stages may stay empty") {
  // Two layers of 1 and a head of 10 are 12, shares of 4 for three stages: the first takes both layers, norm
  // and head.
  CHECK(plan::cut_in_order(decoder(2), {0, 1, 0, 10}, 3) == Cuts{0, 5, 5, 5});
  // What follows at no cost, as the parts of a loss, is the next stage, and one alone.
  std::vector<UnitRun> with_loss = decoder(2);
  with_loss.push_back({4, 5, workload::none, 1});
  with_loss.push_back({5, 6, workload::none, 1});
  CHECK(plan::cut_in_order(with_loss, {0, 1, 0, 10, 0, 0}, 4) == Cuts{0, 5, 7, 7, 7});
}
