#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "memwall/config/problem.hpp"
#include "memwall/hardware/accelerator.hpp"
#include "memwall/hardware/figure.hpp"
#include "memwall/hardware/topology.hpp"
#include "memwall/units/quantity.hpp"

/// Accelerators joined by network tiers, and the hosts that they share.
namespace memwall::hardware {

/// One network tier: devices that reach each other at this bandwidth.
struct Tier {
  std::string name;                        ///< "NVLink", "InfiniBand", "ICI": the key in the file
  std::string link;                        ///< in full: "8x NDR InfiniBand"; may be empty
  std::int64_t size = 0;                   ///< devices reached, those of inner tiers among them; 0: no limit
  Figure<BytesPerSecond> bandwidth;        ///< of one device, per direction, all its links added
  std::optional<Figure<Seconds>> latency;  ///< of one message, or of one hop in a torus
  Topology topology = Topology::switched;
  std::vector<std::int64_t> shape;    ///< of a torus, where known; its product is `size`
  double oversubscription = 1;        ///< downlinks over uplinks: a fully loaded tier gets bandwidth / this
  bool in_network_reduction = false;  ///< its switches add up what passes (NVLink SHARP, InfiniBand SHARP)
};

/// Drives of a node, which its devices share.
struct Storage {
  std::string drives;                               ///< "8x 3.84 TB NVMe"; may be empty
  std::optional<Figure<Bytes>> capacity;            ///< of the node
  std::optional<Figure<BytesPerSecond>> bandwidth;  ///< of the node, reading; writing too unless said
  std::optional<Figure<BytesPerSecond>> write_bandwidth;
};

/// The host of a group of devices.
struct HostNode {
  std::int64_t devices = 1;                                ///< accelerators in it
  std::string cpu;                                         ///< "2x Xeon Platinum 8480C"; may be empty
  std::optional<Figure<Bytes>> memory;                     ///< of the node
  std::optional<Figure<BytesPerSecond>> memory_bandwidth;  ///< of the node
  std::string link;                                        ///< "PCIe 5.0 x16"; may be empty
  std::optional<Figure<BytesPerSecond>> link_bandwidth;  ///< of one device, per direction, when all transfer
  Storage storage;
};

/// A system of any number of nodes. `tiers` go from the innermost out, each reaching more devices than the
/// one before.
struct System {
  std::string id;
  std::string name;
  std::string released;
  std::string notes;
  std::vector<std::string> aliases;
  std::vector<std::string>
      files;  ///< every file that it was read from, its own first, the accelerator's last
  config::Location where;

  Accelerator accelerator;
  HostNode node;
  std::vector<Tier> tiers;
  std::optional<std::int64_t> max_devices;  ///< as built

  /// The innermost tier that joins `devices` devices; null where none does (1 device needs none, and gives
  /// the innermost).
  [[nodiscard]] const Tier* tier_for(std::int64_t devices) const;

  /// The most devices that the tiers join and the system has; 0: no limit. 1 where there is no tier.
  [[nodiscard]] std::int64_t reach() const;
};

/// The system that a bare accelerator stands for: one device a node, joined by its own links up to their
/// domain.
[[nodiscard]] System system_of(Accelerator accelerator);

}  // namespace memwall::hardware
