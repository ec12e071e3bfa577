#include "memwall/simulator/communication.hpp"

namespace memwall::simulator {
namespace {

using parallel::Collective;
using workload::Operator;
using workload::OperatorKind;
using workload::TensorId;

class Lister {
 public:
  Lister(const workload::Trace& chunk, const plan::Plan& plan, const plan::Recipe& recipe)
      : chunk_(chunk), plan_(plan), recipe_(recipe), training_(chunk.phase == workload::Phase::training) {}

  std::vector<Communication> run() {
    for (const Operator& op : chunk_.operators) {
      if (plan_.tensor > 1) tensor(op);
      if (plan_.expert > 1) expert(op);
      if (plan_.context > 1) context(op);
    }
    return std::move(found_);
  }

 private:
  /// Forward runs twice where it is recomputed.
  [[nodiscard]] double forward_times(const Operator& op) const {
    return chunk_.count_of(op) * (training_ && footprint::recomputed(op, plan_.recompute) ? 2 : 1);
  }
  [[nodiscard]] double backward_times(const Operator& op) const {
    return training_ ? chunk_.count_of(op) : 0;
  }

  [[nodiscard]] Bytes bytes(TensorId id) const { return plan::tensor_bytes(chunk_.tensor(id), recipe_); }

  void add(Exchange exchange, Collective collective, Bytes size, double count) {
    if (count > 0 && size > Bytes(0)) found_.push_back({exchange, collective, size, count});
  }

  void tensor(const Operator& op) {
    const bool enters = op.kind == OperatorKind::enter_tensor;
    if (!enters && op.kind != OperatorKind::leave_tensor) return;
    const bool gradient = chunk_.tensor(op.writes.front()).needs_gradient;
    const double backward = gradient ? backward_times(op) : 0;
    const Bytes whole = bytes(enters ? op.writes.front() : op.reads.front());
    if (!plan_.sequence_parallel) {
      add(Exchange::tensor, Collective::all_reduce, whole, enters ? backward : forward_times(op));
      return;
    }
    if (enters) {
      add(Exchange::tensor, Collective::all_gather, whole, forward_times(op) + backward);
      add(Exchange::tensor, Collective::reduce_scatter, whole, backward);
    } else {
      add(Exchange::tensor, Collective::reduce_scatter, whole, forward_times(op));
      add(Exchange::tensor, Collective::all_gather, whole, backward);
    }
  }

  void expert(const Operator& op) {
    if (op.kind != OperatorKind::dispatch && op.kind != OperatorKind::combine) return;
    const TensorId routed = op.kind == OperatorKind::dispatch ? op.writes.front() : op.reads.front();
    add(Exchange::expert, Collective::all_to_all, bytes(routed), forward_times(op) + backward_times(op));
  }

  /// Attention's scores need the keys of the whole sequence, its context the values.
  void context(const Operator& op) {
    const bool attends =
        op.kind == OperatorKind::attention || (op.kind == OperatorKind::matmul && op.attention_core);
    if (!attends || op.reads.size() < 2) return;
    for (std::size_t i = 1; i < op.reads.size(); ++i) {  // after the queries, or the scores
      const Bytes whole = static_cast<double>(plan_.context) * bytes(op.reads[i]);
      add(Exchange::context, Collective::all_gather, whole, forward_times(op) + backward_times(op));
      add(Exchange::context, Collective::reduce_scatter, whole, backward_times(op));
    }
  }

  const workload::Trace& chunk_;
  const plan::Plan& plan_;
  const plan::Recipe& recipe_;
  bool training_;
  std::vector<Communication> found_;
};

}  // namespace

std::vector<Communication> communications(const workload::Trace& chunk, const plan::Plan& plan,
                                          const plan::Recipe& recipe) {
  return Lister(chunk, plan, recipe).run();
}

}  // namespace memwall::simulator
