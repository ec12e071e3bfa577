#pragma once

#include <string>

#include "workload/builder.hpp"

/// What several layer kinds need.
namespace memwall::workload {

/// Throws unless the tensor has a feature axis; returns its extent.
inline std::int64_t features_of(const Builder& builder, const Layer& layer, TensorId input) {
  const auto features = builder.shape(input).find(AxisKind::feature);
  if (!features)
    layer.fail("its input " + to_text(builder.shape(input)) + " has no feature axis; embed it first");
  return *features;
}

/// Throws where tensor parallelism divides the tensor and the layer needs all of it.
inline void require_whole(const Builder& builder, const Layer& layer, TensorId input) {
  if (builder.trace().tensor(input).divided) {
    layer.fail(
        "its input is divided by tensor parallelism (a column-sharded layer comes before); end that part "
        "with "
        "shard: row");
  }
}

/// `rest` learned numbers for each feature of `input`, divided as the features are.
inline Weight feature_weight(const Tensor& input, double rest) {
  Weight weight;
  const auto features = static_cast<double>(input.shape.extent(AxisKind::feature));
  if (input.divided == AxisKind::feature) {
    weight.divided = features;
    weight.rest = rest;
    weight.parts = input.parts > 0 ? input.parts : features;
  } else {
    weight.rest = features * rest;
  }
  return weight;
}

/// Rows of a product over the feature axis: every element of the other axes, batch included.
inline double rows_of(const Shape& shape) { return shape.without(AxisKind::feature).elements(); }

/// In inference, what `op` leaves in the cache for the next token, and finds there in a decode step:
/// `features` numbers a sample. None where training.
inline TensorId carry_state(Builder& builder, const Layer& layer, std::string_view role, TensorId input,
                            std::int64_t features, Operator& op) {
  if (builder.training()) return none;
  const std::int64_t batch = builder.shape(input).extent(AxisKind::batch);
  const TensorId state =
      builder.tensor(layer, role, {{AxisKind::batch, batch}, {AxisKind::feature, features}});
  builder.trace().tensor(state).cache = true;
  builder.set_once(state, builder.once(input));
  op.writes.push_back(state);
  if (builder.decoding()) op.reads.push_back(state);
  return state;
}

/// A dense product [rows, in] x [in, out] as an operator, from `input` to a new tensor: what `linear`, the
/// projections of attention and the gates of a recurrent layer are made of.
struct Projection {
  std::int64_t out = 1;
  bool bias = true;
  MatmulDivision division = MatmulDivision::whole;
  double parts = 0;      ///< of the divided dimension; 0: its extent
  bool features = true;  ///< whether its output counts as features
};

/// Emits the product named `role` (the layer's own name where empty). The input of a column-divided product
/// is entered into the tensor-parallel region first and a row-divided one's output leaves it.
TensorId project(Builder& builder, const Layer& layer, std::string_view role, TensorId input,
                 const Projection& how);

}  // namespace memwall::workload
