#include <catch2/catch.hpp>

#include <algorithm>

#include "memwall/workload/counts.hpp"
#include "workload/models.hpp"

// One token more: what runs, what has run before.

using namespace memwall;
using namespace memwall::workload;

namespace {

const LoweringOptions decode{.phase = Phase::decode};

bool runs(const Trace& trace, const std::string& part) {
  return std::any_of(trace.operators.begin(), trace.operators.end(),
                     [&](const Operator& op) { return op.name.find(part) != std::string::npos; });
}

double flops(const Trace& trace) { return (count(trace).forward_flops + count(trace).head_flops).value(); }

/// A decoder that sees a picture in front of its words.
const std::string picture_first = R"(
inputs:
  words: {type: index, sequence: 32}
  picture: {height: 8, width: 8, feature: 3, once: true}
layers:
  - {embedding: 100, width: 16, as: text}
  - sequential: [{conv: 16, kernel: 4, stride: 4, name: patches}, to_sequence]
    from: picture
    as: seen
  - {concat: [seen, text], axis: sequence}
  - {attention: 2, mask: causal}
  - {linear: 100, head: true}
)";

}  // namespace

TEST_CASE("A decode step makes one token of what came before, with the work of one", "[workload][decode]") {
  // GPT-2 XL: 48 layers of 24 h^2 + 4 h (c + 1) FLOPs a token after c tokens, and the head 2 h V.
  const double h = 1600, c = 100;
  const Trace step = catalog_trace("gpt-2-xl", {.phase = Phase::decode, .batch = 3, .context_length = 100});
  CHECK(count(step).forward_flops.value() == 3 * 48 * (24 * h * h + 4 * h * (c + 1)));
  CHECK(count(step).head_flops.value() == 3 * 2 * h * 50257);
  CHECK(output_of(step) == "[sequence 1, feature 50257]");
  // Without a context the sequence's length is meant.
  CHECK(flops(catalog_trace("gpt-2-xl", decode)) ==
        flops(catalog_trace("gpt-2-xl", {.phase = Phase::decode, .context_length = 1024})));
}

TEST_CASE("Of a sequence joined to what was read once, a step runs the new token alone",
          "[workload][decode]") {
  const Trace prefill = trace_of(picture_first, {.phase = Phase::prefill});
  CHECK(output_of(prefill) == "[sequence 36, feature 100]");
  CHECK(runs(prefill, "patches"));
  const Trace step = trace_of(picture_first, decode);
  CHECK(output_of(step) == "[sequence 1, feature 100]");
  CHECK_FALSE(runs(step, "patches"));
  CHECK_FALSE(runs(step, "concat"));
  // The same words without a picture.
  const std::string words =
      "inputs: {words: {type: index, sequence: 32}}\n"
      "layers: [{embedding: 100, width: 16}, {attention: 2, mask: causal}, {linear: 100, head: true}]\n";
  CHECK(flops(step) == flops(trace_of(words, decode)));
}

TEST_CASE("Gemma 3 and Llama 3.2 decode with an image as without its tower", "[workload][decode]") {
  const auto gemma = [](const char* images) {
    return flops(
        catalog_trace("gemma-3-4b", {.phase = Phase::decode, .dimensions = {set("images", images)}}));
  };
  CHECK(gemma("1") == gemma("0"));
  const Trace llama = catalog_trace("llama-3.2-11b-vision", decode);
  CHECK(output_of(llama) == "[sequence 1, feature 128256]");
  for (const Operator& op : llama.operators) {
    if (op.name.starts_with("vision.")) CHECK(op.matmuls.empty());
  }
}

TEST_CASE("Branches that join along the sequence leave out what was read once, too", "[workload][decode]") {
  const std::string model =
      "inputs: {words: {type: index, sequence: 8}, prompt: {sequence: 4, feature: 16, once: true}}\n"
      "layers:\n"
      "  - parallel: [[{linear: 16, from: prompt}], [{embedding: 10, width: 16}]]\n"
      "    join: concat\n"
      "    axis: sequence\n"
      "  - {attention: 2, mask: causal}\n";
  CHECK(output_of(trace_of(model, {.phase = Phase::prefill})) == "[sequence 12, feature 16]");
  CHECK(output_of(trace_of(model, decode)) == "[sequence 1, feature 16]");
}

TEST_CASE("An encoder does not run again, and its keys and values are read where they stand",
          "[workload][decode]") {
  const Trace step = catalog_trace("whisper-tiny", decode);
  CHECK_FALSE(runs(step, "encoder"));
  CHECK_FALSE(runs(step, "conv"));
  for (const Operator& op : step.operators) {
    for (const TensorId id : op.reads) {
      const Tensor& tensor = step.tensor(step.root(id));
      // What spans the audio's 1,500 positions and is no score was made before.
      if (tensor.shape.extent(AxisKind::sequence) == 1500) CHECK(tensor.cache);
    }
  }
}

TEST_CASE("A recurrent encoder has ended when its decoder generates", "[workload][decode]") {
  const Trace step = catalog_trace("seq2seq-lstm", decode);
  CHECK_FALSE(runs(step, "encoder"));
  // Four layers of 4 x 1,000 gates over 2,000 features, and the head over 80,000 words.
  CHECK(flops(step) == 4 * 2 * 4000.0 * 2000 + 2 * 1000 * 80000.0);
  // A bidirectional network has seen the end of what is still being written.
  CHECK_THROWS_AS(
      trace_of("inputs: {x: {sequence: 8, feature: 4}}\nlayers: [{lstm: 4, bidirectional: true}]\n", decode),
      config::BadInput);
}

TEST_CASE("What has no inputs stays with its weights", "[workload][decode]") {
  const Trace step = trace_of(
      "inputs: {x: {type: index, sequence: 8}}\n"
      "layers: [{embedding: 10, width: 4}, {parameters: 7, name: extra}, {attention: 2, mask: causal}]\n",
      decode);
  CHECK(runs(step, "extra"));
}

TEST_CASE("Windows bound what a step sees", "[workload][decode]") {
  const auto keys = [](const char* mask, std::int64_t context) {
    const Trace step = trace_of(
        std::string("inputs: {x: {sequence: 64, feature: 8}}\nlayers:\n  - {attention: 2, ") + mask + "}\n",
        {.phase = Phase::decode, .context_length = context});
    for (const Operator& op : step.operators) {
      if (op.attention_core && op.kind == OperatorKind::matmul) return op.matmuls[0].n;
    }
    return 0.0;
  };
  CHECK(keys("mask: causal", 40) == 41);
  CHECK(keys("mask: sliding, window: 16", 40) == 16);
  CHECK(keys("mask: sliding, window: 16", 10) == 11);
}
