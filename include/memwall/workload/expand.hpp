#pragma once

#include "memwall/workload/trace.hpp"

/// Writing folded blocks out, as far as a walk needs it.
namespace memwall::workload {

/// A trace without repeats. Of a repeat of n iterations the first, one steady and the last stand in it; the
/// steady one stands for n - 2. Tensors and operators of an iteration are its own; tensors that no operator,
/// input or output speaks of are left out.
struct Expanded {
  Trace trace;                 ///< its repeats are empty
  std::vector<double> copies;  ///< of each tensor: how many iterations it stands for
  std::vector<int> iteration;  ///< of each operator: numbers that tell iterations apart; none outside repeats
};

[[nodiscard]] Expanded expand(const Trace& trace);

}  // namespace memwall::workload
