#include "memwall/footprint/walk.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "memwall/workload/expand.hpp"

namespace memwall::footprint {
namespace {

using workload::Operator;
using workload::OperatorKind;
using workload::RunsAgain;
using workload::TensorId;
using workload::Trace;

/// A stretch of operators that is not kept but run again: [first, last) of the expanded trace.
struct Region {
  int first;
  int last;
};

/// Consecutive operators with the same key form a region; `key` is none where an operator belongs to none.
template <class Key>
std::vector<Region> regions_by(const std::vector<Operator>& operators, Key key) {
  std::vector<Region> regions;
  for (int i = 0; i < static_cast<int>(operators.size());) {
    const auto group = key(i);
    int end = i + 1;
    while (end < static_cast<int>(operators.size()) && key(end) == group) ++end;
    if (group != std::pair(workload::none, workload::none)) regions.push_back({i, end});
    i = end;
  }
  return regions;
}

/// Neighbours of one block instance that run again in the same way form a region.
std::vector<Region> regions_run_again(const workload::Expanded& expanded) {
  return regions_by(expanded.trace.operators, [&](int i) {
    const Operator& op = expanded.trace.operators[static_cast<std::size_t>(i)];
    if (op.runs_again == RunsAgain::no) return std::pair(workload::none, workload::none);
    const int drops = op.runs_again == RunsAgain::drops_outputs ? 1 : 0;
    return std::pair(2 * (op.segment + 1) + drops, expanded.iteration[static_cast<std::size_t>(i)]);
  });
}

/// Plays one pass. Bytes are counted by root: the tensor that owns the memory of all its views.
class Walk {
 public:
  Walk(workload::Expanded expanded, const plan::Recipe& recipe)
      : expanded_(std::move(expanded)),
        trace_(expanded_.trace),
        recipe_(recipe),
        regions_(regions_run_again(expanded_)),
        region_of_(trace_.operators.size(), workload::none),
        has_run_again_(regions_.size(), false),
        dropped_by_(trace_.tensors.size(), workload::none),
        states_(trace_.tensors.size()),
        kept_by_others_(trace_.operators.size(), Bytes(0)) {
    for (std::size_t r = 0; r < regions_.size(); ++r) {
      for (int i = regions_[r].first; i < regions_[r].last; ++i)
        region_of_[static_cast<std::size_t>(i)] = static_cast<int>(r);
    }
    for (std::size_t i = 0; i < states_.size(); ++i) {
      State& state = states_[i];
      const auto id = static_cast<TensorId>(i);
      state.root = trace_.root(id);
      state.bytes = plan::tensor_bytes(trace_.tensor(id), recipe_);
      state.standing = trace_.tensor(state.root).input || trace_.tensor(state.root).cache;
    }
    if (training()) {
      note_dropped();
      note_keepers();
    }
    note_readers();
    note_steady();
  }

  Life run() {
    note_gathered();
    count_standing();
    hold_received();
    for (int i = 0; i < count(); ++i) {
      live_kept_ += kept_by_others_[static_cast<std::size_t>(i)];
      forward(i);
    }
    life_.kept = live_kept_;
    if (training()) {
      for (int i = count() - 1; i >= 0; --i) {
        const int region = region_of_[static_cast<std::size_t>(i)];
        if (region != workload::none) {
          if (regions_[static_cast<std::size_t>(region)].last == i + 1) run_again(region);
        } else {
          for (const TensorId id : op(i).kept) {
            if (const int maker = dropped_by(id); maker != workload::none) run_again(maker);
          }
        }
        backward(i);
        live_kept_ -= kept_by_others_[static_cast<std::size_t>(i)];
      }
    }
    if (peak_operator_ != workload::none) life_.moment = peak_pass_ + op(peak_operator_).name;
    return life_;
  }

