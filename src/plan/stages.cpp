#include "memwall/plan/stages.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace memwall::plan {
namespace {

using workload::Operator;
using workload::Repeat;
using workload::TensorId;
using workload::Trace;

/// How many stages a greedy filling needs when none may cost more than `most`; and where they begin.
std::vector<std::int64_t> fill(const std::vector<UnitRun>& runs, const std::vector<double>& costs,
                               double most) {
  std::vector<std::int64_t> begins{0};
  double filled = 0;
  std::int64_t unit = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const double cost = costs[i];
    std::int64_t left = runs[i].count;
    while (left > 0) {
      const double room = most - filled;
      std::int64_t fits = left;
      if (cost > 0) fits = std::min(left, static_cast<std::int64_t>(std::floor(room / cost * (1 + 1e-12))));
      if (fits <= 0) {
        begins.push_back(unit);
        filled = 0;
        continue;
      }
      filled += cost * static_cast<double>(fits);
      unit += fits;
      left -= fits;
    }
  }
  return begins;
}

double largest(const std::vector<double>& costs) {
  return costs.empty() ? 0 : *std::max_element(costs.begin(), costs.end());
}

/// The least bound on a stage's cost that `stages` greedy stages can keep.
double least_bound(const std::vector<UnitRun>& runs, const std::vector<double>& costs, std::int64_t stages) {
  double low = largest(costs);
  double high = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) high += costs[i] * static_cast<double>(runs[i].count);
  high = std::max(high, low);
  // 60 halvings leave nothing of the interval; most of them are spent when a stage is a few equal units.
  for (int step = 0; step < 60 && high - low > high * 1e-13; ++step) {
    const double middle = (low + high) / 2;
    const bool enough = static_cast<std::int64_t>(fill(runs, costs, middle).size()) <= stages;
    (enough ? high : low) = middle;
  }
  return high;
}

/// Splits the longest stages in two until there are as many as asked for.
void split_longest(std::vector<std::int64_t>& begins, std::int64_t units, std::int64_t stages) {
  while (static_cast<std::int64_t>(begins.size()) < std::min(stages, units)) {
    std::size_t longest = 0;
    std::int64_t length = 0;
    for (std::size_t i = 0; i < begins.size(); ++i) {
      const std::int64_t end = i + 1 < begins.size() ? begins[i + 1] : units;
      if (end - begins[i] > length) {
        length = end - begins[i];
        longest = i;
      }
    }
    begins.insert(begins.begin() + static_cast<std::ptrdiff_t>(longest) + 1, begins[longest] + length / 2);
  }
}

/// Copies the part of a trace that a range of units is, renaming nothing but what crosses its borders.
class Slicer {
 public:
  Slicer(const Trace& trace, const std::vector<UnitRun>& runs, std::int64_t begin, std::int64_t end)
      : trace_(trace), runs_(runs), begin_(begin), end_(end) {
    part_.phase = trace.phase;
    part_.batch = trace.batch;
    part_.tensors = trace.tensors;
    part_.weights = trace.weights;
    part_.inputs = trace.inputs;
    part_.repeats = trace.repeats;
    for (Repeat& repeat : part_.repeats) repeat.first = repeat.last = 0;
  }

  Trace run() {
    std::int64_t unit = 0;
    for (const UnitRun& run : runs_) {
      const std::int64_t from = std::max(begin_, unit);
      const std::int64_t to = std::min(end_, unit + run.count);
      if (from < to) copy(run, to - from, from > unit);
      unit += run.count;
    }
    receive_from_absent_repeats();
    part_.outputs = outputs();
    drop_unused_weights();
    return std::move(part_);
  }

 private:
  void copy(const UnitRun& run, std::int64_t count, bool starts_inside) {
    const auto first = static_cast<int>(part_.operators.size());
    part_.operators.insert(part_.operators.end(), trace_.operators.begin() + run.first,
                           trace_.operators.begin() + run.last);
    if (run.repeat == workload::none) return;
    Repeat& repeat = part_.repeats[static_cast<std::size_t>(run.repeat)];
    repeat.first = first;
    repeat.last = static_cast<int>(part_.operators.size());
    repeat.count = static_cast<double>(count);
    if (starts_inside) repeat.carry_initial = received(repeat.carry_out);
  }

  /// Weights of other stages keep their numbers and lose their elements.
  void drop_unused_weights() {
    std::vector<bool> used(part_.weights.size(), false);
    for (const Operator& op : part_.operators) {
      for (const workload::WeightId id : op.weights) used[static_cast<std::size_t>(id)] = true;
    }
    for (std::size_t id = 0; id < used.size(); ++id) {
      if (!used[id]) part_.weights[id].rest = 0;
    }
  }

  /// What a repeat of another stage made and this one reads exists here once.
  void receive_from_absent_repeats() {
    const auto receive = [this](TensorId id) {
      if (id == workload::none) return;
      workload::Tensor& tensor = part_.tensor(id);
      if (tensor.repeat == workload::none) return;
      const Repeat& repeat = part_.repeats[static_cast<std::size_t>(tensor.repeat)];
      if (repeat.first != repeat.last) return;
      tensor.repeat = workload::none;
      tensor.storage = id;
    };
    for (const Operator& op : part_.operators) {
      for (const TensorId id : op.reads) receive(id);
      for (const TensorId id : op.kept) receive(id);
    }
    for (const Repeat& repeat : part_.repeats) {
      if (repeat.first != repeat.last) receive(repeat.carry_initial);
    }
  }

