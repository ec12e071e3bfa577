#pragma once

#include <string>
#include <vector>

#include "memwall/config/node.hpp"
#include "memwall/hardware/format.hpp"
#include "memwall/units/quantity.hpp"
#include "memwall/workload/trace.hpp"

/// Number formats of a training or inference run, and what an optimizer remembers: data, down to the byte.
namespace memwall::plan {

/// A file of recipes/. Bytes are per element.
struct Recipe {
  std::string id;
  std::string name;
  std::string source;
  std::vector<hardware::Format> matrix;  ///< formats of matrix products, the preferred one first
  std::vector<hardware::Format> vector;  ///< formats of element-wise work
  Bytes activation;
  Bytes weight;
  Bytes gradient;
  Bytes master{0};           ///< a second, wider copy of the weights for the optimizer; 0: none
  Bytes gradient_bucket{0};  ///< more for each parameter where data parallelism sums whole gradients (ZeRO 0)

  // What the framework that runs it holds beside tensors; nothing where a file says nothing.
  Bytes gathered_whole{0};  ///< for each parameter, and
  Bytes gathered_share{0};  ///< for each of the device's own share, while ZeRO 1 or 2 gathers updated weights
  double sequence_buffers =
      0;               ///< whole-sequence buffers that stand where sequence parallelism gathers into them
  Bytes loss_copy{0};  ///< for each element of the logits, while the loss is computed from a wider copy
  Bytes library_workspace{0};  ///< what libraries of products keep on each device
  /// Bytes that the allocator holds and cannot use for each byte of activations.
  double allocator_overhead = 0;
};

/// One thing an optimizer remembers: `bytes` for each parameter, or, factored, for each row and column of a
/// matrix, or, row-wise, for each row of a table whose gradient is sparse.
struct OptimizerState {
  std::string name;
  Bytes bytes;
  bool factored = false;
  bool row_wise = false;
};

/// A file of optimizers/.
struct Optimizer {
  std::string id;
  std::string name;
  std::string source;
  std::vector<OptimizerState> states;
  double flops_per_parameter = 0;  ///< on the vector unit, for one update
};

/// Bytes of one element of a tensor under a recipe.
[[nodiscard]] Bytes element_bytes(workload::ElementType type, const Recipe& recipe);

/// Bytes of a whole tensor.
[[nodiscard]] Bytes tensor_bytes(const workload::Tensor& tensor, const Recipe& recipe);

/// Reads a recipe's or an optimizer's tree. Both throw BadInput with every mistake.
[[nodiscard]] Recipe read_recipe(const config::Node& root);
[[nodiscard]] Optimizer read_optimizer(const config::Node& root);

}  // namespace memwall::plan
