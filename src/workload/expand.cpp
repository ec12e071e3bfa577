#include "memwall/workload/expand.hpp"

#include <algorithm>

namespace memwall::workload {
namespace {

class Expansion {
 public:
  explicit Expansion(const Trace& trace) : folded_(trace), now_(trace.tensors.size()) {
    result_.trace.phase = trace.phase;
    result_.trace.batch = trace.batch;
    result_.trace.weights = trace.weights;
    result_.trace.tensors.reserve(trace.tensors.size() * 3);
    for (std::size_t i = 0; i < now_.size(); ++i) {
      now_[i] = none;
      if (trace.tensors[i].repeat == none) make(static_cast<TensorId>(i), 1);
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
    for (const TensorId id : folded_.inputs) result_.trace.inputs.push_back(at(id));
    for (const TensorId id : folded_.outputs) {
      if (now_[static_cast<std::size_t>(id)] != none) result_.trace.outputs.push_back(at(id));
    }
    return std::move(result_);
  }

 private:
  [[nodiscard]] TensorId at(TensorId id) const { return now_[static_cast<std::size_t>(id)]; }

  /// A new instance of a folded tensor, whose storage is the newest instance of what it is a view of.
  void make(TensorId id, double copies) {
    Tensor tensor = folded_.tensor(id);
    const auto made = static_cast<TensorId>(result_.trace.tensors.size());
    const bool own = tensor.storage == id || at(tensor.storage) == none;
    tensor.storage = own ? made : at(tensor.storage);
    if (tensor.gathered_from != none) tensor.gathered_from = at(tensor.gathered_from);
    tensor.repeat = none;
    result_.trace.tensors.push_back(std::move(tensor));
    result_.copies.push_back(copies);
    now_[static_cast<std::size_t>(id)] = made;
  }

  void write_out(int index) {
    const Repeat& repeat = folded_.repeats[static_cast<std::size_t>(index)];
    const int iterations = static_cast<int>(std::min(repeat.count, 3.0));
    TensorId carried = at(repeat.carry_initial);
    for (int i = 0; i < iterations; ++i) {
      const double copies = iterations == 3 && i == 1 ? repeat.count - 2 : 1;
      for (std::size_t id = 0; id < folded_.tensors.size(); ++id) {
        if (folded_.tensors[id].repeat == index) now_[id] = none;
      }
      for (std::size_t id = 0; id < folded_.tensors.size(); ++id) {
        if (folded_.tensors[id].repeat == index) make(static_cast<TensorId>(id), copies);
      }
      result_.trace.tensor(at(repeat.carry_in)).storage = carried;
      for (int op = repeat.first; op < repeat.last; ++op) copy(op, iterations_);
      carried = at(repeat.carry_out);
      ++iterations_;
    }
  }

  void copy(int index, int iteration) {
    Operator op = folded_.operators[static_cast<std::size_t>(index)];
    for (auto* ids : {&op.reads, &op.writes, &op.kept}) {
      for (TensorId& id : *ids) id = at(id);
    }
    op.repeat = none;
    result_.trace.operators.push_back(std::move(op));
    result_.iteration.push_back(iteration);
  }

  const Trace& folded_;
  Expanded result_;
  std::vector<TensorId> now_;  ///< of each folded tensor its newest instance
  int iterations_ = 0;
};

}  // namespace

Expanded expand(const Trace& trace) { return Expansion(trace).run(); }

}  // namespace memwall::workload
