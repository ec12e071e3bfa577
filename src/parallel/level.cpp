#include "parallel/level.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <stdexcept>

namespace memwall::parallel {
namespace {

using hardware::Tier;
using hardware::Topology;

std::int64_t divided_up(std::int64_t n, std::int64_t by) { return (n + by - 1) / by; }

/// Divisor of n nearest to its `parts`-th root from above.
std::int64_t root_divisor(std::int64_t n, int parts) {
  const double root = std::pow(static_cast<double>(n), 1.0 / parts);
  for (auto d = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(root - 1e-9))); d < n; ++d) {
    if (n % d == 0) return d;
  }
  return n;
}

/// Lays the members out over the dimensions, the first one first.
void lay_out(Level& level, std::int64_t stride, const std::vector<std::int64_t>& shape) {
  std::int64_t below = 1;
  std::int64_t left = level.members;
  for (const std::int64_t extent : shape) {
    const bool passed_over = stride >= below * extent;
    if (!passed_over && left > 1) {
      const std::int64_t spacing = std::max<std::int64_t>(1, stride / below);
      const std::int64_t members = std::min(left, divided_up(extent, spacing));
      level.exact = level.exact && left % members == 0;
      left = divided_up(left, members);
      if (members > 1) level.torus.push_back({members, spacing, members * spacing >= extent});
    }
    below *= extent;
  }
  level.exact = level.exact && left == 1;
}

Level bare_level(const Tier& tier, std::size_t index, std::int64_t members, std::int64_t block) {
  Level level{.tier = &tier, .index = index, .members = members, .torus = {}};
  level.positions = tier.size == 0 ? members : std::max(members, tier.size / block);
  level.bandwidth = tier.bandwidth.value.value() / tier.oversubscription;
  if (tier.latency) level.latency = tier.latency->value.value();
  level.torus_dimensions = hardware::torus_dimensions(tier.topology);
  level.shape_assumed = tier.shape.empty() && level.torus_dimensions > 1;
  return level;
}

Level level_of(const Tier& tier, std::size_t index, std::int64_t members, std::int64_t inner,
               std::int64_t block, const Group& group) {
  Level level = bare_level(tier, index, members, block);
  level.inner = inner;
  if (level.torus_dimensions == 0) return level;
  const std::int64_t stride = std::max(group.stride, block);
  lay_out(level, stride, torus_shape(tier, tier.size == 0 ? members * stride : tier.size));
  return level;
}

}  // namespace

std::int64_t TorusDimension::hops() const { return (closed ? members / 2 : members - 1) * spacing; }

bool Level::switched() const {
  switch (tier->topology) {
    case Topology::switched:
    case Topology::fat_tree:
    case Topology::dragonfly:
      return true;
    default:
      return false;
  }
}

bool Level::any_to_any() const { return switched() || tier->topology == Topology::full_mesh; }

double Level::pair_bandwidth() const {
  if (tier->topology == Topology::full_mesh) {
    return bandwidth / static_cast<double>(std::max<std::int64_t>(1, positions - 1));
  }
  if (tier->topology == Topology::hybrid) {
    return bandwidth / static_cast<double>(std::max<std::int64_t>(1, positions / 2));
  }
  if (torus_dimensions > 0) return bandwidth / (2.0 * torus_dimensions);
  return bandwidth;
}

double Level::ring_bandwidth() const {
  if (switched()) return bandwidth;
  return std::min(bandwidth, pair_bandwidth() * static_cast<double>(members - 1));
}

double Level::along(const TorusDimension& dimension) const {
  const double both_ways = bandwidth / torus_dimensions / static_cast<double>(dimension.spacing);
  return dimension.closed ? both_ways : both_ways / 2;
}

std::vector<std::int64_t> torus_shape(const Tier& tier, std::int64_t devices) {
  if (!tier.shape.empty()) return tier.shape;
  std::vector<std::int64_t> shape;
  for (int left = hardware::torus_dimensions(tier.topology); left > 0; --left) {
    const std::int64_t extent = left == 1 ? devices : root_divisor(devices, left);
    shape.push_back(extent);
    devices /= extent;
  }
  return shape;
}

Level level_between(const Tier& tier, std::size_t index, std::int64_t block, std::int64_t from,
                    std::int64_t to) {
  Level level = bare_level(tier, index, 2, block);
  if (level.torus_dimensions == 0) return level;
  std::int64_t hops = 0;
  const std::int64_t devices = tier.size == 0 ? std::max(from, to) + 1 : tier.size;
  for (const std::int64_t extent : torus_shape(tier, devices)) {
    const std::int64_t apart = std::abs(from % extent - to % extent);
    hops += std::min(apart, extent - apart);
    from /= extent;
    to /= extent;
  }
  level.torus.push_back({2, std::max<std::int64_t>(1, hops), true});
  return level;
}

std::vector<Level> levels_of(const Group& group, std::span<const Tier> tiers) {
  std::vector<Level> levels;
  std::int64_t joined = 1;
  std::int64_t block = 1;
  for (std::size_t i = 0; i < tiers.size() && joined < group.size; ++i) {
    const Tier& tier = tiers[i];
    const bool all = tier.size == 0 || (i + 1 == tiers.size() && group.span() <= tier.size);
    const std::int64_t within = all ? group.size : group.members_within(tier.size);
    if (within > joined) {
      levels.push_back(level_of(tier, i, divided_up(within, joined), joined, block, group));
      joined = within;
    }
    block = std::max<std::int64_t>(1, tier.size);
  }
  if (joined < group.size) {
    throw std::invalid_argument(fmt::format("a group of {} devices, every {}., is beyond the outermost tier",
                                            group.size, group.stride));
  }
  return levels;
}

}  // namespace memwall::parallel
