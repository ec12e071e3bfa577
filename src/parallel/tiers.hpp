#pragma once

#include <vector>

#include "memwall/parallel/collective.hpp"
#include "parallel/level.hpp"
#include "parallel/phase.hpp"

/// Collectives over several tiers.
namespace memwall::parallel {

[[nodiscard]] TierUse use_of(const Phase& phase, const Level& level);

/// The sum of its tiers.
[[nodiscard]] CollectiveCost whole(Algorithm algorithm, std::vector<TierUse> tiers);

/// Algorithms that treat all members alike: a ring through all of them, everybody to everybody. Empty over a
/// torus.
[[nodiscard]] std::vector<CollectiveCost> flat_costs(Collective collective, double bytes,
                                                     const std::vector<Level>& levels);

/// Tier by tier, each with its cheapest algorithm.
[[nodiscard]] CollectiveCost hierarchical_cost(Collective collective, double bytes,
                                               const std::vector<Level>& levels);

}  // namespace memwall::parallel
