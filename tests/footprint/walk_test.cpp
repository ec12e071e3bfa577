#include <catch2/catch.hpp>

#include "footprint/models.hpp"

// Lives of tensors, worked out by hand.

using namespace memwall;
using namespace memwall::footprint;
using plan::Recompute;

namespace {

Life life_of(const std::string& yaml, const workload::LoweringOptions& options = {}) {
  return walk(workload::trace_of(yaml, options), recipe("fp32"));
}

const std::string vector_in = "inputs: {x: {feature: 8}}\nlayers:\n";
const std::string sequence_in = "inputs: {x: {sequence: 4, feature: 8}}\nlayers:\n";

}  // namespace

TEST_CASE("The life of a perceptron by hand: three operators in fp32", "[footprint][walk]") {
  // x: 8 elements, the model's input. a = x A: 16, g = gelu(a): 16, y = g B: 4. In bytes 32, 64, 64, 16.
  const Life life = life_of(vector_in + "  - {linear: 16}\n  - gelu\n  - {linear: 4}\n");
  CHECK(life.inputs == Bytes(32));
  // gelu keeps a, the second linear g; the first one keeps the input.
  CHECK(life.kept == Bytes(64 + 64));
  // Forward: a; a g; a g y = 144. Backward of the last: a g and the gradients of y and g: 64 + 64 + 16 + 64 =
  // 208; of gelu: a, dg, da = 192; of the first: da = 64.
  CHECK(life.peak == Bytes(208));
  CHECK(life.moment == "backward of linear_2");
  CHECK(life.workspace() == Bytes(80));
  CHECK(life.cache == Bytes(0));
}

TEST_CASE("A ReLU overwrites its input, which nobody else needs", "[footprint][walk]") {
  // x A: 64 bytes, overwritten; y: 16. Backward of the last linear: r, dy, dr = 144.
  const Life in_place = life_of(vector_in + "  - {linear: 16}\n  - relu\n  - {linear: 4}\n");
  CHECK(in_place.kept == Bytes(64));
  CHECK(in_place.peak == Bytes(144));
  // Apart, the output alone is kept; backward of the ReLU: r, dr, da = 192.
  const Life apart =
      life_of(vector_in + "  - {linear: 16}\n  - {relu: , in_place: false}\n  - {linear: 4}\n");
  CHECK(apart.kept == Bytes(64));
  CHECK(apart.peak == Bytes(192));
}

TEST_CASE("An operator that asks to overwrite its input may not where that is read or kept elsewhere",
          "[footprint][walk]") {
  const auto in_place = [](const std::string& layers) {
    const workload::Trace trace = workload::trace_of(sequence_in + layers);
    int count = 0;
    for (const workload::Operator& op : trace.operators) {
      if (op.in_place) {
        CHECK(trace.root(op.writes.front()) == trace.root(op.reads.front()));
        ++count;
      }
    }
    return count;
  };
  CHECK(in_place("  - {linear: 8}\n  - relu\n") == 1);
  // The model's own input stays as it is.
  CHECK(in_place("  - relu\n") == 0);
  // A residual reads it too.
  CHECK(in_place("  - {linear: 8}\n  - residual: [relu]\n") == 0);
  // A norm keeps it.
  CHECK(in_place("  - {linear: 8, as: a}\n  - layer_norm\n  - {relu: , from: a}\n") == 0);
  // A slice shows it.
  CHECK(in_place("  - {linear: 8, as: a}\n  - {slice: 4, as: half}\n  - {relu: , from: a, as: b}\n"
                 "  - {linear: 4, from: half}\n") == 0);
  // The model puts it out.
  CHECK(in_place("  - {linear: 8}\n  - side: []\n  - relu\n") == 0);
  // GELU needs its input for its derivative, whatever it is told.
  CHECK(in_place("  - {linear: 8}\n  - {gelu: , in_place: true}\n") == 0);
  // What one ReLU put out and keeps, the next one may not overwrite.
  CHECK(in_place("  - {linear: 8}\n  - relu\n  - relu\n") == 1);
  // Every iteration would read it.
  CHECK(in_place("  - {linear: 8, as: a}\n  - repeat: 3\n    layers: [{linear: 8}, {relu: , from: a}]\n") ==
        0);
}

