#include "memwall/simulator/chunk_time.hpp"

#include <algorithm>

#include "memwall/roofline/price.hpp"
#include "memwall/simulator/communication.hpp"
#include "memwall/simulator/hiding.hpp"
#include "memwall/workload/counts.hpp"

namespace memwall::simulator {
namespace {

using roofline::Kernel;
using roofline::Pass;

bool runs_again(const Kernel& kernel, const workload::Trace& chunk) {
  return std::any_of(kernel.operators.begin(), kernel.operators.end(), [&](int i) {
    return chunk.operators[static_cast<std::size_t>(i)].runs_again != workload::RunsAgain::no;
  });
}

/// Computation of each operator's kernels, all executions; kernels of several stand with their first.
using ByOperator = std::vector<Seconds>;

Seconds& place_of(const Kernel& kernel, ByOperator& times) {
  return times[static_cast<std::size_t>(kernel.operators.front())];
}

/// The forward pass into `forward`, what of it runs again into `backward`.
void add_forward(const workload::Trace& chunk, const Pricer& pricer, ChunkTime& time, ByOperator& forward,
                 ByOperator& backward) {
  for (const Kernel& kernel : roofline::kernels(chunk, Pass::forward, *pricer.recipe, pricer.fusion)) {
    const roofline::Cost cost = roofline::price_ideal(*pricer.machine, kernel);
    const Seconds once = kernel.count * cost.time;
    const bool again = runs_again(kernel, chunk);
    time.forward += once;
    place_of(kernel, forward) += once;
    if (again) {
      time.recompute += once;
      place_of(kernel, backward) += once;
    }
    if (cost.bound != workload::none)
      time.by_resource[static_cast<std::size_t>(cost.bound)] += (again ? 2 : 1) * once;
  }
}

void add_backward(const workload::Trace& chunk, const Pricer& pricer, ChunkTime& time, ByOperator& backward) {
  for (const Kernel& kernel : roofline::kernels(chunk, Pass::backward, *pricer.recipe, pricer.fusion)) {
    const roofline::Cost cost = roofline::price_ideal(*pricer.machine, kernel);
    const Seconds total = kernel.count * cost.time;
    (kernel.name.ends_with(".weight_gradient") ? time.weight_gradient : time.input_gradient) += total;
    place_of(kernel, backward) += total;
    if (cost.bound != workload::none) time.by_resource[static_cast<std::size_t>(cost.bound)] += total;
  }
}

}  // namespace

ChunkTime chunk_time(const workload::Trace& chunk, const plan::Plan& plan, const Pricer& pricer) {
  ChunkTime time;
  time.by_resource.resize(pricer.machine->resources.size(), Seconds(0));
  ByOperator forward(chunk.operators.size(), Seconds(0));
  ByOperator backward = forward;
  add_forward(chunk, pricer, time, forward, backward);
  add_backward(chunk, pricer, time, backward);

  const std::vector<Communication> exchanges = communications(chunk, plan, *pricer.recipe);
  const Exposed before = exposed_in(Half::forward, exchanges, forward, plan, *pricer.system);
  const Exposed after = exposed_in(Half::backward, exchanges, backward, plan, *pricer.system);
  time.tensor_comm = before.tensor + after.tensor;
  time.expert_comm = before.expert + after.expert;
  time.context_comm = before.context + after.context;
  time.forward_comm = before.total();
  time.hidden_forward = before.hidden;
  time.hidden_backward = after.hidden;

  for (const workload::TensorId id : chunk.handed_on) {
    time.handed_on += plan::tensor_bytes(chunk.tensor(id), *pricer.recipe);
  }
  for (const workload::Operator& op : chunk.operators) {
    if (op.runs_again != workload::RunsAgain::no)
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