 private:
  struct State {
    TensorId root = workload::none;
    Bytes bytes{0};
    bool standing = false;  ///< an input or a cache: alive all along and counted apart
    bool produced = false;  ///< an operator of this trace writes it
    bool kept = false;      ///< the forward pass leaves it for the backward pass
    bool live = false;
    bool gradient = false;  ///< its gradient is alive
    int readers = 0;        ///< operators of the pass that still have to read it
    int keepers = 0;        ///< backward operators, or regions, that still need it
  };

  [[nodiscard]] bool training() const { return trace_.phase == workload::Phase::training; }
  [[nodiscard]] int count() const { return static_cast<int>(trace_.operators.size()); }
  [[nodiscard]] const Operator& op(int i) const { return trace_.operators[static_cast<std::size_t>(i)]; }
  [[nodiscard]] State& state(TensorId id) { return states_[static_cast<std::size_t>(id)]; }
  [[nodiscard]] State& root(TensorId id) { return state(state(id).root); }
  [[nodiscard]] double copies(TensorId root_id) const {
    return expanded_.copies[static_cast<std::size_t>(root_id)];
  }

  /// What is kept for a tensor that was gathered along the sequence: its shard.
  [[nodiscard]] TensorId kept_as(TensorId id) {
    const TensorId source = trace_.tensor(id).gathered_from;
    return source != workload::none && state(id).root == id ? source : id;
  }

  void note_readers() {
    for (const Operator& op : trace_.operators) {
      for (const TensorId id : op.reads) ++root(id).readers;
      for (const TensorId id : op.writes) root(id).produced = true;
    }
    // What the trace puts out is handed on: it dies with the pass unless somebody keeps it.
    if (!training()) {
      for (const TensorId id : trace_.outputs) ++root(id).readers;
    }
  }

  /// Which region makes a root again: one that drops its outputs and is the only one to write it.
  void note_dropped() {
    constexpr int several = -2;
    for (int i = 0; i < count(); ++i) {
      const bool drops = op(i).runs_again == RunsAgain::drops_outputs;
      const int maker = drops ? region_of_[static_cast<std::size_t>(i)] : several;
      for (const TensorId id : op(i).writes) {
        const TensorId owner = state(id).root;
        if (owner != id && !op(i).in_place) continue;  // a view of what another has written
        int& noted = dropped_by_[static_cast<std::size_t>(owner)];
        noted = noted == workload::none || noted == maker ? maker : several;
      }
    }
    std::ranges::replace(dropped_by_, several, workload::none);
    late_keepers_.resize(regions_.size());
  }

  [[nodiscard]] int dropped_by(TensorId id) {
    return dropped_by_[static_cast<std::size_t>(state(kept_as(id)).root)];
  }

  /// Who keeps what: an operator its own list; a region that runs again what it reads from outside.
  void note_keepers() {
    for (int i = 0; i < count(); ++i) {
      if (region_of_[static_cast<std::size_t>(i)] != workload::none) continue;
      for (const TensorId id : op(i).kept) {
        const int maker = dropped_by(id);
        if (maker == workload::none) {
          keep(state(kept_as(id)));
        } else {
          late_keepers_[static_cast<std::size_t>(maker)].push_back(state(kept_as(id)).root);
        }
      }
    }
    std::vector<int> made_in(states_.size(), workload::none);
    std::vector<int> read_in(states_.size(), workload::none);
    for (std::size_t r = 0; r < regions_.size(); ++r) {
      outside_.push_back(outside_reads(static_cast<int>(r), made_in, read_in));
      for (const TensorId id : outside_.back()) keep(state(id));
    }
  }

  void keep(State& tensor) {
    State& owner = state(tensor.root);
    ++owner.keepers;
    owner.kept = true;
  }

