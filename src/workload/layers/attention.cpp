#include <algorithm>

#include <fmt/format.h>

#include "memwall/config/suggest.hpp"
#include "workload/layers/common.hpp"
#include "workload/layers/table.hpp"
#include "workload/layers/vector_cost.hpp"

/// Attention: projections, scores, softmax, context and the projection back, as separate operators or (flash)
/// with the middle in one kernel; and what its latent form (DeepSeek-V2) does otherwise.
namespace memwall::workload {
namespace {

enum class Mask { full, causal, sliding, block };

/// The layer's options, read and checked.
struct Attention {
  std::int64_t heads = 1;
  std::int64_t kv_heads = 1;
  std::int64_t head_size = 1;
  std::int64_t value_size = 1;
  Mask mask = Mask::full;
  std::int64_t window = 0;
  bool bias = true;
  bool rotary = false;
  double dropout = 0;
  TensorId memory = none;  ///< what keys and values come from, where not from the input
  const config::Node* latent = nullptr;
};

Mask mask_of(const Layer& layer) {
  const std::string word = layer.choice("mask", "full", {"full", "causal", "sliding", "block"});
  if (word == "causal") return Mask::causal;
  if (word == "sliding") return Mask::sliding;
  return word == "block" ? Mask::block : Mask::full;
}

Attention read_attention(const Builder& builder, const Layer& layer, TensorId input) {
  Attention a;
  const std::int64_t features = features_of(builder, layer, input);
  a.heads = layer.argument_count();
  if (!layer.has("head_size") && !layer.has("latent") && features % a.heads != 0) {
    layer.fail(fmt::format("{} heads do not divide {} features; give head_size, or another number of heads",
                           a.heads, features));
  }
  a.kv_heads = layer.count("kv_heads", a.heads);
  if (a.heads % a.kv_heads != 0) {
    layer.fail(fmt::format("{} key-value heads do not divide {} heads", a.kv_heads, a.heads));
  }
  a.head_size = layer.count("head_size", std::max<std::int64_t>(1, features / a.heads));
  a.value_size = layer.count("value_size", a.head_size);
  static_cast<void>(product_of(layer, "heads times head size", {a.heads, a.head_size}));
  static_cast<void>(product_of(layer, "heads times value size", {a.heads, a.value_size}));
  a.mask = mask_of(layer);
  const bool windowed = a.mask == Mask::sliding || a.mask == Mask::block;
  if (windowed) a.window = layer.count("window");
  if (!windowed && layer.has("window")) layer.fail("window needs mask: sliding or mask: block");
  a.bias = layer.flag("bias", true);
  a.rotary = layer.flag("rotary", false);
  a.dropout = layer.number("dropout", 0);
  if (a.dropout < 0 || a.dropout >= 1) {
    layer.fail(fmt::format("its dropout is {}; expected 0 up to, but not including, 1", a.dropout));
  }
  a.latent = layer.find("latent");
  if (!builder.shape(input).has(AxisKind::sequence)) {
    layer.fail("its input " + to_text(builder.shape(input)) + " has no sequence axis");
  }
  const std::string memory = layer.text("memory", "");
  if (!memory.empty()) {
    const auto found = builder.named.find(memory);
    if (found == builder.named.end()) {
      std::vector<std::string> known;
      for (const auto& [name, id] : builder.named) known.push_back(name);
      layer.fail(fmt::format("memory '{}' names no tensor{}", memory, config::suggestion(memory, known)));
    }
    a.memory = found->second;
    if (!builder.shape(a.memory).has(AxisKind::sequence)) layer.fail("its memory has no sequence axis");
  }
  return a;
}

TensorId rotate(Builder& builder, const Layer& layer, std::string_view role, TensorId input) {
  return builder.elementwise(layer, role, OperatorKind::elementwise, input,
                             {vector_cost::rotary.forward, vector_cost::rotary.backward, none}, {});
}

TensorId normalize(Builder& builder, const Layer& layer, std::string_view role, TensorId input,
                   VectorCost cost, double factors, bool bias) {
  const TensorId output = builder.elementwise(layer, role, OperatorKind::normalization, input,
                                              {cost.forward, cost.backward, none}, {input});
  Weight weight;
  weight.rest = factors * (bias ? 2 : 1);
  Operator& op = builder.trace().operators.back();
  op.weights = {builder.weight(layer, fmt::format("{}.weight", role), weight)};
  return output;
}

TensorId normalize_heads(Builder& builder, const Layer& layer, std::string_view role, TensorId input,
                         double head_size) {
  const std::string norm = layer.choice("query_key_norm", "none", {"none", "rms", "layer", "rms_all"});
  if (norm == "none") return input;
  const double features = static_cast<double>(builder.shape(input).extent(AxisKind::feature));
  if (norm == "rms_all")
    return normalize(builder, layer, role, input, vector_cost::rms_norm, features, false);
  const bool rms = norm == "rms";
  return normalize(builder, layer, role, input, rms ? vector_cost::rms_norm : vector_cost::layer_norm,
                   head_size, !rms);
}

/// Queries, keys and values, ready for the scores.
struct Operands {
  TensorId query;
  TensorId key;
  TensorId value;
  std::int64_t keys;           ///< how many a query may look at
  TensorId rotary_key = none;  ///< a part of the key that is cached apart and read with it
};

/// The cache that a decode step reads: what it found there and the new token's, whose tensor becomes part of
/// it.
TensorId grow_cache(Builder& builder, const Layer& layer, std::string_view role, TensorId fresh,
                    std::int64_t keys) {
  const Tensor part = builder.trace().tensor(fresh);
  const TensorId cache = builder.tensor(layer, role, part.shape.with(AxisKind::sequence, keys));
  Tensor& whole = builder.trace().tensor(cache);
  whole.cache = true;
  whole.divided = part.divided;
  whole.parts = part.parts;
  builder.set_once(cache, builder.once(fresh));
  builder.trace().tensor(fresh).storage = cache;
  return cache;
}

std::int64_t visible(const Attention& a, std::int64_t keys) {
  return a.mask == Mask::sliding ? std::min(keys, a.window) : keys;
}

/// Keeps keys and values for later steps in inference; in a decode step they are joined to those already
/// there.
Operands with_cache(Builder& builder, const Layer& layer, const Attention& a, Operands o) {
  const std::int64_t fresh = builder.shape(o.key).extent(AxisKind::sequence);
  o.keys = fresh;
  if (builder.training() || a.memory != none || a.mask == Mask::full || a.mask == Mask::block) return o;
  if (!builder.decoding()) {
    builder.trace().tensor(o.key).cache = true;
    builder.trace().tensor(o.value).cache = true;
    return o;
  }
  o.keys = visible(a, builder.options().context_length.value_or(0) + fresh);
  o.key = grow_cache(builder, layer, "key_cache", o.key, o.keys);
  o.value = grow_cache(builder, layer, "value_cache", o.value, o.keys);
  return o;
}

Operands project_operands(Builder& builder, const Layer& layer, const Attention& a, TensorId input) {
  const TensorId source = a.memory == none ? input : a.memory;
  const auto heads = static_cast<double>(a.heads);
  const auto kv_heads = static_cast<double>(a.kv_heads);
  const auto columns = [&](std::int64_t out, double parts) {
    return Projection{out, a.bias, MatmulDivision::columns, parts, true};
  };
  Operands o{};
  o.query = project(builder, layer, "query", input, columns(a.heads * a.head_size, heads));
  o.key = project(builder, layer, "key", source, columns(a.kv_heads * a.head_size, kv_heads));
  o.value = project(builder, layer, "value", source, columns(a.kv_heads * a.value_size, kv_heads));
  const auto head_size = static_cast<double>(a.head_size);
  o.query = normalize_heads(builder, layer, "query_norm", o.query, head_size);
  o.key = normalize_heads(builder, layer, "key_norm", o.key, head_size);
  if (a.rotary) {
    o.query = rotate(builder, layer, "query_rotary", o.query);
    o.key = rotate(builder, layer, "key_rotary", o.key);
  }
  return with_cache(builder, layer, a, o);
}

/// The part of the scores that a causal or sliding kernel computes: query i of s, after `past` keys, sees
/// past + i keys, or the window's.
double executed_part(const Attention& a, double queries, double keys) {
  const double past = keys - queries;
  if (a.mask == Mask::causal) return (past + (queries + 1) / 2) / keys;
  if (a.mask != Mask::sliding) return 1;
  const auto window = static_cast<double>(a.window);
  // Queries before the window is full see past + i keys, all later ones `window`.
  const double growing = std::clamp(window - past, 0.0, queries);
  const double seen =
      growing * past + growing * (growing + 1) / 2 + (queries - growing) * std::min(window, keys);
  return seen / (queries * keys);
}

/// How the products of scores and context fall into groups: whole sequences, or windows that tile them.
struct Tiling {
  double groups;
  double queries;
  double keys;
};

Tiling tiling(Builder& builder, const Layer& layer, const Attention& a, const Operands& o) {
  const auto batch = static_cast<double>(builder.shape(o.query).extent(AxisKind::batch));
  const std::int64_t queries = builder.shape(o.query).extent(AxisKind::sequence);
  const auto heads = static_cast<double>(a.heads);
  if (a.mask != Mask::block)
    return {batch * heads, static_cast<double>(queries), static_cast<double>(o.keys)};
  if (queries % a.window != 0) {
    layer.fail(fmt::format("windows of {} do not tile a sequence of {}", a.window, queries));
  }
  const auto window = static_cast<double>(a.window);
  return {batch * heads * static_cast<double>(queries) / window, window, window};
}

Operator core_operator(OperatorKind kind, std::vector<TensorId> reads, const Attention& a) {
  Operator op;
  op.kind = kind;
  op.reads = std::move(reads);
  op.kept = op.reads;
  op.division = MatmulDivision::groups;
  op.division_parts = static_cast<double>(a.heads);
  op.attention_core = true;
  return op;
}

void divide(Builder& builder, TensorId id, AxisKind axis, const Attention& a) {
  builder.trace().tensor(id).divided = axis;
  builder.trace().tensor(id).parts = static_cast<double>(a.heads);
}

TensorId context_tensor(Builder& builder, const Layer& layer, const Attention& a, TensorId query) {
  const TensorId context =
      builder.tensor(layer, "context", builder.shape(query).with(AxisKind::feature, a.heads * a.value_size));
  divide(builder, context, AxisKind::feature, a);
  return context;
}

void add_extra_parameters(Builder& builder, const Layer& layer, Operator& op) {
  const std::int64_t extra = layer.count("extra_parameters", 0, 0);
  if (extra == 0) return;
  Weight weight;
  weight.rest = static_cast<double>(extra);
  op.weights = {builder.weight(layer, "extra", weight)};
}

TensorId standard_core(Builder& builder, const Layer& layer, const Attention& a, const Operands& o) {
  const Tiling t = tiling(builder, layer, a, o);
  const Shape per_row = builder.shape(o.query).without(AxisKind::feature).with(AxisKind::head, a.heads);
  const Shape score_shape = per_row.with(AxisKind::key, static_cast<std::int64_t>(t.keys));
  const TensorId scores = builder.tensor(layer, "scores", score_shape);
  divide(builder, scores, AxisKind::head, a);
  Operator product = core_operator(OperatorKind::matmul, {o.query, o.key}, a);
  if (o.rotary_key != none) product.reads.push_back(o.rotary_key);
  product.writes = {scores};
  product.matmuls = {{t.groups, t.queries, t.keys, static_cast<double>(a.head_size)}};
  product.features = score_shape.elements();
  add_extra_parameters(builder, layer, product);
  builder.add(layer, "scores", std::move(product));

  TensorId weights =
      builder.elementwise(layer, "softmax", OperatorKind::softmax, scores,
                          {vector_cost::softmax.forward, vector_cost::softmax.backward, none}, {});
  builder.trace().operators.back().kept = {weights};
  builder.trace().operators.back().attention_core = true;
  if (a.dropout > 0 && builder.training()) {
    const TensorId dropped =
        builder.elementwise(layer, "dropout", OperatorKind::dropout, weights,
                            {vector_cost::dropout.forward, vector_cost::dropout.backward, none}, {});
    const TensorId mask = builder.tensor(layer, "mask", score_shape, ElementType::mask);
    divide(builder, mask, AxisKind::head, a);
    Operator& op = builder.trace().operators.back();
    op.writes.push_back(mask);
    op.kept = {mask};
    op.attention_core = true;
    weights = dropped;
  }

  const TensorId context = context_tensor(builder, layer, a, o.query);
  Operator product2 = core_operator(OperatorKind::matmul, {weights, o.value}, a);
  product2.writes = {context};
  product2.matmuls = {{t.groups, t.queries, static_cast<double>(a.value_size), t.keys}};
  product2.features = builder.shape(context).elements();
  builder.add(layer, "context", std::move(product2));
  return context;
}

/// One kernel (Dao et al. 2022): the scores never leave the chip, so that operands, output and one fp32
/// number a row and head are kept, and the backward pass computes the scores once more.
TensorId flash_core(Builder& builder, const Layer& layer, const Attention& a, const Operands& o) {
  const Tiling t = tiling(builder, layer, a, o);
  const double part = executed_part(a, t.queries, t.keys);
  const TensorId context = context_tensor(builder, layer, a, o.query);
  Operator op = core_operator(OperatorKind::attention, {o.query, o.key, o.value}, a);
  if (o.rotary_key != none) op.reads.push_back(o.rotary_key);
  op.writes = {context};
  op.kept.push_back(context);
  op.matmuls = {{t.groups, t.queries, t.keys, static_cast<double>(a.head_size), part},
                {t.groups, t.queries, static_cast<double>(a.value_size), t.keys, part}};
  op.recomputes_scores = true;
  op.attention_core = false;  // it keeps no scores that selective recomputation could spare
  const double scores_per_output = t.keys * part / static_cast<double>(a.value_size);
  op.vector = {vector_cost::softmax.forward * scores_per_output,
               (vector_cost::softmax.forward + vector_cost::softmax.backward) * scores_per_output, context};
  op.features = t.groups * t.queries * t.keys + builder.shape(context).elements();
  if (builder.training()) {
    const Shape per_row = builder.shape(o.query).without(AxisKind::feature).with(AxisKind::head, a.heads);
    const TensorId statistics = builder.tensor(layer, "row_statistics", per_row, ElementType::fp32);
    divide(builder, statistics, AxisKind::head, a);
    op.writes.push_back(statistics);
    op.kept.push_back(statistics);
  }
  add_extra_parameters(builder, layer, op);
  builder.add(layer, "core", std::move(op));
  return context;
}

/// Sizes of multi-head latent attention (DeepSeek-AI 2024, arXiv:2405.04434, section 2.1).
struct Latent {
  std::int64_t query_rank = 0;
  std::int64_t kv_rank = 0;
  std::int64_t rope_size = 0;
  std::int64_t nope_size = 0;
};

Latent read_latent(const Layer& layer, const config::Node& node) {
  if (!node.is_map())
    layer.fail("latent is " + config::describe(node) +
               "; expected {query_rank:, kv_rank:, rope_size:, nope_size:}");
  const std::vector<std::string> known = {"query_rank", "kv_rank", "rope_size", "nope_size"};
  for (const config::Entry& entry : node.entries) {
    if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
      throw config::BadInput(
          entry.where, "unknown key '" + entry.key + "' in latent" + config::suggestion(entry.key, known));
    }
  }
  const auto size = [&](std::string_view key, std::int64_t least) {
    const config::Node* value = node.find(key);
    if (value == nullptr) layer.fail(fmt::format("latent lacks '{}'", key));
    return layer.scope().count(*value, fmt::format("latent: {}", key), least);
  };
  return {size("query_rank", 0), size("kv_rank", 1), size("rope_size", 1), size("nope_size", 1)};
}

/// Up-projects the latent to keys and values of every head; the key's rotary part is the same for all.
Operands expand_latent(Builder& builder, const Layer& layer, const Attention& a, const Latent& l,
                       TensorId query, TensorId latent, TensorId rope) {
  const auto heads = static_cast<double>(a.heads);
  const TensorId both =
      project(builder, layer, "key_value_up", latent,
              {a.heads * (l.nope_size + a.value_size), false, MatmulDivision::columns, heads, true});
  const TensorId key = builder.tensor(
      layer, "key", builder.shape(both).with(AxisKind::feature, a.heads * (l.nope_size + l.rope_size)));
  divide(builder, key, AxisKind::feature, a);
  Operator join;
  join.kind = OperatorKind::copy;
  join.reads = {builder.part(layer, "key_nope", both, a.heads * l.nope_size), rope};
  join.writes = {key};
  builder.add(layer, "key_join", std::move(join));
  const TensorId value = builder.part(layer, "value", both, a.heads * a.value_size);
  return {query, key, value, builder.shape(key).extent(AxisKind::sequence)};
}

/// A decode step works on the cached latent itself: the keys' up-projection is absorbed into the query and
/// the values' into the output (arXiv:2405.04434, section 2.1.2), so that one latent a token is read for all
/// heads.
TensorId absorbed_core(Builder& builder, const Layer& layer, const Attention& a, const Latent& l,
                       TensorId query, TensorId latent, TensorId rope) {
  const auto heads = static_cast<double>(a.heads);
  const auto rank = static_cast<double>(l.kv_rank);
  const std::int64_t keys =
      builder.options().context_length.value_or(0) + builder.shape(latent).extent(AxisKind::sequence);
  const double rows = rows_of(builder.shape(query));
  Weight up;
  up.divided = heads * static_cast<double>(l.nope_size + a.value_size);
  up.rest = rank;
  up.parts = heads;
  const WeightId weight = builder.weight(layer, "key_value_up.weight", up);

  const auto per_head = [&](std::string_view role, TensorId input, std::int64_t out, std::int64_t in) {
    const TensorId output =
        builder.tensor(layer, role, builder.shape(query).with(AxisKind::feature, a.heads * out));
    divide(builder, output, AxisKind::feature, a);
    Operator op = core_operator(OperatorKind::linear, {input}, a);
    op.writes = {output};
    op.matmuls = {{heads, rows, static_cast<double>(out), static_cast<double>(in)}};
    op.weights = {weight};
    op.weight_elements_read = heads * static_cast<double>(out) * static_cast<double>(in);
    builder.add(layer, role, std::move(op));
    return output;
  };
  const TensorId absorbed = per_head("absorb_query", query, l.kv_rank, l.nope_size);
  const TensorId cache = grow_cache(builder, layer, "latent_cache", latent, keys);
  const TensorId rope_cache = grow_cache(builder, layer, "rope_cache", rope, keys);
  Attention on_latent = a;
  on_latent.head_size = l.kv_rank + l.rope_size;
  on_latent.value_size = l.kv_rank;
  const Operands operands{absorbed, cache, cache, keys, rope_cache};
  const TensorId context = builder.options().flash_attention
                               ? flash_core(builder, layer, on_latent, operands)
                               : standard_core(builder, layer, on_latent, operands);
  return per_head("expand_value", context, a.value_size, l.kv_rank);
}

TensorId latent_attention(Builder& builder, const Layer& layer, Attention a, TensorId input) {
  const Latent l = read_latent(layer, *a.latent);
  a.head_size = l.nope_size + l.rope_size;
  a.value_size = layer.count("value_size", l.nope_size);
  const auto fits = [&](std::int64_t size) {
    static_cast<void>(product_of(layer, "heads times the sizes of a head", {a.heads, size}));
  };
  fits(a.head_size);
  fits(a.value_size);
  fits(l.nope_size + a.value_size);
  fits(l.kv_rank);
  const auto heads = static_cast<double>(a.heads);
  const Projection whole{1, a.bias, MatmulDivision::whole, 0, true};
  TensorId source = input;
  if (l.query_rank > 0) {
    Projection down = whole;
    down.out = l.query_rank;
    source = project(builder, layer, "query_down", input, down);
    source = normalize(builder, layer, "query_norm", source, vector_cost::rms_norm,
                       static_cast<double>(l.query_rank), false);
  }
  const bool compressed = l.query_rank > 0;
  TensorId query = project(builder, layer, compressed ? "query_up" : "query", source,
                           {a.heads * a.head_size, a.bias, MatmulDivision::columns, heads, true});
  query = rotate(builder, layer, "query_rotary", query);

  Projection down = whole;
  down.out = l.kv_rank + l.rope_size;
  const TensorId both = project(builder, layer, "key_value_down", input, down);
  TensorId latent = builder.part(layer, "latent", both, l.kv_rank);
  latent = normalize(builder, layer, "key_value_norm", latent, vector_cost::rms_norm,
                     static_cast<double>(l.kv_rank), false);
  const TensorId rope = rotate(builder, layer, "key_rotary", builder.part(layer, "rope", both, l.rope_size));
  if (builder.decoding()) return absorbed_core(builder, layer, a, l, query, latent, rope);
  if (!builder.training()) {
    builder.trace().tensor(latent).cache = true;
    builder.trace().tensor(rope).cache = true;
  }
  const Operands operands = expand_latent(builder, layer, a, l, query, latent, rope);
  return builder.options().flash_attention ? flash_core(builder, layer, a, operands)
                                           : standard_core(builder, layer, a, operands);
}

}  // namespace

TensorId lower_attention(Builder& builder, const Layer& layer, TensorId input) {
  const Attention a = read_attention(builder, layer, input);
  const std::int64_t features = features_of(builder, layer, input);
  TensorId context = none;
  if (a.latent != nullptr) {
    context = latent_attention(builder, layer, a, input);
  } else {
    const Operands operands = project_operands(builder, layer, a, input);
    context = builder.options().flash_attention ? flash_core(builder, layer, a, operands)
                                                : standard_core(builder, layer, a, operands);
  }
  Projection back;
  back.out = layer.count("output", features);
  back.bias = layer.flag("output_bias", a.bias);
  back.division = MatmulDivision::rows;
  back.parts = static_cast<double>(a.heads);
  return project(builder, layer, "output", context, back);
}

}  // namespace memwall::workload
