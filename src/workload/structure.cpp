#include "workload/structure.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "memwall/config/suggest.hpp"
#include "memwall/units/text.hpp"
#include "workload/layers/common.hpp"
#include "workload/layers/table.hpp"

namespace memwall::workload {
namespace {

/// Layers and iterations lowered one by one; a model of layers that make no operators ends here.
constexpr std::size_t most_steps = 4 * most_operators;

/// Characters of a layer's name with those of the layers around it.
constexpr std::size_t longest_path = 300;

/// Layers inside layers and blocks inside blocks.
constexpr int deepest_layers = 200;

config::Node index_node(std::int64_t value, const Layer& layer) {
  return config::make_scalar(std::to_string(value), layer.where());
}

const config::Node& list_of(const Layer& layer, std::string_view option) {
  const config::Node* node = layer.find(option);
  if (node == nullptr || !node->is_sequence()) layer.fail(fmt::format("'{}' needs a list of layers", option));
  return *node;
}

void require_equal_division(const Layer& layer, const Tensor& one, const Tensor& other) {
  if (one.divided == other.divided) return;
  layer.fail("one operand is divided by tensor parallelism and the other is not; shard both or neither");
}

bool is_join(std::string_view kind) {
  return kind == "concat" || kind == "add" || kind == "mul" || kind == "matmul";
}

}  // namespace

class Structure::Step {
 public:
  Step(Structure& structure, const Layer& layer) : depth_(structure.depth_) {
    if (++structure.steps_ > most_steps)
      layer.fail(fmt::format("written out, the model has more than {} layers", most_steps));
    if (depth_ >= deepest_layers)
      layer.fail(fmt::format("layers stand in one another more than {} deep", deepest_layers));
    ++depth_;
  }
  ~Step() { --depth_; }
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

