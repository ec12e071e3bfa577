#include "roofline/backward.hpp"

#include <algorithm>
#include <string_view>

#include "memwall/plan/tables.hpp"
#include "roofline/gradients.hpp"

namespace memwall::roofline {
namespace {

using workload::Matmul;
using workload::none;
using workload::Operator;
using workload::OperatorKind;
using workload::TensorId;
using workload::Trace;

/// The forward product [m,k] x [k,n] gives its left operand's gradient as [m,n] x [n,k] ...
Matmul left_gradient(const Matmul& p) { return {p.groups, p.m, p.k, p.n, p.executed}; }
/// ... and its right operand's as [k,m] x [m,n].
Matmul right_gradient(const Matmul& p) { return {p.groups, p.k, p.n, p.m, p.executed}; }

/// Addition passes the gradient of the sum on as it is: to a term of the same size it costs nothing.
bool adds(const Operator& op) {
  return op.kind == OperatorKind::elementwise && op.kept.empty() &&
         (op.vector.backward == 0 || !op.weights.empty());
}

/// Whether an operator's derivative needs the values of its weights.
bool needs_weights(const Operator& op) {
  return op.kind != OperatorKind::gather && op.kind != OperatorKind::copy && !adds(op);
}

class Backward {
 public:
  Backward(const Trace& trace, const plan::Recipe& recipe)
      : trace_(trace), recipe_(recipe), gradients_(trace) {}

  std::vector<Draft> run() {
    for (int i = static_cast<int>(trace_.operators.size()) - 1; i >= 0; --i) {
      step(i);
      gradients_.pass_borders(i);
    }
    return std::move(drafts_);
  }

 private:
  void step(int index) {
    const Operator& op = trace_.operators[static_cast<std::size_t>(index)];
    if (workload::is_border(op.kind)) return;
    if (op.writes.empty() || !trace_.tensor(op.writes.front()).needs_gradient) return;
    const bool dense = op.kind == OperatorKind::linear || op.kind == OperatorKind::convolution;
    if (dense && !op.matmuls.empty() && !op.weights.empty()) return weighted_product(index, op);
    if (op.kind == OperatorKind::matmul && op.reads.size() >= 2) return two_operands(index, op);
    if (adds(op)) return addition(index, op);
    general(index, op);
  }

  [[nodiscard]] bool needs_gradient(TensorId id) const { return trace_.tensor(id).needs_gradient; }

  [[nodiscard]] Bytes element(TensorId id) const {
    return plan::element_bytes(trace_.tensor(id).type, recipe_);
  }

  Kernel begin(int index, const Operator& op, std::string_view suffix) const {
    return kernel_of(trace_, index, Pass::backward, op.name + std::string(suffix));
  }

  void read_output_gradient(Kernel& kernel, const Operator& op) const {
    kernel.reads.push_back(gradients_.access(op.writes.front(), recipe_));
  }

  void read(Kernel& kernel, TensorId id) const { kernel.reads.push_back(tensor_access(trace_, id, recipe_)); }

  /// Writes the gradient of `input`; a second contribution reads what is there and adds to it.
  void write_gradient(Kernel& kernel, const Operator& op, TensorId input) {
    const Access access = gradients_.access(input, recipe_);
    if (gradients_.contribute(op, input)) {
      kernel.reads.push_back(access);
      kernel.elements.push_back({access.name, 1, access.elements});
    }
    kernel.writes.push_back(access);
  }

  /// Adds to the gradients of the operator's weights, which add up over micro-batches. A sparse one is made
  /// anew: the rows that were looked up, and which these are.
  void add_weight_gradients(Kernel& kernel, const Operator& op) const {
    if (op.kind == OperatorKind::gather && trace_.weight(op.weights.front()).sparse) {
      for (Access& access : sparse_gradient(op)) kernel.writes.push_back(std::move(access));
      return;
    }
    for (Access access : weight_accesses(trace_, op, recipe_)) {
      access.content = Content::weight_gradient;
      access.element = recipe_.gradient;
      kernel.reads.push_back(access);
      kernel.writes.push_back(access);
    }
  }

