#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "workload/layers/common.hpp"
#include "workload/layers/table.hpp"
#include "workload/layers/vector_cost.hpp"

/// Layers that carry a state along the sequence: LSTM, GRU and the state-space layer of Mamba-2.
namespace memwall::workload {
namespace {

/// One layer of a recurrent network, both directions.
TensorId recurrent_layer(Builder& builder, const Layer& layer, std::string_view role, TensorId input) {
  const bool lstm = layer.kind() == "lstm";
  const std::int64_t hidden = layer.argument_count();
  const std::int64_t projection = layer.count("projection", 0, 0);
  const std::int64_t state = projection > 0 ? projection : hidden;
  const std::string bias = layer.choice("bias", "double", {"double", "single", "none"});
  const double directions = layer.flag("bidirectional", false) ? 2 : 1;
  const auto gates = static_cast<double>((lstm ? 4 : 3) * hidden);
  const auto in = static_cast<double>(features_of(builder, layer, input));
  const auto recurrent = static_cast<double>(state);
  const Shape shape = builder.shape(input);
  const auto batch = static_cast<double>(shape.extent(AxisKind::batch));
  const auto steps = static_cast<double>(shape.extent(AxisKind::sequence));

  const double biases = bias == "double" ? 2 : bias == "single" ? 1 : 0;
  Weight weights;
  weights.rest =
      directions * (gates * (in + recurrent + biases) +
                    static_cast<double>(product_of(layer, "projection times hidden", {projection, hidden})));

  const auto along = [&](double features) { return static_cast<std::int64_t>(directions * features); };
  const TensorId output = builder.tensor(layer, role, shape.with(AxisKind::feature, along(recurrent)));
  Operator op;
  op.kind = OperatorKind::recurrent;
  op.reads = {input};
  op.writes = {output};
  op.kept = {input, output};
  op.matmuls = {{directions, batch * steps, gates, in}, {directions * steps, batch, gates, recurrent}};
  if (projection > 0)
    op.matmuls.push_back({directions * steps, batch, recurrent, static_cast<double>(hidden)});
  op.features = batch * steps * directions * (gates + static_cast<double>(projection));
  op.weights = {builder.weight(layer, role.empty() ? "weight" : fmt::format("{}.weight", role), weights)};
  // For each hidden unit: three or two sigmoids and one or two tanh, and about ten products and sums.
  const double unit_cost = lstm ? 3 * 4 + 2 * 5 + 4 : 2 * 4 + 5 + 6;
  op.vector = {unit_cost * static_cast<double>(hidden) / recurrent,
               2 * unit_cost * static_cast<double>(hidden) / recurrent, output};
  if (builder.training()) {
    const TensorId kept_gates =
        builder.tensor(layer, fmt::format("{}gates", role.empty() ? "" : std::string(role) + "."),
                       shape.with(AxisKind::feature, along(gates)));
    const TensorId cells =
        builder.tensor(layer, fmt::format("{}cells", role.empty() ? "" : std::string(role) + "."),
                       shape.with(AxisKind::feature, along(static_cast<double>(hidden))));
    for (const TensorId id : {kept_gates, cells}) {
      op.writes.push_back(id);
      op.kept.push_back(id);
    }
  }
  if (directions == 1) {
    // What the next token starts from: the hidden state, and an LSTM's cell.
    carry_state(builder, layer, role.empty() ? "state" : fmt::format("{}.state", role), input,
                state + (lstm ? hidden : 0), op);
  }
  builder.add(layer, role, std::move(op));
  return output;
}

/// Sizes of a Mamba-2 layer (Dao and Gu 2024, arXiv:2405.21060).
struct StateSpace {
  std::int64_t heads;
  std::int64_t head_size;
  std::int64_t state;
  std::int64_t groups;
  std::int64_t kernel;
  std::int64_t chunk;
  bool bias;

