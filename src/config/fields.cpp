#include "memwall/config/fields.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "config/quote.hpp"
#include "memwall/config/suggest.hpp"

namespace memwall::config {
namespace {

std::string expected(std::string_view name, std::string_view wanted, const Node& found) {
  const std::string kind = found.quoted ? "the quoted text " : "";
  return std::string(name) + ": expected " + std::string(wanted) + ", found " + kind + describe(found);
}

/// Reads the plain scalar `node` as a number.
std::optional<double> number_of(const Node& node, std::string_view name, std::string_view wanted,
                                Problems& problems) {
  if (!node.is_scalar() || node.quoted) {
    problems.add(node.where, expected(name, wanted, node));
    return std::nullopt;
  }
  try {
    return parse_number(node.text);
  } catch (const BadQuantity& error) {
    problems.add(node.where, std::string(name) + ": " + error.what());
    return std::nullopt;
  }
}

}  // namespace

Fields::Fields(const Node& node, Problems& problems, std::string what)
    : node_(node), problems_(problems), what_(std::move(what)) {
  if (!node_.is_map()) problems_.add(node_.where, what_ + ": expected a map, found " + describe(node_));
}

const Node* Fields::optional(std::string_view key) {
  if (std::ranges::find(asked_, key) == asked_.end()) asked_.emplace_back(key);
  return node_.find(key);
}

const Node* Fields::required(std::string_view key) {
  const Node* value = optional(key);
  if (value == nullptr && node_.is_map()) {
    problems_.add(node_.where, what_ + ": missing key " + in_quotes(key));
  }
  return value;
}

std::optional<std::string> Fields::text(std::string_view key) {
  const Node* value = optional(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_scalar()) {
    problems_.add(value->where, expected(key, "a text", *value));
    return std::nullopt;
  }
  return value->text;
}

std::string Fields::required_text(std::string_view key) {
  const Node* value = required(key);
  if (value == nullptr) return {};
  if (!value->is_scalar() || value->text.empty()) {
    problems_.add(value->where, expected(key, "a text", *value));
    return {};
  }
  return value->text;
}

std::vector<std::string> Fields::texts(std::string_view key) {
  const Node* value = optional(key);
  if (value == nullptr) return {};
  if (!value->is_sequence()) {
    problems_.add(value->where, expected(key, "a sequence of texts", *value));
    return {};
  }
  std::vector<std::string> texts;
  for (const Node& item : value->items) {
    if (item.is_scalar()) {
      texts.push_back(item.text);
    } else {
      problems_.add(item.where, expected(key, "a text", item));
    }
  }
  return texts;
}

std::optional<double> Fields::number(std::string_view key) {
  const Node* value = optional(key);
  return value == nullptr ? std::nullopt : number_of(*value, key, "a number", problems_);
}

std::optional<bool> Fields::boolean(std::string_view key) {
  const Node* value = optional(key);
  if (value == nullptr) return std::nullopt;
  const bool plain = value->is_scalar() && !value->quoted;
  if (plain && value->text == "true") return true;
  if (plain && value->text == "false") return false;
  problems_.add(value->where, expected(key, "true or false", *value));
  return std::nullopt;
}

std::optional<std::int64_t> Fields::positive_integer(std::string_view key) {
  constexpr std::string_view wanted = "a whole number from 1 to 2^53";
  const Node* value = optional(key);
  if (value == nullptr) return std::nullopt;
  const std::optional<double> number = number_of(*value, key, wanted, problems_);
  if (!number) return std::nullopt;
  if (*number < 1 || *number > largest_exact_count || *number != std::floor(*number)) {
    problems_.add(value->where, expected(key, wanted, *value));
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*number);
}

void Fields::finish() {
  for (const Entry& entry : node_.entries) {
    if (std::ranges::find(asked_, entry.key) != asked_.end()) continue;
    problems_.add(entry.where,
                  "unknown key " + in_quotes(entry.key) + " in " + what_ + suggestion(entry.key, asked_));
  }
}

bool Fields::expect_scalar(const Node& node, std::string_view name, Problems& problems) {
  if (node.is_scalar()) return true;
  problems.add(node.where, expected(name, "a quantity", node));
  return false;
}

}  // namespace memwall::config