  /// Roots of what a region reads and does not make itself. The last region that made or read each root is
  /// noted.
  std::vector<TensorId> outside_reads(int region, std::vector<int>& made_in, std::vector<int>& read_in) {
    std::vector<TensorId> outside;
    const auto note = [region](std::vector<int>& noted, TensorId id) {
      return std::exchange(noted[static_cast<std::size_t>(id)], region) == region;
    };
    const Region& stretch = regions_[static_cast<std::size_t>(region)];
    for (int i = stretch.first; i < stretch.last; ++i) {
      for (const TensorId id : op(i).reads) {
        const bool inside = made_in[static_cast<std::size_t>(state(id).root)] == region;
        const TensorId source = state(kept_as(id)).root;
        if (!inside && !note(read_in, source)) outside.push_back(source);
      }
      for (const TensorId id : op(i).writes) note(made_in, state(id).root);
    }
    return outside;
  }

  void note_gathered() {
    for (const Operator& op : trace_.operators) {
      for (const TensorId id : op.writes) {
        if (kept_as(id) != id) life_.gathered = std::max(life_.gathered, state(id).bytes);
      }
    }
  }

  void count_standing() {
    for (std::size_t i = 0; i < states_.size(); ++i) {
      const auto id = static_cast<TensorId>(i);
      if (states_[i].root != id || !states_[i].standing) continue;
      const bool used = states_[i].readers > 0 || states_[i].produced;
      if (!used) continue;
      (trace_.tensor(id).cache ? life_.cache : life_.inputs) += states_[i].bytes * copies(id);
    }
  }

  /// What an earlier stage made is here from the start.
  void hold_received() {
    for (std::size_t i = 0; i < states_.size(); ++i) {
      const auto id = static_cast<TensorId>(i);
      State& s = states_[i];
      if (s.root == id && !s.standing && !s.produced && s.readers > 0) make(id);
    }
  }

  /// An iteration that stands for n - 2 is walked as the last of them: what the others keep is there before
  /// its forward pass begins and after its backward pass has ended, which is when it needs most.
  void note_steady() {
    std::vector<bool> noted(states_.size(), false);
    std::size_t first = 0;
    int iteration = workload::none;
    for (int i = 0; i < count(); ++i) {
      if (expanded_.iteration[static_cast<std::size_t>(i)] != iteration) first = static_cast<std::size_t>(i);
      iteration = expanded_.iteration[static_cast<std::size_t>(i)];
      for (const TensorId id : op(i).writes) {
        const State& made = root(id);
        if (!made.kept || made.standing || noted[static_cast<std::size_t>(made.root)]) continue;
        noted[static_cast<std::size_t>(made.root)] = true;
        kept_by_others_[first] += (copies(made.root) - 1) * made.bytes;
      }
    }
  }

  void make(TensorId root_id) {
    State& s = state(root_id);
    if (s.live || s.standing) return;
    s.live = true;
    (s.kept ? live_kept_ : live_transient_) += s.bytes;
  }

  void free_if_done(TensorId root_id) {
    State& s = state(root_id);
    if (!s.live || s.readers > 0 || s.keepers > 0) return;
    s.live = false;
    (s.kept ? live_kept_ : live_transient_) -= s.bytes;
  }

  void note_peak(const char* pass, int i, Bytes more = Bytes(0)) {
    const Bytes transient = live_transient_ + more;
    if (live_kept_ + transient <= life_.peak) return;
    life_.peak = live_kept_ + transient;
    peak_pass_ = pass;
    peak_operator_ = i;
  }

  /// The wider copy of the logits that a loss is computed from, where the recipe has one.
  [[nodiscard]] Bytes copied(const Operator& op) const {
    if (op.kind != OperatorKind::loss || op.reads.empty()) return Bytes(0);
    return trace_.tensor(op.reads.front()).shape.elements() * recipe_.loss_copy;
  }

  void forward(int i, const char* pass = "forward of ") {
    for (const TensorId id : op(i).writes) make(state(id).root);
    note_peak(pass, i, copied(op(i)));
    for (const TensorId id : op(i).reads) --root(id).readers;
    for (const auto* ids : {&op(i).reads, &op(i).writes}) {
      for (const TensorId id : *ids) free_if_done(state(id).root);
    }
  }

