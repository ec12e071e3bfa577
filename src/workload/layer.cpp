#include "workload/layer.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "memwall/config/suggest.hpp"

namespace memwall::workload {

Layer::Layer(const config::Node& node, std::string_view kind, const config::Scope& scope,
             const config::Node& defaults)
    : node_(node), kind_(kind), scope_(scope), defaults_(defaults.find(kind)) {}

const config::Node* Layer::find(std::string_view option) const {
  if (const config::Node* own = node_.find(option); own != nullptr) return own->is_null() ? nullptr : own;
  if (defaults_ == nullptr) return nullptr;
  const config::Node* common = defaults_->find(option);
  return common == nullptr || common->is_null() ? nullptr : common;
}

const config::Node& Layer::require(std::string_view option) const {
  const config::Node* node = find(option);
  if (node == nullptr && option == kind_) fail(fmt::format("it needs a value: write {{{}: ...}}", kind_));
  if (node == nullptr) fail(fmt::format("'{}' is missing", option));
  return *node;
}

std::int64_t Layer::argument_count(std::int64_t least) const {
  return scope_.count(require(kind_), kind_, least);
}

std::int64_t Layer::count(std::string_view option, std::optional<std::int64_t> fallback,
                          std::int64_t least) const {
  const config::Node* node = find(option);
  if (node == nullptr && fallback) return *fallback;
  return scope_.count(require(option), fmt::format("{}: {}", kind_, option), least);
}

double Layer::number(std::string_view option, double fallback) const {
  const config::Node* node = find(option);
  return node == nullptr ? fallback : scope_.number(*node);
}

bool Layer::flag(std::string_view option, bool fallback) const {
  return number(option, fallback ? 1 : 0) != 0;
}

std::string Layer::text(std::string_view option, std::string_view fallback) const {
  const config::Node* node = find(option);
  if (node == nullptr) return std::string(fallback);
  if (!node->is_scalar()) fail(fmt::format("'{}' is {}; expected a word", option, config::describe(*node)));
  return node->text;
}

std::string Layer::choice(std::string_view option, std::string_view fallback,
                          const std::vector<std::string>& known) const {
  std::string word = text(option, fallback);
  if (std::find(known.begin(), known.end(), word) == known.end()) {
    fail(fmt::format("'{}: {}' is not known{}", option, word, config::suggestion(word, known)));
  }
  return word;
}

Layer::Pair Layer::pair(std::string_view option, std::optional<std::int64_t> fallback,
                        std::int64_t least) const {
  const config::Node* node = find(option);
  if (node == nullptr && fallback) return {*fallback, *fallback};
  const config::Node& given = require(option);
  const std::string what = fmt::format("{}: {}", kind_, option);
  if (!given.is_sequence()) {
    const std::int64_t both = scope_.count(given, what, least);
    return {both, both};
  }
  if (given.items.size() != 2)
    fail(fmt::format("'{}' has {} values; expected [height, width]", option, given.items.size()));
  return {scope_.count(given.items[0], what, least), scope_.count(given.items[1], what, least)};
}

void Layer::fail(const std::string& what) const {
  const config::Node* name = node_.find("name");
  const std::string label = name != nullptr && name->is_scalar()
                                ? fmt::format("layer '{}' ({})", name->text, kind_)
                                : fmt::format("layer '{}'", kind_);
  throw config::BadInput(node_.where, fmt::format("{}: {}", label, what));
}

}  // namespace memwall::workload
