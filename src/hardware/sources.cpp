#include "hardware/sources.hpp"

#include <string>
#include <utility>

#include "memwall/hardware/figure.hpp"

namespace memwall::hardware {
namespace {

using config::Node;

/// Where figures come from, as far as the maps around them say.
struct Origin {
  Node source;
  Node provenance;
};

void take(Origin& origin, const Node& map) {
  if (const Node* source = map.find("source"); source != nullptr && source->is_scalar()) {
    origin.source = *source;
  }
  if (const Node* provenance = map.find("provenance"); provenance != nullptr && provenance->is_scalar()) {
    origin.provenance = *provenance;
  }
}

void spell_out(Node& figure, const Origin& origin) {
  if (figure.is_scalar()) {
    Node map;
    map.kind = Node::Kind::map;
    map.where = figure.where;
    set(map, "value", std::move(figure));
    figure = std::move(map);
  }
  if (!figure.is_map()) return;
  if (figure.find("source") == nullptr) set(figure, "source", origin.source);
  if (figure.find("provenance") == nullptr) set(figure, "provenance", origin.provenance);
}

}  // namespace

void spell_out_sources(Node& tree, Subject subject) {
  const Origin unsaid{
      .source = config::make_scalar(tree.where.file, tree.where),
      .provenance = config::make_scalar(std::string(name_of(Provenance::assumed)), tree.where)};
  for (const Leaf& leaf : leaves(tree, subject)) {
    if (leaf.kind == Kind::text) continue;
    Origin origin = unsaid;
    Node* node = &tree;
    for (const std::string& key : leaf.keys) {
      take(origin, *node);
      node = node->find(key);
      if (node == nullptr) break;
    }
    if (node != nullptr) spell_out(*node, origin);
  }
}

}  // namespace memwall::hardware
