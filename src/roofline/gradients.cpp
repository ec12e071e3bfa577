#include "roofline/gradients.hpp"

namespace memwall::roofline {
namespace {

using workload::none;
using workload::Operator;
using workload::Tensor;
using workload::TensorId;

std::size_t at(int index) { return static_cast<std::size_t>(index); }

}  // namespace

Gradients::Gradients(const workload::Trace& trace)
    : trace_(trace), producer_(trace.tensors.size(), none), contributed_(trace.tensors.size(), false) {
  for (std::size_t i = 0; i < trace.operators.size(); ++i) {
    for (const TensorId id : trace.operators[i].writes) producer_[at(id)] = static_cast<int>(i);
  }
}

TensorId Gradients::home(TensorId id) const {
  for (;;) {
    const Tensor& tensor = trace_.tensor(id);
    const int producer = producer_[at(id)];
    // What an operator makes in its input's memory is another value, with another gradient.
    const bool view = producer == none || workload::is_border(trace_.operators[at(producer)].kind);
    if (tensor.storage == id || !view) return id;
    if (trace_.tensor(tensor.storage).shape.elements() != tensor.shape.elements()) return id;
    id = tensor.storage;
  }
}

Access Gradients::access(TensorId id, const plan::Recipe& recipe) const {
  Access access = tensor_access(trace_, id, recipe);
  access.content = Content::gradient;
  access.tensor = home(id);
  return access;
}

bool Gradients::contribute(const Operator& op, TensorId id) {
  const TensorId place = home(id);
  const bool from_outside = op.repeat != none && trace_.tensor(place).repeat != op.repeat;
  const bool again = contributed_[at(place)] || (from_outside && trace_.count_of(op) > 1);
  contributed_[at(place)] = true;
  return again;
}

void Gradients::pass_borders(int index) {
  const Operator& op = trace_.operators[at(index)];
  if (workload::is_border(op.kind)) {
    for (const TensorId id : op.reads) contributed_[at(home(id))] = true;
  }
  for (const workload::Repeat& repeat : trace_.repeats) {
    if (repeat.first == index) contributed_[at(home(repeat.carry_initial))] = true;
  }
}

}  // namespace memwall::roofline
