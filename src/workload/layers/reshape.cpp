#include <fmt/format.h>

#include "workload/layers/common.hpp"
#include "workload/layers/table.hpp"

/// Layers that only say otherwise where an element stands. Those that keep the order of elements in memory
/// are views.
namespace memwall::workload {
namespace {

std::int64_t require_axis(const Builder& builder, const Layer& layer, TensorId input, AxisKind axis) {
  const auto extent = builder.shape(input).find(axis);
  if (!extent)
    layer.fail(fmt::format("its input {} has no {}", to_text(builder.shape(input)), to_text(axis)));
  return *extent;
}

TensorId copy(Builder& builder, const Layer& layer, TensorId input, const Shape& shape) {
  require_whole(builder, layer, input);
  const TensorId output = builder.tensor(layer, "", shape, builder.trace().tensor(input).type);
  Operator op;
  op.kind = OperatorKind::copy;
  op.reads = {input};
  op.writes = {output};
  builder.add(layer, "", std::move(op));
  return output;
}

}  // namespace

TensorId lower_flatten(Builder& builder, const Layer& layer, TensorId input) {
  const Shape shape = builder.shape(input);
  const std::int64_t batch = shape.extent(AxisKind::batch);
  const auto features = static_cast<std::int64_t>(shape.elements() / static_cast<double>(batch));
  return builder.view(layer, input, {{AxisKind::batch, batch}, {AxisKind::feature, features}});
}

TensorId lower_to_sequence(Builder& builder, const Layer& layer, TensorId input) {
  const std::int64_t height = require_axis(builder, layer, input, AxisKind::height);
  const std::int64_t width = require_axis(builder, layer, input, AxisKind::width);
  return builder.view(layer, input,
                      builder.shape(input)
                          .without(AxisKind::height)
                          .without(AxisKind::width)
                          .with(AxisKind::sequence, height * width));
}

TensorId lower_to_image(Builder& builder, const Layer& layer, TensorId input) {
  const std::int64_t sequence = require_axis(builder, layer, input, AxisKind::sequence);
  const Layer::Pair size = layer.pair("to_image", std::nullopt, 1);
  if (product_of(layer, "height times width", {size.height, size.width}) != sequence) {
    layer.fail(
        fmt::format("height {} x width {} is not the sequence's {}", size.height, size.width, sequence));
  }
  return builder.view(layer, input,
                      builder.shape(input)
                          .without(AxisKind::sequence)
                          .with(AxisKind::height, size.height)
                          .with(AxisKind::width, size.width));
}

TensorId lower_space_to_depth(Builder& builder, const Layer& layer, TensorId input) {
  const std::int64_t height = require_axis(builder, layer, input, AxisKind::height);
  const std::int64_t width = require_axis(builder, layer, input, AxisKind::width);
  const std::int64_t factor = layer.argument_count();
  if (height % factor != 0 || width % factor != 0) {
    layer.fail(fmt::format("{} divides not both height {} and width {}", factor, height, width));
  }
  return copy(builder, layer, input,
              builder.shape(input)
                  .with(AxisKind::height, height / factor)
                  .with(AxisKind::width, width / factor)
                  .with(AxisKind::feature, product_of(layer, "features times factor times factor",
                                                      {features_of(builder, layer, input), factor, factor})));
}

TensorId lower_select(Builder& builder, const Layer& layer, TensorId input) {
  const std::int64_t sequence = require_axis(builder, layer, input, AxisKind::sequence);
  const std::string word = layer.text("select", "");
  if (word == "first" || word == "last")
    return copy(builder, layer, input, builder.shape(input).without(AxisKind::sequence));
  const std::int64_t positions = layer.argument_count();
  if (positions > sequence) layer.fail(fmt::format("it selects {} of {} positions", positions, sequence));
  return copy(builder, layer, input, builder.shape(input).with(AxisKind::sequence, positions));
}

TensorId lower_slice(Builder& builder, const Layer& layer, TensorId input) {
  const std::int64_t features = features_of(builder, layer, input);
  const std::int64_t count = layer.argument_count();
  const std::int64_t at = layer.count("at", 0, 0);
  if (count > features || at > features - count) {
    layer.fail(fmt::format("it takes {} features from {} on, and there are {}", count, at, features));
  }
  return builder.part(layer, "", input, count);
}

TensorId lower_triangle(Builder& builder, const Layer& layer, TensorId input) {
  const std::int64_t sequence = require_axis(builder, layer, input, AxisKind::sequence);
  const std::int64_t features = features_of(builder, layer, input);
  if (sequence != features) {
    layer.fail(fmt::format("its input {} is not square", to_text(builder.shape(input))));
  }
  if (sequence < 2) layer.fail("a 1 x 1 matrix has nothing below its diagonal");
  return copy(builder, layer, input,
              builder.shape(input)
                  .without(AxisKind::sequence)
                  .with(AxisKind::feature, features * (features - 1) / 2));
}

TensorId lower_stack(Builder& builder, const Layer& layer, TensorId input) {
  if (builder.shape(input).has(AxisKind::sequence)) layer.fail("its input has a sequence axis already");
  return builder.view(layer, input, builder.shape(input).with(AxisKind::sequence, 1));
}

}  // namespace memwall::workload
