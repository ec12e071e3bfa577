#include "memwall/roofline/price.hpp"

#include "memwall/roofline/traffic.hpp"

namespace memwall::roofline {
namespace {

/// Seconds on a unit, those of products and of element-wise work apart: both may fall to the vector unit.
struct UnitTimes {
  Seconds products;
  Seconds elements;
};

UnitTimes unit_times(const Machine& machine, const Kernel& kernel) {
  UnitTimes times;
  times.products = kernel.matrix() / machine.products.peak.value;
  if (machine.elements) times.elements = kernel.vector() / machine.elements->peak.value;
  return times;
}

/// Seconds that traffic takes at the level that `resource` is.
Seconds level_time(const Machine& machine, const Resource& resource, const Cost& cost) {
  const auto level = static_cast<std::size_t>(resource.level);
  const auto& bandwidth = machine.levels[level].bandwidth;
  return bandwidth ? cost.bytes[level] / bandwidth->value : Seconds(0);
}

/// How sure the figure is by which `resource` bounds; of two on one unit the one that takes longer.
hardware::Provenance basis_of(const Machine& machine, const Resource& resource, const UnitTimes& times) {
  if (resource.kind == ResourceKind::memory) {
    const auto& bandwidth = machine.levels[static_cast<std::size_t>(resource.level)].bandwidth;
    return bandwidth ? bandwidth->provenance : hardware::Provenance::assumed;
  }
  if (resource.kind == ResourceKind::matrix || !machine.elements) return machine.products.peak.provenance;
  const bool shared = machine.products.unit == hardware::Unit::vector;
  return shared && times.products >= times.elements ? machine.products.peak.provenance
                                                    : machine.elements->peak.provenance;
}

}  // namespace

Cost price_ideal(const Machine& machine, const Kernel& kernel) {
  Cost cost;
  cost.bytes.reserve(machine.levels.size());
  for (const LevelCeiling& level : machine.levels) cost.bytes.push_back(traffic(kernel, level.room()));

  cost.times.resize(machine.resources.size());
  const UnitTimes units = unit_times(machine, kernel);
  cost.times[static_cast<std::size_t>(machine.resource_of(machine.products.unit))] += units.products;
  if (machine.elements) {
    cost.times[static_cast<std::size_t>(machine.resource_of(hardware::Unit::vector))] += units.elements;
  }
  for (std::size_t i = 0; i < machine.resources.size(); ++i) {
    const Resource& resource = machine.resources[i];
    if (resource.kind == ResourceKind::memory) cost.times[i] = level_time(machine, resource, cost);
    if (cost.times[i] > cost.time) {
      cost.time = cost.times[i];
      cost.bound = static_cast<int>(i);
    }
  }
  if (cost.bound != workload::none) {
    cost.basis = basis_of(machine, machine.resources[static_cast<std::size_t>(cost.bound)], units);
  }
  return cost;
}

FlopsPerByte intensity(const Kernel& kernel, const Cost& cost, std::size_t level) {
  const Bytes bytes = cost.bytes[level];
  if (bytes == Bytes(0)) return FlopsPerByte(0);
  return (kernel.matrix() + kernel.vector()) / bytes;
}

}  // namespace memwall::roofline
