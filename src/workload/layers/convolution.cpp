#include <fmt/format.h>

#include "workload/layers/common.hpp"
#include "workload/layers/table.hpp"

/// Convolutions, pooling and up-sampling over height and width, or over a sequence.
namespace memwall::workload {
namespace {

struct Window {
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;
  std::int64_t dilation = 1;
  bool same = false;    ///< output = ceil(input / stride)
  bool causal = false;  ///< padded in front only: output = ceil(input / stride)
  bool ceil = false;    ///< a last, partial window counts
};

/// Positions of a window along one axis: floor((n + 2 padding - dilation (kernel - 1) - 1) / stride) + 1.
std::int64_t positions(const Layer& layer, AxisKind axis, std::int64_t extent, const Window& window) {
  if (window.same || window.causal) return (extent + window.stride - 1) / window.stride;
  const std::int64_t span =
      product_of(layer, "kernel times dilation", {window.dilation, window.kernel - 1}) + 1;
  const std::int64_t room = extent + 2 * window.padding - span;
  if (room < 0) {
    layer.fail(
        fmt::format("its window of {} does not fit {} {} with padding {}; pad more or shrink the kernel",
                    span, to_text(axis), extent, window.padding));
  }
  std::int64_t count = room / window.stride + 1;
  // A partial window counts only where it begins inside the input or its leading padding.
  if (window.ceil && room % window.stride != 0 && count * window.stride < extent + window.padding) ++count;
  return count;
}

/// `same` or `causal` where the padding is one of these words; empty where it is numbers.
std::string padding_word(const Layer& layer) {
  const config::Node* node = layer.find("padding");
  const bool word = node != nullptr && node->is_scalar() && (node->text == "same" || node->text == "causal");
  return word ? node->text : "";
}

Window window_of(const Layer& layer, std::int64_t kernel, std::int64_t stride, std::int64_t padding,
                 std::int64_t dilation) {
  Window window{kernel, stride, padding, dilation};
  const std::string word = padding_word(layer);
  window.same = word == "same";
  window.causal = word == "causal";
  return window;
}

Layer::Pair padding_of(const Layer& layer) {
  return padding_word(layer).empty() ? layer.pair("padding", 0, 0) : Layer::Pair{0, 0};
}

bool is_image(const Builder& builder, const Layer& layer, TensorId input) {
  const Shape shape = builder.shape(input);
  if (shape.has(AxisKind::height) && shape.has(AxisKind::width)) return true;
  if (!shape.has(AxisKind::sequence)) {
    layer.fail("its input " + to_text(shape) + " has neither height and width nor a sequence");
  }
  return false;
}

/// The shape after a window has passed over an image or a sequence, features untouched.
Shape after_window(const Builder& builder, const Layer& layer, TensorId input, Layer::Pair kernel,
                   Layer::Pair stride, Layer::Pair dilation) {
  const Layer::Pair padding = padding_of(layer);
  const bool ceil = layer.flag("ceil", false);
  const Shape shape = builder.shape(input);
  const auto along = [&](AxisKind axis, std::int64_t k, std::int64_t s, std::int64_t p, std::int64_t d) {
    Window window = window_of(layer, k, s, p, d);
    window.ceil = ceil;
    return positions(layer, axis, shape.extent(axis), window);
  };
  if (!is_image(builder, layer, input)) {
    return shape.with(AxisKind::sequence,
                      along(AxisKind::sequence, kernel.width, stride.width, padding.width, dilation.width));
  }
  return shape
      .with(AxisKind::height,
            along(AxisKind::height, kernel.height, stride.height, padding.height, dilation.height))
      .with(AxisKind::width,
            along(AxisKind::width, kernel.width, stride.width, padding.width, dilation.width));
}

TensorId pool(Builder& builder, const Layer& layer, TensorId input, bool keeps_indices) {
  const Layer::Pair kernel = layer.pair(layer.kind(), std::nullopt, 1);
  const config::Node* stride_node = layer.find("stride");
  const Layer::Pair stride = stride_node == nullptr ? kernel : layer.pair("stride", std::nullopt, 1);
  const Shape shape = after_window(builder, layer, input, kernel, stride, {1, 1});
  const double height = is_image(builder, layer, input) ? static_cast<double>(kernel.height) : 1;
  const double window = height * static_cast<double>(kernel.width);
  const TensorId output = builder.tensor(layer, "", shape);
  const auto divide = [&](TensorId id) {
    builder.trace().tensor(id).divided = builder.trace().tensor(input).divided;
    builder.trace().tensor(id).parts = builder.trace().tensor(input).parts;
  };
  divide(output);
  Operator op;
  op.kind = OperatorKind::pool;
  op.reads = {input};
  op.writes = {output};
  op.kept = {input};
  op.vector = {window, keeps_indices ? 1 : window, output};
  if (keeps_indices && builder.training()) {
    const TensorId indices = builder.tensor(layer, "indices", shape, ElementType::index);
    divide(indices);
    op.writes.push_back(indices);
    op.kept.push_back(indices);
  }
  builder.add(layer, "", std::move(op));
  return output;
}

}  // namespace

TensorId lower_conv(Builder& builder, const Layer& layer, TensorId input) {
  require_whole(builder, layer, input);
  const std::int64_t in = features_of(builder, layer, input);
  const std::int64_t out = layer.argument_count();
  const std::int64_t groups = layer.count("groups", 1);
  if (in % groups != 0 || out % groups != 0) {
    layer.fail(fmt::format("{} groups divide neither or only one of {} input and {} output features", groups,
                           in, out));
  }
  const Layer::Pair kernel = layer.pair("kernel", std::nullopt, 1);
  const Shape shape =
      after_window(builder, layer, input, kernel, layer.pair("stride", 1, 1), layer.pair("dilation", 1, 1))
          .with(AxisKind::feature, out);
  const bool image = is_image(builder, layer, input);
  const double area = (image ? static_cast<double>(kernel.height) : 1) * static_cast<double>(kernel.width);
  const std::int64_t in_of_group = in / groups;
  const std::int64_t out_of_group = out / groups;
  const double depth = area * static_cast<double>(in_of_group);

  const TensorId output = builder.tensor(layer, "", shape);
  Weight matrix;
  matrix.divided = static_cast<double>(out);
  matrix.rest = depth;
  Operator op;
  op.kind = OperatorKind::convolution;
  op.matmuls = {{static_cast<double>(groups), rows_of(shape), static_cast<double>(out_of_group), depth}};
  op.reads = {input};
  op.writes = {output};
  op.kept = {input};
  op.weights = {builder.weight(layer, "weight", matrix)};
  if (layer.flag("bias", true)) {
    Weight bias;
    bias.rest = static_cast<double>(out);
    op.weights.push_back(builder.weight(layer, "bias", bias));
    op.vector = {1, 1, output};
  }
  op.features = shape.elements();
  if (!image && padding_word(layer) == "causal" && kernel.width > 1) {
    // The next position's window reaches back over (kernel - 1) x dilation inputs.
    const std::int64_t dilation = layer.pair("dilation", 1, 1).width;
    carry_state(builder, layer, "window", input,
                product_of(layer, "its window's inputs", {in, kernel.width - 1, dilation}), op);
  }
  builder.add(layer, "", std::move(op));
  return output;
}

TensorId lower_max_pool(Builder& builder, const Layer& layer, TensorId input) {
  return pool(builder, layer, input, true);
}

TensorId lower_avg_pool(Builder& builder, const Layer& layer, TensorId input) {
  return pool(builder, layer, input, false);
}

TensorId lower_global_pool(Builder& builder, const Layer& layer, TensorId input) {
  require_whole(builder, layer, input);
  const Shape shape = builder.shape(input);
  const Shape pooled = shape.without(AxisKind::height).without(AxisKind::width).without(AxisKind::sequence);
  const bool maximum = layer.choice("global_pool", "average", {"average", "max"}) == "max";
  const double window = shape.elements() / pooled.elements();
  const TensorId output = builder.tensor(layer, "", pooled);
  Operator op;
  op.kind = OperatorKind::pool;
  op.reads = {input};
  op.writes = {output};
  op.kept = {input};
  op.vector = {window, maximum ? 1 : window, output};
  if (maximum && builder.training()) {
    const TensorId indices = builder.tensor(layer, "indices", pooled, ElementType::index);
    op.writes.push_back(indices);
    op.kept.push_back(indices);
  }
  builder.add(layer, "", std::move(op));
  return output;
}

TensorId lower_upsample(Builder& builder, const Layer& layer, TensorId input) {
  require_whole(builder, layer, input);
  const std::int64_t factor = layer.argument_count();
  const Shape shape = builder.shape(input);
  const auto larger_by = [&](AxisKind axis) {
    return product_of(layer, "an axis of its output", {shape.extent(axis), factor});
  };
  const Shape larger = is_image(builder, layer, input)
                           ? shape.with(AxisKind::height, larger_by(AxisKind::height))
                                 .with(AxisKind::width, larger_by(AxisKind::width))
                           : shape.with(AxisKind::sequence, larger_by(AxisKind::sequence));
  const TensorId output = builder.tensor(layer, "", larger);
  Operator op;
  op.kind = OperatorKind::copy;
  op.reads = {input};
  op.writes = {output};
  op.vector = {0, 1, output};  // backward sums the copies' gradients
  builder.add(layer, "", std::move(op));
  return output;
}

}  // namespace memwall::workload