  [[nodiscard]] std::int64_t inner() const { return heads * head_size; }
  [[nodiscard]] std::int64_t mixed() const {
    return inner() + 2 * groups * state;
  }  ///< x, B and C, convolved together
};

void divide(Builder& builder, TensorId id, const StateSpace& s) {
  builder.trace().tensor(id).divided = AxisKind::feature;
  builder.trace().tensor(id).parts = static_cast<double>(s.heads);
}

/// The chunked scan as four products a chunk (arXiv:2405.21060, section 6): C B^T, its masked product with X,
/// the chunk's state B^T X, and C times the state carried in.
std::vector<Matmul> scan_products(const StateSpace& s, double batch, double steps) {
  const auto chunk = std::min(static_cast<double>(s.chunk), steps);
  const double chunks = std::ceil(steps / chunk);
  const auto heads = static_cast<double>(s.heads);
  const auto state = static_cast<double>(s.state);
  const auto head_size = static_cast<double>(s.head_size);
  return {{batch * chunks * static_cast<double>(s.groups), chunk, chunk, state},
          {batch * chunks * heads, chunk, head_size, chunk},
          {batch * chunks * heads, state, head_size, chunk},
          {batch * chunks * heads, chunk, head_size, state}};
}

TensorId convolve(Builder& builder, const Layer& layer, const StateSpace& s, TensorId projected) {
  const Shape shape = builder.shape(projected).with(AxisKind::feature, s.mixed());
  const TensorId mixed = builder.part(layer, "mixed", projected, s.mixed());
  divide(builder, mixed, s);
  const TensorId output = builder.tensor(layer, "convolved", shape);
  divide(builder, output, s);
  const auto features = static_cast<double>(s.mixed());
  const auto kernel = static_cast<double>(s.kernel);
  Weight weights;
  weights.divided = features;
  weights.rest = kernel + 1;
  weights.parts = static_cast<double>(s.heads);
  Operator op;
  op.kind = OperatorKind::convolution;
  op.reads = {mixed};
  op.writes = {output};
  op.kept = {mixed};
  op.weights = {builder.weight(layer, "conv", weights)};
  op.matmuls = {{features, rows_of(shape), 1, kernel}};
  op.division = MatmulDivision::groups;
  op.division_parts = static_cast<double>(s.heads);
  op.features = shape.elements();
  if (s.kernel > 1) {
    // The next token's window reaches back over kernel - 1 inputs.
    const std::int64_t reach = product_of(layer, "its convolution's window", {s.mixed(), s.kernel - 1});
    const TensorId window = carry_state(builder, layer, "conv_state", projected, reach, op);
    if (window != none) divide(builder, window, s);
  }
  builder.add(layer, "conv", std::move(op));
  return builder.elementwise(layer, "conv_activation", OperatorKind::activation, output,
                             {vector_cost::silu.forward, vector_cost::silu.backward, none}, {output});
}

TensorId scan(Builder& builder, const Layer& layer, const StateSpace& s, TensorId mixed) {
  const Shape shape = builder.shape(mixed).with(AxisKind::feature, s.inner());
  const auto batch = static_cast<double>(shape.extent(AxisKind::batch));
  const TensorId output = builder.tensor(layer, "scanned", shape);
  divide(builder, output, s);
  Operator op;
  op.kind = OperatorKind::scan;
  op.reads = {mixed};
  op.writes = {output};
  op.kept = {mixed};
  op.division = MatmulDivision::groups;
  op.division_parts = static_cast<double>(s.heads);
  Weight weights;  // A, D and the step's bias, one number a head each
  weights.divided = static_cast<double>(s.heads);
  weights.rest = 3;
  weights.parts = weights.divided;
  op.weights = {builder.weight(layer, "scan", weights)};
  if (builder.training() || builder.options().phase == Phase::prefill) {
    op.matmuls = scan_products(s, batch, static_cast<double>(shape.extent(AxisKind::sequence)));
  }
  const TensorId state = carry_state(builder, layer, "state", mixed, s.inner() * s.state, op);
  if (state != none) divide(builder, state, s);
  if (builder.decoding()) op.vector = {6, 0, state};  // decay and add B x (4), multiply by C and sum (2)
  builder.add(layer, "scan", std::move(op));
  return output;
}

}  // namespace

TensorId lower_recurrent(Builder& builder, const Layer& layer, TensorId input) {
  if (!builder.shape(input).has(AxisKind::sequence)) layer.fail("its input has no sequence axis");
  require_whole(builder, layer, input);
  const std::int64_t layers = layer.count("layers", 1);
  if (layers == 1) return recurrent_layer(builder, layer, "", input);
  for (std::int64_t i = 0; i < layers; ++i) {
    input = recurrent_layer(builder, layer, std::to_string(i), input);
  }
  return input;
}

TensorId lower_state_space(Builder& builder, const Layer& layer, TensorId input) {
  if (!builder.shape(input).has(AxisKind::sequence)) layer.fail("its input has no sequence axis");
  const std::int64_t features = features_of(builder, layer, input);
  const StateSpace s{layer.argument_count(),   layer.count("head_size", 64), layer.count("state", 128),
                     layer.count("groups", 1), layer.count("conv", 4),       layer.count("chunk", 256),
                     layer.flag("bias", false)};
  static_cast<void>(product_of(layer, "heads times head size times state", {s.heads, s.head_size, s.state}));
  static_cast<void>(product_of(layer, "groups times state", {2, s.groups, s.state}));
  const auto heads = static_cast<double>(s.heads);
  // One product gives the gate z, x, B, C and the step of each head.
  const TensorId projected =
      project(builder, layer, "input", input,
              {s.inner() + s.mixed() + s.heads, s.bias, MatmulDivision::columns, heads, true});
  const TensorId scanned = scan(builder, layer, s, convolve(builder, layer, s, projected));
  // silu(z) times the scan's output, then a norm over the inner features.
  const TensorId gated = builder.tensor(layer, "gated", builder.shape(scanned));
  divide(builder, gated, s);
  Operator gate;
  gate.kind = OperatorKind::normalization;
  gate.reads = {scanned, projected};
  gate.writes = {gated};
  gate.kept = gate.reads;
  gate.vector = {vector_cost::silu.forward + vector_cost::multiply.forward + vector_cost::rms_norm.forward,
                 vector_cost::silu.backward + vector_cost::multiply.backward + vector_cost::rms_norm.backward,
                 gated};
  Weight factors;
  factors.divided = static_cast<double>(s.inner());
  factors.rest = 1;
  factors.parts = heads;
  gate.weights = {builder.weight(layer, "norm", factors)};
  builder.add(layer, "norm", std::move(gate));
  return project(builder, layer, "output", gated, {features, s.bias, MatmulDivision::rows, heads, true});
}

}  // namespace memwall::workload
