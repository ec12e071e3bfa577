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
  Bytes gradient_bucket{0};  ///< more for each parameter where gradients are summed over data parallelism
};

/// One thing an optimizer remembers: `bytes` for each parameter, or, factored, for each row and column of a
/// matrix.
struct OptimizerState {
  std::string name;
  Bytes bytes;
  bool factored = false;
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