TEST_CASE("What an iteration was handed may be overwritten where all iterations may", "[footprint][walk]") {
  const auto repeated = [](const std::string& before, const std::string& index, const std::string& layers) {
    return life_of(sequence_in + before + "  - {repeat: 4" + index + ", layers: " + layers +
                   "}\n  - {linear: 2}\n");
  };
  // Each linear's output is overwritten by the next iteration's ReLU, the first by the first.
  const Life folded = repeated("  - {linear: 8}\n", "", "[relu, {linear: 8}]");
  const Life written_out = repeated("  - {linear: 8}\n", ", index: i", "[relu, {linear: 8}]");
  CHECK(folded.kept == written_out.kept);
  CHECK(folded.peak == written_out.peak);
  CHECK(folded.kept == Bytes(5 * 4 * 8 * 4));
}

TEST_CASE("A view has no memory of its own", "[footprint][walk]") {
  // linear: 4 x 8 elements, 128 bytes, kept under its second name by the next linear; y: 8 bytes.
  const Life flat = life_of(sequence_in + "  - {linear: 8}\n  - flatten\n  - {linear: 2}\n");
  CHECK(flat.kept == Bytes(128));
  CHECK(flat.peak == Bytes(128 + 128 + 8));
  // Half of a tensor keeps the whole of it alive, once for both halves.
  const Life halves =
      life_of(sequence_in +
              "  - {linear: 8}\n  - parallel: [[{slice: 4}, {linear: 4}], [{slice: 4, at: 4}, {linear: 4}]]\n"
              "    join: add\n");
  CHECK(halves.kept == Bytes(128));
}

TEST_CASE("A tensor that several operators keep is there once", "[footprint][walk]") {
  const Life life = life_of(sequence_in +
                            "  - {linear: 8}\n  - parallel: [[{linear: 8}], [{linear: 8}], [layer_norm]]\n"
                            "    join: add\n");
  CHECK(life.kept == Bytes(128));
}

TEST_CASE("Dropout keeps a byte an element, max-pool its input and eight bytes an output",
          "[footprint][walk]") {
  CHECK(life_of(sequence_in + "  - {linear: 8}\n  - {dropout: 0.5}\n").kept == Bytes(4 * 8));
  // 4 positions of 8 features pooled by twos: input 128 bytes, indices 2 x 8 x 8.
  CHECK(life_of(sequence_in + "  - {linear: 8}\n  - {max_pool: 2}\n").kept == Bytes(128 + 2 * 8 * 8));
  CHECK(life_of(sequence_in + "  - {linear: 8}\n  - {avg_pool: 2}\n").kept == Bytes(128));
}

TEST_CASE("The loss keeps its log-softmax in four bytes an element whatever the recipe",
          "[footprint][walk]") {
  const workload::Trace trace = workload::trace_of(sequence_in + "  - {linear: 10}\n  - cross_entropy\n");
  CHECK(walk(trace, recipe("mixed")).kept == Bytes(4 * 10 * 4));
}

TEST_CASE("Inference keeps nothing and frees what has been read", "[footprint][walk]") {
  const Life life = life_of(vector_in + "  - {linear: 16}\n  - gelu\n  - {linear: 4}\n",
                            {.phase = workload::Phase::prefill});
  CHECK(life.kept == Bytes(0));
  CHECK(life.peak == Bytes(64 + 64));
  CHECK(life.moment == "forward of gelu");
}

