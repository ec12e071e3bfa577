#pragma once

#include <optional>

#include "workload/builder.hpp"

/// Lists, residuals, branches, blocks and repeats: what gives layers their order and their names.
namespace memwall::workload {

/// Walks the layers of a workload and lowers each through the table of kinds.
class Structure {
 public:
  Structure(const Workload& workload, Builder& builder, const config::Scope& dimensions)
      : workload_(workload), builder_(builder), dimensions_(dimensions) {}

  /// Lowers a sequence of layers, each reading what the one before put out; returns the last output.
  TensorId list(const config::Node& layers, const config::Scope& scope, TensorId input);

 private:
  TensorId one(const config::Node& node, const config::Scope& scope, TensorId input);
  TensorId dispatch(const Layer& layer, TensorId input);

  TensorId residual(const Layer& layer, TensorId input);
  TensorId parallel(const Layer& layer, TensorId input);
  TensorId side(const Layer& layer, TensorId input);
  TensorId block(const Layer& layer, const config::Node& name, TensorId input, const config::Scope& inner);
  TensorId repeat(const Layer& layer, TensorId input);
  TensorId experts(const Layer& layer, TensorId input);
  TensorId named_join(const Layer& layer);

  /// The body of a repeat: its layers, or its block with arguments.
  TensorId body(const Layer& layer, TensorId input, const config::Scope& scope);
  /// Lowers the body once for each iteration.
  TensorId write_out(const Layer& layer, TensorId input, std::int64_t count);
  /// Lowers the body once for all iterations; nothing where its shape changes, so that it must be written
  /// out.
  std::optional<TensorId> fold(const Layer& layer, TensorId input, double count);

  TensorId join(const Layer& layer, std::string_view how, AxisKind concat_axis,
                const std::vector<TensorId>& inputs);
  TensorId concat(const Layer& layer, AxisKind axis, const std::vector<TensorId>& inputs);
  TensorId combine(const Layer& layer, bool multiply, const std::vector<TensorId>& inputs);
  TensorId product(const Layer& layer, bool transpose, TensorId first, TensorId second);
  /// Counts the layers lowered so far and how deep they stand in one another; refuses what has no end.
  class Step;
  TensorId find_named(const Layer& layer, const config::Node& name) const;

  const Workload& workload_;
  Builder& builder_;
  const config::Scope& dimensions_;
  std::size_t steps_ = 0;
  int depth_ = 0;
};

}  // namespace memwall::workload
