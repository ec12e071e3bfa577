#include "memwall/footprint/offload.hpp"

#include <algorithm>

namespace memwall::footprint {
namespace {

constexpr double buffers_of_read = 2;
constexpr double buffers_of_changed = 3;

double all_elements(const StageParameters& parameters) { return parameters.shared + parameters.expert; }

/// Those with a gradient each.
double dense_elements(const StageParameters& parameters) {
  return all_elements(parameters) - parameters.sparse_shared - parameters.sparse_expert;
}

/// Which part of so many elements `buffers` blocks are: of a table with sparse gradients, what a micro-batch
/// looks up.
double part_of(double elements, const StageParameters& parameters, double buffers) {
  return elements > 0 ? std::min(1.0, buffers * parameters.largest_gradient / elements) : 0;
}

std::int64_t passes_in_flight(const plan::Plan& plan, std::int64_t stage) {
  std::int64_t passes = 0;
  for (std::int64_t chunk = 0; chunk < plan.interleave; ++chunk) passes += in_flight(plan, stage, chunk);
  return passes;
}

}  // namespace

std::int64_t passes_on_device(const plan::Plan& plan, std::int64_t stage) {
  return 3 + (plan.schedule == plan::Schedule::zero_bubble ? stage : 0);
}

bool copies_activations(const plan::Plan& plan, std::int64_t stage) {
  return plan.offload.activations && passes_in_flight(plan, stage) > passes_on_device(plan, stage);
}

Kept kept_bytes(const plan::Plan& plan, std::int64_t stage, const std::vector<Bytes>& by_chunk) {
  Kept kept;
  for (std::size_t chunk = 0; chunk < by_chunk.size(); ++chunk) {
    const std::int64_t passes = in_flight(plan, stage, static_cast<std::int64_t>(chunk));
    kept.on_device += static_cast<double>(passes) * by_chunk[chunk];
  }
  if (!copies_activations(plan, stage)) return kept;
  const auto [least, most] = std::minmax_element(by_chunk.begin(), by_chunk.end());
  const Bytes all = kept.on_device;
  kept.on_device = std::min(all, static_cast<double>(passes_on_device(plan, stage)) * *most);
  kept.outside = all - *least;  // all in flight but the one that is computed
  return kept;
}

void move_outside(const StageParameters& parameters, const plan::Plan& plan, const plan::Recipe& recipe,
                  Footprint& standing) {
  if (plan.offload.weights) {
    const Bytes sparse = sparse_gradients(parameters, plan, recipe);
    const Bytes bucket =
        plan.data > 1 && plan.zero == 0 ? dense_elements(parameters) * recipe.gradient_bucket : Bytes(0);
    const Bytes sums = standing.gradients - sparse;
    standing.offloaded += standing.weights + sums - bucket;
    // ZeRO 3 gathers a block's weights where its own share of them came in: those buffers are workspace.
    standing.weights *= plan.zero >= 3 ? 0 : part_of(all_elements(parameters), parameters, buffers_of_read);
    standing.gradients = sparse + part_of(dense_elements(parameters), parameters, buffers_of_changed) * sums;
  }
  if (plan.offload.optimizer) {
    standing.offloaded += standing.optimizer;
    standing.optimizer = Bytes(0);
  }
}

Bytes update_buffers(const StageParameters& parameters, const plan::Plan& plan, Bytes states) {
  return plan.offload.optimizer ? part_of(all_elements(parameters), parameters, buffers_of_changed) * states
                                : Bytes(0);
}

Bytes fullest_node(const std::vector<Bytes>& by_stage, std::int64_t stage_devices,
                   std::int64_t node_devices) {
  const std::int64_t devices = static_cast<std::int64_t>(by_stage.size()) * stage_devices;
  Bytes fullest{0};
  const auto try_node = [&](std::int64_t node) {
    const std::int64_t end = std::min(devices, (node + 1) * node_devices);
    Bytes sum{0};
    for (std::int64_t device = node * node_devices; device < end;) {
      const std::int64_t stage = device / stage_devices;
      const std::int64_t next = std::min(end, (stage + 1) * stage_devices);
      sum += static_cast<double>(next - device) * by_stage[static_cast<std::size_t>(stage)];
      device = next;
    }
    fullest = std::max(fullest, sum);
  };
  // Nodes inside one stage are equal: the one where the stage begins and the next one tell of all.
  for (std::int64_t begin = 0; begin < devices; begin += stage_devices) {
    const std::int64_t first = begin / node_devices;
    try_node(first);
    if ((first + 1) * node_devices < begin + stage_devices) try_node(first + 1);
  }
  return fullest;
}

}  // namespace memwall::footprint
