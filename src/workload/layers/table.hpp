#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "workload/builder.hpp"

/// Every kind of layer: what it may be told, and the function that lowers it. Adding a kind is one entry here
/// and one function beside it.
namespace memwall::workload {

/// Lowers one layer that reads `input` and returns its output.
using LowerLayer = TensorId (*)(Builder&, const Layer&, TensorId input);

struct LayerKind {
  std::string name;
  std::vector<std::string> options;  ///< besides those of every layer
  LowerLayer lower = nullptr;        ///< null: structure, lowered with its sub-layers (structure.cpp)
};

/// Options of every layer.
[[nodiscard]] const std::vector<std::string>& common_options();

[[nodiscard]] const std::vector<LayerKind>& layer_kinds();
[[nodiscard]] const LayerKind* find_kind(std::string_view name);

/// The kind of a written layer: the scalar, or the map's first key that is a kind. Null where there is none.
[[nodiscard]] const LayerKind* kind_of(const config::Node& layer);

// One function a kind, in the file its comment names.
// dense.cpp
TensorId lower_linear(Builder&, const Layer&, TensorId);
TensorId lower_embedding(Builder&, const Layer&, TensorId);
TensorId lower_embedding_bag(Builder&, const Layer&, TensorId);
TensorId lower_positions(Builder&, const Layer&, TensorId);
TensorId lower_class_tokens(Builder&, const Layer&, TensorId);
TensorId lower_parameters(Builder&, const Layer&, TensorId);
TensorId lower_scale(Builder&, const Layer&, TensorId);
// convolution.cpp
TensorId lower_conv(Builder&, const Layer&, TensorId);
TensorId lower_max_pool(Builder&, const Layer&, TensorId);
TensorId lower_avg_pool(Builder&, const Layer&, TensorId);
TensorId lower_global_pool(Builder&, const Layer&, TensorId);
TensorId lower_upsample(Builder&, const Layer&, TensorId);
// normalization.cpp
TensorId lower_norm(Builder&, const Layer&, TensorId);
TensorId lower_local_response_norm(Builder&, const Layer&, TensorId);
// activation.cpp
TensorId lower_activation(Builder&, const Layer&, TensorId);
TensorId lower_glu(Builder&, const Layer&, TensorId);
TensorId lower_softmax(Builder&, const Layer&, TensorId);
TensorId lower_dropout(Builder&, const Layer&, TensorId);
TensorId lower_cross_entropy(Builder&, const Layer&, TensorId);
// attention.cpp
TensorId lower_attention(Builder&, const Layer&, TensorId);
// recurrent.cpp
TensorId lower_recurrent(Builder&, const Layer&, TensorId);
TensorId lower_state_space(Builder&, const Layer&, TensorId);
// selective_scan.cpp
TensorId lower_selective_scan(Builder&, const Layer&, TensorId);
// reshape.cpp
TensorId lower_flatten(Builder&, const Layer&, TensorId);
TensorId lower_to_sequence(Builder&, const Layer&, TensorId);
TensorId lower_to_image(Builder&, const Layer&, TensorId);
TensorId lower_space_to_depth(Builder&, const Layer&, TensorId);
TensorId lower_select(Builder&, const Layer&, TensorId);
TensorId lower_slice(Builder&, const Layer&, TensorId);
TensorId lower_triangle(Builder&, const Layer&, TensorId);
TensorId lower_stack(Builder&, const Layer&, TensorId);

}  // namespace memwall::workload
