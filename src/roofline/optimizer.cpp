#include "memwall/plan/tables.hpp"
#include "memwall/roofline/kernel.hpp"

namespace memwall::roofline {
namespace {

/// What an update touches: elements of weights, rows of sparse tables among them, and of each state.
struct Touched {
  double elements = 0;
  double rows = 0;
  std::vector<double> states;
};

Touched touched(const workload::Trace& trace, const plan::Optimizer& optimizer, const Update& update) {
  Touched sum;
  sum.states.resize(optimizer.states.size(), 0);
  for (const workload::Weight& weight : trace.weights) {
    if (weight.sparse) continue;
    const double times = (weight.routed ? update.routed_share : update.share) * trace.count_of(weight);
    sum.elements += times * weight.elements();
    for (std::size_t i = 0; i < sum.states.size(); ++i)
      sum.states[i] += times * state_elements(weight, optimizer.states[i]);
  }
  for (const plan::SparseTable& table : plan::sparse_tables(trace)) {
    const double micro_batches = table.routed ? update.routed_micro_batches : update.micro_batches;
    const double elements =
        (table.routed ? update.routed_share : update.share) * table.touched(micro_batches);
    const double rows = elements / table.width;
    sum.elements += elements;
    sum.rows += rows;
    for (std::size_t i = 0; i < sum.states.size(); ++i) {
      const plan::OptimizerState& state = optimizer.states[i];
      sum.states[i] += state.row_wise ? rows : state.factored ? rows + table.count * table.width : elements;
    }
  }
  return sum;
}

}  // namespace

double state_elements(const workload::Weight& weight, const plan::OptimizerState& state) {
  if (state.row_wise && weight.sparse) return weight.experts * weight.divided;
  const bool matrix = weight.divided > 1 && weight.rest > 1;
  if (!state.factored || !matrix) return weight.elements();
  return weight.experts * (weight.divided + weight.rest);
}

Kernel optimizer_kernel(const workload::Trace& trace, const plan::Recipe& recipe,
                        const plan::Optimizer& optimizer, const Update& update) {
  Kernel kernel;
  kernel.name = "optimizer";
  kernel.layer = kernel.name;
  kernel.pass = Pass::optimizer;
  const Touched all = touched(trace, optimizer, update);
  const double updated = all.elements;
  const auto access = [](const char* name, Content content, double elements, Bytes element) {
    return Access{name, content, elements, element, workload::none};
  };
  kernel.reads.push_back(access("gradients", Content::weight_gradient, updated, recipe.gradient));
  if (all.rows > 0)
    kernel.reads.push_back(access("rows with gradients", Content::index, all.rows, plan::row_number));
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
  for (std::size_t i = 0; i < all.states.size(); ++i) {
    const plan::OptimizerState& state = optimizer.states[i];
    const Access remembered{state.name, Content::optimizer_state, all.states[i], state.bytes, workload::none};
    kernel.reads.push_back(remembered);
    kernel.writes.push_back(remembered);
  }
  if (optimizer.flops_per_parameter > 0) {
    kernel.elements.push_back({"parameters", optimizer.flops_per_parameter, updated});
  }
  return kernel;
}

}  // namespace memwall::roofline
