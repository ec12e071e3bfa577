#pragma once

#include <vector>

#include "memwall/roofline/kernel.hpp"

/// What the forward and the backward pass say of an operator's tensors and weights in the same way.
namespace memwall::roofline {

/// A kernel before fusion.
struct Draft {
  Kernel kernel;
  bool joins_producer = false;  ///< element-wise work that may run inside the kernel that makes its input
};

/// A kernel of operator `index`, with nothing in it yet.
[[nodiscard]] Kernel kernel_of(const workload::Trace& trace, int index, Pass pass, std::string name);

/// Each tensor once, in order of first mention.
[[nodiscard]] std::vector<workload::TensorId> distinct(const std::vector<workload::TensorId>& ids);

[[nodiscard]] Access tensor_access(const workload::Trace& trace, workload::TensorId id,
                                   const plan::Recipe& recipe);

/// The part of its weights' elements that one execution of the operator touches: gathers their rows, experts
/// those with work.
[[nodiscard]] double weight_part(const workload::Trace& trace, const workload::Operator& op);

/// The operator's weights as read by one execution; those of no element left out.
[[nodiscard]] std::vector<Access> weight_accesses(const workload::Trace& trace, const workload::Operator& op,
                                                  const plan::Recipe& recipe);

/// The operator's element-wise work, `each` FLOPs an element; nothing where that is 0.
[[nodiscard]] std::vector<ElementWork> element_work(const workload::Trace& trace,
                                                    const workload::Operator& op, double each);

/// Elements of a convolution's input for each element of its product's left operand: neighbouring windows
/// overlap. 1 for every other operator.
[[nodiscard]] double spread(const workload::Trace& trace, const workload::Operator& op);

/// Whether the kernel does anything at all.
[[nodiscard]] bool has_work(const Kernel& kernel);

}  // namespace memwall::roofline
