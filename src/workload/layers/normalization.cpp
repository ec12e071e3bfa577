#include "workload/layers/common.hpp"
#include "workload/layers/table.hpp"
#include "workload/layers/vector_cost.hpp"

/// Normalisations. Each keeps its input; the few statistics a row are not counted (docs/model.md).
namespace memwall::workload {

TensorId lower_norm(Builder& builder, const Layer& layer, TensorId input) {
  const std::int64_t features = features_of(builder, layer, input);
  if (layer.kind() == "group_norm") {
    const std::int64_t groups = layer.argument_count();
    if (features % groups != 0) {
      layer.fail(std::to_string(groups) + " groups do not divide " + std::to_string(features) + " features");
    }
  }
  const bool rms = layer.kind() == "rms_norm";
  const VectorCost cost = rms ? vector_cost::rms_norm : vector_cost::layer_norm;
  const TensorId output = builder.tensor(layer, "", builder.shape(input));
  builder.trace().tensor(output).divided = builder.trace().tensor(input).divided;
  builder.trace().tensor(output).parts = builder.trace().tensor(input).parts;
  Operator op;
  op.kind = OperatorKind::normalization;
  op.reads = {input};
  op.writes = {output};
  op.kept = {input};
  op.vector = {cost.forward, cost.backward, output};
  if (layer.flag("affine", true)) {
    const Weight factors = feature_weight(builder.trace().tensor(input), 1);
    op.weights.push_back(builder.weight(layer, "weight", factors));
    if (!rms && layer.flag("bias", true)) op.weights.push_back(builder.weight(layer, "bias", factors));
  }
  builder.add(layer, "", std::move(op));
  return output;
}

TensorId lower_local_response_norm(Builder& builder, const Layer& layer, TensorId input) {
  const auto size = static_cast<double>(layer.argument_count());
  // x / (k + a sum of `size` squares)^b: a square and an add for each neighbour, then multiply, add, power,
  // divide.
  return builder.elementwise(layer, "", OperatorKind::normalization, input,
                             {2 * size + 4, 4 * size + 8, none}, {input});
}

}  // namespace memwall::workload
