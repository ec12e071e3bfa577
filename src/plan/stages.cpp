#include "memwall/plan/stages.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>

namespace memwall::plan {
namespace {

using workload::Operator;
using workload::Repeat;
using workload::TensorId;
using workload::Trace;

/// Units that no cut may part: alike ones, each alone, or several that stay together.
struct Group {
  std::int64_t count = 1;  ///< of alike units
  std::int64_t units = 1;  ///< in each
  double work = 0;         ///< of each
};

/// What may be cut where no stage may take longer than `most`: a unit that takes longer to hand on stays with
/// the next.
std::vector<Group> groups_of(const std::vector<UnitRun>& runs, const UnitCosts& costs, double most) {
  std::vector<Group> groups;
  bool joins = false;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const bool held = costs.hand_on[i] > most;
    std::int64_t alone = runs[i].count;
    if (joins || held) {
      // The first joins what is held; where this run is held, all of it stays together.
      const std::int64_t joined = held ? alone : 1;
      if (!joins) groups.push_back({1, 0, 0});
      groups.back().units += joined;
      groups.back().work += costs.work[i] * static_cast<double>(joined);
      alone -= joined;
    }
    if (alone > 0) groups.push_back({alone, 1, costs.work[i]});
    joins = held;
  }
  return groups;
}

/// Where the stages of a greedy filling begin when none may cost more than `most`; nothing where a group
/// alone costs more.
std::optional<Cuts> fill(const std::vector<Group>& groups, double most) {
  Cuts begins{0};
  double filled = 0;
  std::int64_t unit = 0;
  for (const Group& group : groups) {
    if (group.work > most * (1 + 1e-12)) return std::nullopt;
    std::int64_t left = group.count;
    while (left > 0) {
      const double room = most - filled;
      std::int64_t fits = left;
      if (group.work > 0)
        fits = std::min(left, static_cast<std::int64_t>(std::floor(room / group.work * (1 + 1e-12))));
      if (fits <= 0) {
        begins.push_back(unit);
        filled = 0;
        continue;
      }
      filled += group.work * static_cast<double>(fits);
      unit += fits * group.units;
      left -= fits;
    }
  }
  return begins;
}

/// Begins of at most `stages` stages of which the most costly costs least: by its work, or by one of its
/// messages.
Cuts filled_evenly(const std::vector<UnitRun>& runs, const UnitCosts& costs, std::int64_t stages) {
  const auto with = [&](double most) {
    std::optional<Cuts> begins = fill(groups_of(runs, costs, most), most);
    const bool enough = begins && static_cast<std::int64_t>(begins->size()) <= stages;
    return enough ? begins : std::nullopt;
  };
  double low = 0;
  double high = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    low = std::max(low, costs.work[i]);
    high += costs.work[i] * static_cast<double>(runs[i].count);
  }
  high = std::max(high, low);
  // 60 halvings leave nothing of the interval; most of them are spent when a stage is a few equal units.
  for (int step = 0; step < 60 && high - low > high * 1e-13; ++step) {
    const double middle = (low + high) / 2;
    (with(middle) ? high : low) = middle;
  }
  // Sums in another order may miss the bound by their rounding.
  std::optional<Cuts> begins = with(high);
  for (; !begins; begins = with(high)) high *= 1 + 1e-12;
  return *begins;
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

/// Moves cuts to where less is handed on, or the fuller of two neighbours gets emptier.
class Settling {
 public:
  Settling(const std::vector<UnitRun>& runs, const UnitCosts& costs) : costs_(costs) {
    std::int64_t unit = 0;
    double work = 0;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      begins_.push_back(unit);
      work_before_.push_back(work);
      unit += runs[i].count;
      work += costs.work[i] * static_cast<double>(runs[i].count);
    }
    end_ = unit;
  }

