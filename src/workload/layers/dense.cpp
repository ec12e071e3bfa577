#include <fmt/format.h>

#include "workload/layers/common.hpp"
#include "workload/layers/table.hpp"

/// Linear layers and what is learned beside them.
namespace memwall::workload {
namespace {

std::string role_name(std::string_view role, std::string_view what) {
  return role.empty() ? std::string(what) : fmt::format("{}.{}", role, what);
}

}  // namespace

TensorId project(Builder& builder, const Layer& layer, std::string_view role, TensorId input,
                 const Projection& how) {
  const std::int64_t in = features_of(builder, layer, input);
  const bool divided_input = builder.trace().tensor(input).divided.has_value();
  if (divided_input && how.division != MatmulDivision::rows) {
    layer.fail(
        "its input is divided by tensor parallelism (a column-sharded layer comes before); write shard: row");
  }
  if (!divided_input && how.division == MatmulDivision::rows) {
    layer.fail("shard: row needs an input that a column-sharded layer has divided");
  }
  if (how.division == MatmulDivision::columns) input = builder.enter_tensor(layer, input);

  const double rows = rows_of(builder.shape(input));
  const double active = builder.experts ? builder.experts->active : 1;
  TensorId output = builder.tensor(layer, role, builder.shape(input).with(AxisKind::feature, how.out));
  if (how.division == MatmulDivision::columns) {
    builder.trace().tensor(output).divided = AxisKind::feature;
    builder.trace().tensor(output).parts = how.parts;
  }

  Weight matrix;
  const bool row = how.division == MatmulDivision::rows;
  matrix.divided = static_cast<double>(row ? in : how.out);
  matrix.rest = static_cast<double>(row ? how.out : in);
  if (how.division != MatmulDivision::whole) matrix.parts = how.parts > 0 ? how.parts : matrix.divided;

  Operator op;
  op.kind = OperatorKind::linear;
  op.matmuls = {{active, rows / active, static_cast<double>(how.out), static_cast<double>(in)}};
  op.division = how.division;
  op.division_parts = how.parts;
  op.reads = {input};
  op.writes = {output};
  op.kept = {input};
  op.weights = {builder.weight(layer, role_name(role, "weight"), matrix)};
  if (how.bias) {
    Weight bias;
    bias.rest = static_cast<double>(how.out);
    if (how.division == MatmulDivision::columns) {
      std::swap(bias.divided, bias.rest);
      bias.parts = matrix.parts;
    }
    op.weights.push_back(builder.weight(layer, role_name(role, "bias"), bias));
    op.vector = {1, 1, output};
  }
  if (builder.experts) {
    const double share = active / builder.experts->experts;
    double all = 0;
    for (const WeightId id : op.weights) all += builder.trace().weight(id).elements();
    op.weight_elements_read = all * share;
  }
  if (how.features) op.features = rows * static_cast<double>(how.out);
  builder.add(layer, role, std::move(op));
  return row ? builder.leave_tensor(layer, output) : output;
}

TensorId lower_linear(Builder& builder, const Layer& layer, TensorId input) {
  const std::string shard = layer.choice("shard", "none", {"none", "column", "row"});
  Projection how;
  how.out = layer.argument_count();
  how.bias = layer.flag("bias", true);
  how.division = shard == "column" ? MatmulDivision::columns
                 : shard == "row"  ? MatmulDivision::rows
                                   : MatmulDivision::whole;
  return project(builder, layer, "", input, how);
}

TensorId lower_positions(Builder& builder, const Layer& layer, TensorId input) {
  require_whole(builder, layer, input);
  const std::int64_t features = features_of(builder, layer, input);
  const auto sequence = builder.shape(input).find(AxisKind::sequence);
  if (!sequence) layer.fail("its input " + to_text(builder.shape(input)) + " has no sequence axis");
  const TensorId output = builder.tensor(layer, "", builder.shape(input));
  Operator op;
  op.kind = OperatorKind::elementwise;
  op.reads = {input};
  op.writes = {output};
  op.vector = {1, 1, output};
  if (layer.argument() == nullptr || layer.argument()->text != "sinusoidal") {
    const std::int64_t rows = layer.argument_count();
    if (*sequence > rows) {
      layer.fail(fmt::format(
          "the sequence has {} positions and the table {} rows; shorten the sequence or raise the rows",
          *sequence, rows));
    }
    Weight table;
    table.divided = static_cast<double>(rows);
    table.rest = static_cast<double>(features);
    op.weights = {builder.weight(layer, "weight", table)};
    op.weight_elements_read = static_cast<double>(*sequence) * static_cast<double>(features);
  }
  builder.add(layer, "", std::move(op));
  return output;
}

TensorId lower_class_tokens(Builder& builder, const Layer& layer, TensorId input) {
  require_whole(builder, layer, input);
  const std::int64_t features = features_of(builder, layer, input);
  const auto sequence = builder.shape(input).find(AxisKind::sequence);
  if (!sequence) layer.fail("its input " + to_text(builder.shape(input)) + " has no sequence axis");
  const std::int64_t tokens = layer.argument_count();
  const TensorId output =
      builder.tensor(layer, "", builder.shape(input).with(AxisKind::sequence, *sequence + tokens));
  Operator op;
  op.kind = OperatorKind::copy;
  op.reads = {input};
  op.writes = {output};
  Weight table;
  table.divided = static_cast<double>(tokens);
  table.rest = static_cast<double>(features);
  op.weights = {builder.weight(layer, "weight", table)};
  builder.add(layer, "", std::move(op));
  return output;
}

TensorId lower_parameters(Builder& builder, const Layer& layer, TensorId input) {
  Weight extra;
  extra.rest = static_cast<double>(layer.argument_count(0));
  const WeightId weight = builder.weight(layer, "weight", extra);
  Operator op;
  op.kind = OperatorKind::elementwise;
  op.weights = {weight};
  op.weight_elements_read = 0;
  builder.add(layer, "", std::move(op));
  return input;
}

TensorId lower_scale(Builder& builder, const Layer& layer, TensorId input) {
  static_cast<void>(features_of(builder, layer, input));
  const Weight factors = feature_weight(builder.trace().tensor(input), 1);
  const TensorId output = builder.tensor(layer, "", builder.shape(input));
  builder.trace().tensor(output).divided = builder.trace().tensor(input).divided;
  builder.trace().tensor(output).parts = builder.trace().tensor(input).parts;
  Operator op;
  op.kind = OperatorKind::elementwise;
  op.reads = {input};
  op.writes = {output};
  op.kept = {input};
  op.weights = {builder.weight(layer, "weight", factors)};
  op.vector = {1, 3,
               output};  // backward: gradient x factor, gradient x input summed into the factor's gradient
  builder.add(layer, "", std::move(op));
  return output;
}

}  // namespace memwall::workload
