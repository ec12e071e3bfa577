#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/config/node.hpp"
#include "memwall/units/text.hpp"

/// Reading a map key by key, so that every key is accounted for and every mistake is told with its place.
namespace memwall::config {

/// Reads the fields of one map. Each getter marks its key as known; `finish` reports what nobody asked for.
/// A getter that finds a mistake reports it to `problems` and returns nothing (or the fallback).
class Fields {
 public:
  /// `what` names the thing in errors ("accelerator", "memory level HBM"). A node that is no map is reported.
  Fields(const Node& node, Problems& problems, std::string what);

  /// The value under `key`, or null. A missing required key is reported at the map's place.
  const Node* optional(std::string_view key);
  const Node* required(std::string_view key);

  std::optional<std::string> text(std::string_view key);  ///< a scalar, when present
  std::string required_text(std::string_view key);        ///< empty where missing (and reported)
  std::vector<std::string> texts(std::string_view key);   ///< a sequence of scalars; empty where absent
  std::optional<double> number(std::string_view key);     ///< a plain number
  std::optional<bool> boolean(std::string_view key);      ///< true | false
  std::optional<std::int64_t> positive_integer(std::string_view key);

  /// A quantity with its unit, when present.
  template <class Q>
  std::optional<Q> quantity(std::string_view key) {
    const Node* node = optional(key);
    return node == nullptr ? std::nullopt : quantity_of<Q>(*node, key, problems_);
  }

  /// Reports every key that no getter named, with the nearest one that was.
  void finish();

  [[nodiscard]] const Node& node() const { return node_; }
  [[nodiscard]] Problems& problems() { return problems_; }

  /// Reads the scalar `node` as a `Q`; `name` names the field in an error.
  template <class Q>
  static std::optional<Q> quantity_of(const Node& node, std::string_view name, Problems& problems) {
    if (!expect_scalar(node, name, problems)) return std::nullopt;
    try {
      return parse_quantity<Q>(node.text);
    } catch (const BadQuantity& error) {
      problems.add(node.where, std::string(name) + ": " + error.what());
      return std::nullopt;
    }
  }

 private:
  static bool expect_scalar(const Node& node, std::string_view name, Problems& problems);

  const Node& node_;
  Problems& problems_;
  std::string what_;
  std::vector<std::string> asked_;
};

}  // namespace memwall::config
