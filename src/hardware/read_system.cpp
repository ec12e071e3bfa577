#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "hardware/choices.hpp"
#include "hardware/figure_reader.hpp"
#include "hardware/sources.hpp"
#include "memwall/config/fields.hpp"
#include "memwall/hardware/reader.hpp"

namespace memwall::hardware {
namespace {

using config::Entry;
using config::Fields;
using config::Node;
using config::Problems;

Storage read_storage(Fields& host) {
  Storage storage;
  const Node* node = host.optional("storage");
  if (node == nullptr) return storage;
  const std::string path = "node.storage";
  Fields fields(*node, host.problems(), path);
  storage.drives = fields.text("drives").value_or("");
  storage.capacity = read_figure<Bytes>(fields, "capacity", path + ".capacity");
  storage.bandwidth = read_figure<BytesPerSecond>(fields, "bandwidth", path + ".bandwidth");
  storage.write_bandwidth = read_figure<BytesPerSecond>(fields, "write_bandwidth", path + ".write_bandwidth");
  accept_origin(fields);
  fields.finish();
  return storage;
}

HostNode read_node(Fields& system) {
  HostNode host;
  const Node* node = system.optional("node");
  if (node == nullptr) return host;
  Fields fields(*node, system.problems(), "node");
  const auto devices = read_required_figure<std::int64_t>(fields, "devices", "node.devices");
  if (devices) host.devices = devices->value;
  host.cpu = fields.text("cpu").value_or("");
  host.memory = read_figure<Bytes>(fields, "memory", "node.memory");
  host.memory_bandwidth = read_figure<BytesPerSecond>(fields, "memory_bandwidth", "node.memory_bandwidth");
  host.link = fields.text("link").value_or("");
  host.link_bandwidth = read_figure<BytesPerSecond>(fields, "link_bandwidth", "node.link_bandwidth");
  host.storage = read_storage(fields);
  accept_origin(fields);
  fields.finish();
  return host;
}

Tier read_tier(const Entry& entry, Problems& problems) {
  Tier tier;
  tier.name = entry.key;
  const std::string path = "tiers." + entry.key;
  Fields fields(entry.value, problems, path);
  if (!entry.value.is_map()) return tier;
  tier.link = fields.text("link").value_or("");
  const auto size = read_figure<std::int64_t>(fields, "size", path + ".size");
  if (size) tier.size = size->value;
  if (const auto bandwidth = read_required_figure<BytesPerSecond>(fields, "bandwidth", path + ".bandwidth")) {
    tier.bandwidth = *bandwidth;
  }
  tier.latency = read_figure<Seconds>(fields, "latency", path + ".latency", Bound::not_negative);
  if (fields.required("topology") != nullptr) {
    const std::string topology = read_choice(fields, "topology", path + ".topology", topology_names());
    tier.topology = topology_named(topology).value_or(Topology::switched);
  }
  tier.shape = read_shape(fields, path, tier.topology, size ? std::optional(size->value) : std::nullopt);
  const auto thinning =
      read_figure<double>(fields, "oversubscription", path + ".oversubscription", Bound::at_least_one);
  if (thinning) tier.oversubscription = thinning->value;
  tier.in_network_reduction = fields.boolean("in_network_reduction").value_or(false);
  accept_origin(fields);
  fields.finish();
  return tier;
}

/// Each tier joins more devices than the one before, and only the last may be without limit.
void check_sizes(const std::vector<Tier>& tiers, const std::vector<const Entry*>& named, Problems& problems) {
  for (std::size_t i = 1; i < tiers.size(); ++i) {
    const Tier& inner = tiers[i - 1];
    const Tier& outer = tiers[i];
    if (inner.size == 0) {
      problems.add(named[i]->where, "tiers." + outer.name + ": stands outside of '" + inner.name +
                                        "', which has no size and so no limit");
    } else if (outer.size != 0 && outer.size <= inner.size) {
      problems.add(named[i]->where, "tiers." + outer.name + ": joins " + std::to_string(outer.size) +
                                        " devices, no more than '" + inner.name + "' inside it");
    }
  }
}

std::vector<Tier> read_tiers(Fields& system) {
  std::vector<Tier> tiers;
  const Node* node = system.optional("tiers");
  if (node == nullptr) return tiers;
  Problems& problems = system.problems();
  Fields fields(*node, problems, "tiers");
  if (!node->is_map()) return tiers;
  const auto named = entries_except(*node, {"source", "provenance"});
  check_names(named, "tier", problems);
  for (const Entry* entry : named) tiers.push_back(read_tier(*entry, problems));
  accept_origin(fields);
  check_sizes(tiers, named, problems);
  return tiers;
}

}  // namespace

System read_system(const Node& tree, const std::string& id, Accelerator accelerator) {
  Node spelt = tree;
  spell_out_sources(spelt, Subject::system);
  Problems problems;
  Fields fields(spelt, problems, "system");
  problems.throw_if_any();

  System system;
  system.id = id;
  system.where = spelt.where;
  read_id(fields, id);
  system.name = fields.text("name").value_or(id);
  static_cast<void>(fields.required_text("accelerator"));
  system.released = read_date(fields, "released");
  system.notes = fields.text("notes").value_or("");
  static_cast<void>(fields.text("compared_with"));
  accept_origin(fields);
  system.node = read_node(fields);
  system.tiers = read_tiers(fields);
  if (const auto most = read_figure<std::int64_t>(fields, "max_devices", "max_devices")) {
    system.max_devices = most->value;
  }
  fields.finish();
  problems.throw_if_any();
  system.accelerator = std::move(accelerator);
  return system;
}

}  // namespace memwall::hardware
