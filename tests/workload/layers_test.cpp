#include <catch2/catch.hpp>

#include "memwall/workload/counts.hpp"
#include "workload/models.hpp"

// Each kind of layer: its weights, its products and its output, by hand.

using namespace memwall;
using namespace memwall::workload;

namespace {

struct Expected {
  std::string layer;
  double parameters;
  double macs;  ///< multiply-accumulates of products and convolutions
  std::string output;
};

void check(const std::string& input, const std::vector<Expected>& cases) {
  for (const Expected& expected : cases) {
    INFO(expected.layer);
    const Trace trace =
        trace_of("inputs: {x: {" + input + "}}\nlayers: [" + expected.layer + "]\n", {.batch = 2});
    const Counts counts = count(trace);
    CHECK(counts.parameters == expected.parameters);
    CHECK(counts.forward_flops.value() + counts.head_flops.value() == 2 * 2 * expected.macs);
    CHECK(output_of(trace) == expected.output);
  }
}

}  // namespace

TEST_CASE("Convolutions and pools over an image", "[workload][layers]") {
  check("height: 32, width: 24, feature: 6",
        {{"{conv: 8, kernel: 3}", 6 * 9 * 8 + 8, 30 * 22 * 8 * 54, "[height 30, width 22, feature 8]"},
         {"{conv: 8, kernel: 3, padding: same, bias: false}", 6 * 9 * 8, 32 * 24 * 8 * 54,
          "[height 32, width 24, feature 8]"},
         {"{conv: 8, kernel: 7, stride: 2, padding: 3}", 6 * 49 * 8 + 8, 16 * 12 * 8 * 6 * 49,
          "[height 16, width 12, feature 8]"},
         {"{conv: 12, kernel: 3, groups: 6, padding: 1}", 9 * 12 + 12, 32 * 24 * 12 * 9,
          "[height 32, width 24, feature 12]"},
         {"{conv: 4, kernel: [1, 5], stride: [2, 1]}", 6 * 5 * 4 + 4, 16 * 20 * 4 * 30,
          "[height 16, width 20, feature 4]"},
         {"{conv: 4, kernel: [1, 5], padding: [0, 2]}", 6 * 5 * 4 + 4, 32 * 24 * 4 * 30,
          "[height 32, width 24, feature 4]"},
         {"{conv: 4, kernel: 3, dilation: 2}", 6 * 9 * 4 + 4, 28 * 20 * 4 * 54,
          "[height 28, width 20, feature 4]"},
         {"{max_pool: 3, stride: 2}", 0, 0, "[height 15, width 11, feature 6]"},
         {"{max_pool: 3, stride: 2, ceil: true}", 0, 0, "[height 16, width 12, feature 6]"},
         {"{avg_pool: 2}", 0, 0, "[height 16, width 12, feature 6]"},
         {"global_pool", 0, 0, "[feature 6]"},
         {"{upsample: 2}", 0, 0, "[height 64, width 48, feature 6]"},
         {"{space_to_depth: 4}", 0, 0, "[height 8, width 6, feature 96]"},
         {"to_sequence", 0, 0, "[sequence 768, feature 6]"},
         {"flatten", 0, 0, "[feature 4608]"},
         {"batch_norm", 12, 0, "[height 32, width 24, feature 6]"},
         {"{group_norm: 3}", 12, 0, "[height 32, width 24, feature 6]"},
         {"{batch_norm: , affine: false}", 0, 0, "[height 32, width 24, feature 6]"},
         {"{local_response_norm: 5}", 0, 0, "[height 32, width 24, feature 6]"}});
}

