#include <catch2/catch.hpp>

#include "memwall/hardware/catalog.hpp"
#include "memwall/parallel/collective.hpp"
#include "memwall/plan/recipe_book.hpp"
#include "memwall/plan/shard.hpp"
#include "memwall/simulator/communication.hpp"
#include "memwall/simulator/train.hpp"
#include "workload/two_tables.hpp"

// What devices exchange of divided tables, by hand: six samples a device look up 6 + 12 rows of 4 features;
// vectors take 2 bytes a feature, indices 8, gradients 4.

using namespace memwall;
using parallel::Collective;
using simulator::Communication;
using workload::two_tables;

namespace {

const std::vector<std::filesystem::path> roots{MEMWALL_SOURCE_DIR};

std::vector<Communication> exchanged(const std::string& shard) {
  const workload::Trace whole = workload::trace_of(two_tables("shard: " + shard), {.batch = 6});
  const plan::Plan plan{.data = 2, .expert = 2, .micro_batch = 6, .global_batch = 12};
  return simulator::communications(plan::shard(whole, {.expert = 2}), plan,
                                   plan::RecipeBook(roots).recipe("mixed"));
}

void check(const Communication& found, Collective collective, double bytes, double forward, double backward) {
  CHECK(found.exchange == simulator::Exchange::expert);
  CHECK(found.collective == collective);
  CHECK(found.bytes == Bytes(bytes));
  CHECK(found.forward == forward);
  CHECK(found.backward == backward);
}

const hardware::System& dgx() {
  static const hardware::System system = hardware::Catalog(roots).system("dgx-a100");
  return system;
}

Seconds on_eight(Collective collective, double bytes) {
  return parallel::cost(collective, Bytes(bytes), {8, 1}, dgx().tiers).time;
}

/// A step of eight devices with six samples each; tables of 1,000 and 400 rows.
simulator::TrainEstimate step(const std::string& options, std::int64_t expert, int zero = 0) {
  const workload::Workload model = workload::model_of(two_tables(options, "[1000, 400]"));
  const plan::RecipeBook book(roots);
  simulator::TrainQuestion question;
  question.model = {&model, {}, book.recipe("mixed"), book.optimizer("adam"), {}};
  question.system = &dgx();
  question.asked.data = 8;
  question.asked.tensor = question.asked.pipeline = 1;
  question.asked.expert = expert;
  question.asked.micro_batch = 6;
  question.asked.global_batch = 48;
  question.asked.zero = zero;
  question.asked.recompute = plan::Recompute::none();
  question.asked.overlap = plan::Overlap{.data = false};
  return simulator::train(question);
}

constexpr double bandwidth = 2.039e12;  // A100 80 GB SXM datasheet, B/s

}  // namespace

TEST_CASE("Table by table devices send indices there, vectors back and gradients there", "[train][tables]") {
  const std::vector<Communication> all = exchanged("table");
  REQUIRE(all.size() == 3);
  // The busier device has the table of two look-ups: 2 x 12 indices, and a vector of each of twelve samples.
  check(all[0], Collective::all_to_all, 24 * 8, 1, 0);
  check(all[1], Collective::all_to_all, 12 * 4 * 2, 1, 0);
  check(all[2], Collective::all_to_all, 12 * 4 * 2, 0, 1);
}

TEST_CASE("By rows devices sum parts of the vectors of all samples", "[train][tables]") {
  const std::vector<Communication> all = exchanged("row");
  REQUIRE(all.size() == 3);
  check(all[0], Collective::all_to_all, 18 * 8, 1, 0);
  check(all[1], Collective::reduce_scatter, 12 * 2 * 4 * 2, 1, 0);
  check(all[2], Collective::all_gather, 12 * 2 * 4 * 2, 0, 1);
}

TEST_CASE("By columns every device needs all indices", "[train][tables]") {
  const std::vector<Communication> all = exchanged("column");
  REQUIRE(all.size() == 3);
  check(all[0], Collective::all_gather, 2 * 18 * 8, 1, 0);
  check(all[1], Collective::all_to_all, 12 * 2 * 2 * 2, 1, 0);
  check(all[2], Collective::all_to_all, 12 * 2 * 2 * 2, 0, 1);
}

TEST_CASE("Replicas gather the rows of each other's gradients and sum dense ones", "[train][tables]") {
  const simulator::TrainEstimate estimate = step("", 1);
  // A replica's 18 rows are 18 (4 x 4 + 8) bytes; eight times that is less than 1,400 x 16.
  const Seconds expected =
      on_eight(Collective::all_reduce, 16 * 4) + on_eight(Collective::all_gather, 8 * 18 * 24);
  CHECK(estimate.breakdown.data_comm_exposed.value() == Approx(expected.value()).epsilon(1e-9));
  // 8 x 18 rows are updated: 30 bytes a parameter and 8 a row.
  CHECK(estimate.breakdown.optimizer.value() ==
        Approx(((8 * 18 * 4 + 16) * 30 + 8 * 18 * 8) / bandwidth).epsilon(1e-9));
}

TEST_CASE("With ZeRO 1 rows go to those who own their states, and updated rows to all", "[train][tables]") {
  const simulator::TrainEstimate estimate = step("", 1, 1);
  const Seconds expected = on_eight(Collective::reduce_scatter, 16 * 4) +
                           on_eight(Collective::all_to_all, 18 * 24) +
                           on_eight(Collective::all_gather, (8 * 18 * 4 + 16) * 2);
  CHECK(estimate.breakdown.data_comm_exposed.value() == Approx(expected.value()).epsilon(1e-9));
  CHECK(estimate.breakdown.optimizer.value() ==
        Approx(((8 * 18 * 4 + 16) * 30 + 8 * 18 * 8) / 8 / bandwidth).epsilon(1e-9));
}

TEST_CASE("Tables divided over all replicas leave the dense gradients to be summed", "[train][tables]") {
  const simulator::TrainEstimate estimate = step("shard: row", 8);
  CHECK(estimate.breakdown.data_comm_exposed.value() ==
        Approx(on_eight(Collective::all_reduce, 16 * 4).value()).epsilon(1e-9));
  // 48 samples of two vectors of 4, there and back.
  const Seconds expected = on_eight(Collective::all_to_all, 18 * 8) +
                           on_eight(Collective::reduce_scatter, 48 * 2 * 4 * 2) +
                           on_eight(Collective::all_gather, 48 * 2 * 4 * 2);
  CHECK(estimate.breakdown.expert_comm_exposed.value() == Approx(expected.value()).epsilon(1e-9));
  // An eighth of all rows, of which 18 were looked up.
  CHECK(estimate.breakdown.optimizer.value() ==
        Approx(((18 * 4 + 16) * 30 + 18 * 8) / bandwidth).epsilon(1e-9));
}
