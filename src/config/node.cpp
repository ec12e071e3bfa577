#include "memwall/config/node.hpp"

#include <algorithm>
#include <utility>

#include "config/quote.hpp"

namespace memwall::config {

const Node* Node::find(std::string_view key) const {
  if (!is_map()) return nullptr;
  const auto found = std::ranges::find(entries, key, &Entry::key);
  return found == entries.end() ? nullptr : &found->value;
}

Node* Node::find(std::string_view key) { return const_cast<Node*>(std::as_const(*this).find(key)); }

Node make_scalar(std::string text, Location where) {
  Node node;
  node.kind = Node::Kind::scalar;
  node.where = std::move(where);
  node.text = std::move(text);
  return node;
}

std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return in_quotes(node.text);
    case Node::Kind::sequence:
      return "a sequence";
    case Node::Kind::map:
      return "a map";
  }
  return "nothing";
}

}  // namespace memwall::config
