#include "parallel/tiers.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace memwall::parallel {
namespace {

using hardware::Topology;

double devices_of(const std::vector<Level>& levels) {
  return static_cast<double>(levels.back().inner * levels.back().members);
}

bool exchanges(Collective collective) {
  return collective != Collective::broadcast && collective != Collective::send_receive;
}

// --- Flat -------------------------------------------------------------------------------------------------

/// All tiers carry their part of the bytes at the same time: the slowest one is the transfer. Of those that
/// take equally long the innermost is said to.
CollectiveCost at_once(Algorithm algorithm, std::vector<TierUse> tiers) {
  const auto by_transfer = [](const TierUse& a, const TierUse& b) { return a.transfer < b.transfer; };
  const auto by_latency = [](const TierUse& a, const TierUse& b) { return a.latency < b.latency; };
  const auto slowest = std::ranges::max_element(tiers, by_transfer) - tiers.begin();
  const auto latest = std::ranges::max_element(tiers, by_latency) - tiers.begin();
  for (std::ptrdiff_t i = 0; i < std::ssize(tiers); ++i) {
    TierUse& tier = tiers[static_cast<std::size_t>(i)];
    if (i != slowest) tier.transfer = Seconds(0);
    if (i != latest) tier.latency = Seconds(0);
  }
  return whole(algorithm, std::move(tiers));
}

/// One ring through all devices, block after block; as many of them, turned against each other, as a block
/// has members, so that each leaves the block by another member's links.
CollectiveCost flat_ring(Collective collective, double bytes, const std::vector<Level>& levels) {
  const double n = devices_of(levels);
  const double passes = collective == Collective::all_reduce ? 2 : 1;
  std::vector<TierUse> tiers;
  for (const Level& level : levels) {
    const double sent = passes * (n - 1) / n * bytes / static_cast<double>(level.inner);
    tiers.push_back({level.index, Algorithm::ring, Bytes(sent), Seconds(passes * (n - 1) * level.latency),
                     Seconds(sent / level.ring_bandwidth())});
  }
  return at_once(Algorithm::ring, std::move(tiers));
}

/// Everybody sends a part of `bytes` to everybody: what is for devices of other blocks leaves by the tier
/// that joins them. Runs `passes` times.
std::vector<TierUse> exchange_over(const std::vector<Level>& levels, double bytes, double passes) {
  const double n = devices_of(levels);
  std::vector<TierUse> tiers;
  for (const Level& level : levels) {
    const double share = bytes * static_cast<double>(level.inner * level.members) / n;
    const Phase phase = phases_of(Collective::all_to_all, level, share).best();
    tiers.push_back(use_of(
        {phase.algorithm, passes * phase.latency, passes * phase.transfer, passes * phase.bytes}, level));
  }
  return tiers;
}

// --- Hierarchical -----------------------------------------------------------------------------------------

void add(std::vector<TierUse>& tiers, const Phase& phase, const Level& level, double passes) {
  tiers.push_back(use_of(
      {phase.algorithm, passes * phase.latency, passes * phase.transfer, passes * phase.bytes}, level));
}

/// Scattered inside, the rest on what each member then has, gathered inside.
std::vector<TierUse> scattered(Collective collective, double bytes, const std::vector<Level>& levels) {
  const bool there_and_back = collective == Collective::all_reduce;
  std::vector<TierUse> tiers;
  for (const Level& level : levels) {
    const bool outermost = &level == &levels.back();
    if (outermost) {
      add(tiers, phases_of(collective, level, bytes).best(), level, 1);
      break;
    }
    const Phase inside = phases_of(Collective::reduce_scatter, level, bytes).best();
    add(tiers, inside, level, there_and_back ? 2 : 1);
    bytes /= static_cast<double>(level.members);
  }
  return tiers;
}

double time_of(const std::vector<TierUse>& tiers) {
  double time = 0;
  for (const TierUse& tier : tiers) time += (tier.latency + tier.transfer).value();
  return time;
}

/// At each tier the cheaper of: broadcast outside, then inside; or scatter inside, broadcast the parts
/// outside, gather inside.
std::vector<TierUse> broadcast_over(std::span<const Level> levels, double bytes) {
  std::vector<TierUse> whole_buffer;
  const Level& level = levels.front();
  add(whole_buffer, phases_of(Collective::broadcast, level, bytes).best(), level, 1);
  if (levels.size() == 1) return whole_buffer;
  std::vector<TierUse> parts;
  add(parts, phases_of(Collective::all_gather, level, bytes).best(), level, 2);
  const auto outside = levels.subspan(1);
  for (const TierUse& tier : broadcast_over(outside, bytes)) whole_buffer.push_back(tier);
  for (const TierUse& tier : broadcast_over(outside, bytes / static_cast<double>(level.members))) {
    parts.push_back(tier);
  }
  return time_of(parts) < time_of(whole_buffer) ? parts : whole_buffer;
}

/// Every member sends to the next at once: the slowest message counts.
CollectiveCost slowest_message(double bytes, const std::vector<Level>& levels) {
  std::vector<TierUse> slowest;
  for (const Level& level : levels) {
    std::vector<TierUse> here;
    add(here, phases_of(Collective::send_receive, level, bytes).best(), level, 1);
    if (slowest.empty() || time_of(here) > time_of(slowest)) slowest = std::move(here);
  }
  return whole(Algorithm::direct, std::move(slowest));
}

}  // namespace

TierUse use_of(const Phase& phase, const Level& level) {
  return {level.index, phase.algorithm, Bytes(phase.bytes), Seconds(phase.latency), Seconds(phase.transfer)};
}

CollectiveCost whole(Algorithm algorithm, std::vector<TierUse> tiers) {
  CollectiveCost cost;
  cost.algorithm = algorithm;
  for (const TierUse& tier : tiers) {
    cost.latency += tier.latency;
    cost.transfer += tier.transfer;
  }
  cost.time = cost.latency + cost.transfer;
  cost.tiers = std::move(tiers);
  return cost;
}

std::vector<CollectiveCost> flat_costs(Collective collective, double bytes,
                                       const std::vector<Level>& levels) {
  std::vector<CollectiveCost> costs;
  if (!exchanges(collective)) return costs;
  if (std::ranges::all_of(levels, &Level::any_to_any)) {
    const double passes = collective == Collective::all_reduce ? 2 : 1;
    costs.push_back(at_once(Algorithm::direct, exchange_over(levels, bytes, passes)));
    if (collective == Collective::all_reduce) {
      costs.push_back(at_once(Algorithm::one_shot, exchange_over(levels, devices_of(levels) * bytes, 1)));
    }
  }
  const bool a_torus = std::ranges::any_of(levels, [](const Level& l) { return l.torus_dimensions > 0; });
  if (!a_torus && collective != Collective::all_to_all) costs.push_back(flat_ring(collective, bytes, levels));
  return costs;
}

CollectiveCost hierarchical_cost(Collective collective, double bytes, const std::vector<Level>& levels) {
  switch (collective) {
    case Collective::all_to_all:
      return at_once(Algorithm::hierarchical, exchange_over(levels, bytes, 1));
    case Collective::broadcast:
      return whole(Algorithm::hierarchical, broadcast_over(levels, bytes));
    case Collective::send_receive:
      return slowest_message(bytes, levels);
    case Collective::all_reduce:
    case Collective::reduce_scatter:
    case Collective::all_gather:
      break;
  }
  return whole(Algorithm::hierarchical, scattered(collective, bytes, levels));
}

}  // namespace memwall::parallel
