#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "memwall/hardware/system.hpp"
#include "memwall/parallel/group.hpp"

/// A group as each network tier sees it.
namespace memwall::parallel {

/// Members of a group along one dimension of a torus.
struct TorusDimension {
  std::int64_t members = 1;
  std::int64_t spacing = 1;  ///< links from one member to the next; as many groups share them
  bool closed = true;        ///< the members go all the way around: a ring, not a line

  /// Links that the first message of a gathering passes.
  [[nodiscard]] std::int64_t hops() const;
};

/// One tier that joins several parts of a group: members, or blocks of members joined further in.
struct Level {
  const hardware::Tier* tier = nullptr;
  std::size_t index = 0;              ///< of the tier
  std::int64_t members = 1;           ///< parts that it joins
  std::int64_t inner = 1;             ///< devices of the group in one part
  std::int64_t positions = 1;         ///< parts that the whole tier joins, of the group or not
  double bandwidth = 0;               ///< bytes/s of one device, fully loaded
  double latency = 0;                 ///< seconds of one message or hop; 0 where unknown
  std::vector<TorusDimension> torus;  ///< dimensions with more than one member; empty off a torus
  int torus_dimensions = 0;           ///< of the tier
  bool exact = true;                  ///< the members fill a box of the torus
  bool shape_assumed = false;

  /// Any member reaches any other without crossing a third device's links.
  [[nodiscard]] bool switched() const;
  [[nodiscard]] bool any_to_any() const;

  /// Bytes/s from one device to one device of another part.
  [[nodiscard]] double pair_bandwidth() const;
  /// Bytes/s of one device when the members form rings over all links between them; off a torus.
  [[nodiscard]] double ring_bandwidth() const;
  /// Bytes/s of both directions along one dimension of a torus, as far as the group has them.
  [[nodiscard]] double along(const TorusDimension& dimension) const;
};

/// The tiers that join parts of the group, innermost first. Throws std::invalid_argument where they do not
/// reach all members.
[[nodiscard]] std::vector<Level> levels_of(const Group& group, std::span<const hardware::Tier> tiers);

/// The tier, whose parts have `block` devices, as two devices that it joins see it: on a torus with the links
/// between them as spacing.
[[nodiscard]] Level level_between(const hardware::Tier& tier, std::size_t index, std::int64_t block,
                                  std::int64_t from, std::int64_t to);

/// The shape of the tier's torus: the file's, or as near to a cube as `devices` allows.
[[nodiscard]] std::vector<std::int64_t> torus_shape(const hardware::Tier& tier, std::int64_t devices);

}  // namespace memwall::parallel