  /// A tensor that another stage made and this one is handed.
  TensorId received(TensorId like) {
    const auto id = static_cast<TensorId>(part_.tensors.size());
    workload::Tensor tensor = trace_.tensor(like);
    tensor.storage = id;
    tensor.repeat = workload::none;
    part_.tensors.push_back(std::move(tensor));
    return id;
  }

  /// What the model puts out here, and all that stages after this one still read: made here, or handed on.
  std::vector<TensorId> outputs() const {
    const std::vector<bool> made_here = made_by(begin_, end_);
    std::vector<bool> listed(part_.tensors.size(), false);
    std::vector<TensorId> result;
    const auto list = [&](TensorId id) {
      auto seen = listed[static_cast<std::size_t>(trace_.root(id))];
      if (!seen) result.push_back(id);
      seen = true;
    };
    for (const TensorId id : trace_.outputs) {
      if (made_here[static_cast<std::size_t>(trace_.root(id))]) list(id);
    }
    const std::vector<bool> made_before = made_by(0, end_);
    for (const TensorId id : read_after()) {
      if (made_before[static_cast<std::size_t>(trace_.root(id))]) list(id);
    }
    return result;
  }

  /// Whether operators of units [begin, end) write each root.
  std::vector<bool> made_by(std::int64_t begin, std::int64_t end) const {
    std::vector<bool> made(trace_.tensors.size(), false);
    std::int64_t unit = 0;
    for (const UnitRun& run : runs_) {
      if (unit < end && unit + run.count > begin) {
        for (int i = run.first; i < run.last; ++i) {
          for (const TensorId id : trace_.operators[static_cast<std::size_t>(i)].writes)
            made[static_cast<std::size_t>(trace_.root(id))] = true;
        }
      }
      unit += run.count;
    }
    return made;
  }

  /// What units after the last one here read of what was there before them.
  std::vector<TensorId> read_after() const {
    std::vector<TensorId> ids;
    std::int64_t unit = 0;
    for (const UnitRun& run : runs_) {
      if (unit + run.count > end_) {
        if (run.repeat != workload::none) {
          const Repeat& repeat = trace_.repeats[static_cast<std::size_t>(run.repeat)];
          ids.push_back(unit < end_ ? repeat.carry_out : repeat.carry_initial);
        }
        for (int i = run.first; i < run.last; ++i) {
          const Operator& op = trace_.operators[static_cast<std::size_t>(i)];
          for (const TensorId id : op.reads) {
            const bool own =
                run.repeat != workload::none && trace_.tensor(trace_.root(id)).repeat == run.repeat;
            if (!own) ids.push_back(id);
          }
        }
      }
      unit += run.count;
    }
    return ids;
  }

  const Trace& trace_;
  const std::vector<UnitRun>& runs_;
  std::int64_t begin_;
  std::int64_t end_;
  Trace part_;
};

}  // namespace

std::vector<UnitRun> unit_runs(const Trace& trace) {
  std::vector<UnitRun> runs;
  std::size_t next = 0;
  for (int i = 0; i < static_cast<int>(trace.operators.size());) {
    while (next < trace.repeats.size() && trace.repeats[next].last <= i && trace.repeats[next].first < i)
      ++next;
    while (next < trace.repeats.size() && trace.repeats[next].first == trace.repeats[next].last) ++next;
    if (next < trace.repeats.size() && trace.repeats[next].first == i) {
      const Repeat& repeat = trace.repeats[next];
      runs.push_back(
          {repeat.first, repeat.last, static_cast<int>(next), static_cast<std::int64_t>(repeat.count)});
      i = repeat.last;
      ++next;
      continue;
    }
    runs.push_back({i, i + 1, workload::none, 1});
    ++i;
  }
  return runs;
}

std::int64_t unit_count(const std::vector<UnitRun>& runs) {
  return std::accumulate(runs.begin(), runs.end(), std::int64_t{0},
                         [](std::int64_t sum, const UnitRun& run) { return sum + run.count; });
}

Cuts cut_stages(const std::vector<UnitRun>& runs, const std::vector<double>& costs, std::int64_t stages) {
  const std::int64_t units = unit_count(runs);
  std::vector<std::int64_t> begins = fill(runs, costs, least_bound(runs, costs, stages));
  split_longest(begins, units, stages);
  begins.push_back(units);
  return begins;
}

Cuts cut_in_order(const std::vector<UnitRun>& runs, const std::vector<double>& costs, std::int64_t stages) {
  double total = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) total += costs[i] * static_cast<double>(runs[i].count);
  const double share = total / static_cast<double>(stages) * (1 - 1e-12);
  Cuts cuts{0};
  double placed = 0;
  std::int64_t unit = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    for (std::int64_t k = 0; k < runs[i].count; ++k) {
      placed += costs[i];
      ++unit;
      const auto filling = static_cast<std::int64_t>(cuts.size());
      if (filling < stages && placed >= share * static_cast<double>(filling)) cuts.push_back(unit);
    }
  }
  cuts.resize(static_cast<std::size_t>(stages) + 1, unit);
  return cuts;
}

Trace slice(const Trace& trace, const std::vector<UnitRun>& runs, std::int64_t begin, std::int64_t end) {
  return Slicer(trace, runs, begin, end).run();
}

}  // namespace memwall::plan