TEST_CASE("Layers over a sequence", "[workload][layers]") {
  check("sequence: 10, feature: 8",
        {{"{linear: 5}", 8 * 5 + 5, 10 * 8 * 5, "[sequence 10, feature 5]"},
         {"{conv: 4, kernel: 3}", 8 * 3 * 4 + 4, 8 * 4 * 24, "[sequence 8, feature 4]"},
         {"{conv: 4, kernel: 3, padding: causal}", 8 * 3 * 4 + 4, 10 * 4 * 24, "[sequence 10, feature 4]"},
         {"{positions: 12}", 12 * 8, 0, "[sequence 10, feature 8]"},
         {"{positions: sinusoidal}", 0, 0, "[sequence 10, feature 8]"},
         {"{class_tokens: 2}", 2 * 8, 0, "[sequence 12, feature 8]"},
         {"{parameters: 77}", 77, 0, "[sequence 10, feature 8]"},
         {"layer_norm", 16, 0, "[sequence 10, feature 8]"},
         {"{layer_norm: , bias: false}", 8, 0, "[sequence 10, feature 8]"},
         {"rms_norm", 8, 0, "[sequence 10, feature 8]"},
         {"scale", 8, 0, "[sequence 10, feature 8]"},
         {"{glu: gelu}", 0, 0, "[sequence 10, feature 4]"},
         {"softmax", 0, 0, "[sequence 10, feature 8]"},
         {"{select: first}", 0, 0, "[feature 8]"},
         {"{select: 3}", 0, 0, "[sequence 3, feature 8]"},
         {"{slice: 3, at: 2}", 0, 0, "[sequence 10, feature 3]"},
         {"{to_image: [2, 5]}", 0, 0, "[height 2, width 5, feature 8]"},
         {"{max_pool: 5}", 0, 0, "[sequence 2, feature 8]"}});
  check("feature: 8", {{"stack", 0, 0, "[sequence 1, feature 8]"}});
  check("sequence: 8, feature: 8", {{"triangle", 0, 0, "[feature 28]"}});
}

TEST_CASE("Attention: projections, scores and context", "[workload][layers]") {
  // Projections of 8 features each with bias: 4 (64 + 8); scores and context 10 x 10 x 8 each.
  check(
      "sequence: 10, feature: 8",
      {{"{attention: 2}", 4 * 72, 4 * 10 * 64 + 2 * 800, "[sequence 10, feature 8]"},
       {"{attention: 2, bias: false}", 4 * 64, 4 * 10 * 64 + 2 * 800, "[sequence 10, feature 8]"},
       {"{attention: 2, bias: false, output_bias: true}", 4 * 64 + 8, 4 * 10 * 64 + 2 * 800,
        "[sequence 10, feature 8]"},
       // One key-value head of 4: keys and values are 8 x 4.
       {"{attention: 2, kv_heads: 1, bias: false}", 2 * 64 + 2 * 32, 2 * 640 + 2 * 320 + 2 * 800,
        "[sequence 10, feature 8]"},
       // Heads of 6: projections to 12.
       {"{attention: 2, head_size: 6, bias: false}", 4 * 96, 4 * 960 + 2 * 1200, "[sequence 10, feature 8]"},
       // A norm over each head of 4 for queries and for keys.
       {"{attention: 2, bias: false, query_key_norm: rms}", 4 * 64 + 2 * 4, 4 * 640 + 2 * 800,
        "[sequence 10, feature 8]"},
       // Windows of 5 that tile the sequence: half of all pairs.
       {"{attention: 2, mask: block, window: 5, bias: false}", 4 * 64, 4 * 640 + 2 * 400,
        "[sequence 10, feature 8]"},
       {"{attention: 2, output: 3, bias: false}", 3 * 64 + 24, 3 * 640 + 240 + 2 * 800,
        "[sequence 10, feature 3]"}});
}

TEST_CASE("Latent attention has the matrices of its paper", "[workload][layers]") {
  // DeepSeek-AI 2024 (arXiv:2405.04434), section 2.1: here 8 features, 2 heads of 3 + 2, query rank 4, latent
  // rank 5. Down 8 x 4, its norm 4, up 4 x 2 (3 + 2); down 8 x (5 + 2), its norm 5, up 5 x 2 (3 + 3); out 2 x
  // 3 x 8.
  check("sequence: 10, feature: 8",
        {{"{attention: 2, bias: false, latent: {query_rank: 4, kv_rank: 5, rope_size: 2, nope_size: 3}}",
          8 * 4 + 4 + 4 * 10 + 8 * 7 + 5 + 5 * 12 + 6 * 8,
          10 * (8 * 4 + 4 * 10 + 8 * 7 + 5 * 12 + 6 * 8) + 100 * 2 * (5 + 3), "[sequence 10, feature 8]"}});
}

