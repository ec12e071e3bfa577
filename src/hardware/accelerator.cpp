#include "memwall/hardware/accelerator.hpp"

namespace memwall::hardware {

std::string_view name_of(Unit unit) { return unit == Unit::matrix ? "matrix" : "vector"; }

const Figure<FlopsPerSecond>* Accelerator::peak(Unit unit, Format format) const {
  const Peaks& peaks = unit == Unit::matrix ? matrix : vector;
  const auto& figure = peaks[static_cast<std::size_t>(format)];
  return figure ? &*figure : nullptr;
}

const MemoryLevel* Accelerator::memory(std::string_view level_name) const {
  if (level_name == "main" && !levels.empty()) return &main_memory();
  for (const MemoryLevel& level : levels) {
    if (level.name == level_name) return &level;
  }
  return nullptr;
}

namespace {

/// `figure` of a level, of all units where it is of one.
template <class Q>
std::optional<Q> of_device(const std::optional<Figure<Q>>& figure, bool per_unit,
                           const std::optional<Units>& units) {
  if (!figure) return std::nullopt;
  if (!per_unit) return figure->value;
  if (!units) return std::nullopt;
  return figure->value * static_cast<double>(units->count.value);
}

}  // namespace

std::optional<Bytes> Accelerator::total_capacity(const MemoryLevel& level) const {
  return of_device(level.capacity, level.per_unit, units);
}

std::optional<BytesPerSecond> Accelerator::total_bandwidth(const MemoryLevel& level) const {
  return of_device(level.bandwidth, level.per_unit, units);
}

std::optional<Bytes> Accelerator::usable_memory() const {
  if (levels.empty()) return std::nullopt;
  const std::optional<Bytes> nominal = total_capacity(main_memory());
  if (!nominal) return std::nullopt;
  Bytes usable = *nominal;
  if (reserve) usable -= reserve->value;
  if (context) usable -= context->value;
  return usable;
}

}  // namespace memwall::hardware
