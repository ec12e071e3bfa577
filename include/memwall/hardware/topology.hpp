#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How the devices of one network tier are joined.
namespace memwall::hardware {

enum class Topology {
  switched,   ///< `switch`: a non-blocking switch, any device to any other at full bandwidth
  full_mesh,  ///< a direct link between every two devices; a pair gets bandwidth / (size - 1)
  hybrid,     ///< hybrid cube mesh (DGX-1): some pairs joined directly, the rest over one hop
  ring,       ///< two neighbours a device
  torus2d,    ///< 4 neighbours a device
  torus3d,    ///< 6 neighbours a device
  torus6d,    ///< Tofu: 6-d mesh and torus
  fat_tree,   ///< switches in levels (also Clos); `oversubscription` says how much thinner it gets above
  dragonfly,  ///< groups of switches, every group joined to every other
};

/// "switch", "full_mesh", "torus3d", ...: how YAML and reports spell it.
[[nodiscard]] std::string_view name_of(Topology topology);

/// The topology of that name.
[[nodiscard]] std::optional<Topology> topology_named(std::string_view name);

/// The names of all topologies, for suggestions.
[[nodiscard]] std::vector<std::string> topology_names();

/// Dimensions of a torus: 2, 3 or 6 (a ring has 1); 0 for every other topology.
[[nodiscard]] int torus_dimensions(Topology topology);

}  // namespace memwall::hardware
