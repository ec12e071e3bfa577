#include "memwall/plan/tables.hpp"

#include <algorithm>
#include <random>

#include <catch2/catch.hpp>

#include "memwall/plan/plan.hpp"
#include "memwall/plan/shard.hpp"
#include "workload/two_tables.hpp"

// Tables divided over the devices of an expert-parallel group, by hand: six samples a device look up 6 rows
// of the first table and 12 of the second.

using namespace memwall;
using namespace memwall::plan;
using workload::Operator;
using workload::OperatorKind;
using workload::trace_of;
using workload::two_tables;

namespace {

workload::Trace on_two_devices(const std::string& shard) {
  return plan::shard(trace_of(two_tables("shard: " + shard), {.batch = 6}), {.expert = 2});
}

const Operator& of_kind(const workload::Trace& trace, OperatorKind kind) {
  return *std::find_if(trace.operators.begin(), trace.operators.end(),
                       [kind](const Operator& op) { return op.kind == kind; });
}

double written(const workload::Trace& trace, OperatorKind kind) {
  return trace.tensor(of_kind(trace, kind).writes.front()).shape.elements();
}

/// FLOPs of adding up the rows that were looked up.
double additions(const workload::Trace& trace) {
  return of_kind(trace, OperatorKind::gather).vector.forward * written(trace, OperatorKind::gather);
}

std::string broken(const std::string& options, std::int64_t expert, std::int64_t data) {
  const Limits limits = limits_of(trace_of(two_tables(options)));
  const std::vector<std::string> rules =
      violations({.data = data, .expert = expert, .global_batch = data}, limits);
  return rules.empty() ? "nothing" : rules.front();
}

}  // namespace

TEST_CASE("Table by table a device holds one of two tables and looks it up for both devices",
          "[plan][tables]") {
  const workload::Trace part = on_two_devices("table");
  // The fuller device has the table of 100 rows, the busier one that of two look-ups a sample.
  CHECK(part.weights.front().elements() == 100 * 4);
  CHECK(written(part, OperatorKind::enter_tables) == 2 * 12);
  CHECK(written(part, OperatorKind::gather) == 2 * 6 * 1 * 4);
  CHECK(written(part, OperatorKind::leave_tables) == 6 * 2 * 4);
  CHECK(of_kind(part, OperatorKind::gather).weight_elements_read == 24 * 4);
  CHECK(additions(part) == 24 * 4);
}

TEST_CASE("By rows a device has half of either table and finds half of what both look up", "[plan][tables]") {
  const workload::Trace part = on_two_devices("row");
  CHECK(part.weights.front().elements() == (50 + 20) * 4);
  CHECK(written(part, OperatorKind::enter_tables) == 6 + 12);
  // Parts of the sums of both devices' samples.
  CHECK(written(part, OperatorKind::gather) == 2 * 6 * 2 * 4);
  CHECK(written(part, OperatorKind::leave_tables) == 6 * 2 * 4);
  CHECK(of_kind(part, OperatorKind::gather).weight_elements_read == (6 + 12) * 4);
  CHECK(additions(part) == 18 * 4);
}

TEST_CASE("By columns a device has half of every row and looks up what both do", "[plan][tables]") {
  const workload::Trace part = on_two_devices("column");
  CHECK(part.weights.front().elements() == 140 * 2);
  CHECK(written(part, OperatorKind::enter_tables) == 2 * (6 + 12));
  CHECK(written(part, OperatorKind::gather) == 2 * 6 * 2 * 2);
  CHECK(written(part, OperatorKind::leave_tables) == 6 * 2 * 4);
  CHECK(of_kind(part, OperatorKind::gather).weight_elements_read == (12 + 24) * 2);
  CHECK(additions(part) == 36 * 2);
}

TEST_CASE("Sequence parallelism leaves divided tables the look-ups of all samples", "[plan][tables]") {
  for (const char* way : {"table", "row", "column"}) {
    const workload::Trace trace = trace_of(two_tables(std::string("shard: ") + way), {.batch = 6});
    const workload::Trace part = plan::shard(trace, {.tensor = 2, .sequence_parallel = true, .expert = 2});
    const workload::Trace same = on_two_devices(way);
    CHECK(of_kind(part, OperatorKind::gather).weight_elements_read ==
          of_kind(same, OperatorKind::gather).weight_elements_read);
    CHECK(written(part, OperatorKind::gather) == written(same, OperatorKind::gather));
    CHECK(additions(part) == additions(same));
  }
}

TEST_CASE("On one device a divided table is as one that is not", "[plan][tables]") {
  const workload::Trace plain = trace_of(two_tables(), {.batch = 6});
  for (const char* shard : {"table", "row", "column"}) {
    const workload::Trace trace = trace_of(two_tables(std::string("shard: ") + shard), {.batch = 6});
    CHECK(trace.weights.front().elements() == plain.weights.front().elements());
    CHECK(trace.root(of_kind(trace, OperatorKind::leave_tables).writes.front()) ==
          of_kind(trace, OperatorKind::gather).writes.front());
  }
}

