#include <catch2/catch.hpp>

#include "footprint/models.hpp"
#include "workload/two_tables.hpp"

// Two tables of 140 rows of 4 features in all and a matrix of 16 weights: 576 parameters. A micro-batch of
// six samples looks up 6 + 12 rows, whose gradient is 18 (4 x 4 + 8) = 432 bytes in fp32 with the row's
// number.

using namespace memwall;
using namespace memwall::footprint;
using plan::Plan;

namespace {

Footprint held(const Plan& plan, const char* optimizer_id = "adam", const std::string& options = "") {
  const workload::Trace trace =
      plan::shard(workload::trace_of(workload::two_tables(options), {.batch = 6}), {.expert = plan.expert});
  return standing(count_parameters(trace), plan, recipe("mixed"), optimizer(optimizer_id),
                  workload::Phase::training);
}

constexpr double rows = 432;     // bytes of one micro-batch's gradient of the tables
constexpr double matrix = 64;    // of the matrix
constexpr double tables = 2240;  // of a whole gradient of the tables: 140 x 4 x 4

}  // namespace

TEST_CASE("Gradients of tables are the rows that a step's micro-batches looked up", "[footprint][sparse]") {
  CHECK(held({.micro_batch = 6, .global_batch = 6}).gradients == Bytes(rows + matrix));
  CHECK(held({.micro_batch = 6, .global_batch = 12}).gradients == Bytes(2 * rows + matrix));
  // Four look up 24 rows of 100 and all of 40.
  CHECK(held({.micro_batch = 6, .global_batch = 24}).gradients == Bytes((24 + 40) * (4 * 4 + 8) + matrix));
  CHECK(held({.micro_batch = 6, .global_batch = 6}, "adam", "sparse_gradient: false").gradients ==
        Bytes(tables + matrix));
}

TEST_CASE("Weights, master copies and moments stand for every row", "[footprint][sparse]") {
  const Footprint f = held({.micro_batch = 6, .global_batch = 6});
  CHECK(f.weights == Bytes(576 * 2));
  CHECK(f.optimizer == Bytes(576 * (4 + 4 + 4)));
}

TEST_CASE("Row-wise AdaGrad remembers a number for each row", "[footprint][sparse]") {
  // A master copy of all, a number for each of 140 rows and of 16 weights.
  CHECK(held({.micro_batch = 6, .global_batch = 6}, "rowwise-adagrad").optimizer ==
        Bytes(576 * 4 + (140 + 16) * 4));
}

TEST_CASE("Replicas hold the rows of all of them, or the whole gradient where that is less",
          "[footprint][sparse]") {
  CHECK(held({.data = 2, .micro_batch = 6, .global_batch = 12}).gradients == Bytes(2 * rows + matrix));
  // The large table's 8 x 6 x 24 bytes are fewer than its 1600, the small one's 8 x 12 x 24 more than its
  // 640.
  CHECK(held({.data = 8, .micro_batch = 6, .global_batch = 48}).gradients ==
        Bytes(8 * 6 * 24 + 640 + matrix));
}

TEST_CASE("ZeRO leaves a device its own rows, or its share of all", "[footprint][sparse]") {
  CHECK(held({.data = 2, .zero = 1, .micro_batch = 6, .global_batch = 12}).gradients == Bytes(rows + matrix));
  const Footprint f = held({.data = 2, .zero = 2, .micro_batch = 6, .global_batch = 12});
  CHECK(f.gradients == Bytes(2 * rows / 2 + matrix / 2));
  CHECK(f.optimizer == Bytes(576 / 2 * 12));
  // The block that runs has the gradient of one micro-batch: 18 rows of 4.
  CHECK(f.workspace == Bytes(18 * 4 * 4));
}

TEST_CASE("A device of two has half the rows of tables divided by rows, and all of the matrix",
          "[footprint][sparse]") {
  const Footprint f =
      held({.data = 2, .expert = 2, .micro_batch = 6, .global_batch = 12}, "adam", "shard: row");
  CHECK(f.weights == Bytes((280 + 16) * 2));
  CHECK(f.optimizer == Bytes((280 + 16) * 12));
  // It finds 6 + 12 rows for the two, and nobody else has them.
  CHECK(f.gradients == Bytes(rows + matrix));
}

TEST_CASE("The fuller of two devices has the larger table", "[footprint][sparse]") {
  const Footprint f =
      held({.data = 2, .expert = 2, .micro_batch = 6, .global_batch = 12}, "adam", "shard: table");
  CHECK(f.weights == Bytes((400 + 16) * 2));
}
