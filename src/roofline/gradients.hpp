#pragma once

#include <vector>

#include "roofline/access.hpp"

/// Where gradients are added up as the backward pass goes from the last operator to the first.
namespace memwall::roofline {

class Gradients {
 public:
  explicit Gradients(const workload::Trace& trace);

  /// The tensor that `id`'s gradient belongs to: a view of the same size, or a name inside a tensor-parallel
  /// region, has the gradient of what it shows.
  [[nodiscard]] workload::TensorId home(workload::TensorId id) const;

  [[nodiscard]] Access access(workload::TensorId id, const plan::Recipe& recipe) const;

  /// Notes a contribution of `op` to the gradient of `id`; true where there is one already, to be added to.
  /// A tensor from outside that a repeated operator reads has one from the iteration before.
  bool contribute(const workload::Operator& op, workload::TensorId id);

  /// Notes what needs no kernel: contributions through tensor-parallel borders and from iteration to
  /// iteration.
  void pass_borders(int index);

 private:
  const workload::Trace& trace_;
  std::vector<int> producer_;      ///< of each tensor: the operator that writes it, or none
  std::vector<bool> contributed_;  ///< by home
};

}  // namespace memwall::roofline
