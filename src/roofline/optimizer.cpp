#include "memwall/roofline/kernel.hpp"

namespace memwall::roofline {
namespace {

double parameters(const workload::Trace& trace) {
  double sum = 0;
  for (const workload::Weight& weight : trace.weights) sum += weight.elements() * trace.count_of(weight);
  return sum;
}

double all_state_elements(const workload::Trace& trace, const plan::OptimizerState& state) {
  double sum = 0;
  for (const workload::Weight& weight : trace.weights) {
    sum += state_elements(weight, state) * trace.count_of(weight);
  }
  return sum;
}

}  // namespace

double state_elements(const workload::Weight& weight, const plan::OptimizerState& state) {
  const bool matrix = weight.divided > 1 && weight.rest > 1;
  if (!state.factored || !matrix) return weight.elements();
  return weight.experts * (weight.divided + weight.rest);
}

Kernel optimizer_kernel(const workload::Trace& trace, const plan::Recipe& recipe,
                        const plan::Optimizer& optimizer, double share) {
  Kernel kernel;
  kernel.name = "optimizer";
  kernel.layer = kernel.name;
  kernel.pass = Pass::optimizer;
  const double updated = share * parameters(trace);
  const auto access = [](const char* name, Content content, double elements, Bytes element) {
    return Access{name, content, elements, element, workload::none};
  };
  kernel.reads.push_back(access("gradients", Content::weight_gradient, updated, recipe.gradient));
  // The update starts from the widest copy of the weights; a narrower one is only written.
  const Access weights = access("weights", Content::weight, updated, recipe.weight);
  if (recipe.master > Bytes(0)) {
    const Access master = access("master weights", Content::master, updated, recipe.master);
    kernel.reads.push_back(master);
    kernel.writes.push_back(master);
  } else {
    kernel.reads.push_back(weights);
  }
  kernel.writes.push_back(weights);
  for (const plan::OptimizerState& state : optimizer.states) {
    const Access remembered{state.name, Content::optimizer_state, share * all_state_elements(trace, state),
                            state.bytes, workload::none};
    kernel.reads.push_back(remembered);
    kernel.writes.push_back(remembered);
  }
  if (optimizer.flops_per_parameter > 0) {
    kernel.elements.push_back({"parameters", optimizer.flops_per_parameter, updated});
  }
  return kernel;
}

}  // namespace memwall::roofline
