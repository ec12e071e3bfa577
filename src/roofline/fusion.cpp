#include "roofline/fusion.hpp"

#include <algorithm>
#include <ranges>
#include <string>

namespace memwall::roofline {
namespace {

using workload::none;
using workload::Operator;
using workload::OperatorKind;
using workload::TensorId;
using workload::Trace;

/// How often each value of a pass is used: tensors in the forward pass, their gradients in the backward pass.
class Uses {
 public:
  Uses(const Trace& trace, Pass pass, const std::vector<Draft>& drafts)
      : content_is_gradient_(pass == Pass::backward),
        uses_(trace.tensors.size(), 0),
        kept_(uses_.size(), false) {
    for (const Draft& draft : drafts) {
      for (const Access& access : draft.kernel.reads) {
        if (concerns(access)) ++uses_[at(access.tensor)];
      }
    }
    if (pass == Pass::forward) add_uses_beyond_kernels(trace);
  }

  /// Whether the access is to a value of this pass.
  [[nodiscard]] bool concerns(const Access& access) const {
    return access.tensor != none && (access.content == Content::gradient) == content_is_gradient_;
  }
  [[nodiscard]] bool read_once(TensorId id) const { return uses_[at(id)] == 1; }
  [[nodiscard]] bool kept(TensorId id) const { return kept_[at(id)]; }

 private:
  static std::size_t at(TensorId id) { return static_cast<std::size_t>(id); }

  void add_uses_beyond_kernels(const Trace& trace) {
    std::vector<bool> made(trace.tensors.size(), false);
    for (const Operator& op : trace.operators) {
      const bool border = workload::is_border(op.kind);
      if (trace.phase == workload::Phase::training) {
        for (const TensorId id : op.kept) kept_[at(id)] = true;
      }
      for (const TensorId id : op.writes) made[at(id)] = made[at(id)] || !border;
      if (!border) continue;
      for (const TensorId id : op.reads) ++uses_[at(id)];
    }
    for (std::size_t i = 0; i < trace.tensors.size(); ++i) {
      const TensorId storage = trace.tensors[i].storage;
      const bool view = !made[i] && storage != static_cast<TensorId>(i) && storage != none;
      if (view) ++uses_[at(storage)];
      if (trace.tensors[i].cache) ++uses_[i];
    }
    for (const TensorId id : trace.outputs) ++uses_[at(id)];
    for (const workload::Repeat& repeat : trace.repeats) {
      for (const TensorId id : {repeat.carry_initial, repeat.carry_out}) {
        if (id != none) ++uses_[at(id)];
      }
    }
  }

  bool content_is_gradient_;
  std::vector<int> uses_;
  std::vector<bool> kept_;
};

std::vector<Access>::iterator find_value(std::vector<Access>& accesses, TensorId id, const Uses& uses) {
  return std::ranges::find_if(
      accesses, [&](const Access& access) { return access.tensor == id && uses.concerns(access); });
}

void add_once(std::vector<Access>& accesses, Access added) {
  const bool there = added.tensor != none && std::ranges::any_of(accesses, [&](const Access& access) {
                       return access.tensor == added.tensor && access.content == added.content;
                     });
  if (!there) accesses.push_back(std::move(added));
}

/// "decoder.linear" and "decoder.gelu" are "decoder.linear+gelu": what both paths begin with stands once.
std::string joined_name(const std::string& first, const std::string& second) {
  const std::size_t end = first.find('+');
  const std::size_t dot = first.substr(0, end).rfind('.');
  std::size_t common = 0;
  for (std::size_t i = 0; i < second.size() && i < first.size() && first[i] == second[i] && i <= dot; ++i) {
    if (dot != std::string::npos && first[i] == '.') common = i + 1;
  }
  return first + "+" + second.substr(common);
}

/// Puts `second` into `first`, between which `value` no longer passes through memory.
void join(Kernel& first, Kernel second, TensorId value, const Uses& uses) {
  if (!uses.kept(value)) first.writes.erase(find_value(first.writes, value, uses));
  second.reads.erase(find_value(second.reads, value, uses));
  for (Access& access : second.reads) add_once(first.reads, std::move(access));
  for (Access& access : second.writes) first.writes.push_back(std::move(access));
  for (ElementWork& work : second.elements) first.elements.push_back(std::move(work));
  first.operators.insert(first.operators.end(), second.operators.begin(), second.operators.end());
  if (first.parts.empty()) first.parts.push_back(first.name);
  first.parts.push_back(second.name);
  first.name = joined_name(first.name, second.name);
}

/// The kernel of the operator before `kernel`'s whose result it reads and nobody else does, and that result.
struct Producer {
  Kernel* kernel = nullptr;
  TensorId value = none;
};

Producer producer_of(const Kernel& kernel, std::vector<Kernel>& made, const Trace& trace, Pass pass,
                     const Uses& uses) {
  const auto op = [&](int index) -> const Operator& {
    return trace.operators[static_cast<std::size_t>(index)];
  };
  const int index = kernel.operators.front();
  const int before = pass == Pass::forward ? index - 1 : index + 1;
  for (Kernel& candidate : std::views::reverse(made)) {
    if (candidate.operators.back() != before || op(before).repeat != op(index).repeat) break;
    for (const Access& access : kernel.reads) {
      if (!uses.concerns(access) || !uses.read_once(access.tensor)) continue;
      if (find_value(candidate.writes, access.tensor, uses) != candidate.writes.end()) {
        return {&candidate, access.tensor};
      }
    }
  }
  return {};
}

}  // namespace

std::vector<Kernel> fuse(const Trace& trace, Pass pass, std::vector<Draft> drafts) {
  const Uses uses(trace, pass, drafts);
  std::vector<Kernel> made;
  made.reserve(drafts.size());
  for (Draft& draft : drafts) {
    const Producer producer =
        draft.joins_producer ? producer_of(draft.kernel, made, trace, pass, uses) : Producer{};
    if (producer.kernel == nullptr) {
      made.push_back(std::move(draft.kernel));
    } else {
      join(*producer.kernel, std::move(draft.kernel), producer.value, uses);
    }
  }
  return made;
}

}  // namespace memwall::roofline