  /// `cuts` with the end of the last stage.
  void settle(Cuts& cuts) const {
    constexpr int sweeps = 4;
    for (int sweep = 0; sweep < sweeps; ++sweep) {
      bool moved = false;
      for (std::size_t cut = cuts.size() - 2; cut >= 1; --cut) moved = move(cuts, cut) || moved;
      if (!moved) return;
    }
  }

 private:
  /// The run that holds a unit.
  [[nodiscard]] std::size_t run_of(std::int64_t unit) const {
    return static_cast<std::size_t>(std::ranges::upper_bound(begins_, unit) - begins_.begin()) - 1;
  }

  /// Work of all units before one.
  [[nodiscard]] double work_before(std::int64_t unit) const {
    const std::size_t run = run_of(unit);
    return work_before_[run] + costs_.work[run] * static_cast<double>(unit - begins_[run]);
  }

  /// What it costs to hand on where a stage begins with this unit; the model's beginning and end cost
  /// nothing.
  [[nodiscard]] double handed(std::int64_t unit) const {
    return unit == 0 || unit == end_ ? 0 : costs_.hand_on[run_of(unit - 1)];
  }

  /// What a stage takes: its work, or what its link sends either way meanwhile.
  [[nodiscard]] double stage(std::int64_t begin, std::int64_t end) const {
    return std::max(work_before(end) - work_before(begin), handed(begin) + handed(end));
  }

  bool move(Cuts& cuts, std::size_t cut) const {
    constexpr std::int64_t reach = 6;
    const std::int64_t left = cuts[cut - 1];
    const std::int64_t right = cuts[cut + 1];
    const auto cost = [&](std::int64_t place) {
      return std::pair(std::max(stage(left, place), stage(place, right)), handed(place));
    };
    const std::int64_t before = cuts[cut];
    for (std::int64_t place = std::max(left + 1, before - reach); place < std::min(right, before + reach + 1);
         ++place) {
      const auto now = cost(cuts[cut]);
      const auto then = cost(place);
      const double slack = 1e-12 * now.first;
      if (then.first < now.first - slack || (then.first <= now.first + slack && then.second < now.second))
        cuts[cut] = place;
    }
    return cuts[cut] != before;
  }

  const UnitCosts& costs_;
  std::vector<std::int64_t> begins_;  ///< each run's first unit
  std::vector<double> work_before_;   ///< each run
  std::int64_t end_ = 0;
};

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
    note_outputs();
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

  /// All that stages after this one still read, made here or handed on, and what the model puts out here.
  void note_outputs() {
    const std::vector<bool> made_here = made_by(begin_, end_);
    const std::vector<bool> made_before = made_by(0, end_);
    std::vector<TensorId> roots;  // of outputs so far
    const auto list = [&](TensorId id, const std::vector<bool>& made) {
      const TensorId root = trace_.root(id);
      if (!made[static_cast<std::size_t>(root)] || std::ranges::find(roots, root) != roots.end()) return;
      roots.push_back(root);
      part_.outputs.push_back(id);
    };
    for (const TensorId id : read_after()) list(id, made_before);
    part_.handed_on = part_.outputs;
    for (const TensorId id : trace_.outputs) list(id, made_here);
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

Cuts cut_stages(const std::vector<UnitRun>& runs, const UnitCosts& costs, std::int64_t stages) {
  const std::int64_t units = unit_count(runs);
  Cuts cuts = filled_evenly(runs, costs, stages);
  split_longest(cuts, units, stages);
  cuts.push_back(units);
  Settling(runs, costs).settle(cuts);
  return cuts;
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
      // What costs nothing ends no stage: a loss and what belongs to it stay together.
      const bool ends = costs[i] > 0 && placed >= share * static_cast<double>(filling);
      if (ends && filling < stages) cuts.push_back(unit);
    }
  }
  cuts.resize(static_cast<std::size_t>(stages) + 1, unit);
  return cuts;
}

Trace slice(const Trace& trace, const std::vector<UnitRun>& runs, std::int64_t begin, std::int64_t end) {
  return Slicer(trace, runs, begin, end).run();
}

}  // namespace memwall::plan
