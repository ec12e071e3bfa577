#include "memwall/parallel/collective.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include "parallel/level.hpp"
#include "parallel/phase.hpp"
#include "parallel/tiers.hpp"

namespace memwall::parallel {
namespace {

using hardware::Tier;

constexpr std::array<std::string_view, 6> collective_names = {"all-reduce", "reduce-scatter", "all-gather",
                                                              "all-to-all", "broadcast",      "send-receive"};

constexpr std::array<std::string_view, 11> algorithm_names = {
    "none",   "direct", "one-shot",       "halving-doubling", "ring",        "bidirectional ring",
    "bucket", "tree",   "scatter-gather", "in-network",       "hierarchical"};

void check(Bytes message) {
  if (!(message.value() >= 0) || !std::isfinite(message.value())) {
    throw std::invalid_argument("a message must have 0 bytes or more");
  }
}

CollectiveCost one_tier(const Phase& phase, const Level& level) {
  return whole(phase.algorithm, {use_of(phase, level)});
}

std::vector<CollectiveCost> candidates(Collective collective, double bytes,
                                       const std::vector<Level>& levels) {
  std::vector<CollectiveCost> costs;
  if (levels.size() == 1) {
    for (const Phase& phase : phases_of(collective, levels.front(), bytes)) {
      costs.push_back(one_tier(phase, levels.front()));
    }
    return costs;
  }
  for (CollectiveCost& flat : flat_costs(collective, bytes, levels)) costs.push_back(std::move(flat));
  // Tier by tier, everybody to everybody is the flat exchange again where no tier is a torus.
  if (collective != Collective::all_to_all || costs.empty()) {
    costs.push_back(hierarchical_cost(collective, bytes, levels));
  }
  return costs;
}

void mark(CollectiveCost& cost, const std::vector<Level>& levels) {
  for (const Level& level : levels) {
    cost.latency_known = cost.latency_known && level.tier->latency.has_value();
    cost.shape_assumed = cost.shape_assumed || level.shape_assumed;
  }
}

}  // namespace

std::string_view to_text(Collective collective) {
  return collective_names[static_cast<std::size_t>(collective)];
}

std::string_view to_text(Algorithm algorithm) { return algorithm_names[static_cast<std::size_t>(algorithm)]; }

std::vector<CollectiveCost> alternatives(Collective collective, Bytes message, const Group& group,
                                         std::span<const Tier> tiers) {
  check(message);
  if (group.size <= 1 || message.value() == 0) return {CollectiveCost{}};
  const std::vector<Level> levels = levels_of(group, tiers);
  std::vector<CollectiveCost> costs = candidates(collective, message.value(), levels);
  std::ranges::stable_sort(costs, {}, &CollectiveCost::time);
  for (CollectiveCost& cost : costs) mark(cost, levels);
  return costs;
}

CollectiveCost cost(Collective collective, Bytes message, const Group& group, std::span<const Tier> tiers) {
  return alternatives(collective, message, group, tiers).front();
}

std::optional<CollectiveCost> cost(Collective collective, Bytes message, const Group& group,
                                   std::span<const Tier> tiers, Algorithm algorithm) {
  for (CollectiveCost& cost : alternatives(collective, message, group, tiers)) {
    if (cost.algorithm == algorithm) return std::move(cost);
  }
  return std::nullopt;
}

CollectiveCost message_cost(Bytes message, std::int64_t from, std::int64_t to, std::span<const Tier> tiers) {
  check(message);
  if (from == to || message.value() == 0) return {};
  std::int64_t block = 1;
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    const Tier& tier = tiers[i];
    if (tier.size != 0 && from / tier.size != to / tier.size) {
      block = tier.size;
      continue;
    }
    const Level level = level_between(tier, i, block, from, to);
    CollectiveCost cost = one_tier(phases_of(Collective::send_receive, level, message.value()).best(), level);
    mark(cost, {level});
    return cost;
  }
  throw std::invalid_argument(
      fmt::format("devices {} and {} are not joined: beyond the outermost tier", from, to));
}

bool joins(std::span<const Tier> tiers, const Group& group) {
  if (group.size <= 1) return true;
  return !tiers.empty() && (tiers.back().size == 0 || group.span() <= tiers.back().size);
}

double bus_factor(Collective collective, std::int64_t devices) {
  const auto n = static_cast<double>(devices);
  switch (collective) {
    case Collective::all_reduce:
      return 2 * (n - 1) / n;
    case Collective::reduce_scatter:
    case Collective::all_gather:
    case Collective::all_to_all:
      return (n - 1) / n;
    case Collective::broadcast:
    case Collective::send_receive:
      break;
  }
  return 1;
}

}  // namespace memwall::parallel
