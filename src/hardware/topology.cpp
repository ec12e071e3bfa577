#include "memwall/hardware/topology.hpp"

#include "hardware/names.hpp"

namespace memwall::hardware {
namespace {

constexpr std::array<std::string_view, 9> names = {"switch",  "full_mesh", "hybrid",   "ring",     "torus2d",
                                                   "torus3d", "torus6d",   "fat_tree", "dragonfly"};

}  // namespace

std::string_view name_of(Topology topology) { return names[static_cast<std::size_t>(topology)]; }

std::optional<Topology> topology_named(std::string_view name) {
  return enumerator_named<Topology>(names, name);
}

std::vector<std::string> topology_names() { return all_of(names); }

int torus_dimensions(Topology topology) {
  switch (topology) {
    case Topology::ring:
      return 1;
    case Topology::torus2d:
      return 2;
    case Topology::torus3d:
      return 3;
    case Topology::torus6d:
      return 6;
    default:
      return 0;
  }
}

}  // namespace memwall::hardware
