#pragma once

#include <cstdint>
#include <optional>

#include "memwall/config/node.hpp"
#include "memwall/plan/plan.hpp"

/// A plan of which some knobs are fixed and the others open.
namespace memwall::footprint {

/// What the user fixed; everything else is open to a search.
struct Asked {
  std::optional<std::int64_t> devices{};
  std::optional<std::int64_t> data{};
  std::optional<std::int64_t> tensor{};
  std::optional<std::int64_t> pipeline{};
  std::optional<std::int64_t> context{};
  std::optional<std::int64_t> expert{};
  std::optional<bool> sequence_parallel{};
  std::optional<int> zero{};
  std::optional<std::int64_t> micro_batch{};
  std::optional<std::int64_t> global_batch{};
  /// Whether a global batch that nobody asked for is as many micro-batches as keep all stages of all replicas
  /// busy, even where the workload has a batch of its own.
  bool batch_follows_micro_batch = false;
  std::optional<plan::Recompute> recompute{};
  std::optional<std::int64_t> interleave{};
  std::optional<plan::Schedule> schedule{};
  std::optional<plan::Cut> cut{};
  std::optional<plan::Offload> offload{};
  std::optional<hardware::OuterMemory> offload_to{};
};

/// Reads a map of knobs, named as the command line's options with underscores (`micro_batch: 4`). Adds what
/// is wrong to `problems`.
[[nodiscard]] Asked read_asked(const config::Node& map, config::Problems& problems);

/// `first`, and of `second` what `first` leaves open.
[[nodiscard]] Asked joined(const Asked& first, const Asked& second);

}  // namespace memwall::footprint
