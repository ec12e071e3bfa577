#include "footprint/oracle.hpp"

#include <algorithm>
#include <limits>
#include <optional>

namespace memwall::footprint {
namespace {

using workload::Operator;
using workload::OperatorKind;
using workload::Tensor;
using workload::TensorId;
using workload::Trace;

constexpr int never = std::numeric_limits<int>::max();

struct Stretch {
  int first;
  int last;  ///< of the operators that run again together, the last one
};

class Question {
 public:
  Question(const Trace& trace, const plan::Recipe& recipe, plan::Recompute recompute)
      : trace_(trace), recipe_(recipe), size_(static_cast<int>(trace.operators.size())) {
    for (int i = 0; i < size_; ++i) {
      if (!runs_again(i, recompute)) continue;
      const bool joins = !stretches_.empty() && stretches_.back().last == i - 1 && same(i - 1, i, recompute);
      if (joins) {
        stretches_.back().last = i;
      } else {
        stretches_.push_back({i, i});
      }
    }
    for (TensorId id = 0; id < static_cast<TensorId>(trace.tensors.size()); ++id) {
      const Tensor& tensor = trace.tensor(id);
      if (trace.root(id) == id && !tensor.input && !tensor.cache) roots_.push_back(id);
    }
  }

  Oracle answer() {
    Oracle found;
    for (int i = 0; i < size_; ++i) found.peak = std::max(found.peak, forward(i));
    for (const TensorId r : roots_) found.kept += kept_for_backward(r) ? bytes(r) : Bytes(0);
    found.peak = std::max(found.peak, found.kept);
    if (trace_.phase != workload::Phase::training) return {Bytes(0), found.peak};
    for (const Stretch& stretch : stretches_) {
      for (int i = stretch.first; i <= stretch.last; ++i)
        found.peak = std::max(found.peak, again(stretch, i));
    }
    for (int i = 0; i < size_; ++i) found.peak = std::max(found.peak, backward(i));
    return found;
  }

 private:
  const Operator& op(int i) const { return trace_.operators[static_cast<std::size_t>(i)]; }
  Bytes bytes(TensorId r) const { return plan::tensor_bytes(trace_.tensor(r), recipe_); }

  bool runs_again(int i, plan::Recompute recompute) const {
    if (recompute == plan::Recompute::full()) return op(i).segment != workload::none;
    return recompute == plan::Recompute::selective() && op(i).attention_core;
  }
  bool same(int i, int j, plan::Recompute recompute) const {
    return recompute == plan::Recompute::selective() || op(i).segment == op(j).segment;
  }
  const Stretch* stretch_of(int i) const {
    for (const Stretch& s : stretches_) {
      if (s.first <= i && i <= s.last) return &s;
    }
    return nullptr;
  }

  bool reads(int i, TensorId r) const { return any(op(i).reads, r); }
  bool writes(int i, TensorId r) const { return any(op(i).writes, r); }
  bool any(const std::vector<TensorId>& ids, TensorId r) const {
    return std::any_of(ids.begin(), ids.end(), [&](TensorId id) { return trace_.root(id) == r; });
  }
  /// What stays in place of a tensor: its shard where it was gathered.
  TensorId stays(TensorId id) const {
    const Tensor& tensor = trace_.tensor(id);
    const bool gathered = tensor.gathered_from != workload::none && trace_.root(id) == id;
    return trace_.root(gathered ? tensor.gathered_from : id);
  }
  bool keeps(int i, TensorId r) const {
    return std::any_of(op(i).kept.begin(), op(i).kept.end(), [&](TensorId id) { return stays(id) == r; });
  }

  int first_write(TensorId r) const {
    for (int i = 0; i < size_; ++i) {
      if (writes(i, r)) return i;
    }
    return -1;  // handed over by an earlier stage
  }
  int last_read(TensorId r) const {
    const bool output = any(trace_.outputs, r) && trace_.phase != workload::Phase::training;
    if (output) return never;
    for (int i = size_ - 1; i >= 0; --i) {
      if (reads(i, r)) return i;
    }
    return -2;
  }

  /// A stretch reads it and did not make it before.
  bool comes_from_outside(const Stretch& s, TensorId r) const {
    for (int i = s.first; i <= s.last; ++i) {
      for (const TensorId id : op(i).reads) {
        if (stays(id) != r) continue;
        bool made = false;
        for (int j = s.first; j < i; ++j) made = made || writes(j, trace_.root(id));
        if (!made) return true;
      }
    }
    return false;
  }

