#pragma once

#include <functional>
#include <vector>

#include "memwall/hardware/figure.hpp"
#include "memwall/roofline/kernel.hpp"
#include "memwall/roofline/machine.hpp"
#include "memwall/units/quantity.hpp"

/// The time of one kernel: the one question that every model of a device answers.
namespace memwall::roofline {

/// One execution of a kernel on a machine.
struct Cost {
  std::vector<Seconds> times;  ///< on each of Machine::resources
  std::vector<Bytes> bytes;    ///< at each of Machine::levels
  Seconds time;
  int bound = workload::none;  ///< the resource that `time` comes from; none where nothing is known
  hardware::Provenance basis = hardware::Provenance::assumed;  ///< how sure the figure behind `time` is
};

/// A model of what a kernel takes on a machine.
using Pricing = std::function<Cost(const Machine&, const Kernel&)>;

/// The roofline (Williams, Waterman and Patterson 2009): time(resource) = work / peak, all resources at once,
/// so that the slowest one is the time.
[[nodiscard]] Cost price_ideal(const Machine& machine, const Kernel& kernel);

/// FLOPs on either unit for each byte at level `level` of the machine; 0 where the kernel moves none.
[[nodiscard]] FlopsPerByte intensity(const Kernel& kernel, const Cost& cost, std::size_t level);

}  // namespace memwall::roofline
