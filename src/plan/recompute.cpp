#include "memwall/plan/recompute.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace memwall::plan {
namespace {

using workload::Operator;
using workload::Repeat;
using workload::RunsAgain;
using workload::TensorId;
using workload::Trace;

/// Writes the first iterations of a repeat out as a repeat of their own, before it.
class Split {
 public:
  Split(Trace& trace, int repeat) : trace_(trace), early_(repeat), late_(repeat + 1) {}

  void run(double count) {
    Repeat early = trace_.repeats[static_cast<std::size_t>(early_)];
    renumber(early.last - early.first);
    copy_own(trace_.tensors);
    copy_weights();
    std::vector<Operator> operators(trace_.operators.begin() + early.first,
                                    trace_.operators.begin() + early.last);
    for (Operator& op : operators) {
      op.repeat = early_;
      for (auto* ids : {&op.reads, &op.writes, &op.kept}) {
        for (TensorId& id : *ids) id = copied(id);
      }
      for (int& id : op.weights) id = weights_[static_cast<std::size_t>(id)];
      if (op.vector.over != workload::none) op.vector.over = copied(op.vector.over);
    }
    trace_.operators.insert(trace_.operators.begin() + early.first, operators.begin(), operators.end());
    early.count = count;
    early.carry_in = copied(early.carry_in);
    early.carry_out = copied(early.carry_out);
    Repeat& late = trace_.repeats[static_cast<std::size_t>(late_)];
    late.count -= count;
    late.carry_initial = early.carry_out;
    trace_.repeats[static_cast<std::size_t>(early_)] = std::move(early);
  }

 private:
  /// Makes room for the new repeat at the number of the old one, which moves up, as do those after it.
  void renumber(int operators) {
    const auto up = [this](int& repeat) {
      if (repeat >= early_) ++repeat;
    };
    for (workload::Tensor& tensor : trace_.tensors) up(tensor.repeat);
    for (workload::Weight& weight : trace_.weights) up(weight.repeat);
    for (Operator& op : trace_.operators) up(op.repeat);
    trace_.repeats.insert(trace_.repeats.begin() + early_, trace_.repeats[static_cast<std::size_t>(early_)]);
    for (auto i = static_cast<std::size_t>(late_); i < trace_.repeats.size(); ++i) {
      if (trace_.repeats[i].first == trace_.repeats[i].last) continue;
      trace_.repeats[i].first += operators;
      trace_.repeats[i].last += operators;
    }
  }

  [[nodiscard]] TensorId copied(TensorId id) const {
    return id == workload::none ? id : tensors_[static_cast<std::size_t>(id)];
  }

  /// The first iterations have tensors of their own, as every iteration has.
  void copy_own(std::vector<workload::Tensor>& tensors) {
    const std::size_t before = tensors.size();
    for (std::size_t i = 0; i < before; ++i) {
      const bool own = tensors[i].repeat == late_;
      tensors_.push_back(own ? static_cast<TensorId>(tensors.size()) : static_cast<TensorId>(i));
      if (own) tensors.push_back(tensors[i]);
    }
    for (std::size_t i = before; i < tensors.size(); ++i) {
      tensors[i].repeat = early_;
      tensors[i].storage = copied(tensors[i].storage);
      tensors[i].gathered_from = copied(tensors[i].gathered_from);
    }
  }

  void copy_weights() {
    const std::size_t before = trace_.weights.size();
    for (std::size_t i = 0; i < before; ++i) {
      const bool own = trace_.weights[i].repeat == late_;
      weights_.push_back(own ? static_cast<int>(trace_.weights.size()) : static_cast<int>(i));
      if (!own) continue;
      trace_.weights.push_back(trace_.weights[i]);
      trace_.weights.back().repeat = early_;
    }
  }

