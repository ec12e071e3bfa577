#include "memwall/roofline/machine.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace memwall::roofline {
namespace {

using hardware::Accelerator;
using hardware::MemoryLevel;
using hardware::Unit;

/// The bandwidth of the whole device as a figure with the level's source.
std::optional<hardware::Figure<BytesPerSecond>> bandwidth_of(const Accelerator& device,
                                                             const MemoryLevel& level) {
  const std::optional<BytesPerSecond> total = device.total_bandwidth(level);
  if (!level.bandwidth || !total || *total <= BytesPerSecond(0)) return std::nullopt;
  hardware::Figure<BytesPerSecond> figure = *level.bandwidth;
  figure.value = *total;
  return figure;
}

LevelCeiling level_ceiling(const Accelerator& device, std::size_t index) {
  LevelCeiling ceiling;
  ceiling.name = device.levels[index].name;
  ceiling.bandwidth = bandwidth_of(device, device.levels[index]);
  for (std::size_t i = index + 1; i < device.levels.size(); ++i) {
    const std::optional<Bytes> capacity = device.total_capacity(device.levels[i]);
    if (capacity && *capacity > Bytes(0)) ceiling.inside.push_back({device.levels[i].name, *capacity});
  }
  return ceiling;
}

void add_levels(Machine& machine, const Accelerator& device) {
  if (device.levels.empty()) {
    machine.notes.emplace_back("no memory is known: nothing is bound by memory");
    return;
  }
  std::vector<std::string> unknown;
  for (std::size_t i = device.main_level; i < device.levels.size(); ++i) {
    LevelCeiling ceiling = level_ceiling(device, i);
    if (!ceiling.bandwidth) unknown.push_back(ceiling.name);
    if (ceiling.bandwidth || i == device.main_level) machine.levels.push_back(std::move(ceiling));
  }
  if (!unknown.empty()) {
    machine.notes.push_back(
        fmt::format("no bandwidth is known for {}: nothing is bound there", fmt::join(unknown, ", ")));
  }
  if (machine.levels.front().inside.empty()) {
    machine.notes.push_back(fmt::format(
        "no capacity is known inside {}: every operand is taken as moved once", machine.levels.front().name));
  }
}

void add_resources(Machine& machine) {
  if (machine.products.unit == Unit::matrix) machine.resources.push_back({ResourceKind::matrix, "matrix"});
  if (machine.products.unit == Unit::vector || machine.elements) {
    machine.resources.push_back({ResourceKind::vector, "vector"});
  }
  for (std::size_t i = 0; i < machine.levels.size(); ++i) {
    if (!machine.levels[i].bandwidth) continue;
    machine.resources.push_back({ResourceKind::memory, machine.levels[i].name, static_cast<int>(i)});
  }
}

}  // namespace

std::string_view to_text(ResourceKind kind) {
  switch (kind) {
    case ResourceKind::matrix:
      return "matrix";
    case ResourceKind::vector:
      return "vector";
    case ResourceKind::memory:
      return "memory";
    case ResourceKind::latency:
      return "latency";
  }
  return "?";
}

std::optional<Bytes> LevelCeiling::room() const {
  if (inside.empty()) return std::nullopt;
  Bytes sum;
  for (const Room& room : inside) sum += room.capacity;
  return sum;
}

int Machine::resource_of(Unit unit) const {
  const ResourceKind kind = unit == Unit::matrix ? ResourceKind::matrix : ResourceKind::vector;
  for (std::size_t i = 0; i < resources.size(); ++i) {
    if (resources[i].kind == kind) return static_cast<int>(i);
  }
  return workload::none;
}

Machine make_machine(const Accelerator& device, const plan::Recipe& recipe) {
  Machine machine;
  machine.device = device.id;
  machine.name = device.name;
  machine.recipe = recipe.id;
  const hardware::ChosenPeak products = hardware::choose_peak(device, Unit::matrix, recipe.matrix);
  machine.products = {products.unit, products.format, products.peak};
  if (!products.fallback.empty()) machine.notes.push_back("matrix products: " + products.fallback);
  if (const auto elements = hardware::find_peak(device, Unit::vector, recipe.vector)) {
    machine.elements = ComputeCeiling{elements->unit, elements->format, elements->peak};
    if (!elements->fallback.empty()) machine.notes.push_back("element-wise work: " + elements->fallback);
  } else {
    machine.notes.push_back(
        fmt::format("no vector peak is known for {}: element-wise work takes no time of "
                    "its own",
                    hardware::joined_names(recipe.vector)));
  }
  add_levels(machine, device);
  add_resources(machine);
  return machine;
}

std::vector<Ridge> ridges(const Accelerator& device) {
  std::vector<Ridge> result;
  for (const Unit unit : {Unit::matrix, Unit::vector}) {
    for (const hardware::Format format : hardware::all_formats) {
      const hardware::Figure<FlopsPerSecond>* peak = device.peak(unit, format);
      if (peak == nullptr) continue;
      for (std::size_t i = device.main_level; i < device.levels.size(); ++i) {
        const auto bandwidth = bandwidth_of(device, device.levels[i]);
        if (bandwidth) {
          result.push_back({unit, format, device.levels[i].name, peak->value / bandwidth->value});
        }
      }
    }
  }
  return result;
}

}  // namespace memwall::roofline
