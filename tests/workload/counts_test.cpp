#include "memwall/workload/counts.hpp"

#include <catch2/catch.hpp>

#include <numeric>

#include "memwall/config/node.hpp"
#include "memwall/workload/lower.hpp"

using namespace memwall;
using namespace memwall::workload;

namespace {

Trace trace_of(const std::string& yaml, const LoweringOptions& options = {}) {
  const std::string head =
      "id: model\nname: model\nfamily: test\ndomain: language\nreleased: 2020\nsource: test\n";
  return lower(read_workload(config::parse_yaml(head + yaml, "model.yaml")), options);
}

/// A GPT of l layers, h features, a heads, s tokens and V words, as GPT-2 is built.
const std::string gpt = R"(
dimensions: {layers: 3, hidden: 64, heads: 4, vocabulary: 1000, sequence: 32}
inputs:
  tokens: {type: index, sequence: sequence}
blocks:
  decoder:
    layers:
      - residual: [layer_norm, {attention: heads, mask: causal}]
      - residual: [layer_norm, {linear: 4*hidden}, gelu, {linear: hidden}]
layers:
  - {embedding: vocabulary, width: hidden, weights: tokens}
  - positions: sequence
  - {repeat: layers, block: decoder}
  - layer_norm
  - {linear: vocabulary, weights: tokens, bias: false, head: true}
  - cross_entropy
)";

}  // namespace

TEST_CASE("A GPT's counts are those of its published formulas", "[workload][counts]") {
  const double l = 3, h = 64, a = 4, v = 1000, s = 32, b = 2;
  const Counts counts = count(trace_of(gpt, {.batch = 2}));
  // Weights and biases of a layer: 12 h^2 + 13 h; tables V h and s h; the last norm 2 h; the head is tied.
  CHECK(counts.parameters == l * (12 * h * h + 13 * h) + v * h + s * h + 2 * h);
  // Korthikanti et al. 2022, appendix A: 24 b s h^2 + 4 b s^2 h a layer; the head 2 b s h V.
  CHECK(counts.forward_flops.value() == l * (24 * b * s * h * h + 4 * b * s * s * h));
  CHECK(counts.head_flops.value() == 2 * b * s * h * v);
  // Features of one sample: 10 s h + a s^2 a layer.
  CHECK(counts.features == l * (10 * s * h + a * s * s));
}

TEST_CASE("FLOPs grow with the batch, and features and parameters do not", "[workload][counts]") {
  const Counts one = count(trace_of(gpt, {.batch = 1}));
  const Counts eight = count(trace_of(gpt, {.batch = 8}));
  CHECK(eight.forward_flops.value() == 8 * one.forward_flops.value());
  CHECK(eight.head_flops.value() == 8 * one.head_flops.value());
  CHECK(eight.vector_flops.value() == 8 * one.vector_flops.value());
  CHECK(eight.features == one.features);
  CHECK(eight.parameters == one.parameters);
}

TEST_CASE("Model FLOPs count all of attention where the kernel runs half", "[workload][counts]") {
  const Trace flash = trace_of(gpt, {.flash_attention = true});
  CHECK(count(flash).forward_flops == count(trace_of(gpt)).forward_flops);
  CHECK(count(flash).features == count(trace_of(gpt)).features);
  const auto core = std::find_if(flash.operators.begin(), flash.operators.end(),
                                 [](const Operator& op) { return op.kind == OperatorKind::attention; });
  REQUIRE(core != flash.operators.end());
  // 32 queries see 1, 2, ... 32 keys: 528 of 1,024.
  CHECK(model_flops(*core).value() == 4.0 * 32 * 32 * 64);
  CHECK(executed_flops(*core).value() == Approx(4.0 * 32 * 32 * 64 * 528 / 1024));
}

TEST_CASE("A tied table counts at its first user and the parts add up", "[workload][counts]") {
  const Trace trace = trace_of(gpt);
  const std::vector<double> parameters = parameters_by_operator(trace);
  REQUIRE(parameters.size() == trace.operators.size());
  CHECK(std::accumulate(parameters.begin(), parameters.end(), 0.0) == count(trace).parameters);
  for (std::size_t i = 0; i < trace.operators.size(); ++i) {
    if (trace.operators[i].name == "embedding") CHECK(parameters[i] == 1000.0 * 64);
    if (trace.operators[i].name == "linear") CHECK(parameters[i] == 0);
    // A folded block's weights exist once an iteration: 3 layers of 64 x 256 + 256.
    if (trace.operators[i].name == "decoder.linear") CHECK(parameters[i] == 3 * (64.0 * 256 + 256));
  }
}

TEST_CASE("A convolution counts two FLOPs for each kernel element, input feature and output",
          "[workload][counts]") {
  const Counts counts = count(trace_of(R"(
inputs:
  image: {height: 32, width: 32, feature: 3}
layers:
  - {conv: 16, kernel: 3, padding: 1, bias: false}
  - relu
)"));
  CHECK(counts.parameters == 3 * 3 * 3 * 16);
  CHECK(counts.forward_flops.value() == 2.0 * 32 * 32 * 16 * 3 * 3 * 3);
  CHECK(counts.features == 32 * 32 * 16);
  CHECK(counts.vector_flops.value() == 32 * 32 * 16);  // the ReLU's one comparison
}
