#include "roofline/forward.hpp"

#include <algorithm>

namespace memwall::roofline {
namespace {

using workload::Matmul;
using workload::Operator;
using workload::OperatorKind;
using workload::TensorId;
using workload::Trace;

bool joins_producer(OperatorKind kind) {
  return kind == OperatorKind::activation || kind == OperatorKind::dropout ||
         kind == OperatorKind::elementwise;
}

/// A reordered or selected copy reads no more elements than it writes: `select: last` reads one position.
void limit_copy(Kernel& kernel) {
  if (kernel.kind != OperatorKind::copy || kernel.reads.size() != 1 || kernel.writes.empty()) return;
  Access& source = kernel.reads.front();
  source.elements = std::min(source.elements, kernel.writes.front().elements);
}

/// The steps of a recurrence: its first product runs once for all steps, the others once a step.
double rounds_of(const Operator& op, const Matmul& product) {
  if (op.kind != OperatorKind::recurrent || op.matmuls.empty()) return 1;
  return product.groups / op.matmuls.front().groups;
}

std::vector<Product> products_of(const Trace& trace, const Operator& op, const plan::Recipe& recipe) {
  std::vector<Product> products;
  const auto bytes = [&](TensorId id) { return plan::element_bytes(trace.tensor(id).type, recipe); };
  const bool on_chip = op.kind == OperatorKind::attention || op.kind == OperatorKind::scan;
  for (const Matmul& matmul : op.matmuls) {
    Product product;
    product.matmul = matmul;
    product.rounds = rounds_of(op, matmul);
    if (!on_chip && !op.reads.empty() && !op.writes.empty()) {
      product.left = spread(trace, op) * bytes(op.reads.front());
      product.right = op.kind == OperatorKind::matmul ? bytes(op.reads.back()) : recipe.weight;
      product.result = bytes(op.writes.front());
    }
    products.push_back(product);
  }
  return products;
}

/// A query reads its row and writes its output's; a key is read with its value: k1 features of the scores'
/// product and n2 of the context's on either side.
std::optional<AttentionStream> stream_of(const Operator& op, const plan::Recipe& recipe) {
  if (op.kind != OperatorKind::attention || op.matmuls.size() != 2) return std::nullopt;
  const Matmul& scores = op.matmuls.front();
  const Bytes line = (scores.k + op.matmuls.back().n) * recipe.activation;
  return AttentionStream{scores.groups, scores.m, scores.n, scores.executed, line, line};
}

Kernel forward_kernel(const Trace& trace, int index, const plan::Recipe& recipe) {
  const Operator& op = trace.operators[static_cast<std::size_t>(index)];
  Kernel kernel = kernel_of(trace, index, Pass::forward, op.name);
  kernel.products = products_of(trace, op, recipe);
  kernel.attention = stream_of(op, recipe);
  kernel.elements = element_work(trace, op, op.vector.forward);
  for (const TensorId id : distinct(op.reads)) kernel.reads.push_back(tensor_access(trace, id, recipe));
  for (const TensorId id : distinct(op.writes)) kernel.writes.push_back(tensor_access(trace, id, recipe));
  limit_copy(kernel);
  for (Access& access : weight_accesses(trace, op, recipe)) kernel.reads.push_back(std::move(access));
  return kernel;
}

}  // namespace

std::vector<Draft> forward_drafts(const Trace& trace, const plan::Recipe& recipe) {
  std::vector<Draft> drafts;
  for (std::size_t i = 0; i < trace.operators.size(); ++i) {
    const OperatorKind kind = trace.operators[i].kind;
    // Between devices a border communicates; on one there is nothing to do.
    if (workload::is_border(kind)) continue;
    Kernel kernel = forward_kernel(trace, static_cast<int>(i), recipe);
    if (has_work(kernel)) drafts.push_back({std::move(kernel), joins_producer(kind)});
  }
  return drafts;
}

}  // namespace memwall::roofline
