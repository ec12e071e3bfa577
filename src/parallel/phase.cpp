#include "parallel/phase.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace memwall::parallel {
namespace {

using hardware::Topology;

int steps_of_halving(std::int64_t members) {
  return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(members - 1)));  // ceil(log2 n)
}

/// Bytes of one device that are for others.
double for_others(const Level& level, double bytes) {
  const auto n = static_cast<double>(level.members);
  return (n - 1) / n * bytes;
}

/// Everybody sends `bytes` / n to each other member at once.
Phase exchange(const Level& level, double bytes) {
  const double sent = for_others(level, bytes);
  const auto n = static_cast<double>(level.members);
  if (level.switched()) return {Algorithm::direct, level.latency, sent / level.bandwidth, sent};
  return {Algorithm::direct, level.latency, bytes / n / level.pair_bandwidth(), sent};
}

/// A chain of `hops` links whose first device sends the buffer in pieces: k pieces take (hops + k - 1) steps
/// of latency + bytes / (k bandwidth), least where k = sqrt((hops - 1) bytes / (bandwidth latency)).
Phase chain(const Level& level, double hops, double bytes, double bandwidth) {
  const double whole = bytes / bandwidth;
  const double pieces = level.latency > 0 ? std::max(1.0, std::sqrt((hops - 1) * whole / level.latency)) : 0;
  if (pieces == 0) return {Algorithm::ring, 0, whole, bytes};  // no latency: as fine as one likes
  return {Algorithm::ring, (hops + pieces - 1) * level.latency, (hops + pieces - 1) * whole / pieces, bytes};
}

// --- Scattering and gathering: a reduce-scatter is an all-gather backwards, with the same costs
// --------------

void scatter_switched(Phases& phases, const Level& level, double bytes) {
  const double sent = for_others(level, bytes);
  const double transfer = sent / level.bandwidth;
  phases.add(exchange(level, bytes));
  phases.add({Algorithm::halving_doubling, steps_of_halving(level.members) * level.latency, transfer, sent});
  phases.add({Algorithm::ring, static_cast<double>(level.members - 1) * level.latency, transfer, sent});
}

/// Bucket algorithm (Chan et al. 2007) on as many parts of the buffer as dimensions, each beginning in
/// another one, so that all links are busy; a phase lasts as long as its slowest part.
Phase bucket(const Level& level, double bytes) {
  const std::size_t count = level.torus.size();
  double hops = 0;
  double transfer = 0;
  for (std::size_t phase = 0; phase < count; ++phase) {
    double slowest = 0;
    for (std::size_t part = 0; part < count; ++part) {
      double size = bytes / static_cast<double>(count);
      for (std::size_t before = 0; before < phase; ++before) {
        size /= static_cast<double>(level.torus[(part + before) % count].members);
      }
      const TorusDimension& dimension = level.torus[(part + phase) % count];
      const auto n = static_cast<double>(dimension.members);
      slowest = std::max(slowest, (n - 1) / n * size / level.along(dimension));
    }
    hops += static_cast<double>(level.torus[phase].hops());
    transfer += slowest;
  }
  const Algorithm name = count == 1 ? Algorithm::bidirectional_ring : Algorithm::bucket;
  return {name, hops * level.latency, transfer, for_others(level, bytes)};
}

/// A ring through members that fill no box of the torus, along one dimension's links at a time.
Phase ring_through_torus(const Level& level, double bytes) {
  const double sent = for_others(level, bytes);
  const std::int64_t half_way = level.members / 2;
  const auto hops = static_cast<double>(half_way);
  return {Algorithm::bidirectional_ring, hops * level.latency,
          sent / (level.bandwidth / level.torus_dimensions), sent};
}

Phases scatter(const Level& level, double bytes) {
  Phases phases;
  if (level.switched()) {
    scatter_switched(phases, level, bytes);
  } else if (level.tier->topology == Topology::full_mesh) {
    phases.add(exchange(level, bytes));
  } else if (level.tier->topology == Topology::hybrid) {
    const double sent = for_others(level, bytes);
    phases.add({Algorithm::ring, static_cast<double>(level.members - 1) * level.latency,
                sent / level.ring_bandwidth(), sent});
  } else {
    phases.add(level.exact ? bucket(level, bytes) : ring_through_torus(level, bytes));
  }
  return phases;
}

// --- All-reduce -------------------------------------------------------------------------------------------

Phases all_reduce(const Level& level, double bytes) {
  Phases phases;
  for (const Phase& half : scatter(level, bytes)) {
    phases.add({half.algorithm, 2 * half.latency, 2 * half.transfer, 2 * half.bytes});
  }
  if (level.any_to_any()) {
    Phase shot = exchange(level, static_cast<double>(level.members) * bytes);
    shot.algorithm = Algorithm::one_shot;
    phases.add(shot);
  }
  if (level.switched() && level.tier->in_network_reduction) {
    phases.add({Algorithm::in_network, level.latency, bytes / level.bandwidth, bytes});
  }
  return phases;
}