 private:
  int& depth_;
};

TensorId Structure::list(const config::Node& layers, const config::Scope& scope, TensorId input) {
  for (const config::Node& node : layers.items) input = one(node, scope, input);
  return input;
}

TensorId Structure::one(const config::Node& node, const config::Scope& scope, TensorId input) {
  const LayerKind* kind = kind_of(node);
  if (kind == nullptr) throw config::BadInput(node.where, "this is no layer");
  const Layer layer(node, kind->name, scope, workload_.defaults);
  const Step step(*this, layer);
  if (layer.has("when") && !layer.flag("when", true)) return input;
  if (const config::Node* from = layer.find("from"); from != nullptr) input = find_named(layer, *from);

  // A block, or a residual or branches that stand in none, is what full recomputation runs again as one.
  const bool groups = kind->name == "block" || kind->name == "residual" || kind->name == "parallel";
  const bool opens_segment = builder_.segment == none && groups;
  const Restore<int> segment(builder_.segment, opens_segment ? builder_.new_segment() : builder_.segment);
  const Restore<bool> head(builder_.head, builder_.head || layer.flag("head", false));
  const bool makes_operators = kind->lower != nullptr || kind->name == "experts" || is_join(kind->name);
  const bool transparent = !makes_operators && !layer.has("name");
  if (!transparent) builder_.push_name(layer.text("name", kind->name));
  if (builder_.path().size() > longest_path)
    layer.fail(fmt::format("its name with those around it is longer than {} characters", longest_path));
  const TensorId output = dispatch(layer, input);
  if (!transparent) builder_.pop_name();
  if (const std::string as = layer.text("as", ""); !as.empty()) builder_.named[as] = output;
  return output;
}

TensorId Structure::dispatch(const Layer& layer, TensorId input) {
  const std::string& kind = layer.kind();
  if (const LowerLayer lower = find_kind(kind)->lower; lower != nullptr) return lower(builder_, layer, input);
  if (kind == "residual") return residual(layer, input);
  if (kind == "parallel") return parallel(layer, input);
  if (kind == "sequential") return list(list_of(layer, kind), layer.scope(), input);
  if (kind == "side") return side(layer, input);
  if (kind == "repeat") return repeat(layer, input);
  if (kind == "block") return block(layer, *layer.argument(), input, layer.scope());
  if (kind == "experts") return experts(layer, input);
  return named_join(layer);
}

TensorId Structure::residual(const Layer& layer, TensorId input) {
  const TensorId main = list(list_of(layer, "residual"), layer.scope(), input);
  const TensorId shortcut =
      layer.has("shortcut") ? list(list_of(layer, "shortcut"), layer.scope(), input) : input;
  if (!(builder_.shape(main) == builder_.shape(shortcut))) {
    layer.fail(fmt::format("its layers give {} and its shortcut {}; expected equal shapes",
                           to_text(builder_.shape(main)), to_text(builder_.shape(shortcut))));
  }
  builder_.push_name("add");
  const TensorId sum = combine(layer, false, {main, shortcut});
  builder_.pop_name();
  return sum;
}

TensorId Structure::parallel(const Layer& layer, TensorId input) {
  const config::Node& branches = list_of(layer, "parallel");
  if (branches.items.size() < 2) layer.fail("it needs at least two lists of layers");
  std::vector<TensorId> outputs;
  for (const config::Node& branch : branches.items) {
    if (!branch.is_sequence() && !branch.is_null()) {
      throw config::BadInput(branch.where,
                             "parallel: " + config::describe(branch) + " where a list of layers is expected");
    }
    outputs.push_back(list(branch, layer.scope(), input));
  }
  const std::string how = layer.choice("join", "concat", {"concat", "add", "mul", "matmul"});
  const AxisKind axis = layer.choice("axis", "feature", {"feature", "sequence"}) == "feature"
                            ? AxisKind::feature
                            : AxisKind::sequence;
  builder_.push_name(how);
  const TensorId output = join(layer, how, axis, outputs);
  builder_.pop_name();
  return output;
}

TensorId Structure::side(const Layer& layer, TensorId input) {
  builder_.trace().outputs.push_back(list(list_of(layer, "side"), layer.scope(), input));
  return input;
}

TensorId Structure::block(const Layer& layer, const config::Node& name, TensorId input,
                          const config::Scope& inner) {
  const config::Node& definition = *workload_.blocks.find(name.text);
  config::Scope arguments(&dimensions_);
  if (const config::Node* declared = definition.find("arguments"); declared != nullptr) {
    for (const config::Entry& argument : declared->entries) {
      const config::Node* given = layer.node().find(argument.key);
      if (given == nullptr && argument.value.is_null())
        layer.fail(fmt::format("block '{}' needs the argument '{}'", name.text, argument.key));
      // A given value is meant where the block is used, a default where the block is defined.
      arguments.define(argument.key, given != nullptr ? *given : argument.value,
                       given != nullptr ? &inner : nullptr);
    }
  }
  return list(*definition.find("layers"), arguments, input);
}

TensorId Structure::body(const Layer& layer, TensorId input, const config::Scope& scope) {
  // Names of tensors and weights given inside are the iteration's own, and so is what it gathers.
  const Restore named(builder_.named);
  const Restore entered(builder_.entered);
  const Restore weights(builder_.weight_sets);
  if (const config::Node* name = layer.find("block"); name != nullptr)
    return block(layer, *name, input, scope);
  return list(list_of(layer, "layers"), scope, input);
}

TensorId Structure::repeat(const Layer& layer, TensorId input) {
  const std::int64_t count = layer.argument_count(0);
  if (count == 0) return input;
  const bool named = layer.has("name");
  if (!named) builder_.push_name(layer.has("block") ? layer.find("block")->text : "layers");
  const bool may_fold = count > 1 && !layer.has("index") && builder_.repeat == none;
  const auto folded = may_fold ? fold(layer, input, static_cast<double>(count)) : std::nullopt;
  const TensorId output = folded ? *folded : write_out(layer, input, count);
  if (!named) builder_.pop_name();
  return output;
}

TensorId Structure::write_out(const Layer& layer, TensorId input, std::int64_t count) {
  if (static_cast<std::size_t>(count) > most_steps) {
    layer.fail(
        fmt::format("{} iterations that do not fold are more than {}; repeat equal blocks without an index",
                    count_text(static_cast<double>(count)), most_steps));
  }
  const bool shared = layer.flag("shared_weights", false);
  const std::string index = layer.text("index", "");
  std::vector<WeightId> first;  // what the first iteration uses, and all others with it
  std::vector<WeightId>* around = builder_.record;
  const Restore record(builder_.record, shared ? &first : around);
  const Restore reuse(builder_.reuse);
  for (std::int64_t i = 0; i < count; ++i) {
    const Step step(*this, layer);
    config::Scope scope(&layer.scope());
    if (!index.empty()) scope.define(index, index_node(i, layer));
    const Restore<int> segment(builder_.segment,
                               builder_.segment == none ? builder_.new_segment() : builder_.segment);
    builder_.push_name(std::to_string(i));
    if (shared && i > 0) {
      builder_.record = nullptr;
      builder_.reuse = &first;
      const Restore<std::size_t> next(builder_.reuse_next, 0);
      input = body(layer, input, scope);
    } else {
      input = body(layer, input, scope);
    }
    builder_.pop_name();
  }
  if (shared && around != nullptr) around->insert(around->end(), first.begin(), first.end());
  return input;
}

std::optional<TensorId> Structure::fold(const Layer& layer, TensorId input, double count) {
  const Builder::Mark before = builder_.mark();
  Trace& trace = builder_.trace();
  const auto index = static_cast<int>(trace.repeats.size());
  // What an iteration reads, whichever iteration it is.
  const TensorId carry = builder_.view(layer, input, builder_.shape(input));
  trace.tensor(carry).storage = carry;
  trace.tensor(carry).repeat = index;
  builder_.set_once(carry, builder_.once(input));
  trace.repeats.push_back(
      {builder_.path(), static_cast<int>(trace.operators.size()), 0, count, input, carry, none});

  TensorId output = none;
  {
    const Restore<int> repeat(builder_.repeat, index);
    const Restore<bool> shared(builder_.shared_weights,
                               builder_.shared_weights || layer.flag("shared_weights", false));
    const Restore<int> segment(builder_.segment,
                               builder_.segment == none ? builder_.new_segment() : builder_.segment);
    const config::Scope scope(&layer.scope());
    output = body(layer, carry, scope);
  }
  const Tensor& in = trace.tensor(carry);
  const Tensor& out = trace.tensor(output);
  const bool steady = in.shape == out.shape && in.type == out.type && in.divided == out.divided &&
                      in.needs_gradient == out.needs_gradient && trace.root(output) != carry &&
                      trace.operators.size() > before.operators && trace.outputs.size() == before.outputs &&
                      (!builder_.decoding() || builder_.once(carry) == builder_.once(output));
  if (!steady) {
    builder_.return_to(before);
    return std::nullopt;
  }
  trace.repeats.back().last = static_cast<int>(trace.operators.size());
  trace.repeats.back().carry_out = output;
  return output;
}

TensorId Structure::find_named(const Layer& layer, const config::Node& name) const {
  if (!name.is_scalar()) layer.fail("expected the name of a tensor, found " + config::describe(name));
  const auto found = builder_.named.find(name.text);
  if (found != builder_.named.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [key, id] : builder_.named) known.push_back(key);
  throw config::BadInput(name.where, fmt::format("layer '{}': no tensor is named '{}'{}", layer.kind(),
                                                 name.text, config::suggestion(name.text, known)));
}

TensorId Structure::named_join(const Layer& layer) {
  const config::Node* names = layer.argument();
  if (names == nullptr || !names->is_sequence() || names->items.size() < 2)
    layer.fail("it needs a list of at least two names");
  std::vector<TensorId> inputs;
  for (const config::Node& name : names->items) inputs.push_back(find_named(layer, name));
  if (layer.kind() == "matmul") {
    if (inputs.size() != 2) layer.fail("a product has two operands");
    return product(layer, layer.flag("transpose", false), inputs[0], inputs[1]);
  }
  const AxisKind axis =
      layer.kind() == "concat" && layer.choice("axis", "feature", {"feature", "sequence"}) == "sequence"
          ? AxisKind::sequence
          : AxisKind::feature;
  return join(layer, layer.kind(), axis, inputs);
}

TensorId Structure::join(const Layer& layer, std::string_view how, AxisKind concat_axis,
                         const std::vector<TensorId>& inputs) {
  if (how == "concat") return concat(layer, concat_axis, inputs);
  if (how == "matmul") {
    if (inputs.size() != 2) layer.fail("a product has two operands");
    return product(layer, false, inputs[0], inputs[1]);
  }
  return combine(layer, how == "mul", inputs);
}

TensorId Structure::concat(const Layer& layer, AxisKind axis, const std::vector<TensorId>& inputs) {
  const Tensor first = builder_.trace().tensor(inputs.front());
  std::vector<TensorId> parts;
  std::int64_t total = 0;
  double divisions = 0;
  for (const TensorId id : inputs) {
    const Tensor& part = builder_.trace().tensor(id);
    if (!part.shape.has(axis) || !(part.shape.with(axis, 1) == first.shape.with(axis, 1))) {
      layer.fail(fmt::format("cannot concatenate {} and {} along {}", to_text(first.shape),
                             to_text(part.shape), to_text(axis)));
    }
    require_equal_division(layer, first, part);
    // The part of a sequence that was read once, before a decode step, stands in its cache.
    if (builder_.decoding() && axis == AxisKind::sequence && builder_.once(id)) continue;
    parts.push_back(id);
    total += part.shape.extent(axis);
    divisions += part.parts;
    if (static_cast<double>(total) > largest_exact_count) layer.fail("its parts are more than 2^53 long");
  }
  if (parts.size() == 1) return parts.front();
  if (parts.empty()) {
    parts = inputs;
    for (const TensorId id : inputs) total += builder_.shape(id).extent(axis);
  }
  const TensorId output = builder_.tensor(layer, "", first.shape.with(axis, total), first.type);
  builder_.trace().tensor(output).divided = first.divided;
  builder_.trace().tensor(output).parts = first.divided == axis ? divisions : first.parts;
  Operator op;
  op.kind = OperatorKind::copy;
  op.reads = parts;
  op.writes = {output};
  builder_.add(layer, "", std::move(op));
  return output;
}

TensorId Structure::combine(const Layer& layer, bool multiply, const std::vector<TensorId>& inputs) {
  Shape shape = builder_.shape(inputs.front());
  for (const TensorId id : inputs) {
    for (const Axis& axis : builder_.shape(id).axes()) {
      const std::int64_t have = shape.extent(axis.kind);
      if (have != axis.extent && have != 1 && axis.extent != 1) {
        layer.fail(fmt::format("shapes {} and {} do not match in {}", to_text(builder_.shape(inputs.front())),
                               to_text(builder_.shape(id)), to_text(axis.kind)));
      }
      shape = shape.with(axis.kind, std::max(have, axis.extent));
    }
    require_equal_division(layer, builder_.trace().tensor(inputs.front()), builder_.trace().tensor(id));
  }
  const TensorId output = builder_.tensor(layer, "", shape);
  builder_.trace().tensor(output).divided = builder_.trace().tensor(inputs.front()).divided;
  builder_.trace().tensor(output).parts = builder_.trace().tensor(inputs.front()).parts;
  Operator op;
  op.kind = OperatorKind::elementwise;
  op.reads = inputs;
  op.writes = {output};
  const auto more = static_cast<double>(inputs.size() - 1);
  op.vector = {more, multiply ? 2 * more : 0, output};
  if (multiply) op.kept = inputs;
  builder_.add(layer, "", std::move(op));
  return output;
}

TensorId Structure::product(const Layer& layer, bool transpose, TensorId first, TensorId second) {
  const Shape a = builder_.shape(first);
  const Shape b = builder_.shape(second);
  const AxisKind inner = transpose ? AxisKind::feature : AxisKind::sequence;
  const AxisKind outer = transpose ? AxisKind::sequence : AxisKind::feature;
  const auto k = a.find(AxisKind::feature);
  if (!k || !a.has(AxisKind::sequence) || b.find(inner) != k || !b.has(outer)) {
    layer.fail(
        fmt::format("cannot multiply {} by {}{}: features of the first must equal the {} of the second",
                    to_text(a), to_text(b), transpose ? " transposed" : "", to_text(inner)));
  }
  for (const TensorId id : {first, second}) {
    if (builder_.trace().tensor(id).divided)
      layer.fail("an operand is divided by tensor parallelism; shard neither");
  }
  const std::int64_t n = b.extent(outer);
  const TensorId output = builder_.tensor(layer, "", a.with(AxisKind::feature, n));
  Operator op;
  op.kind = OperatorKind::matmul;
  op.reads = {first, second};
  op.writes = {output};
  op.kept = {first, second};
  op.matmuls = {{static_cast<double>(a.extent(AxisKind::batch)),
                 static_cast<double>(a.extent(AxisKind::sequence)), static_cast<double>(n),
                 static_cast<double>(*k)}};
  op.features = builder_.shape(output).elements();
  builder_.add(layer, "", std::move(op));
  return output;
}

/// A router scores every expert for every token; each token visits `top_k` of them, and their outputs are
/// added, weighted (Shazeer et al. 2017). Tokens are taken as evenly spread, but for the imbalance asked for.
/// No expert takes more than all of them, nor, with a capacity factor, more than so many times its even
/// share: what is more is dropped (Lepikhin et al. 2020, arXiv:2006.16668, section 2.2).
TensorId Structure::experts(const Layer& layer, TensorId input) {
  const std::int64_t count = layer.argument_count();
  const std::int64_t top_k = layer.count("top_k", 1);
  if (top_k > count) layer.fail(fmt::format("top_k {} is more than its {} experts", top_k, count));
  if (builder_.experts) layer.fail("experts cannot stand inside experts");
  if (!builder_.shape(input).has(AxisKind::sequence)) layer.fail("its input has no sequence axis to route");
  const double capacity = layer.number("capacity_factor", 0);
  if (capacity < 0) layer.fail("a capacity factor below 0 has no meaning; 0 means no bound");

  Projection router;
  router.out = count;
  router.bias = layer.flag("router_bias", false);
  const TensorId scores = project(builder_, layer, "router", input, router);
  if (const std::int64_t extra = layer.count("router_parameters_extra", 0, 0); extra > 0) {
    Weight weight;
    weight.rest = static_cast<double>(extra);
    builder_.trace().operators.back().weights.push_back(builder_.weight(layer, "router.extra", weight));
  }
  const TensorId probabilities =
      builder_.elementwise(layer, "gate", OperatorKind::softmax, scores, {5, 4, none}, {});
  builder_.trace().operators.back().kept = {probabilities};

  const std::int64_t sequence = builder_.shape(input).extent(AxisKind::sequence);
  const std::int64_t visits = product_of(layer, "its tokens times top_k", {sequence, top_k});
  const double uneven =
      std::min(builder_.options().imbalance, static_cast<double>(count) / static_cast<double>(top_k));
  const double rows =
      std::ceil(static_cast<double>(visits) * (capacity > 0 ? std::min(capacity, uneven) : uneven));
  if (rows > largest_exact_count) layer.fail("more rows than can be counted are routed to its experts");
  const Shape routed_shape = builder_.shape(input).with(AxisKind::sequence, static_cast<std::int64_t>(rows));
  const TensorId routed = builder_.tensor(layer, "dispatch", routed_shape);
  Operator dispatch_op;
  dispatch_op.kind = OperatorKind::dispatch;
  dispatch_op.reads = {input, probabilities};
  dispatch_op.writes = {routed};
  builder_.add(layer, "dispatch", std::move(dispatch_op));

  const auto all = static_cast<double>(count);
  TensorId result = routed;
  {
    const double active = std::min(all, rows_of(routed_shape));
    const Restore inside(builder_.experts, std::optional<ExpertContext>({all, active}));
    result = list(list_of(layer, "layers"), layer.scope(), routed);
  }
  if (builder_.trace().tensor(result).divided)
    layer.fail("an expert must end with shard: row where it begins with shard: column");

  const std::int64_t features = features_of(builder_, layer, result);
  const TensorId output =
      builder_.tensor(layer, "combine", builder_.shape(input).with(AxisKind::feature, features));
  Operator combine_op;
  combine_op.kind = OperatorKind::combine;
  combine_op.reads = {result, probabilities};
  combine_op.writes = {output};
  combine_op.kept = {result};
  combine_op.vector = {2 * static_cast<double>(top_k), 3 * static_cast<double>(top_k), output};
  builder_.add(layer, "combine", std::move(combine_op));
  return output;
}

}  // namespace memwall::workload