  [[nodiscard]] std::vector<Access> sparse_gradient(const Operator& op) const {
    const workload::Weight& weight = trace_.weight(op.weights.front());
    const double rows = touched_rows(op.tables);
    return {{weight.name, Content::weight_gradient, rows * weight.rest, recipe_.gradient, none},
            {weight.name + " rows", Content::index, rows, plan::row_number, none}};
  }

  void finish(Kernel kernel, bool joins_producer = false) {
    if (has_work(kernel)) drafts_.push_back({std::move(kernel), joins_producer});
  }

  /// A linear layer or a convolution: one kernel for the input's gradient, one for the weights'.
  void weighted_product(int index, const Operator& op) {
    const Bytes input = spread(trace_, op) * element(op.reads.front());
    const Bytes output = element(op.writes.front());
    if (needs_gradient(op.reads.front())) {
      Kernel kernel = begin(index, op, ".input_gradient");
      for (const Matmul& p : op.matmuls) {
        kernel.products.push_back({left_gradient(p), output, recipe_.weight, input});
      }
      read_output_gradient(kernel, op);
      // The first weight is the matrix; a bias has no part in the input's gradient.
      std::vector<Access> weights = weight_accesses(trace_, op, recipe_);
      if (!weights.empty()) kernel.reads.push_back(std::move(weights.front()));
      write_gradient(kernel, op, op.reads.front());
      finish(std::move(kernel));
    }
    Kernel kernel = begin(index, op, ".weight_gradient");
    for (const Matmul& p : op.matmuls) {
      kernel.products.push_back({right_gradient(p), input, output, recipe_.gradient});
    }
    kernel.elements = element_work(trace_, op, op.vector.backward);
    read_output_gradient(kernel, op);
    for (const TensorId id : distinct(op.reads)) read(kernel, id);
    add_weight_gradients(kernel, op);
    finish(std::move(kernel));
  }

  /// A product of two activations: each operand's gradient is a product with the other one.
  void two_operands(int index, const Operator& op) {
    const TensorId first = op.reads.front();
    const std::vector<TensorId> others =
        distinct(std::vector<TensorId>(op.reads.begin() + 1, op.reads.end()));
    const Bytes left = element(first);
    const Bytes right = element(op.reads.back());
    const Bytes result = element(op.writes.front());
    if (needs_gradient(first) || !op.weights.empty()) {
      Kernel kernel = begin(index, op, ".first_gradient");
      for (const Matmul& p : op.matmuls) kernel.products.push_back({left_gradient(p), result, right, left});
      read_output_gradient(kernel, op);
      for (const TensorId id : others) read(kernel, id);
      kernel.elements = element_work(trace_, op, op.vector.backward);
      if (needs_gradient(first)) write_gradient(kernel, op, first);
      add_weight_gradients(kernel, op);
      finish(std::move(kernel));
    }
    if (std::ranges::none_of(others, [this](TensorId id) { return needs_gradient(id); })) return;
    Kernel kernel = begin(index, op, ".second_gradient");
    for (const Matmul& p : op.matmuls) kernel.products.push_back({right_gradient(p), left, result, right});
    read_output_gradient(kernel, op);
    read(kernel, first);
    for (const TensorId id : others) {
      if (needs_gradient(id)) write_gradient(kernel, op, id);
    }
    finish(std::move(kernel));
  }

  /// A sum: its gradient is that of every term of its size, without a kernel unless the term has another
  /// contribution already; a term that was stretched sums what it was stretched over.
  void addition(int index, const Operator& op) {
    Kernel kernel = begin(index, op, ".backward");
    const Access sum = gradients_.access(op.writes.front(), recipe_);
    for (const TensorId id : distinct(op.reads)) {
      if (!needs_gradient(id)) continue;
      const bool stretched = trace_.tensor(id).shape.elements() < sum.elements;
      const bool again = gradients_.contribute(op, id);
      if (!again && !stretched) continue;
      const Access term = gradients_.access(id, recipe_);
      if (again) kernel.reads.push_back(term);
      kernel.writes.push_back(term);
      kernel.elements.push_back({sum.name, 1, sum.elements});
    }
    for (ElementWork& work : element_work(trace_, op, op.vector.backward)) kernel.elements.push_back(work);
    add_weight_gradients(kernel, op);
    if (kernel.writes.empty()) return;
    kernel.reads.insert(kernel.reads.begin(), sum);
    finish(std::move(kernel));
  }

