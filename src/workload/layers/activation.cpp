#include <map>

#include <fmt/format.h>

#include "memwall/config/suggest.hpp"
#include "workload/layers/common.hpp"
#include "workload/layers/table.hpp"
#include "workload/layers/vector_cost.hpp"

/// Activations, gates, softmax, dropout and the loss.
namespace memwall::workload {
namespace {

enum class Keeps { input, output };

struct ActivationRule {
  VectorCost cost;
  Keeps keeps;    ///< what its derivative is computed from
  bool in_place;  ///< whether frameworks' models overwrite its input by default
};

const std::map<std::string, ActivationRule, std::less<>>& activations() {
  static const std::map<std::string, ActivationRule, std::less<>> rules = {
      {"relu", {vector_cost::relu, Keeps::output, true}},
      {"relu6", {vector_cost::relu6, Keeps::output, true}},
      {"leaky_relu", {vector_cost::relu6, Keeps::output, true}},
      {"sigmoid", {vector_cost::sigmoid, Keeps::output, false}},
      {"tanh", {vector_cost::tanh, Keeps::output, false}},
      {"gelu", {vector_cost::gelu, Keeps::input, false}},
      {"silu", {vector_cost::silu, Keeps::input, false}},
      {"hardswish", {vector_cost::hardswish, Keeps::input, false}},
      {"softplus", {vector_cost::softplus, Keeps::input, false}},
  };
  return rules;
}

}  // namespace

TensorId lower_activation(Builder& builder, const Layer& layer, TensorId input) {
  const ActivationRule& rule = activations().at(layer.kind());
  const TensorId output = builder.elementwise(layer, "", OperatorKind::activation, input,
                                              {rule.cost.forward, rule.cost.backward, none}, {});
  Operator& op = builder.trace().operators.back();
  op.in_place = layer.flag("in_place", rule.in_place);
  if (builder.trace().tensor(output).needs_gradient) op.kept = {rule.keeps == Keeps::input ? input : output};
  return output;
}

TensorId lower_glu(Builder& builder, const Layer& layer, TensorId input) {
  const std::string gate = layer.choice("glu", "silu", {"silu", "gelu", "relu", "sigmoid"});
  const VectorCost cost = activations().at(gate).cost;
  const std::int64_t features = features_of(builder, layer, input);
  if (features % 2 != 0) layer.fail(fmt::format("it halves its features, and {} is odd", features));
  const TensorId output =
      builder.tensor(layer, "", builder.shape(input).with(AxisKind::feature, features / 2));
  const auto divide = [&](TensorId id) {
    builder.trace().tensor(id).divided = builder.trace().tensor(input).divided;
    builder.trace().tensor(id).parts = builder.trace().tensor(input).parts;
  };
  divide(output);
  Operator op;
  op.kind = OperatorKind::activation;
  op.reads = {input};
  op.writes = {output};
  op.kept = {input};
  op.vector = {cost.forward + vector_cost::multiply.forward, cost.backward + vector_cost::multiply.backward,
               output};
  if (!builder.options().fuse_elementwise && builder.training()) {
    // Unfused, the activated half is a tensor of its own, which the product's backward pass needs.
    const TensorId activated = builder.tensor(layer, "activated", builder.shape(output));
    divide(activated);
    op.writes.push_back(activated);
    op.kept.push_back(activated);
  }
  builder.add(layer, "", std::move(op));
  return output;
}

TensorId lower_softmax(Builder& builder, const Layer& layer, TensorId input) {
  require_whole(builder, layer, input);
  const TensorId output =
      builder.elementwise(layer, "", OperatorKind::softmax, input,
                          {vector_cost::softmax.forward, vector_cost::softmax.backward, none}, {});
  if (builder.trace().tensor(output).needs_gradient) builder.trace().operators.back().kept = {output};
  return output;
}

TensorId lower_dropout(Builder& builder, const Layer& layer, TensorId input) {
  if (layer.argument() == nullptr) layer.fail("it needs a probability");
  const double probability = layer.number("dropout", 0);
  if (probability < 0 || probability >= 1) {
    layer.fail(fmt::format("its probability is {}; expected 0 up to, but not including, 1", probability));
  }
  if (probability == 0 || !builder.training()) return input;
  const Tensor source = builder.trace().tensor(input);
  const TensorId output = builder.tensor(layer, "", source.shape);
  const TensorId mask = builder.tensor(layer, "mask", source.shape, ElementType::mask);
  for (const TensorId id : {output, mask}) {
    builder.trace().tensor(id).divided = source.divided;
    builder.trace().tensor(id).parts = source.parts;
  }
  Operator op;
  op.kind = OperatorKind::dropout;
  op.reads = {input};
  op.writes = {output, mask};
  op.kept = {mask};
  op.vector = {vector_cost::dropout.forward, vector_cost::dropout.backward, output};
  builder.add(layer, "", std::move(op));
  return output;
}

TensorId lower_cross_entropy(Builder& builder, const Layer& layer, TensorId input) {
  if (!builder.training()) return input;
  static_cast<void>(features_of(builder, layer, input));
  const TensorId output = builder.tensor(layer, "", builder.shape(input), ElementType::fp32);
  builder.trace().tensor(output).divided = builder.trace().tensor(input).divided;
  Operator op;
  op.kind = OperatorKind::loss;
  op.reads = {input};
  op.writes = {output};
  op.kept = {output};
  op.vector = {vector_cost::log_softmax.forward, vector_cost::log_softmax.backward, output};
  op.head = true;
  builder.add(layer, "", std::move(op));
  return output;
}

}  // namespace memwall::workload
