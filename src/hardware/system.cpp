#include "memwall/hardware/system.hpp"

#include <algorithm>
#include <utility>

namespace memwall::hardware {

const Tier* System::tier_for(std::int64_t devices) const {
  for (const Tier& tier : tiers) {
    if (tier.size == 0 || tier.size >= devices) return &tier;
  }
  return nullptr;
}

std::int64_t System::reach() const {
  const std::int64_t joined = tiers.empty() ? 1 : tiers.back().size;
  if (!max_devices) return joined;
  return joined == 0 ? *max_devices : std::min(joined, *max_devices);
}

System system_of(Accelerator accelerator) {
  System system;
  system.id = accelerator.id;
  system.name = accelerator.name;
  system.released = accelerator.released;
  system.notes = accelerator.notes;
  system.aliases = accelerator.aliases;
  system.files = accelerator.files;
  system.where = accelerator.where;
  if (accelerator.host) {
    system.node.link = accelerator.host->name;
    system.node.link_bandwidth = accelerator.host->bandwidth;
  }
  if (accelerator.link) {
    const Link& link = *accelerator.link;
    system.tiers.push_back({.name = link.name.empty() ? "link" : link.name,
                            .link = link.name,
                            .size = link.domain.value_or(0),
                            .bandwidth = link.bandwidth,
                            .latency = std::nullopt,
                            .topology = link.topology,
                            .shape = link.shape});
  }
  system.accelerator = std::move(accelerator);
  return system;
}

}  // namespace memwall::hardware
