#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "memwall/workload/trace.hpp"
#include "memwall/workload/workload.hpp"

/// From a workload to its trace.
namespace memwall::workload {

/// A dimension given another value from outside: `--set hidden=8192`, or a study's.
struct DimensionChange {
  std::string name;
  config::Node value;
};

struct LoweringOptions {
  Phase phase = Phase::training;
  std::int64_t batch = 1;  ///< samples in the trace (a plan's micro-batch)
  std::optional<std::int64_t>
      context_length{};           ///< tokens that a decode step finds in the cache (default: the sequence)
  bool flash_attention = false;   ///< one kernel that keeps no scores, instead of three operators
  double imbalance = 1;           ///< tokens of experts over their even share; a capacity factor bounds it
  bool fuse_elementwise = false;  ///< gated activations keep no intermediate of their own
  std::vector<DimensionChange> dimensions{};
};

/// Lowers `workload`. Throws BadInput: a wrong shape names the layer and both shapes; a dimension that is
/// unknown, not whole or cyclic; a phase that the model lacks (nothing to decode); more than 2^53 elements or
/// parameters; a model that takes more than 100,000 operators written out; a batch or an imbalance below 1.
[[nodiscard]] Trace lower(const Workload& workload, const LoweringOptions& options);

/// The value of every dimension under the options' changes, in the file's order.
[[nodiscard]] std::vector<std::pair<std::string, double>> dimension_values(const Workload& workload,
                                                                           const LoweringOptions& options);

}  // namespace memwall::workload
