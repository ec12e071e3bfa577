#include "memwall/simulator/chunk_time.hpp"

#include <algorithm>

#include "memwall/roofline/price.hpp"
#include "memwall/simulator/communication.hpp"
#include "memwall/simulator/groups.hpp"
#include "memwall/workload/counts.hpp"

namespace memwall::simulator {
namespace {

using roofline::Kernel;
using roofline::Pass;

bool recomputed(const Kernel& kernel, const workload::Trace& chunk, plan::Recompute recompute) {
  return std::any_of(kernel.operators.begin(), kernel.operators.end(), [&](int i) {
    return footprint::recomputed(chunk.operators[static_cast<std::size_t>(i)], recompute);
  });
}

void add_forward(const workload::Trace& chunk, const plan::Plan& plan, const Pricer& pricer,
                 ChunkTime& time) {
  for (const Kernel& kernel : roofline::kernels(chunk, Pass::forward, *pricer.recipe, pricer.fusion)) {
    const roofline::Cost cost = roofline::price_ideal(*pricer.machine, kernel);
    const Seconds once = kernel.count * cost.time;
    const bool again = recomputed(kernel, chunk, plan.recompute);
    time.forward += once;
    if (again) time.recompute += once;
    if (cost.bound != workload::none)
      time.by_resource[static_cast<std::size_t>(cost.bound)] += (again ? 2 : 1) * once;
  }
}

void add_backward(const workload::Trace& chunk, const Pricer& pricer, ChunkTime& time) {
  for (const Kernel& kernel : roofline::kernels(chunk, Pass::backward, *pricer.recipe, pricer.fusion)) {
    const roofline::Cost cost = roofline::price_ideal(*pricer.machine, kernel);
    const Seconds total = kernel.count * cost.time;
    (kernel.name.ends_with(".weight_gradient") ? time.weight_gradient : time.input_gradient) += total;
    if (cost.bound != workload::none) time.by_resource[static_cast<std::size_t>(cost.bound)] += total;
  }
}

void add_communication(const workload::Trace& chunk, const plan::Plan& plan, const Pricer& pricer,
                       ChunkTime& time) {
  for (const Communication& c : communications(chunk, plan, *pricer.recipe)) {
    const Seconds once =
        parallel::cost(c.collective, c.bytes, group_of(c.exchange, plan), pricer.system->tiers).time;
    const Seconds taken = (c.forward + c.backward) * once;
    time.forward_comm += c.forward * once;
    switch (c.exchange) {
      case Exchange::tensor:
        time.tensor_comm += taken;
        break;
      case Exchange::expert:
        time.expert_comm += taken;
        break;
      case Exchange::context:
        time.context_comm += taken;
        break;
    }
  }
}

}  // namespace

ChunkTime chunk_time(const workload::Trace& chunk, const plan::Plan& plan, const Pricer& pricer) {
  ChunkTime time;
  time.by_resource.resize(pricer.machine->resources.size(), Seconds(0));
  add_forward(chunk, plan, pricer, time);
  add_backward(chunk, pricer, time);
  add_communication(chunk, plan, pricer, time);
  for (const workload::TensorId id : chunk.outputs) {
    time.handed_on += plan::tensor_bytes(chunk.tensor(id), *pricer.recipe);
  }
  for (const workload::Operator& op : chunk.operators) {
    if (footprint::recomputed(op, plan.recompute))
      time.recomputed += chunk.count_of(op) * workload::model_flops(op);
  }
  return time;
}

std::vector<double> unit_seconds(const workload::Trace& trace, const std::vector<plan::UnitRun>& runs,
                                 const Pricer& pricer) {
  std::vector<double> by_operator(trace.operators.size(), 0);
  for (const Pass pass : {Pass::forward, Pass::backward}) {
    for (const Kernel& kernel : roofline::kernels(trace, pass, *pricer.recipe, pricer.fusion)) {
      by_operator[static_cast<std::size_t>(kernel.operators.front())] +=
          roofline::price_ideal(*pricer.machine, kernel).time.value();
    }
  }
  std::vector<double> seconds;
  for (const plan::UnitRun& run : runs) {
    double sum = 0;
    for (int i = run.first; i < run.last; ++i) sum += by_operator[static_cast<std::size_t>(i)];
    seconds.push_back(sum);
  }
  return seconds;
}

}  // namespace memwall::simulator
