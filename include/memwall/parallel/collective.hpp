#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "memwall/hardware/system.hpp"
#include "memwall/parallel/group.hpp"
#include "memwall/units/quantity.hpp"

/// What moving data between devices takes: latency + bytes / bandwidth (Hockney 1994) by algorithm and
/// topology. docs/model.md has every formula.
namespace memwall::parallel {

enum class Collective {
  all_reduce,      ///< every device ends with the sum
  reduce_scatter,  ///< every device ends with its part of the sum
  all_gather,      ///< every device ends with all parts
  all_to_all,      ///< every device sends another part to each
  broadcast,       ///< one device's buffer goes to all
  send_receive     ///< every device sends one message to the next member
};

enum class Algorithm {
  none,                ///< one device, or nothing to send
  direct,              ///< everybody to everybody at once: one step, or two of an all-reduce
  one_shot,            ///< all-reduce: everybody sends everything to everybody and sums
  halving_doubling,    ///< recursive halving, then doubling: ceil(log2 n) steps each
  ring,                ///< from neighbour to neighbour around one ring; of a broadcast a pipelined chain
  bidirectional_ring,  ///< the same both ways at once, on a ring of links
  bucket,              ///< ring by ring over the dimensions of a torus, all dimensions busy at once
  tree,                ///< binomial tree
  scatter_gather,      ///< broadcast: scatter, then all-gather
  in_network,          ///< switches add up, or copy, what passes
  hierarchical         ///< tier by tier: scattered inside, exchanged outside, gathered inside
};

[[nodiscard]] std::string_view to_text(Collective collective);
[[nodiscard]] std::string_view to_text(Algorithm algorithm);

/// A collective's share of one tier.
struct TierUse {
  std::size_t tier = 0;  ///< index, innermost 0
  Algorithm algorithm = Algorithm::none;
  Bytes bytes;       ///< that the busiest device sends over it
  Seconds latency;   ///< of the messages that wait for each other there
  Seconds transfer;  ///< of the bytes; 0 where another tier's transfer hides it
};

struct CollectiveCost {
  Algorithm algorithm = Algorithm::none;
  Seconds time;                ///< latency + transfer
  Seconds latency;             ///< does not depend on the message
  Seconds transfer;            ///< bytes over bandwidth
  std::vector<TierUse> tiers;  ///< innermost first; their latencies and transfers add up to the above
  bool latency_known = true;   ///< false: a tier has no figure, and none was added for it
  bool shape_assumed = false;  ///< a torus without a shape was taken as near to a cube as its size allows
};

/// The cheapest way to run `collective` over `group`, all groups of the system doing the same at once.
/// `message` is the whole buffer of one device: unreduced, gathered, or all that it sends to all. Throws
/// std::invalid_argument for a group that the tiers do not join (see `joins`), or a negative message.
[[nodiscard]] CollectiveCost cost(Collective collective, Bytes message, const Group& group,
                                  std::span<const hardware::Tier> tiers);

/// The same by one algorithm; empty where it does not run there.
[[nodiscard]] std::optional<CollectiveCost> cost(Collective collective, Bytes message, const Group& group,
                                                 std::span<const hardware::Tier> tiers, Algorithm algorithm);

/// Every algorithm that runs there, the cheapest first.
[[nodiscard]] std::vector<CollectiveCost> alternatives(Collective collective, Bytes message,
                                                       const Group& group,
                                                       std::span<const hardware::Tier> tiers);

/// One message from a device to another, by their numbers; on a torus every device of the system sends as
/// far at once.
[[nodiscard]] CollectiveCost message_cost(Bytes message, std::int64_t from, std::int64_t to,
                                          std::span<const hardware::Tier> tiers);

/// Whether the outermost tier reaches all members.
[[nodiscard]] bool joins(std::span<const hardware::Tier> tiers, const Group& group);

/// The part of a device's buffer that must cross its link at least: 2 (n - 1) / n of an all-reduce, (n - 1) /
/// n of gathering, scattering and all-to-all, 1 of the rest. What NCCL calls the bus bandwidth is this x
/// message / time.
[[nodiscard]] double bus_factor(Collective collective, std::int64_t devices);

}  // namespace memwall::parallel