  /// Who needs it in backward passes of operators up to `i`: those that run once, and stretches that run
  /// again.
  bool needed_up_to(TensorId r, int i) const {
    for (int k = 0; k <= i; ++k) {
      if (stretch_of(k) == nullptr && keeps(k, r)) return true;
    }
    return std::any_of(stretches_.begin(), stretches_.end(),
                       [&](const Stretch& s) { return s.first <= i && comes_from_outside(s, r); });
  }
  bool kept_for_backward(TensorId r) const {
    return trace_.phase == workload::Phase::training && needed_up_to(r, size_ - 1);
  }

  Bytes forward(int i) const {
    Bytes sum{0};
    for (const TensorId r : roots_) {
      const int made = first_write(r);
      const bool there = made >= 0 ? made <= i : last_read(r) >= 0;
      if (there && (kept_for_backward(r) || last_read(r) >= i || writes(i, r))) sum += bytes(r);
    }
    return sum;
  }

  /// The second forward pass of a stretch, at operator `i` of it.
  Bytes again(const Stretch& s, int i) const {
    Bytes sum{0};
    for (const TensorId r : roots_) {
      bool alive = needed_up_to(r, s.last);
      for (int w = s.first; w <= i && !alive; ++w) {
        if (!writes(w, r)) continue;
        alive = w == i;
        for (int j = s.first; j <= s.last; ++j) alive = alive || (j >= i && reads(j, r)) || keeps(j, r);
      }
      if (alive) sum += bytes(r);
      if (gradient_before(r, s.last)) sum += bytes(r);
    }
    return sum;
  }

  Bytes backward(int i) const {
    Bytes sum{0};
    const Stretch* s = stretch_of(i);
    for (const TensorId r : roots_) {
      bool alive = needed_up_to(r, i);
      for (int k = s == nullptr ? i + 1 : s->first; k <= i && !alive; ++k) alive = keeps(k, r);
      if (alive) sum += bytes(r);
      if (gradient_at(r, i)) sum += bytes(r);
    }
    for (const TensorId id : op(i).kept) {
      if (stays(id) != trace_.root(id)) sum += bytes(trace_.root(id));
    }
    return sum;
  }

  // Gradients live from the last operator that reads the tensor, whose backward pass comes first, to the one
  // that made it; a sum hands the buffer of its output's gradient to the first operand that has none.

  bool has_gradient(const std::vector<TensorId>& ids, TensorId r) const {
    return std::any_of(ids.begin(), ids.end(),
                       [&](TensorId id) { return trace_.root(id) == r && trace_.tensor(id).needs_gradient; });
  }
  int gradient_begins(TensorId r) const {
    for (int i = size_ - 1; i >= 0; --i) {
      if (has_gradient(op(i).reads, r)) return i;
      if (op(i).kind != OperatorKind::loss && has_gradient(op(i).writes, r)) return i;
    }
    return -1;
  }
  int gradient_ends(TensorId r) const {
    for (int i = size_ - 1; i >= 0; --i) {
      if (handed_on_at(r, i)) return i + 1;
      if (writes(i, r) && !reads(i, r)) return i;
    }
    return 0;
  }
  bool handed_on_at(TensorId r, int i) const {
    const Operator& sum = op(i);
    if (sum.kind != OperatorKind::elementwise || !sum.kept.empty() || !sum.matmuls.empty()) return false;
    if (sum.writes.empty() || trace_.root(sum.writes.front()) != r) return false;
    if (!trace_.tensor(sum.writes.front()).needs_gradient) return false;
    return std::any_of(sum.reads.begin(), sum.reads.end(), [&](TensorId id) {
      const TensorId operand = trace_.root(id);
      return trace_.tensor(id).needs_gradient && !trace_.tensor(operand).input && operand != r &&
             bytes(operand) == bytes(r) && gradient_begins(operand) == i;
    });
  }
  bool gradient_at(TensorId r, int i) const {
    const int begins = gradient_begins(r);
    return begins >= 0 && i <= begins && i >= gradient_ends(r);
  }
  /// Alive after the backward passes of all operators behind `i`.
  bool gradient_before(TensorId r, int i) const {
    return gradient_begins(r) > i && (gradient_ends(r) <= i || handed_on_at(r, i));
  }

  const Trace& trace_;
  const plan::Recipe& recipe_;
  int size_;
  std::vector<Stretch> stretches_;
  std::vector<TensorId> roots_;
};

}  // namespace

Oracle ask_oracle(const Trace& unrolled, const plan::Recipe& recipe, plan::Recompute recompute) {
  return Question(unrolled, recipe, recompute).answer();
}

}  // namespace memwall::footprint
