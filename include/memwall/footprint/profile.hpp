#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "memwall/footprint/footprint.hpp"
#include "memwall/footprint/walk.hpp"
#include "memwall/plan/plan.hpp"
#include "memwall/plan/recipe.hpp"
#include "memwall/plan/stages.hpp"
#include "memwall/workload/lower.hpp"

/// Footprints of many plans for one model: what plans have in common is worked out once.
namespace memwall::footprint {

/// One model under one recipe and optimizer, in one phase.
struct Model {
  const workload::Workload* workload;
  workload::LoweringOptions lowering;  ///< its batch is set by each plan
  plan::Recipe recipe;
  plan::Optimizer optimizer;
  /// What one unit of each run costs, for balancing stages; its FLOPs where empty.
  std::function<std::vector<double>(const workload::Trace&, const std::vector<plan::UnitRun>&)> unit_costs =
      {};
  /// What handing so many bytes from a stage of a plan to the next costs, in the same unit; nothing where
  /// empty.
  std::function<double(Bytes, const plan::Plan&)> message_cost = {};
};

/// A chunk of the model on one stage of one device.
struct Chunk {
  workload::Trace trace;  ///< sharded, of one micro-batch
  Life life;
  StageParameters parameters;
};

/// Answers `footprint of this plan?`, remembering walks: a stage's life depends on the sharding, the
/// micro-batch, the recomputation and the cut, not on data parallelism, ZeRO or the number of micro-batches.
class Profiler {
 public:
  /// `node_devices`: how many devices share the memory that a plan may offload to.
  explicit Profiler(Model model, std::int64_t node_devices = 1);
  ~Profiler();

  /// What the model allows a plan; its sequence, heads and cut points.
  [[nodiscard]] const plan::Limits& limits() const { return limits_; }

  /// The footprint of the fullest device. `plan` breaks none of the limits.
  [[nodiscard]] Footprint footprint(const plan::Plan& plan);

  /// The chunks of the model in their order, pipeline x interleave of them; equal ones are the same object,
  /// which lives as long as this.
  [[nodiscard]] const std::vector<const Chunk*>& chunks(const plan::Plan& plan);

  /// The same for every stage, first to last.
  [[nodiscard]] std::vector<Footprint> stages(const plan::Plan& plan);

  /// What a device of `stage` holds when a step has ended: its states, the buffers that ZeRO gathered updated
  /// weights through and those that stand for sequence parallelism (both are its workspace).
  [[nodiscard]] Footprint between_steps(const plan::Plan& plan, std::int64_t stage);

 private:
  struct Sharded;
  using ShardKey = std::pair<std::vector<std::int64_t>, double>;

  Sharded& sharded(const plan::Plan& plan);
  [[nodiscard]] std::vector<double> hand_on_costs(const Sharded& model, const plan::Plan& plan) const;
  void note_node(const plan::Plan& plan, std::vector<Footprint>& stages) const;

  Model model_;
  std::int64_t node_devices_;
  plan::Limits limits_;
  std::map<ShardKey, std::unique_ptr<Sharded>> sharded_;
};

}  // namespace memwall::footprint
