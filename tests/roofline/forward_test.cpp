#include <catch2/catch.hpp>

#include "roofline/helpers.hpp"

using namespace memwall;
using namespace memwall::roofline;
using workload::Phase;

namespace {

std::vector<Kernel> forward(const std::string& yaml, const workload::LoweringOptions& options = {}) {
  return kernels(trace_of(yaml, options), Pass::forward, mixed());
}

}  // namespace

TEST_CASE("A linear layer reads its input and weights once and writes its output", "[roofline]") {
  const auto all = forward(R"(
inputs: {x: {sequence: 8, feature: 32}}
layers: [{linear: 64}]
)",
                           {.batch = 2});
  REQUIRE(names_of(all) == std::vector<std::string>{"linear"});
  const Kernel& linear = all.front();
  // [2 x 8, 32] x [32, 64]
  CHECK(linear.matrix().value() == 2.0 * 16 * 32 * 64);
  CHECK(linear.vector().value() == 16 * 64);  // the bias
  CHECK(accesses(linear.reads) ==
        std::vector<std::string>{"x input 1024", "linear.weight weight 4096", "linear.bias weight 128"});
  CHECK(accesses(linear.writes) == std::vector<std::string>{"linear activation 2048"});
  CHECK(linear.touched() == Bytes(1024 + 4096 + 128 + 2048));
}

TEST_CASE("A tensor that an operator reads twice is read once", "[roofline]") {
  const auto all = forward(R"(
inputs: {x: {sequence: 8, feature: 32}}
layers: [{sequential: [relu], as: y}, {matmul: [y, y], transpose: true}]
)");
  const Kernel& product = find(all, "matmul");
  CHECK(accesses(product.reads) == std::vector<std::string>{"relu activation 512"});
  CHECK(accesses(product.writes) == std::vector<std::string>{"matmul activation 128"});
}

TEST_CASE("A gather reads only the rows that it looks up", "[roofline]") {
  const auto all = forward(R"(
inputs: {tokens: {type: index, sequence: 8}}
layers: [{embedding: 1000, width: 32}]
)");
  CHECK(accesses(all.front().reads) ==
        std::vector<std::string>{"tokens index 64", "embedding.weight weight 512"});
  CHECK(all.front().matrix() == Flops(0));
}

TEST_CASE("An in-place operator still reads and writes", "[roofline]") {
  const auto all = forward(R"(
inputs: {image: {height: 4, width: 4, feature: 8}}
layers: [{conv: 8, kernel: 1, bias: false}, relu]
)");
  CHECK(find(all, "relu").touched() == Bytes(2 * 4 * 4 * 8 * 2));
}

TEST_CASE("The borders of a tensor-parallel region cost nothing on one device", "[roofline]") {
  const auto all = forward(R"(
inputs: {x: {sequence: 8, feature: 32}}
layers: [{linear: 64, shard: column}, gelu, {linear: 32, shard: row}]
)");
  CHECK(names_of(all) == std::vector<std::string>{"linear", "gelu", "linear_2"});
}

TEST_CASE("Selecting one position reads one position", "[roofline]") {
  const auto all = forward(R"(
inputs: {x: {sequence: 8, feature: 32}}
layers: [{select: last}]
)");
  CHECK(all.front().touched() == Bytes(2 * 32 * 2));
}

TEST_CASE("A flash kernel executes the visible part and leaves no scores in memory", "[roofline]") {
  const auto all = forward(R"(
inputs: {x: {sequence: 8, feature: 32}}
layers: [{attention: 4, mask: causal}]
)",
                           {.phase = Phase::prefill, .flash_attention = true});
  const Kernel& core = find(all, "attention.core");
  // Scores and context: 2 x 2 x 4 heads x 8 x 8 x 8, of which 36 of 64 entries are visible.
  CHECK(core.matrix().value() == Approx(2 * 2.0 * 4 * 8 * 8 * 8 * 36 / 64));
  // Query, key, value and context of 8 x 32 elements each.
  CHECK(core.touched() == Bytes(4 * 8 * 32 * 2));
}

TEST_CASE("A decode step reads the cache whole and writes one token of it", "[roofline]") {
  const auto all = forward(R"(
dimensions: {sequence: 16}
inputs: {x: {sequence: sequence, feature: 32}}
layers: [{attention: 4, mask: causal, bias: false}]
)",
                           {.phase = Phase::decode, .batch = 2, .context_length = 99});
  // 99 keys found and the new one; 2 samples x 100 keys x 32 features x 2 B.
  CHECK(accesses(find(all, "attention.scores").reads) ==
        std::vector<std::string>{"attention.query activation 128", "attention.key_cache cache 12800"});
  CHECK(accesses(find(all, "attention.key").writes) == std::vector<std::string>{"attention.key cache 128"});
}

TEST_CASE("Only experts with work have their weights read", "[roofline]") {
  const auto all = forward(R"(
inputs: {x: {sequence: 1, feature: 32}}
layers: [{experts: 8, top_k: 2, layers: [{linear: 64, bias: false}]}]
)");
  // One token visits 2 of 8 experts.
  CHECK(accesses(find(all, "experts.linear").reads) ==
        std::vector<std::string>{"experts.dispatch activation 128", "experts.linear.weight weight 8192"});
}

TEST_CASE("A folded block's kernels stand for all of its iterations", "[roofline]") {
  const auto all = forward(R"(
inputs: {tokens: {type: index, sequence: 8}}
layers: [{embedding: 100, width: 32}, {repeat: 5, layers: [{linear: 32}]}, {linear: 16}]
)");
  CHECK(find(all, "layers.linear").count == 5);
  CHECK(find(all, "linear").count == 1);
  CHECK(matrix_flops(all) == 5 * 2.0 * 8 * 32 * 32 + 2.0 * 8 * 32 * 16);
}