// --- All-to-all -------------------------------------------------------------------------------------------

/// Every pair exchanges bytes / n; the links across the middle carry most.
double across_ring(std::int64_t members, double bytes) {
  const std::int64_t crossings = members * members / 4;
  return bytes / static_cast<double>(members) * static_cast<double>(crossings);
}

Phase all_to_all_torus(const Level& level, double bytes) {
  if (!level.exact) {
    const double carried = across_ring(level.members, bytes);
    const std::int64_t half_way = level.members / 2;
    return {Algorithm::bidirectional_ring, static_cast<double>(half_way) * level.latency,
            carried / (level.bandwidth / level.torus_dimensions), carried};
  }
  double hops = 0;
  double slowest = 0;
  double carried = 0;
  for (const TorusDimension& dimension : level.torus) {
    const double here = across_ring(dimension.members, bytes);
    hops += static_cast<double>(dimension.hops());
    carried += here;
    slowest = std::max(slowest, here / level.along(dimension));
  }
  const Algorithm name = level.torus.size() == 1 ? Algorithm::bidirectional_ring : Algorithm::bucket;
  return {name, hops * level.latency, slowest, carried};
}

/// Partners that are not joined directly are reached over one device in between.
Phase all_to_all_hybrid(const Level& level, double bytes) {
  const std::int64_t others = level.members - 1;
  const std::int64_t far = std::max<std::int64_t>(0, others - std::max<std::int64_t>(1, level.positions / 2));
  const double carried = bytes / static_cast<double>(level.members) * static_cast<double>(others + far);
  return {Algorithm::direct, (far > 0 ? 2 : 1) * level.latency, carried / level.ring_bandwidth(), carried};
}

Phases all_to_all(const Level& level, double bytes) {
  Phases phases;
  if (level.any_to_any()) {
    phases.add(exchange(level, bytes));
  } else if (level.tier->topology == Topology::hybrid) {
    phases.add(all_to_all_hybrid(level, bytes));
  } else {
    phases.add(all_to_all_torus(level, bytes));
  }
  return phases;
}

// --- Broadcast and single messages
// --------------------------------------------------------------------------

double torus_hops(const Level& level) {
  const std::int64_t half_way = level.members / 2;
  if (!level.exact) return static_cast<double>(half_way);
  double hops = 0;
  for (const TorusDimension& dimension : level.torus) hops += static_cast<double>(dimension.hops());
  return hops;
}

Phases broadcast(const Level& level, double bytes) {
  Phases phases;
  const auto others = static_cast<double>(level.members - 1);
  if (level.switched()) {
    const int steps = steps_of_halving(level.members);
    const double whole = bytes / level.bandwidth;
    phases.add({Algorithm::direct, level.latency, others * whole, others * bytes});
    phases.add({Algorithm::tree, steps * level.latency, steps * whole, steps * bytes});
    if (level.tier->in_network_reduction) {
      phases.add({Algorithm::in_network, level.latency, whole, bytes});
    }
  } else if (level.tier->topology == Topology::full_mesh) {
    phases.add({Algorithm::direct, level.latency, bytes / level.pair_bandwidth(), others * bytes});
  }
  const Phase half = scatter(level, bytes).best();
  phases.add({Algorithm::scatter_gather, 2 * half.latency, 2 * half.transfer, 2 * half.bytes});
  if (level.torus_dimensions > 0) {
    phases.add(chain(level, torus_hops(level), bytes, level.bandwidth / level.torus_dimensions));
  } else {
    phases.add(chain(level, others, bytes, level.ring_bandwidth()));
  }
  return phases;
}

Phases send_receive(const Level& level, double bytes) {
  double hops = 1;
  for (const TorusDimension& dimension : level.torus) {
    hops = std::max(hops, static_cast<double>(dimension.spacing));
  }
  Phases phases;
  phases.add({Algorithm::direct, hops * level.latency, hops * bytes / level.pair_bandwidth(), bytes});
  return phases;
}

}  // namespace

const Phase& Phases::best() const {
  return *std::min_element(begin(), end(),
                           [](const Phase& a, const Phase& b) { return a.time() < b.time(); });
}

Phases phases_of(Collective collective, const Level& level, double bytes) {
  switch (collective) {
    case Collective::all_reduce:
      return all_reduce(level, bytes);
    case Collective::reduce_scatter:
    case Collective::all_gather:
      return scatter(level, bytes);
    case Collective::all_to_all:
      return all_to_all(level, bytes);
    case Collective::broadcast:
      return broadcast(level, bytes);
    case Collective::send_receive:
      return send_receive(level, bytes);
  }
  return {};
}

}  // namespace memwall::parallel
