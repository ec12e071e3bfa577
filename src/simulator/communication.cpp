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
  [[nodiscard]] double times(const Operator& op) const { return chunk_.count_of(op); }
  /// How often the backward pass runs the operator's forward work again.
  [[nodiscard]] double again(const Operator& op) const {
    return training_ && footprint::recomputed(op, plan_.recompute) ? times(op) : 0;
  }
  [[nodiscard]] double gradients(const Operator& op) const { return training_ ? times(op) : 0; }

  [[nodiscard]] Bytes bytes(TensorId id) const { return plan::tensor_bytes(chunk_.tensor(id), recipe_); }

  void add(Exchange exchange, Collective collective, Bytes size, double forward, double backward) {
    if (forward + backward > 0 && size > Bytes(0))
      found_.push_back({exchange, collective, size, forward, backward});
  }

  void tensor(const Operator& op) {
    const bool enters = op.kind == OperatorKind::enter_tensor;
    if (!enters && op.kind != OperatorKind::leave_tensor) return;
    const double backward = chunk_.tensor(op.writes.front()).needs_gradient ? gradients(op) : 0;
    const Bytes whole = bytes(enters ? op.writes.front() : op.reads.front());
    if (!plan_.sequence_parallel) {
      if (enters) {
        add(Exchange::tensor, Collective::all_reduce, whole, 0, backward);
      } else {
        add(Exchange::tensor, Collective::all_reduce, whole, times(op), again(op));
      }
    } else if (enters) {
      add(Exchange::tensor, Collective::all_gather, whole, times(op), again(op) + backward);
      add(Exchange::tensor, Collective::reduce_scatter, whole, 0, backward);
    } else {
      add(Exchange::tensor, Collective::reduce_scatter, whole, times(op), again(op));
      add(Exchange::tensor, Collective::all_gather, whole, 0, backward);
    }
  }

  /// Indices to where their rows are; vectors, or with rows divided their parts to be summed, back to where
  /// their samples are (Mudigere et al. 2022). Gradients go the vectors' way back.
  void tables(const Operator& op) {
    if (op.kind == OperatorKind::enter_tables) {
      const bool everywhere = op.table_division == workload::TableDivision::columns;
      add(Exchange::expert, everywhere ? Collective::all_gather : Collective::all_to_all,
          bytes(op.writes.front()), times(op), again(op));
    } else if (op.kind == OperatorKind::leave_tables) {
      const bool summed = op.table_division == workload::TableDivision::rows;
      const Bytes vectors = bytes(op.reads.front());
      add(Exchange::expert, summed ? Collective::reduce_scatter : Collective::all_to_all, vectors, times(op),
          again(op));
      add(Exchange::expert, summed ? Collective::all_gather : Collective::all_to_all, vectors, 0,
          gradients(op));
    }
  }

  void expert(const Operator& op) {
    tables(op);
    if (op.kind != OperatorKind::dispatch && op.kind != OperatorKind::combine) return;
    const TensorId routed = op.kind == OperatorKind::dispatch ? op.writes.front() : op.reads.front();
    add(Exchange::expert, Collective::all_to_all, bytes(routed), times(op), again(op) + gradients(op));
  }

  /// Attention's scores need the keys of the whole sequence, its context the values; gathered once more for
  /// the backward pass, whether that runs the forward again or not.
  void context(const Operator& op) {
    const bool attends =
        op.kind == OperatorKind::attention || (op.kind == OperatorKind::matmul && op.attention_core);
    if (!attends || op.reads.size() < 2) return;
    for (std::size_t i = 1; i < op.reads.size(); ++i) {  // after the queries, or the scores
      const Bytes whole = static_cast<double>(plan_.context) * bytes(op.reads[i]);
      add(Exchange::context, Collective::all_gather, whole, times(op), gradients(op));
      add(Exchange::context, Collective::reduce_scatter, whole, 0, gradients(op));
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
