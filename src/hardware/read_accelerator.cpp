#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hardware/choices.hpp"
#include "hardware/figure_reader.hpp"
#include "hardware/sources.hpp"
#include "memwall/config/fields.hpp"
#include "memwall/config/suggest.hpp"
#include "memwall/hardware/reader.hpp"

namespace memwall::hardware {
namespace {

using config::Entry;
using config::Fields;
using config::Node;
using config::Problems;

std::optional<Units> read_units(Fields& device) {
  const Node* node = device.optional("units");
  if (node == nullptr) return std::nullopt;
  Fields fields(*node, device.problems(), "units");
  accept_origin(fields);
  Units units;
  units.name = fields.text("name").value_or("unit");
  const auto count = read_required_figure<std::int64_t>(fields, "count", "units.count");
  units.clock = read_figure<Hertz>(fields, "clock", "units.clock");
  fields.finish();
  if (!count) return std::nullopt;
  units.count = *count;
  return units;
}

Peaks read_peaks(Fields& compute, Unit unit) {
  Peaks peaks;
  const Node* node = compute.optional(name_of(unit));
  if (node == nullptr) return peaks;
  const std::string path = "compute." + std::string(name_of(unit));
  Fields fields(*node, compute.problems(), path);
  for (const Format format : all_formats) {
    const std::string where = fmt::format("{}.{}", path, name_of(format));
    peaks[static_cast<std::size_t>(format)] = read_figure<FlopsPerSecond>(fields, name_of(format), where);
  }
  accept_origin(fields);
  fields.finish();
  return peaks;
}

void read_compute(Fields& device, Accelerator& accelerator) {
  const Node* node = device.optional("compute");
  if (node == nullptr) return;
  Fields fields(*node, device.problems(), "compute");
  accelerator.matrix = read_peaks(fields, Unit::matrix);
  accelerator.vector = read_peaks(fields, Unit::vector);
  accept_origin(fields);
  fields.finish();
}

MemoryLevel read_level(const Entry& entry, Problems& problems) {
  MemoryLevel level;
  level.name = entry.key;
  const std::string path = "memory." + entry.key;
  Fields fields(entry.value, problems, path);
  if (!entry.value.is_map()) return level;
  level.capacity = read_figure<Bytes>(fields, "capacity", path + ".capacity");
  level.bandwidth = read_figure<BytesPerSecond>(fields, "bandwidth", path + ".bandwidth");
  level.technology = fields.text("technology").value_or("");
  level.per_unit = read_choice(fields, "per", path + ".per", {"unit"}) == "unit";
  accept_origin(fields);
  fields.finish();
  if (entry.value.find("capacity") == nullptr && entry.value.find("bandwidth") == nullptr) {
    problems.add(entry.where, path + ": has neither a capacity nor a bandwidth");
  }
  return level;
}

std::vector<std::string> names_of(const std::vector<MemoryLevel>& levels) {
  std::vector<std::string> names(levels.size());
  std::ranges::transform(levels, names.begin(), &MemoryLevel::name);
  return names;
}

/// Puts the levels in the order that `memory.order` states, where it does.
void reorder(Fields& memory, std::vector<MemoryLevel>& levels) {
  const Node* node = memory.optional("order");
  if (node == nullptr) return;
  const std::vector<std::string> order = memory.texts("order");
  if (!std::ranges::is_permutation(order, names_of(levels))) {
    memory.problems().add(node->where, "memory.order: must name every level once");
    return;
  }
  std::ranges::stable_sort(levels, {},
                           [&](const MemoryLevel& level) { return std::ranges::find(order, level.name); });
}

void find_main(Fields& memory, Accelerator& accelerator) {
  const std::string main = memory.required_text("main");
  if (main.empty()) return;
  const auto named = std::ranges::find(accelerator.levels, main, &MemoryLevel::name);
  const config::Location where = memory.node().find("main")->where;
  if (named == accelerator.levels.end()) {
    memory.problems().add(where, "memory.main: no level '" + main + "'" +
                                     config::suggestion(main, names_of(accelerator.levels)));
    return;
  }
  if (named->per_unit) memory.problems().add(where, "memory.main: '" + main + "' is a memory of one unit");
  accelerator.main_level = static_cast<std::size_t>(named - accelerator.levels.begin());
}

void read_memory(Fields& device, Accelerator& accelerator) {
  const Node* node = device.required("memory");
  if (node == nullptr) return;
  Problems& problems = device.problems();
  Fields fields(*node, problems, "memory");
  if (!node->is_map()) return;
  const auto named = entries_except(*node, {"main", "order", "source", "provenance"});
  check_names(named, "memory level", problems);
  for (const Entry* entry : named) {
    accelerator.levels.push_back(read_level(*entry, problems));
    const bool needs_units = accelerator.levels.back().per_unit && device.node().find("units") == nullptr;
    if (needs_units) {
      problems.add(entry->where, "memory." + entry->key + ": is per unit, but the device has no 'units'");
    }
  }
  accept_origin(fields);
  reorder(fields, accelerator.levels);
  find_main(fields, accelerator);
}

std::optional<Link> read_link(Fields& device) {
  const Node* node = device.optional("link");
  if (node == nullptr) return std::nullopt;
  Fields fields(*node, device.problems(), "link");
  Link link;
  link.name = fields.text("name").value_or("");
  const auto bandwidth = read_required_figure<BytesPerSecond>(fields, "bandwidth", "link.bandwidth");
  const auto domain = read_figure<std::int64_t>(fields, "domain", "link.domain");
  if (domain) link.domain = domain->value;
  const std::string topology = read_choice(fields, "topology", "link.topology", topology_names());
  link.topology = topology_named(topology).value_or(Topology::switched);
  link.shape = read_shape(fields, "link", link.topology, link.domain);
  accept_origin(fields);
  fields.finish();
  if (!bandwidth) return std::nullopt;
  link.bandwidth = *bandwidth;
  return link;
}

std::optional<HostLink> read_host(Fields& device) {
  const Node* node = device.optional("host");
  if (node == nullptr) return std::nullopt;
  Fields fields(*node, device.problems(), "host");
  HostLink host;
  host.name = fields.text("link").value_or("");
  host.bandwidth = read_figure<BytesPerSecond>(fields, "bandwidth", "host.bandwidth");
  accept_origin(fields);
  fields.finish();
  return host;
}

/// Fills in what the runtime keeps where the file does not say.
void apply_defaults(const Defaults& defaults, Accelerator& device) {
  const auto found = defaults.find(device.kind);
  if (found == defaults.end() || device.levels.empty()) return;
  const RuntimeDefaults& runtime = found->second;
  const auto assumed = [&](Bytes bytes, std::string where) {
    return Figure<Bytes>{bytes, runtime.provenance, "default of kind " + device.kind + ": " + runtime.source,
                         std::move(where)};
  };
  const std::optional<Bytes> nominal = device.total_capacity(device.main_memory());
  if (!device.reserve && nominal) {
    device.reserve = assumed(Bytes(std::floor((*nominal * runtime.reserve_share).value())), "reserve");
  }
  if (!device.context && runtime.context_per_unit && device.units) {
    device.context =
        assumed(*runtime.context_per_unit * static_cast<double>(device.units->count.value), "context");
  }
}

void check_usable(const Accelerator& device, Problems& problems) {
  if (device.levels.empty()) return;
  const std::optional<Bytes> nominal = device.total_capacity(device.main_memory());
  const std::optional<Bytes> usable = device.usable_memory();
  if (!nominal || !usable || usable->value() > 0) return;
  problems.add(device.where,
               "reserve and context leave nothing of the " + to_text(*nominal) + " of main memory");
}

}  // namespace

Accelerator read_accelerator(const Node& tree, const std::string& id, const Defaults& defaults) {
  Node spelt = tree;
  spell_out_sources(spelt, Subject::accelerator);
  Problems problems;
  Fields fields(spelt, problems, "accelerator");
  problems.throw_if_any();

  Accelerator device;
  device.id = id;
  device.where = spelt.where;
  read_id(fields, id);
  device.name = fields.text("name").value_or(id);
  device.vendor = fields.text("vendor").value_or("");
  device.family = fields.text("family").value_or("");
  if (fields.required("kind") != nullptr) device.kind = read_choice(fields, "kind", "kind", kinds());
  device.released = read_date(fields, "released");
  device.notes = fields.text("notes").value_or("");
  static_cast<void>(fields.text("compared_with"));
  accept_origin(fields);
  device.units = read_units(fields);
  read_compute(fields, device);
  read_memory(fields, device);
  device.link = read_link(fields);
  device.host = read_host(fields);
  device.power = read_figure<Watts>(fields, "power", "power");
  device.die_area_mm2 = read_figure<double>(fields, "die_area_mm2", "die_area_mm2");
  device.process = fields.text("process").value_or("");
  device.price = read_figure<Dollars>(fields, "price", "price");
  device.reserve = read_figure<Bytes>(fields, "reserve", "reserve", Bound::not_negative);
  device.context = read_figure<Bytes>(fields, "context", "context", Bound::not_negative);
  fields.finish();
  apply_defaults(defaults, device);
  check_usable(device, problems);
  problems.throw_if_any();
  return device;
}

}  // namespace memwall::hardware