  /// Runs a region's forward operators a second time, once: what its backward operators keep, and others that
  /// it dropped its outputs on, is made, and counts as workspace, being there only while they run.
  void run_again(int index) {
    if (has_run_again_[static_cast<std::size_t>(index)]) return;
    has_run_again_[static_cast<std::size_t>(index)] = true;
    const Region& region = regions_[static_cast<std::size_t>(index)];
    for (const TensorId id : late_keepers_[static_cast<std::size_t>(index)]) ++state(id).keepers;
    for (int i = region.first; i < region.last; ++i) {
      for (const TensorId id : op(i).reads) ++root(id).readers;
      for (const TensorId id : op(i).kept) ++root(kept_as(id)).keepers;
    }
    for (int i = region.first; i < region.last; ++i) forward(i, "recomputation of ");
  }

  void make_gradient(TensorId id) {
    State& s = root(id);
    if (s.gradient || s.standing) return;
    s.gradient = true;
    live_transient_ += s.bytes;
  }

  void free_gradient(TensorId id) {
    State& s = root(id);
    if (!s.gradient) return;
    s.gradient = false;
    live_transient_ -= s.bytes;
  }

  /// Whether the gradient of `input` may be the very buffer of the output's: a sum hands its gradient on
  /// unchanged.
  bool hands_on_gradient(const Operator& op, TensorId input) {
    return op.kind == OperatorKind::elementwise && op.kept.empty() && op.matmuls.empty() &&
           !root(input).gradient && root(input).bytes == root(op.writes.front()).bytes &&
           root(op.writes.front()).gradient;
  }

  void backward(int i) {
    const Operator& now = op(i);
    Bytes gathered{0};
    for (const TensorId id : now.kept) {
      if (kept_as(id) != id) gathered += state(id).bytes;
    }
    if (now.kind != OperatorKind::loss) {
      for (const TensorId id : now.writes) {
        if (trace_.tensor(id).needs_gradient) make_gradient(id);
      }
    }
    for (const TensorId id : now.reads) {
      if (!trace_.tensor(id).needs_gradient || root(id).standing) continue;
      if (hands_on_gradient(now, id)) {
        root(now.writes.front()).gradient = false;
        root(id).gradient = true;
      } else {
        make_gradient(id);
      }
    }
    note_peak("backward of ", i, gathered);
    for (const TensorId id : now.writes) {
      const bool shared = std::any_of(now.reads.begin(), now.reads.end(),
                                      [&](TensorId read) { return state(read).root == state(id).root; });
      if (!shared) free_gradient(id);
    }
    for (const TensorId id : now.kept) release(state(kept_as(id)).root);
    const int region = region_of_[static_cast<std::size_t>(i)];
    if (region != workload::none && regions_[static_cast<std::size_t>(region)].first == i) {
      for (const TensorId id : outside_[static_cast<std::size_t>(region)]) release(id);
    }
  }

  void release(TensorId root_id) {
    --state(root_id).keepers;
    free_if_done(root_id);
  }

  const workload::Expanded expanded_;
  const Trace& trace_;
  const plan::Recipe& recipe_;
  std::vector<Region> regions_;
  std::vector<std::vector<TensorId>> outside_;  ///< of each region: roots that it reads and does not make
  std::vector<int> region_of_;
  std::vector<bool> has_run_again_;                  ///< of each region
  std::vector<int> dropped_by_;                      ///< of each root the region that makes it again
  std::vector<std::vector<TensorId>> late_keepers_;  ///< of each region: a root for each need of others
  std::vector<State> states_;
  std::vector<Bytes> kept_by_others_;  ///< of the first operator of an iteration that stands for several
  Bytes live_kept_{0};
  Bytes live_transient_{0};
  Life life_;
  std::string peak_pass_;
  int peak_operator_ = workload::none;
};

}  // namespace

Life walk(const Trace& trace, const plan::Recipe& recipe) {
  return Walk(workload::expand(trace), recipe).run();
}

}  // namespace memwall::footprint
