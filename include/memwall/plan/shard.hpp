#pragma once

#include <cstdint>

#include "memwall/workload/trace.hpp"

/// One device's part of a trace.
namespace memwall::plan {

/// How often each kind of axis is divided.
struct Degrees {
  std::int64_t tensor = 1;
  bool sequence_parallel = false;
  std::int64_t context = 1;
  std::int64_t expert = 1;
};

/// The trace as the most loaded device of the group runs it: every tensor, weight and product divided by what
/// its declared dimensions allow (parts that do not divide evenly are rounded up), nothing else changed. A
/// device of an expert-parallel group has fewer experts and, tokens being exchanged, as many rows as before.
/// With sequence parallelism what lies between tensor-parallel regions is divided along the sequence, and
/// what is gathered for a region is a tensor of its own, kept as its shard. Tables that expert parallelism
/// divides are looked up for all samples of the group: weights are those of the device with most rows,
/// look-ups of the one with most look-ups.
[[nodiscard]] workload::Trace shard(const workload::Trace& trace, const Degrees& degrees);

/// Elements of a weight, other than tables that expert parallelism divides, on one device of the group.
[[nodiscard]] double sharded_elements(const workload::Weight& weight, const Degrees& degrees);

}  // namespace memwall::plan