TEST_CASE("The cache holds keys and values of every layer and token", "[footprint][walk]") {
  using workload::Phase;
  const auto cache = [](const std::string& id, workload::LoweringOptions options) {
    return walk(workload::catalog_trace(id, options), recipe("mixed")).cache.value();
  };
  // GPT-2 XL: 48 layers, 1,600 features, 1,024 tokens, 2 bytes; a step adds its own token.
  CHECK(cache("gpt-2-xl", {.phase = Phase::prefill, .batch = 3}) == 3 * 48 * 2 * 1600 * 1024.0 * 2);
  CHECK(cache("gpt-2-xl", {.phase = Phase::decode, .batch = 3}) == 3 * 48 * 2 * 1600 * 1025.0 * 2);
  CHECK(cache("gpt-2-xl", {.phase = Phase::decode, .context_length = 99}) == 48 * 2 * 1600 * 100.0 * 2);
  // Llama 3 70B: 80 layers of 8 key-value heads of 128.
  CHECK(cache("llama-3-70b", {.phase = Phase::decode, .context_length = 8191}) ==
        80 * 2 * 8 * 128 * 8192.0 * 2);
  // DeepSeek-V2 (arXiv:2405.04434, table 1): 512 + 64 elements a token and layer for all heads.
  CHECK(cache("deepseek-v2", {.phase = Phase::decode, .context_length = 4095}) == 60 * 576 * 4096.0 * 2);
  // A window bounds it: Mistral 7B v0.1, 32 layers of 8 heads of 128, window 4,096.
  CHECK(cache("mistral-7b-v0.1", {.phase = Phase::decode, .context_length = 8000}) ==
        32 * 2 * 8 * 128 * 4096.0 * 2);
  // Mamba-2 keeps a state whatever the length: 24 layers of 24 heads x 64 x 128, and three inputs of its
  // short convolution over x, B and C: 24 x 64 + 2 x 128 features.
  const double mamba = 24 * (24 * 64 * 128 + 3 * (24 * 64 + 2 * 128)) * 2.0;
  CHECK(cache("mamba2-130m", {.phase = Phase::decode, .context_length = 5}) == mamba);
  CHECK(cache("mamba2-130m", {.phase = Phase::decode, .context_length = 50000}) == mamba);
  // The first Mamba: 64 layers of 5,120 features with 16 states and three inputs of its convolution each.
  CHECK(cache("mamba-2.8b", {.phase = Phase::decode, .context_length = 7}) == 64 * 5120 * (16 + 3) * 2.0);
  // An LSTM its hidden state and cell: 4 decoder layers of 1,000 (Sutskever et al. 2014); the encoder has
  // ended.
  CHECK(cache("seq2seq-lstm", {.phase = Phase::decode}) == 4 * 2 * 1000 * 2.0);
}

TEST_CASE("An encoder's keys and values wait in the cache for each step of the decoder",
          "[footprint][walk]") {
  // Whisper tiny: 4 decoder layers of 384 features see 1,500 encoder positions and the tokens so far.
  const workload::Trace step =
      workload::catalog_trace("whisper-tiny", {.phase = workload::Phase::decode, .context_length = 99});
  CHECK(walk(step, recipe("mixed")).cache == Bytes(4 * 2 * 384 * (1500.0 + 100) * 2));
}

TEST_CASE("The peak is never below what is kept, and recomputing keeps no more",
          "[footprint][walk][catalog]") {
  const plan::Recipe mixed = recipe("mixed");
  for (const std::string& id : workload::catalog().ids()) {
    INFO(id);
    for (const bool flash : {false, true}) {
      const workload::Trace trace = workload::catalog_trace(id, {.flash_attention = flash});
      const Life none = walk(trace, mixed);
      const Life selective = walk(plan::mark_recomputed(trace, Recompute::selective()), mixed);
      const Life full = walk(plan::mark_recomputed(trace, Recompute::full()), mixed);
      const Life two = walk(plan::mark_recomputed(trace, Recompute::first_blocks(2)), mixed);
      const Life listed = walk(
          plan::mark_recomputed(trace, {0, false, {"activation", "elementwise", "normalization"}}), mixed);
      CHECK(two.kept <= none.kept);
      CHECK(two.kept >= full.kept);
      for (const Life& life : {none, selective, full, two, listed}) {
        CHECK(life.peak >= life.kept);
        CHECK(life.kept > Bytes(0));
        CHECK(life.inputs == none.inputs);
      }
      CHECK(selective.kept <= none.kept);
      CHECK(full.kept <= none.kept);
    }
  }
}
