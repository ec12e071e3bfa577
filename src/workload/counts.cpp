#include "memwall/workload/counts.hpp"

namespace memwall::workload {
namespace {

double elements_of_work(const Trace& trace, const Operator& op) {
  return op.vector.over == none ? 0 : trace.tensor(op.vector.over).shape.elements();
}

}  // namespace

Flops model_flops(const Operator& op) {
  Flops sum;
  for (const Matmul& product : op.matmuls) sum += Flops(product.flops());
  return sum;
}

Flops executed_flops(const Operator& op) {
  Flops sum;
  for (const Matmul& product : op.matmuls) sum += Flops(product.flops() * product.executed);
  return sum;
}

Flops vector_forward(const Trace& trace, const Operator& op) {
  return Flops(op.vector.forward * elements_of_work(trace, op));
}

Flops vector_backward(const Trace& trace, const Operator& op) {
  return Flops(op.vector.backward * elements_of_work(trace, op));
}

Counts count(const Trace& trace) {
  Counts counts;
  for (const Weight& weight : trace.weights) counts.parameters += weight.elements() * trace.count_of(weight);
  for (const Operator& op : trace.operators) {
    const double times = trace.count_of(op);
    (op.head ? counts.head_flops : counts.forward_flops) += times * model_flops(op);
    counts.vector_flops += times * vector_forward(trace, op);
    if (!op.head) counts.features += times * op.features / trace.batch;
  }
  return counts;
}

std::vector<double> parameters_by_operator(const Trace& trace) {
  std::vector<double> parameters(trace.operators.size(), 0);
  std::vector<bool> counted(trace.weights.size(), false);
  for (std::size_t i = 0; i < trace.operators.size(); ++i) {
    for (const WeightId id : trace.operators[i].weights) {
      if (counted[static_cast<std::size_t>(id)]) continue;
      counted[static_cast<std::size_t>(id)] = true;
      parameters[i] += trace.weight(id).elements() * trace.count_of(trace.weight(id));
    }
  }
  return parameters;
}

}  // namespace memwall::workload
