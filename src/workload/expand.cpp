#include "memwall/workload/expand.hpp"

#include <algorithm>

namespace memwall::workload {
namespace {

class Expansion {
 public:
  explicit Expansion(const Trace& trace) : folded_(trace), now_(trace.tensors.size(), none) {
    result_.trace.phase = trace.phase;
    result_.trace.batch = trace.batch;
    result_.trace.weights = trace.weights;
    result_.trace.tensors.reserve(trace.tensors.size() * 3);
    own_.resize(trace.repeats.size());
    for (std::size_t id = 0; id < trace.tensors.size(); ++id) {
      const int repeat = trace.tensors[id].repeat;
      if (repeat != none) own_[static_cast<std::size_t>(repeat)].push_back(static_cast<TensorId>(id));
    }
  }

  Expanded run() {
    std::size_t next = 0;
    const auto count = static_cast<int>(folded_.operators.size());
    for (int i = 0; i < count;) {
      while (next < folded_.repeats.size() && folded_.repeats[next].first == folded_.repeats[next].last)
        ++next;
      if (next < folded_.repeats.size() && folded_.repeats[next].first == i) {
        write_out(static_cast<int>(next));
        i = folded_.repeats[next].last;
        ++next;
      } else {
        copy(i, none);
        ++i;
      }
    }
    for (const TensorId id : folded_.inputs) result_.trace.inputs.push_back(newest(id));
    for (const TensorId id : folded_.outputs) result_.trace.outputs.push_back(newest(id));
    return std::move(result_);
  }

 private:
  /// The newest instance of a folded tensor, made when it is first spoken of. One of a repeat that is not in
  /// the trace exists once.
  TensorId newest(TensorId id) {
    TensorId& made = now_[static_cast<std::size_t>(id)];
    if (made != none) return made;
    Tensor tensor = folded_.tensor(id);
    const TensorId storage = tensor.storage == id ? none : newest(tensor.storage);
    if (tensor.gathered_from != none) tensor.gathered_from = newest(tensor.gathered_from);
    const bool iterated = tensor.repeat != none && tensor.repeat == repeat_;
    made = static_cast<TensorId>(result_.trace.tensors.size());
    tensor.storage = storage == none ? made : storage;
    tensor.repeat = none;
    result_.trace.tensors.push_back(std::move(tensor));
    result_.copies.push_back(iterated ? copies_ : 1);
    return made;
  }

  void write_out(int index) {
    const Repeat& repeat = folded_.repeats[static_cast<std::size_t>(index)];
    const int iterations = static_cast<int>(std::min(repeat.count, 3.0));
    repeat_ = index;
    TensorId carried = newest(repeat.carry_initial);
    for (int i = 0; i < iterations; ++i) {
      copies_ = iterations == 3 && i == 1 ? repeat.count - 2 : 1;
      for (const TensorId id : own_[static_cast<std::size_t>(index)])
        now_[static_cast<std::size_t>(id)] = none;
      result_.trace.tensor(newest(repeat.carry_in)).storage = carried;
      for (int op = repeat.first; op < repeat.last; ++op) copy(op, iterations_);
      carried = newest(repeat.carry_out);
      ++iterations_;
    }
    repeat_ = none;
    copies_ = 1;
  }

  void copy(int index, int iteration) {
    Operator op = folded_.operators[static_cast<std::size_t>(index)];
    for (auto* ids : {&op.reads, &op.writes, &op.kept}) {
      for (TensorId& id : *ids) id = newest(id);
    }
    op.repeat = none;
    result_.trace.operators.push_back(std::move(op));
    result_.iteration.push_back(iteration);
  }

  const Trace& folded_;
  Expanded result_;
  std::vector<TensorId> now_;               ///< of each folded tensor its newest instance
  std::vector<std::vector<TensorId>> own_;  ///< of each repeat the tensors that each iteration has
  int repeat_ = none;                       ///< the repeat that is being written out
  double copies_ = 1;
  int iterations_ = 0;
};

}  // namespace

Expanded expand(const Trace& trace) { return Expansion(trace).run(); }

}  // namespace memwall::workload
