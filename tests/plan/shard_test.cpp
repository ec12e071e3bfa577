#include <catch2/catch.hpp>

#include <cmath>

#include "memwall/plan/shard.hpp"
#include "memwall/workload/counts.hpp"
#include "workload/models.hpp"

// One device's part of a trace.

using namespace memwall;
using namespace memwall::plan;
using workload::AxisKind;
using workload::Operator;
using workload::set;
using workload::Trace;

namespace {

Trace gpt(std::int64_t batch = 1) {
  return workload::catalog_trace(
      "gpt-2-xl", {.batch = batch,
                   .dimensions = {set("layers", "3"), set("hidden", "64"), set("heads", "8"),
                                  set("vocabulary", "100"), set("sequence", "32"), set("context", "32")}});
}

double parameters(const Trace& trace) { return workload::count(trace).parameters; }

/// The operator whose name ends so.
const Operator& named(const Trace& trace, const std::string& end) {
  for (const Operator& op : trace.operators) {
    if (op.name.ends_with(end)) return op;
  }
  throw std::runtime_error("no operator " + end);
}

std::string shape_of(const Trace& trace, const std::string& end) {
  return to_text(trace.tensor(named(trace, end).writes.front()).shape);
}

double flops(const Trace& trace) {
  const workload::Counts counts = workload::count(trace);
  return (counts.forward_flops + counts.head_flops).value();
}

}  // namespace

TEST_CASE("A plan of ones leaves the trace as it is", "[plan][shard]") {
  const Trace whole = gpt();
  const Trace same = shard(whole, {});
  CHECK(parameters(same) == parameters(whole));
  CHECK(flops(same) == flops(whole));
  CHECK(same.tensors.size() == whole.tensors.size());
}

TEST_CASE("Tensor parallelism of two halves a GPT's matrices and products, and no more", "[plan][shard]") {
  const double h = 64;
  const Trace half = shard(gpt(), {.tensor = 2});
  // A layer: 12 h^2 of matrices and 7 h of column biases are halved; two row biases and two norms are not.
  const double layer = (12 * h * h + 7 * h) / 2 + 2 * h + 4 * h;
  // The table's 100 rows are halved, positions and the last norm are whole.
  CHECK(parameters(half) == 3 * layer + 50 * h + 32 * h + 2 * h);
  CHECK(flops(half) == flops(gpt()) / 2);
}

TEST_CASE("Devices together hold and compute at least the whole, exactly so where parts divide",
          "[plan][shard]") {
  for (const std::string& id : workload::catalog().ids()) {
    INFO(id);
    const Trace whole = workload::catalog_trace(id);
    for (const std::int64_t t : {2, 3, 8}) {
      const auto ways = static_cast<double>(t);
      const Trace part = shard(whole, {.tensor = t});
      for (std::size_t i = 0; i < whole.weights.size(); ++i) {
        const workload::Weight& before = whole.weights[i];
        const workload::Weight& now = part.weights[i];
        INFO(before.name << " tensor " << t);
        CHECK(now.elements() == sharded_elements(before, {.tensor = t}));
        CHECK(now.elements() == std::floor(now.elements()));
        CHECK(now.elements() <= before.elements());
        CHECK(now.elements() * ways >= before.elements());
        const bool divides = before.parts > 0 && std::fmod(before.parts, ways) == 0;
        if (divides && std::fmod(before.divided, ways) == 0)
          CHECK(now.elements() * ways == before.elements());
        if (before.parts == 0) CHECK(now.elements() == before.elements());
      }
      for (std::size_t i = 0; i < whole.tensors.size(); ++i) {
        const double before = whole.tensors[i].shape.elements();
        const double now = part.tensors[i].shape.elements();
        CHECK(now * ways >= before);
        if (!whole.tensors[i].divided) CHECK(now == before);
      }
      CHECK(flops(part) * ways >= flops(whole) * (1 - 1e-12));
      CHECK(flops(part) <= flops(whole));
    }
  }
}

TEST_CASE("Sequence parallelism divides what lies between tensor-parallel regions", "[plan][shard]") {
  const Trace part = shard(gpt(), {.tensor = 4, .sequence_parallel = true});
  // Norms and dropout work on a quarter of the 32 tokens; projections gather all of them.
  CHECK(shape_of(part, "layer_norm") == "[sequence 8, feature 64]");
  CHECK(shape_of(part, "attention.enter") == "[sequence 32, feature 64]");
  CHECK(shape_of(part, "attention.query") == "[sequence 32, feature 16]");
  CHECK(shape_of(part, "attention.scores") == "[head 2, sequence 32, key 32]");
  CHECK(shape_of(part, "attention.output") == "[sequence 32, feature 64]");
  CHECK(shape_of(part, "attention.leave") == "[sequence 8, feature 64]");
  CHECK(shape_of(part, "dropout") == "[sequence 8, feature 64]");
  // A gathered tensor has memory of its own and is kept as its shard.
  const workload::TensorId gathered = named(part, "attention.enter").writes.front();
  CHECK(part.root(gathered) == gathered);
  CHECK(part.tensor(gathered).gathered_from == named(part, "attention.enter").reads.front());
  // The work on weights is that of tensor parallelism alone.
  CHECK(flops(part) == flops(gpt()) / 4);
  CHECK(flops(shard(gpt(), {.tensor = 4})) == flops(gpt()) / 4);
}