  /// Attention, recurrences and scans: the products of their backward pass in one kernel.
  [[nodiscard]] std::vector<Product> inner_products(const Operator& op) const {
    std::vector<Product> products;
    if (op.kind == OperatorKind::attention && op.recomputes_scores) {
      for (const Matmul& p : op.matmuls) {
        if (&p == &op.matmuls.front()) products.push_back({p, {}, {}, {}});  // the scores once more
        products.push_back({left_gradient(p), {}, {}, {}});
        products.push_back({right_gradient(p), {}, {}, {}});
      }
      return products;
    }
    for (const Matmul& p : op.matmuls) {
      const bool recurrent = op.kind == OperatorKind::recurrent;
      const double rounds = recurrent ? p.groups / op.matmuls.front().groups : 1;
      const Bytes value = recurrent ? recipe_.activation : Bytes(0);
      const Bytes weight = recurrent ? recipe_.weight : Bytes(0);
      products.push_back({left_gradient(p), value, weight, value, rounds});
      // The weights' gradient waits for no step: all steps' outer products are one product.
      Matmul outer = right_gradient(p);
      outer.groups /= rounds;
      outer.k *= rounds;
      products.push_back({outer, value, value, recurrent ? recipe_.gradient : Bytes(0)});
    }
    return products;
  }

  /// Queries, outputs and their gradients stream against keys, values and theirs.
  [[nodiscard]] std::optional<AttentionStream> stream_of(const Operator& op) const {
    if (op.kind != OperatorKind::attention || op.matmuls.size() != 2) return std::nullopt;
    const Matmul& scores = op.matmuls.front();
    const Bytes line = 2 * (scores.k + op.matmuls.back().n) * recipe_.activation;
    return AttentionStream{scores.groups, scores.m, scores.n, scores.executed, line, line};
  }

  /// Kept tensors whose values the derivative needs: of a pool only the positions of its maxima.
  [[nodiscard]] std::vector<TensorId> kept_values(const Operator& op) const {
    std::vector<TensorId> ids = distinct(op.kept);
    if (op.kind == OperatorKind::pool) {
      std::erase_if(ids,
                    [this](TensorId id) { return trace_.tensor(id).type != workload::ElementType::index; });
    }
    return ids;
  }

  void general(int index, const Operator& op) {
    Kernel kernel = begin(index, op, ".backward");
    kernel.products = inner_products(op);
    kernel.attention = stream_of(op);
    kernel.elements = element_work(trace_, op, op.vector.backward);
    // The loss is where gradients begin: nothing comes in.
    if (op.kind != OperatorKind::loss) read_output_gradient(kernel, op);
    for (const TensorId id : kept_values(op)) read(kernel, id);
    if (needs_weights(op)) {
      for (Access& access : weight_accesses(trace_, op, recipe_)) kernel.reads.push_back(std::move(access));
    }
    for (const TensorId id : distinct(op.reads)) {
      // A router's probabilities choose where a token goes; their gradient comes from the weighted sum alone.
      const bool routed = op.kind == OperatorKind::dispatch && id != op.reads.front();
      if (needs_gradient(id) && !routed) write_gradient(kernel, op, id);
    }
    add_weight_gradients(kernel, op);
    if (kernel.writes.empty()) return;
    const bool element_wise = op.kind == OperatorKind::activation || op.kind == OperatorKind::dropout ||
                              op.kind == OperatorKind::elementwise;
    finish(std::move(kernel), element_wise);
  }

  const Trace& trace_;
  const plan::Recipe& recipe_;
  Gradients gradients_;
  std::vector<Draft> drafts_;
};

}  // namespace

std::vector<Draft> backward_drafts(const Trace& trace, const plan::Recipe& recipe) {
  return Backward(trace, recipe).run();
}

}  // namespace memwall::roofline
