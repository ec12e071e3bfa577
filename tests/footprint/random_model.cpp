#include "footprint/random_model.hpp"

namespace memwall::footprint {
namespace {

class Writer {
 public:
  explicit Writer(std::uint32_t seed) : random_(seed) {}

  int below(int n) { return static_cast<int>(random_() % static_cast<std::uint32_t>(n)); }

  /// Layers from [sequence, 16 features] to the same shape, as a flow sequence.
  std::string layers(int most, int depth) {
    std::string text = "[";
    const int count = 1 + below(most);
    for (int i = 0; i < count; ++i) text += (i == 0 ? "" : ", ") + layer(depth);
    return text + "]";
  }

 private:
  std::string layer(int depth) {
    switch (below(depth > 0 ? 17 : 13)) {
      case 0:
        return "{linear: 16}";
      case 1:
        return "relu";
      case 2:
        return "gelu";
      case 3:
        return "layer_norm";
      case 4:
        return "{dropout: 0.1}";
      case 5:
        return "{attention: 2, mask: causal, dropout: 0.1}";
      case 6:
        return "{attention: 4, kv_heads: 2, mask: full, rotary: true, memory: memory}";
      case 7:
        return "{sequential: [{linear: 24, shard: column}, gelu, {linear: 16, shard: row}]}";
      case 8:
        return "{sequential: [{linear: 40}, {glu: silu}, {linear: 16}]}";
      case 9:
        return "{sequential: [{conv: 16, kernel: 3, padding: 1}, relu]}";
      case 10:
        return "{sequential: [{max_pool: 3, stride: 1, padding: 1}, {scale: }]}";
      case 11:
        return "{sequential: [{linear: 32}, {slice: 16, at: 16}, silu]}";
      case 12:
        return "{lstm: 16}";
      case 13:
        return "{residual: " + layers(3, depth - 1) + "}";
      case 14:
        return "{parallel: [" + layers(2, depth - 1) + ", []], join: mul}";
      case 15:
        return "{sequential: [{parallel: [" + layers(2, depth - 1) + ", " + layers(2, depth - 1) +
               "]}, {linear: 16}]}";
      default:
        return "{residual: " + layers(2, depth - 1) + ", shortcut: [{linear: 16}, sigmoid]}";
    }
  }

  std::mt19937 random_;
};

}  // namespace

std::string random_model(std::uint32_t seed, int iterations, bool written_out) {
  Writer writer(seed);
  std::string body = writer.layers(4, 2);
  // A first iteration may not overwrite what others may; folded, all do as the first one.
  if (body.starts_with("[relu")) body.insert(1, "{scale: }, ");
  const std::string before = writer.layers(2, 1);
  const std::string after = writer.layers(2, 1);
  std::string text =
      "inputs:\n  tokens: {type: index, sequence: 6}\n  other: {sequence: 4, feature: 8}\n"
      "layers:\n  - {linear: 12, from: other, as: memory}\n  - {embedding: 50, width: 16, from: tokens}\n";
  text += "  - sequential: " + before + "\n";
  text += "  - {repeat: " + std::to_string(iterations) + (written_out ? ", index: i" : "") +
          ", layers: " + body + "}\n";
  text += "  - sequential: " + after + "\n";
  text += "  - {linear: 50, shard: column}\n  - cross_entropy\n";
  return text;
}

}  // namespace memwall::footprint
