#include "hardware/schema.hpp"

#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "memwall/hardware/format.hpp"

namespace memwall::hardware {
namespace {

using config::Entry;
using config::Node;

/// A path with at most one `*`, which stands for every map below (memory levels, tiers) or every format.
struct Pattern {
  std::string_view path;
  Kind kind;
};

constexpr auto accelerator_patterns = std::to_array<Pattern>({
    {"units.count", Kind::count},
    {"units.clock", Kind::hertz},
    {"compute.matrix.*", Kind::flops_per_second},
    {"compute.vector.*", Kind::flops_per_second},
    {"memory.*.technology", Kind::text},
    {"memory.*.capacity", Kind::bytes},
    {"memory.*.bandwidth", Kind::bytes_per_second},
    {"link.bandwidth", Kind::bytes_per_second},
    {"link.domain", Kind::count},
    {"link.topology", Kind::text},
    {"host.bandwidth", Kind::bytes_per_second},
    {"power", Kind::watts},
    {"die_area_mm2", Kind::number},
    {"price", Kind::dollars},
    {"reserve", Kind::bytes},
    {"context", Kind::bytes},
});

constexpr auto system_patterns = std::to_array<Pattern>({
    {"accelerator", Kind::text},
    {"node.devices", Kind::count},
    {"node.memory", Kind::bytes},
    {"node.memory_bandwidth", Kind::bytes_per_second},
    {"node.link_bandwidth", Kind::bytes_per_second},
    {"node.storage.capacity", Kind::bytes},
    {"node.storage.bandwidth", Kind::bytes_per_second},
    {"node.storage.write_bandwidth", Kind::bytes_per_second},
    {"tiers.*.size", Kind::count},
    {"tiers.*.bandwidth", Kind::bytes_per_second},
    {"tiers.*.latency", Kind::seconds},
    {"tiers.*.topology", Kind::text},
    {"tiers.*.oversubscription", Kind::number},
    {"tiers.*.in_network_reduction", Kind::text},
    {"max_devices", Kind::count},
});

/// What `*` stands for after `before`.
std::vector<std::string> names_at(const Node& tree, const std::vector<std::string>& before) {
  if (before.front() == "compute") return format_names();
  std::vector<std::string> names;
  const Node* parent = find_at(tree, before);
  if (parent == nullptr) return names;
  for (const Entry& entry : parent->entries) {
    if (entry.value.is_map()) names.push_back(entry.key);
  }
  return names;
}

void expand(const Node& tree, const Pattern& pattern, std::vector<Leaf>& leaves) {
  const std::vector<std::string> keys = keys_of(std::string(pattern.path));
  for (std::size_t star = 0; star < keys.size(); ++star) {
    if (keys[star] != "*") continue;
    const auto split = keys.begin() + static_cast<std::ptrdiff_t>(star);
    for (const std::string& name : names_at(tree, {keys.begin(), split})) {
      std::vector<std::string> named = keys;
      named[star] = name;
      leaves.push_back({std::move(named), pattern.kind});
    }
    return;
  }
  leaves.push_back({keys, pattern.kind});
}

}  // namespace

Subject subject_of(const Node& tree) {
  return tree.find("accelerator") != nullptr ? Subject::system : Subject::accelerator;
}

std::vector<Leaf> leaves(const Node& tree, Subject subject) {
  const std::span<const Pattern> patterns = subject == Subject::system
                                                ? std::span<const Pattern>(system_patterns)
                                                : std::span<const Pattern>(accelerator_patterns);
  std::vector<Leaf> leaves;
  for (const Pattern& pattern : patterns) expand(tree, pattern, leaves);
  return leaves;
}

std::vector<std::string> keys_of(const std::string& path) {
  std::vector<std::string> keys;
  std::size_t begin = 0;
  while (true) {
    const std::size_t dot = path.find('.', begin);
    keys.push_back(path.substr(begin, dot - begin));
    if (dot == std::string::npos) return keys;
    begin = dot + 1;
  }
}

std::string path_of(const std::vector<std::string>& keys) {
  std::string path;
  for (const std::string& key : keys) path += (path.empty() ? "" : ".") + key;
  return path;
}

const Node* find_at(const Node& tree, const std::vector<std::string>& keys) {
  const Node* node = &tree;
  for (const std::string& key : keys) {
    node = node->find(key);
    if (node == nullptr) return nullptr;
  }
  return node;
}

Node* find_at(Node& tree, const std::vector<std::string>& keys) {
  return const_cast<Node*>(find_at(std::as_const(tree), keys));
}

void set(Node& map, const std::string& key, Node value) {
  if (Node* present = map.find(key)) {
    *present = std::move(value);
    return;
  }
  map.kind = Node::Kind::map;
  map.entries.push_back({.key = key, .where = value.where, .value = {}});
  map.entries.back().value = std::move(value);
}

}  // namespace memwall::hardware