TEST_CASE("A gather reads no row twice as long as there are others", "[plan][tables]") {
  // 50 samples look up 50 of 100 rows, and all 40 of 40.
  const workload::Trace trace = trace_of(two_tables(), {.batch = 50});
  CHECK(of_kind(trace, OperatorKind::gather).weight_elements_read == (50 + 40) * 4);
}

TEST_CASE("Every table has a device, and equal ones are spread evenly", "[plan][tables]") {
  const std::vector<workload::Table> equal(12, {1000, 1});
  for (const std::int64_t devices : {1, 2, 3, 4, 6, 12}) {
    std::vector<std::int64_t> held(static_cast<std::size_t>(devices), 0);
    for (const std::size_t device : placed(equal, devices)) ++held.at(device);
    for (const std::int64_t count : held) CHECK(count == 12 / devices);
  }
}

TEST_CASE("No device has more than the average and one table above it", "[plan][tables]") {
  // What Graham 1969 shows of any greedy placement, of each table's share of rows, look-ups and tables.
  std::mt19937 random(7);
  std::uniform_real_distribution<double> size(1, 1e6);
  for (int round = 0; round < 50; ++round) {
    std::vector<workload::Table> tables(20);
    double rows = 0;
    double lookups = 0;
    for (workload::Table& table : tables) {
      table = {std::round(size(random)), std::round(size(random))};
      rows += table.rows;
      lookups += table.lookups;
    }
    const std::vector<std::size_t> device_of = placed(tables, 6);
    std::vector<double> load(6, 0);
    double largest = 0;
    for (std::size_t i = 0; i < tables.size(); ++i) {
      const double weight = tables[i].rows / rows + tables[i].lookups / lookups + 1.0 / 20;
      load.at(device_of[i]) += weight;
      largest = std::max(largest, weight);
    }
    CHECK(*std::max_element(load.begin(), load.end()) <= 3.0 / 6 + largest + 1e-9);
  }
}

TEST_CASE("A table that anything else uses with a whole gradient has a whole gradient", "[plan][tables]") {
  const char* const tied = R"(
inputs: {tokens: {type: index, sequence: 8}}
layers:
  - {embedding: 50, width: 4, weights: tokens, sparse_gradient: true}
  - {linear: 50, weights: tokens, bias: false}
)";
  CHECK_FALSE(trace_of(tied).weights.front().sparse);
  const auto sparse = [](const char* layer) {
    const std::string head = "inputs: {tokens: {type: index, sequence: 8}}\nlayers: [";
    return trace_of(head + layer + "]\n").weights.front().sparse;
  };
  CHECK_FALSE(sparse("{embedding: 50, width: 4}"));
  CHECK(sparse("{embedding: 50, width: 4, sparse_gradient: true}"));
  CHECK(sparse("{embedding_bag: 50, width: 4}"));
  CHECK_FALSE(sparse("{embedding_bag: 50, width: 4, sparse_gradient: false}"));
}

TEST_CASE("Iterations that share a table look it up more often, others have one each", "[plan][tables]") {
  workload::Trace trace = trace_of(two_tables(), {.batch = 6});
  trace.repeats.push_back({.name = "block", .first = 0, .last = 1, .count = 3});
  trace.operators.front().repeat = 0;
  CHECK(sparse_tables(trace).front().lookups == 3 * 6);
  CHECK(sparse_tables(trace).front().touched(1) == 3 * 6 * 4);
  CHECK(sparse_tables(trace).front().elements() == 100 * 4);
  trace.weights.front().repeat = 0;
  CHECK(sparse_tables(trace).front().lookups == 6);
  CHECK(sparse_tables(trace).front().touched(1) == 3 * 6 * 4);
  CHECK(sparse_tables(trace).front().elements() == 3 * 100 * 4);
}

TEST_CASE("A plan that divides tables too often is told what would be right", "[plan][tables]") {
  using Catch::Matchers::Contains;
  CHECK_THAT(broken("shard: table", 4, 4), Contains("4 is more than the 2 tables") && Contains("shard: row"));
  CHECK(broken("shard: table", 2, 4) == "nothing");
  CHECK(broken("shard: row", 4, 8) == "nothing");
  CHECK(broken("shard: column", 4, 8) == "nothing");
  CHECK_THAT(broken("shard: column", 8, 8), Contains("4 columns of a table") && Contains("nearest: 4"));
  CHECK_THAT(broken("shard: row", 3, 8), Contains("expert 3 does not divide data 8"));
  CHECK_THAT(broken("", 2, 2), Contains("no experts and no tables"));
}
