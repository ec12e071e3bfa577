#include "workload/layers/table.hpp"

#include <algorithm>

namespace memwall::workload {

const std::vector<std::string>& common_options() {
  static const std::vector<std::string> options = {"name", "from", "as", "weights", "when", "head", "shard"};
  return options;
}

const std::vector<LayerKind>& layer_kinds() {
  static const std::vector<LayerKind> kinds = {
      // Structure.
      {"residual", {"shortcut"}},
      {"parallel", {"join", "axis"}},
      {"sequential", {}},
      {"side", {}},
      {"repeat", {"layers", "block", "index", "shared_weights"}},
      {"block", {}},
      {"concat", {"axis"}},
      {"add", {}},
      {"mul", {}},
      {"matmul", {"transpose"}},
      {"experts", {"top_k", "layers", "capacity_factor", "router_bias", "router_parameters_extra"}},
      // With weights.
      {"conv", {"kernel", "stride", "padding", "dilation", "groups", "bias"}, lower_conv},
      {"linear", {"bias"}, lower_linear},
      {"embedding", {"width", "sparse_gradient"}, lower_embedding},
      {"embedding_bag", {"width", "lookups", "sparse_gradient"}, lower_embedding_bag},
      {"positions", {}, lower_positions},
      {"class_tokens", {}, lower_class_tokens},
      {"parameters", {}, lower_parameters},
      {"scale", {}, lower_scale},
      {"batch_norm", {"bias", "affine"}, lower_norm},
      {"layer_norm", {"bias", "affine"}, lower_norm},
      {"rms_norm", {"affine"}, lower_norm},
      {"group_norm", {"bias", "affine"}, lower_norm},
      {"attention",
       {"kv_heads", "head_size", "value_size", "mask", "window", "memory", "bias", "output_bias", "output",
        "rotary", "query_key_norm", "dropout", "latent", "extra_parameters"},
       lower_attention},
      {"lstm", {"layers", "bidirectional", "projection", "bias"}, lower_recurrent},
      {"gru", {"layers", "bidirectional", "projection", "bias"}, lower_recurrent},
      {"state_space", {"head_size", "state", "groups", "conv", "chunk", "bias"}, lower_state_space},
      {"selective_scan", {"rank"}, lower_selective_scan},
      // Without weights.
      {"relu", {"in_place"}, lower_activation},
      {"relu6", {"in_place"}, lower_activation},
      {"leaky_relu", {"in_place"}, lower_activation},
      {"gelu", {"in_place"}, lower_activation},
      {"silu", {"in_place"}, lower_activation},
      {"sigmoid", {"in_place"}, lower_activation},
      {"tanh", {"in_place"}, lower_activation},
      {"hardswish", {"in_place"}, lower_activation},
      {"softplus", {"in_place"}, lower_activation},
      {"glu", {}, lower_glu},
      {"softmax", {}, lower_softmax},
      {"dropout", {}, lower_dropout},
      {"cross_entropy", {}, lower_cross_entropy},
      {"max_pool", {"stride", "padding", "ceil"}, lower_max_pool},
      {"avg_pool", {"stride", "padding", "ceil"}, lower_avg_pool},
      {"global_pool", {}, lower_global_pool},
      {"local_response_norm", {}, lower_local_response_norm},
      {"upsample", {}, lower_upsample},
      {"flatten", {}, lower_flatten},
      {"to_sequence", {}, lower_to_sequence},
      {"to_image", {}, lower_to_image},
      {"space_to_depth", {}, lower_space_to_depth},
      {"select", {}, lower_select},
      {"slice", {"at"}, lower_slice},
      {"triangle", {}, lower_triangle},
      {"stack", {}, lower_stack},
  };
  return kinds;
}

const LayerKind* find_kind(std::string_view name) {
  const auto& kinds = layer_kinds();
  const auto found =
      std::find_if(kinds.begin(), kinds.end(), [name](const LayerKind& kind) { return kind.name == name; });
  return found == kinds.end() ? nullptr : &*found;
}

const LayerKind* kind_of(const config::Node& layer) {
  if (layer.is_scalar()) return find_kind(layer.text);
  for (const config::Entry& entry : layer.entries) {
    if (const LayerKind* kind = find_kind(entry.key); kind != nullptr) return kind;
  }
  return nullptr;
}

}  // namespace memwall::workload
