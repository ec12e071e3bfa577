#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/config/problem.hpp"
#include "memwall/hardware/outer_memory.hpp"
#include "memwall/plan/offload.hpp"
#include "memwall/workload/trace.hpp"

/// How work is split over devices.
namespace memwall::plan {

enum class Recompute {
  none,
  selective,  ///< attention's scores to context run again (Korthikanti et al. 2022, section 5)
  full        ///< each block keeps its input and runs again as a whole
};

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

[[nodiscard]] std::string_view to_text(Recompute recompute);
[[nodiscard]] std::string_view to_text(Schedule schedule);
[[nodiscard]] std::string_view to_text(Cut cut);
[[nodiscard]] const std::vector<std::string>& recompute_names();
[[nodiscard]] const std::vector<std::string>& schedule_names();
[[nodiscard]] const std::vector<std::string>& cut_names();
[[nodiscard]] std::optional<Recompute> recompute_named(std::string_view name);
[[nodiscard]] std::optional<Schedule> schedule_named(std::string_view name);
[[nodiscard]] std::optional<Cut> cut_named(std::string_view name);

/// A complete plan. devices = data x tensor x pipeline x context; expert parallelism divides the
/// data-parallel group.
struct Plan {
  std::int64_t data = 1;
  std::int64_t tensor = 1;
  std::int64_t pipeline = 1;
  std::int64_t context = 1;
  std::int64_t expert = 1;
  bool sequence_parallel = false;
  int zero = 0;  ///< 1: optimizer states divided over data parallelism; 2: gradients too; 3: weights too
  std::int64_t micro_batch = 1;   ///< samples of one pass through the model on one data-parallel replica
  std::int64_t global_batch = 1;  ///< samples of one step over all replicas
  Recompute recompute = Recompute::none;
  std::int64_t interleave = 1;  ///< chunks of the model on each pipeline stage
  Schedule schedule = Schedule::one_f_one_b;
  Cut cut = Cut::fastest;
  Offload offload{};
  hardware::OuterMemory offload_to = hardware::OuterMemory::host;

  [[nodiscard]] std::int64_t devices() const { return data * tensor * pipeline * context; }
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
  std::int64_t cut_points = 1;  ///< the most pipeline stages
  bool shardable = false;       ///< whether any layer may be divided by tensor parallelism

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