  Trace& trace_;
  int early_;  ///< the repeat's number before, and that of its first iterations after
  int late_;   ///< that of the iterations that are left
  std::vector<TensorId> tensors_;
  std::vector<int> weights_;
};

/// Blocks of one iteration of the operators [first, last), or of that stretch alone.
std::int64_t blocks_in(const Trace& trace, int first, int last) {
  std::set<int> segments;
  for (int i = first; i < last; ++i) {
    const int segment = trace.operators[static_cast<std::size_t>(i)].segment;
    if (segment != workload::none) segments.insert(segment);
  }
  return static_cast<std::int64_t>(segments.size());
}

void mark(Trace& trace, int first, int last) {
  for (int i = first; i < last; ++i) {
    Operator& op = trace.operators[static_cast<std::size_t>(i)];
    if (op.segment != workload::none) op.runs_again = RunsAgain::keeps_outputs;
  }
}

/// Marks the first `left` blocks of a chunk, in their order. Iterations stay whole: one that holds several
/// blocks runs again if its first does.
void mark_blocks(Trace& trace, std::int64_t left) {
  for (int i = 0; left > 0 && i < static_cast<int>(trace.operators.size());) {
    const int repeat = trace.operators[static_cast<std::size_t>(i)].repeat;
    const int segment = trace.operators[static_cast<std::size_t>(i)].segment;
    int end = i + 1;
    const auto together = [&](const Operator& op) {
      return repeat == workload::none ? op.repeat == workload::none && op.segment == segment
                                      : op.repeat == repeat;
    };
    while (end < static_cast<int>(trace.operators.size()) &&
           together(trace.operators[static_cast<std::size_t>(end)]))
      ++end;
    const std::int64_t blocks = blocks_in(trace, i, end);
    if (blocks > 0) {
      const double count = trace.count_of(trace.operators[static_cast<std::size_t>(i)]);
      const double wanted = std::ceil(static_cast<double>(left) / static_cast<double>(blocks));
      if (wanted < count) Split(trace, repeat).run(wanted);
      mark(trace, i, end);
      left -= static_cast<std::int64_t>(static_cast<double>(blocks) * std::min(count, wanted));
    }
    i = end;
  }
}

}  // namespace

std::string to_text(const Recompute& recompute) {
  std::vector<std::string> items;
  if (recompute.blocks == Recompute::every) items.emplace_back("full");
  if (recompute.blocks > 0 && recompute.blocks != Recompute::every)
    items.push_back(fmt::format("full:{}", recompute.blocks));
  if (recompute.attention_core) items.emplace_back("selective");
  items.insert(items.end(), recompute.operators.begin(), recompute.operators.end());
  return items.empty() ? "none" : fmt::format("{}", fmt::join(items, ","));
}

std::string recompute_syntax() { return "none|selective|full|full:BLOCKS|OPERATOR,..."; }

bool means(std::string_view item, std::string_view name, workload::OperatorKind kind) {
  if (item == workload::to_text(kind)) return true;
  for (std::size_t at = name.find(item); at != std::string_view::npos; at = name.find(item, at + 1)) {
    const std::size_t end = at + item.size();
    if ((at == 0 || name[at - 1] == '.') && (end == name.size() || name[end] == '.')) return true;
  }
  return false;
}

std::vector<std::string> items_for(const std::vector<OperatorName>& operators) {
  std::set<std::string> items;
  for (const OperatorName& op : operators) {
    items.insert(std::string(workload::to_text(op.kind)));
    for (std::size_t begin = 0; begin != std::string::npos;) {
      for (std::size_t end = op.name.find('.', begin);; end = op.name.find('.', end + 1)) {
        items.insert(op.name.substr(begin, end == std::string::npos ? end : end - begin));
        if (end == std::string::npos) break;
      }
      begin = op.name.find('.', begin);
      if (begin != std::string::npos) ++begin;
    }
  }
  return {items.begin(), items.end()};
}

Trace mark_recomputed(Trace chunk, const Recompute& recompute) {
  for (Operator& op : chunk.operators) {
    if (recompute.attention_core && op.attention_core) {
      op.runs_again = RunsAgain::keeps_outputs;
      continue;
    }
    const bool listed = std::ranges::any_of(
        recompute.operators, [&](const std::string& item) { return means(item, op.name, op.kind); });
    if (listed) op.runs_again = RunsAgain::drops_outputs;
  }
  mark_blocks(chunk, recompute.blocks);
  return chunk;
}

}  // namespace memwall::plan