TEST_CASE("Experts: the router scores all, each token visits some", "[workload][layers]") {
  // Router 8 x 4; four experts of 8 x 6; ten tokens visit two of them each.
  check("sequence: 10, feature: 8", {{"{experts: 4, top_k: 2, layers: [{linear: 6, bias: false}]}",
                                      8 * 4 + 4 * 48, 10 * 32 + 2 * 10 * 48, "[sequence 10, feature 6]"}});
}

TEST_CASE("Recurrent layers have their gates' weights", "[workload][layers]") {
  // LSTM: 4 gates of 5 over 8 + 5 features and two biases; GRU three gates; both directions twice; a
  // projection to 3.
  check("sequence: 10, feature: 8",
        {{"{lstm: 5}", 4 * 5 * (8 + 5 + 2), 10 * 20 * 13, "[sequence 10, feature 5]"},
         {"{lstm: 5, bias: none}", 4 * 5 * 13, 10 * 20 * 13, "[sequence 10, feature 5]"},
         {"{gru: 5, bias: single}", 3 * 5 * (8 + 5 + 1), 10 * 15 * 13, "[sequence 10, feature 5]"},
         {"{lstm: 5, bidirectional: true}", 2 * 4 * 5 * 15, 2 * 10 * 20 * 13, "[sequence 10, feature 10]"},
         {"{lstm: 5, layers: 2}", 4 * 5 * 15 + 4 * 5 * (5 + 5 + 2), 10 * 20 * 13 + 10 * 20 * 10,
          "[sequence 10, feature 5]"},
         {"{lstm: 5, projection: 3, bias: none}", 4 * 5 * (8 + 3) + 15, 10 * (20 * 11 + 15),
          "[sequence 10, feature 3]"}});
}

TEST_CASE("The first Mamba's recurrence has the weights of its released module", "[workload][layers]") {
  // 8 features, state 3, rank 2: projections 8 x (2 + 3 + 3) and 2 x 8 with bias, A 8 x 3, D 8.
  check("sequence: 10, feature: 8", {{"{selective_scan: 3, rank: 2}", 8 * 8 + 16 + 8 + 24 + 8,
                                      10 * (8 * 8 + 2 * 8), "[sequence 10, feature 8]"}});
  // On the vector unit: a bias 1 and a softplus 3 a feature and position, and the scan 7 x 3 + 3.
  const Counts counts =
      count(trace_of("inputs: {x: {sequence: 10, feature: 8}}\nlayers: [{selective_scan: 3, rank: 2}]\n"));
  CHECK(counts.vector_flops.value() == 10 * 8 * (1 + 3 + 24));
}

TEST_CASE("A Mamba-2 layer has the weights of its released module", "[workload][layers]") {
  // 2 heads of 4, state 3, one group, kernel 4: in 8 x (8 + 8 + 2 x 3 + 2), convolution (8 + 6) (4 + 1),
  // three numbers a head, a norm of 8, out 8 x 8.
  const Counts counts =
      count(trace_of("inputs: {x: {sequence: 10, feature: 8}}\n"
                     "layers: [{state_space: 2, head_size: 4, state: 3}]\n"));
  CHECK(counts.parameters == 8 * 24 + 14 * 5 + 3 * 2 + 8 + 64);
}

TEST_CASE("Embeddings look up rows", "[workload][layers]") {
  check("type: index, sequence: 10", {{"{embedding: 100, width: 6}", 600, 0, "[sequence 10, feature 6]"}});
  check("type: index, sequence: 6",
        {{"{embedding_bag: 100, width: 6, lookups: 6}", 600, 0, "[feature 6]"},
         {"{embedding_bag: [100, 50], width: 6, lookups: [4, 2]}", 900, 0, "[sequence 2, feature 6]"}});
}

TEST_CASE("Dropout and the loss are there in training alone", "[workload][layers]") {
  const std::string yaml =
      "inputs: {x: {sequence: 4, feature: 8}}\nlayers: [{linear: 8}, {dropout: 0.1}, {dropout: 0}, "
      "cross_entropy]\n";
  CHECK(trace_of(yaml).operators.size() == 3);
  CHECK(trace_of(yaml, {.phase = Phase::prefill}).operators.size() == 1);
}
