#pragma once

#include <vector>

#include "memwall/units/quantity.hpp"
#include "memwall/workload/trace.hpp"

/// What a model is counted by: parameters, features, and FLOPs whatever a kernel leaves out of them.
namespace memwall::workload {

/// Sums over a trace, every iteration of a repeat counted.
struct Counts {
  double parameters = 0;
  double features = 0;  ///< elements put out by convolutions, linear layers and attention products, a sample
  Flops forward_flops;  ///< products and convolutions of the whole batch without heads; full s x s attention
  Flops head_flops;     ///< the same of vocabulary and pre-training heads
  Flops vector_flops;   ///< element-wise work of the forward pass, heads included
};

[[nodiscard]] Counts count(const Trace& trace);

/// Products of one execution of an operator as the model counts them: nothing masked is left out.
[[nodiscard]] Flops model_flops(const Operator& op);

/// Products of one execution as its kernel runs them: `Matmul::executed` of each.
[[nodiscard]] Flops executed_flops(const Operator& op);

/// Element-wise FLOPs of one execution, forward or backward.
[[nodiscard]] Flops vector_forward(const Trace& trace, const Operator& op);
[[nodiscard]] Flops vector_backward(const Trace& trace, const Operator& op);

/// Parameters by operator, all iterations of a repeat counted: a weight counts at its first user alone, so
/// that they add up to `Counts::parameters`.
[[nodiscard]] std::vector<double> parameters_by_operator(const Trace& trace);

}  // namespace memwall::workload