TEST_CASE("Context parallelism divides queries, not the keys that they look at", "[plan][shard]") {
  const Trace part = shard(gpt(), {.context = 4});
  CHECK(shape_of(part, "attention.query") == "[sequence 8, feature 64]");
  CHECK(shape_of(part, "attention.scores") == "[head 8, sequence 8, key 32]");
  CHECK(parameters(part) == parameters(gpt()));
  CHECK(flops(part) == flops(gpt()) / 4);
}

TEST_CASE("With fewer key-value heads than devices each head is held more than once", "[plan][shard]") {
  // Llama 3 8B: 32 heads of 128 on 4,096 features, 8 key-value heads.
  const Trace part = shard(workload::catalog_trace("llama-3-8b"), {.tensor = 16});
  const auto weight = [&part](const std::string& role) {
    return part.weight(named(part, role).weights.front()).elements();
  };
  CHECK(weight("attention.query") == 2 * 128 * 4096.0);
  CHECK(weight("attention.key") == 1 * 128 * 4096.0);
  CHECK(weight("attention.value") == 1 * 128 * 4096.0);
  CHECK(weight("attention.output") == 2 * 128 * 4096.0);
  CHECK(shape_of(part, "attention.key") == "[sequence 8192, feature 128]");
}

TEST_CASE("Heads that do not divide evenly are rounded up to whole heads", "[plan][shard]") {
  // GPT-2 XL has 25 heads of 64: seven on the fullest of four devices.
  const Trace part = shard(workload::catalog_trace("gpt-2-xl"), {.tensor = 4});
  CHECK(shape_of(part, "attention.query") == "[sequence 1024, feature 448]");
  CHECK(shape_of(part, "attention.scores") == "[head 7, sequence 1024, key 1024]");
  // Of 50,257 words 12,565.
  CHECK(shape_of(part, "cross_entropy") == "[sequence 1024, feature 12565]");
}

TEST_CASE("Expert parallelism divides experts, and leaves each device as many rows", "[plan][shard]") {
  const Trace whole = workload::catalog_trace("mixtral-8x7b");
  const Trace part = shard(whole, {.expert = 4});
  double whole_experts = 0;
  double part_experts = 0;
  for (std::size_t i = 0; i < whole.weights.size(); ++i) {
    if (whole.weights[i].experts == 1) {
      CHECK(part.weights[i].elements() == whole.weights[i].elements());
      continue;
    }
    CHECK(part.weights[i].experts == 2);
    whole_experts += whole.weights[i].elements();
    part_experts += part.weights[i].elements();
  }
  CHECK(part_experts == whole_experts / 4);
  // Two experts take what eight took: tokens of the other devices come in exchange.
  CHECK(flops(part) == flops(whole));
  for (std::size_t i = 0; i < whole.operators.size(); ++i) {
    if (whole.operators[i].matmuls.empty() || whole.operators[i].matmuls[0].groups != 8) continue;
    CHECK(part.operators[i].matmuls[0].groups == 2);
    CHECK(part.operators[i].matmuls[0].m == 4 * whole.operators[i].matmuls[0].m);
  }
}

TEST_CASE("Few tokens read few experts, and all of them where a device has no more", "[plan][shard]") {
  // One token of Mixtral visits two of eight experts.
  const Trace whole = workload::catalog_trace("mixtral-8x7b", {.phase = workload::Phase::decode});
  const Trace part = shard(whole, {.expert = 4});
  for (std::size_t i = 0; i < whole.operators.size(); ++i) {
    const Operator& op = whole.operators[i];
    if (op.weights.empty() || whole.weight(op.weights[0]).experts == 1) continue;
    const double all = whole.weight(op.weights[0]).elements();
    CHECK(op.weight_elements_read == all * 2 / 8);
    // A device has two, whose work is that of two tokens, its own and another device's: both are read.
    CHECK(part.operators[i].weight_elements_read == all / 4);
  }
}

TEST_CASE("Embedding bags divide their rows as an embedding does", "[plan][shard]") {
  const std::string tables =
      "inputs: {sparse: {type: index, sequence: 6}}\n"
      "layers: [{embedding_bag: [100, 60], width: 16, lookups: 3, shard: vocabulary}, flatten, {linear: "
      "4}]\n";
  const Trace whole = workload::trace_of(tables, {.batch = 2});
  const Trace half = shard(whole, {.tensor = 2});
  CHECK(half.weights[0].elements() == 80 * 16);
  // The rows found on one device are a part; the sum over devices is whole.
  CHECK(half.operators[0].weight_elements_read == whole.operators[0].weight_elements_read / 2);
  CHECK(half.operators[1].kind == workload::OperatorKind::leave_tensor);
  CHECK(output_of(half) == "[feature 4]");
  CHECK(workload::count(workload::catalog_trace("dlrm")).parameters == 540677217);
}

TEST_CASE("A model without sharded layers is run whole by every device", "[plan][shard]") {
  const Trace whole = workload::catalog_trace("resnet-50");
  const Trace part = shard(whole, {.tensor = 4});
  CHECK(parameters(part) == parameters(whole));
  CHECK(flops(part) == flops(whole));
}
