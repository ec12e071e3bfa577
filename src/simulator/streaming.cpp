#include "simulator/streaming.hpp"

#include <algorithm>

#include "memwall/roofline/kernel.hpp"

namespace memwall::simulator {
namespace {

using plan::Plan;
using roofline::Content;

/// Elements of a stage, all of them or what a device has where ZeRO divides them.
double elements_of(double shared, double expert, const Plan& plan, bool divided) {
  if (!divided) return shared + expert;
  return shared / static_cast<double>(plan.zero_ways()) +
         expert / static_cast<double>(plan.zero_expert_ways());
}

/// Elements that one micro-batch looks up in tables with sparse gradients.
double looked_up(const footprint::StageParameters& parameters) {
  double sum = 0;
  for (const plan::SparseTable& table : parameters.tables) sum += table.touched(1);
  return sum;
}

bool is_outside(Content content, const plan::Offload& offload) {
  switch (content) {
    case Content::weight:
    case Content::weight_gradient:
      return offload.weights;
    case Content::master:
    case Content::optimizer_state:
      return offload.optimizer;
    default:
      return false;
  }
}

Bytes outside_of(const std::vector<roofline::Access>& accesses, const plan::Offload& offload) {
  Bytes sum{0};
  for (const roofline::Access& access : accesses) {
    if (is_outside(access.content, offload)) sum += access.bytes();
  }
  return sum;
}

}  // namespace

Seconds time_of(const Traffic& traffic, const hardware::OuterRoom& way) {
  return std::max(traffic.in / way.in, traffic.out / way.out);
}

ChunkTraffic chunk_traffic(const footprint::Chunk& chunk, const Plan& plan, const plan::Recipe& recipe) {
  ChunkTraffic traffic;
  if (plan.offload.activations) traffic.kept = chunk.life.kept;
  if (!plan.offload.weights) return traffic;
  const footprint::StageParameters& p = chunk.parameters;
  const double dense_shared = p.shared - p.sparse_shared;
  const double dense_expert = p.expert - p.sparse_expert;
  const Bytes gradients = elements_of(dense_shared, dense_expert, plan, plan.zero >= 2) * recipe.gradient;
  if (plan.zero >= 3) {
    traffic.forward.in = elements_of(p.shared, p.expert, plan, true) * recipe.weight;
    traffic.input_gradient.in = traffic.forward.in;
  } else {
    const double dense = dense_shared + dense_expert;
    traffic.forward.in = (dense + looked_up(p)) * recipe.weight;
    traffic.input_gradient.in = dense * recipe.weight;
  }
  const auto micro_batches = static_cast<double>(plan.micro_batches());
  traffic.weight_gradient = {(micro_batches - 1) / micro_batches * gradients, gradients};
  return traffic;
}

Traffic update_traffic(const footprint::Chunk& chunk, const Plan& plan, const plan::Recipe& recipe,
                       const plan::Optimizer& optimizer, const roofline::Update& part) {
  const auto kernel = [&](const roofline::Update& update) {
    return roofline::optimizer_kernel(chunk.trace, recipe, optimizer, update);
  };
  const roofline::Kernel own = kernel(part);
  Traffic traffic{outside_of(own.reads, plan.offload), outside_of(own.writes, plan.offload)};
  // ZeRO 1 and 2 gather what the others updated, and every device keeps all weights.
  if (plan.offload.weights && (plan.zero == 1 || plan.zero == 2)) {
    roofline::Update whole = part;
    whole.share = whole.routed_share = 1;
    const plan::Offload weights{.weights = true};
    traffic.out += outside_of(kernel(whole).writes, weights) - outside_of(own.writes, weights);
  }
  return traffic;
}

}  // namespace memwall::simulator
