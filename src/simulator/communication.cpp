#include "memwall/simulator/communication.hpp"

#include <algorithm>

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
    for (int i = 0; i < static_cast<int>(chunk_.operators.size()); ++i) {
      const Operator& op = chunk_.operators[static_cast<std::size_t>(i)];
      at_ = i;
      if (plan_.tensor > 1) tensor(op, i);
      if (plan_.expert > 1) expert(op, i);
      if (plan_.context > 1) context(op, i);
    }
    return std::move(found_);
  }

 private:
  [[nodiscard]] double times(const Operator& op) const { return chunk_.count_of(op); }
  /// How often the backward pass runs the operator's forward work again.
  [[nodiscard]] double again(const Operator& op) const {
    return training_ && op.runs_again != workload::RunsAgain::no ? times(op) : 0;
  }
  [[nodiscard]] double gradients(const Operator& op) const { return training_ ? times(op) : 0; }

  [[nodiscard]] Bytes bytes(TensorId id) const { return plan::tensor_bytes(chunk_.tensor(id), recipe_); }

  /// Operators [first, last).
  struct Beside {
    int first;
    int last;
  };

  void add(Exchange exchange, Collective collective, Bytes size, double forward, double backward,
           const Beside& beside) {
    if (forward + backward > 0 && size > Bytes(0))
      found_.push_back({exchange, collective, size, forward, backward, beside.first, beside.last, at_});
  }

  /// From the first to the last operator after `entry` that reads what it brings in, before the next border
  /// of a region.
  [[nodiscard]] Beside readers(const Operator& entry, int at) const {
    Beside beside{at + 1, at + 1};
    for (int i = at + 1; i < static_cast<int>(chunk_.operators.size()); ++i) {
      const Operator& op = chunk_.operators[static_cast<std::size_t>(i)];
      if (op.kind == OperatorKind::enter_tensor || op.kind == OperatorKind::leave_tensor) break;
      if (std::ranges::find(op.reads, entry.writes.front()) != op.reads.end()) beside.last = i + 1;
    }
    return beside;
  }

  /// The operator that makes what is reduced: the last one before that writes it.
  [[nodiscard]] Beside maker(const Operator& exit, int at) const {
    for (int i = at - 1; i >= 0; --i) {
      const Operator& op = chunk_.operators[static_cast<std::size_t>(i)];
      if (std::ranges::find(op.writes, exit.reads.front()) != op.writes.end()) return {i, i + 1};
    }
    return {at, at};
  }

  /// What stands between tokens' dispatch and their way back.
  [[nodiscard]] Beside experts(OperatorKind kind, int at) const {
    const int step = kind == OperatorKind::dispatch ? 1 : -1;
    const OperatorKind other = step > 0 ? OperatorKind::combine : OperatorKind::dispatch;
    int end = at + step;
    while (end >= 0 && end < static_cast<int>(chunk_.operators.size()) &&
           chunk_.operators[static_cast<std::size_t>(end)].kind != other)
      end += step;
    return step > 0 ? Beside{at + 1, end} : Beside{end + 1, at};
  }

  void tensor(const Operator& op, int at) {
    const bool enters = op.kind == OperatorKind::enter_tensor;
    if (!enters && op.kind != OperatorKind::leave_tensor) return;
    const double backward = chunk_.tensor(op.writes.front()).needs_gradient ? gradients(op) : 0;
    const Bytes whole = bytes(enters ? op.writes.front() : op.reads.front());
    const Beside beside = enters ? readers(op, at) : maker(op, at);
    const auto send = [&](Collective collective, double forward, double back) {
      add(Exchange::tensor, collective, whole, forward, back, beside);
    };
    if (!plan_.sequence_parallel) {
      send(Collective::all_reduce, enters ? 0 : times(op), enters ? backward : again(op));
    } else if (enters) {
      send(Collective::all_gather, times(op), again(op) + backward);
      send(Collective::reduce_scatter, 0, backward);
    } else {
      send(Collective::reduce_scatter, times(op), again(op));
      send(Collective::all_gather, 0, backward);
    }
  }

  /// Indices to where their rows are; vectors, or with rows divided their parts to be summed, back to where
  /// their samples are (Mudigere et al. 2022). Gradients go the vectors' way back.
  void tables(const Operator& op, int at) {
    const auto send = [&](Collective collective, TensorId what, double forward, double backward) {
      add(Exchange::expert, collective, bytes(what), forward, backward, {at, at});
    };
    if (op.kind == OperatorKind::enter_tables) {
      const bool everywhere = op.table_division == workload::TableDivision::columns;
      send(everywhere ? Collective::all_gather : Collective::all_to_all, op.writes.front(), times(op),
           again(op));
    } else if (op.kind == OperatorKind::leave_tables) {
      const bool summed = op.table_division == workload::TableDivision::rows;
      const TensorId vectors = op.reads.front();
      send(summed ? Collective::reduce_scatter : Collective::all_to_all, vectors, times(op), again(op));
      send(summed ? Collective::all_gather : Collective::all_to_all, vectors, 0, gradients(op));
    }
  }

  void expert(const Operator& op, int at) {
    tables(op, at);
    if (op.kind != OperatorKind::dispatch && op.kind != OperatorKind::combine) return;
    const TensorId routed = op.kind == OperatorKind::dispatch ? op.writes.front() : op.reads.front();
    add(Exchange::expert, Collective::all_to_all, bytes(routed), times(op), again(op) + gradients(op),
        experts(op.kind, at));
  }

  /// Attention's scores need the keys of the whole sequence, its context the values; once more for the
  /// backward pass, whether that runs the forward again or not.
  void context(const Operator& op, int at) {
    const bool attends =
        op.kind == OperatorKind::attention || (op.kind == OperatorKind::matmul && op.attention_core);
    if (!attends || op.reads.size() < 2) return;
    Bytes part{0};  // keys and values travel together where one kernel reads both
    for (std::size_t i = 1; i < op.reads.size(); ++i) part += bytes(op.reads[i]);  // after queries, or scores
    const auto steps = static_cast<double>(plan_.context - 1);
    const auto send = [&](Collective collective, Bytes size, double forward, double backward) {
      add(Exchange::context, collective, size, forward, backward, {at, at + 1});
    };
    if (plan_.context_exchange == plan::ContextExchange::ring) {
      send(Collective::send_receive, part, steps * times(op), 2 * steps * gradients(op));
    } else {
      const Bytes whole = static_cast<double>(plan_.context) * part;
      send(Collective::all_gather, whole, times(op), gradients(op));
      send(Collective::reduce_scatter, whole, 0, gradients(op));
    }
  }

  const workload::Trace& chunk_;
  const plan::Plan& plan_;
  const plan::Recipe& recipe_;
  bool training_;
  int at_ = 0;  ///< the operator that is looked at
  std::vector<Communication> found_;
};

}  // namespace

std::vector<Communication> communications(const workload::Trace& chunk, const plan::Plan& plan,
                                          const plan::Recipe& recipe) {
  return Lister(chunk, plan, recipe).run();
}

}  // namespace memwall::simulator
