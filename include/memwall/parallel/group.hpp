#pragma once

#include <cstdint>

/// Which devices of a system take part in a collective.
namespace memwall::parallel {

/// Every `stride`-th device, `size` of them. Devices are numbered so that neighbours share the innermost
/// tier: with tensor parallelism t innermost a tensor group is {t, 1}, a data-parallel group {d, t x
/// context}, and the whole system is divided into such groups, all of which communicate at the same time.
struct Group {
  std::int64_t size = 1;
  std::int64_t stride = 1;
  std::int64_t period = 0;  ///< the groups' pattern begins anew every so many devices; 0: size x stride

  /// How many members one block of so many neighbouring devices (a node) holds. Where groups do not line up
  /// with blocks, of the group that is spread over most blocks.
  [[nodiscard]] std::int64_t members_within(std::int64_t devices) const;

  /// How many groups have members in one block, and so share the links that leave it. A tier's bandwidth is
  /// of one device, so that each group has the bandwidth of its own members.
  [[nodiscard]] std::int64_t groups_within(std::int64_t devices) const;

  /// Devices from the first member to the last.
  [[nodiscard]] std::int64_t span() const { return (size - 1) * stride + 1; }
};

}  // namespace memwall::parallel
