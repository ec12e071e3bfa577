#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "memwall/config/problem.hpp"
#include "memwall/hardware/outer_memory.hpp"
#include "memwall/plan/offload.hpp"
#include "memwall/plan/overlap.hpp"
#include "memwall/plan/recompute.hpp"
#include "memwall/workload/trace.hpp"

/// How work is split over devices.
namespace memwall::plan {

enum class Schedule {
  gpipe,        ///< all forwards, then all backwards (Huang et al. 2019)
  one_f_one_b,  ///< at most as many micro-batches in flight as stages follow (Narayanan et al. 2019)
  zero_bubble   ///< ZB-H1: 1F1B with weight gradients put off into the bubble (Qi et al. 2023)
};

/// Where a model is cut into pipeline stages.
enum class Cut {
  fastest,  ///< so that the most costly stage costs least
  in_order  ///< each stage in turn takes blocks until it has its share of the products with weights
};

/// How context parallelism brings keys and values of the whole sequence to each device's queries.
enum class ContextExchange {
  ring,   ///< passed round, one part at a time (Liu et al. 2023, arXiv:2310.01889)
  gather  ///< all-gathered before attention begins (Llama 3, arXiv:2407.21783, section 3.3.2)
};

[[nodiscard]] std::string to_text(Schedule schedule);
[[nodiscard]] std::string to_text(Cut cut);
[[nodiscard]] std::string to_text(ContextExchange exchange);
[[nodiscard]] const std::vector<std::string>& schedule_names();
[[nodiscard]] const std::vector<std::string>& cut_names();
[[nodiscard]] const std::vector<std::string>& context_exchange_names();

/// A complete plan. devices = data x tensor x pipeline x context; expert parallelism divides the
/// data-parallel group.
struct Plan {
  std::int64_t data = 1;
  std::int64_t tensor = 1;
  std::int64_t pipeline = 1;
  std::int64_t context = 1;
  std::int64_t expert = 1;
  /// Tokens of the most loaded device of an expert-parallel group over the even share; bounded by a capacity
  /// factor of the model, and by all tokens.
  double imbalance = 1;
  bool sequence_parallel = false;
  int zero = 0;  ///< 1: optimizer states divided over data parallelism; 2: gradients too; 3: weights too
  /// ZeRO divides over groups of so many of the data-parallel devices, each group holding the whole (hybrid
  /// sharding: Zhao et al. 2023, arXiv:2304.11277, section 3.2.2); 0: over all of them.
  std::int64_t zero_group = 0;
  std::int64_t micro_batch = 1;   ///< samples of one pass through the model on one data-parallel replica
  std::int64_t global_batch = 1;  ///< samples of one step over all replicas
  Recompute recompute{};
  Overlap overlap{};
  ContextExchange context_exchange = ContextExchange::ring;
  std::int64_t interleave = 1;  ///< chunks of the model on each pipeline stage
  Schedule schedule = Schedule::one_f_one_b;
  Cut cut = Cut::fastest;
  Offload offload{};
  hardware::OuterMemory offload_to = hardware::OuterMemory::host;

  [[nodiscard]] std::int64_t devices() const { return data * tensor * pipeline * context; }
  /// Devices that one copy of ZeRO's states is divided over: all that see other samples or other parts of the
  /// sequence, or such a group of them.
  [[nodiscard]] std::int64_t zero_ways() const { return (zero_group == 0 ? data : zero_group) * context; }
  /// The same of what expert parallelism has divided already.
  [[nodiscard]] std::int64_t zero_expert_ways() const {
    return std::max<std::int64_t>(1, zero_ways() / expert);
  }
  /// Devices that hold the same weights.
  [[nodiscard]] std::int64_t replicas() const { return data * context; }
  /// Micro-batches of one step on one replica.
  [[nodiscard]] std::int64_t micro_batches() const { return global_batch / (data * micro_batch); }
};

/// What a model and a system allow: the numbers that a plan must divide or not exceed.
struct Limits {
  std::vector<std::int64_t> heads;  ///< every number of indivisible parts that tensor parallelism must divide
  std::vector<std::int64_t> kv_heads;  ///< key-value heads: tensor parallelism divides them, or is a multiple
  std::vector<std::int64_t> experts;
  std::int64_t tables = 0;  ///< the fewest of a layer that expert parallelism divides table by table; 0: none
  std::vector<std::int64_t> widths;  ///< of rows that expert parallelism divides by columns
  bool rows = false;                 ///< whether it divides tables by rows
  std::int64_t sequence = 0;  ///< the sequence that sequence and context parallelism divide; 0: there is none
  std::int64_t cut_points = 1;          ///< the most pipeline stages
  bool shardable = false;               ///< whether any layer may be divided by tensor parallelism
  std::vector<OperatorName> operators;  ///< those of which a list may be run again

  /// Whether expert parallelism divides anything: experts, or tables.
  [[nodiscard]] bool divides_experts() const {
    return !experts.empty() || tables > 0 || rows || !widths.empty();
  }
};

/// Reads the limits off an unsharded trace. `cut_points` is the number of units that stages are made of.
[[nodiscard]] Limits limits_of(const workload::Trace& trace);

/// Every rule that the plan breaks, each naming the constraint and the nearest valid values; empty where
/// valid.
[[nodiscard]] std::vector<std::string> violations(const Plan& plan, const Limits& limits);

}  // namespace memwall::plan
