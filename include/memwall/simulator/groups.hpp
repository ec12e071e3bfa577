#pragma once

#include <algorithm>

#include "memwall/parallel/group.hpp"
#include "memwall/plan/plan.hpp"
#include "memwall/simulator/communication.hpp"

/// Which devices form each group of a plan. Devices are numbered with tensor parallelism fastest, then
/// context, then data (expert groups inside it), then pipeline stages: who exchanges most sits nearest
/// (Narayanan et al. 2021, section 3).
namespace memwall::simulator {

[[nodiscard]] inline parallel::Group group_of(Exchange exchange, const plan::Plan& plan) {
  switch (exchange) {
    case Exchange::tensor:
      return {plan.tensor, 1};
    case Exchange::context:
      return {plan.context, plan.tensor};
    case Exchange::expert:
      return {plan.expert, plan.tensor * plan.context};
  }
  return {};
}

/// Devices that hold the same weights and see other samples or other parts of the sequence.
[[nodiscard]] inline parallel::Group replica_group(const plan::Plan& plan) {
  return {plan.data * plan.context, plan.tensor};
}

/// Those of them that hold the same experts.
[[nodiscard]] inline parallel::Group expert_replica_group(const plan::Plan& plan) {
  return {plan.data / plan.expert * plan.context, plan.tensor * plan.expert,
          plan.data * plan.tensor * plan.context};
}

/// Devices that ZeRO divides one copy of the states over, and those that hold the same part of it. `experts`:
/// of the weights that expert parallelism has divided already.
[[nodiscard]] inline parallel::Group zero_group(const plan::Plan& plan, bool experts) {
  if (!experts) return {plan.zero_ways(), plan.tensor};
  return {plan.zero_expert_ways(), plan.tensor * plan.expert, plan.replicas() * plan.tensor};
}
[[nodiscard]] inline parallel::Group zero_copies(const plan::Plan& plan, bool experts) {
  const std::int64_t ways = experts ? std::max(plan.zero_ways(), plan.expert) : plan.zero_ways();
  return {plan.replicas() / ways, plan.tensor * ways};
}

/// How far apart a stage and the next are.
[[nodiscard]] inline std::int64_t stage_stride(const plan::Plan& plan) {
  return plan.data * plan.tensor * plan.context;
}

}  // namespace memwall::simulator
