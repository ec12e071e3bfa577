#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "memwall/config/fields.hpp"
#include "memwall/config/node.hpp"
#include "memwall/hardware/figure.hpp"
#include "memwall/units/quantity.hpp"

/// Reading figures from a tree whose sources are spelt out.
namespace memwall::hardware {

/// Anything beyond is a slip of the keyboard.
inline constexpr double largest_figure = 1e30;

/// What a figure may be.
enum class Bound { positive, not_negative, at_least_one };

/// Marks `source` and `provenance` of a map as known and checks the latter.
void accept_origin(config::Fields& fields);

/// The provenance spelt in `node`; reports another word with the nearest one.
[[nodiscard]] Provenance read_provenance(const config::Node* node, config::Problems& problems);

/// Reports a value that `bound` or `largest_figure` forbids; returns whether it is allowed.
bool within(double value, Bound bound, const config::Node& node, const std::string& path,
            config::Problems& problems);

namespace detail {

template <class T>
std::optional<T> read_value(const config::Node& node, const std::string& path, Bound bound,
                            config::Problems& problems) {
  if constexpr (std::is_same_v<T, double> || std::is_same_v<T, std::int64_t>) {
    // Fields reads plain numbers by key, so the scalar is given one.
    config::Node holder;
    holder.kind = config::Node::Kind::map;
    holder.where = node.where;
    holder.entries.push_back({.key = path, .where = node.where, .value = node});
    config::Fields fields(holder, problems, path);
    if constexpr (std::is_same_v<T, double>) {
      const std::optional<double> value = fields.number(path);
      if (!value || !within(*value, bound, node, path, problems)) return std::nullopt;
      return value;
    } else {
      return fields.positive_integer(path);
    }
  } else {
    const std::optional<T> value = config::Fields::quantity_of<T>(node, path, problems);
    if (!value || !within(value->value(), bound, node, path, problems)) return std::nullopt;
    return value;
  }
}

}  // namespace detail

/// The figure under `key`, when present. `path` is its key path, for errors and for `Figure::where`.
template <class T>
std::optional<Figure<T>> read_figure(config::Fields& fields, std::string_view key, const std::string& path,
                                     Bound bound = Bound::positive) {
  config::Problems& problems = fields.problems();
  const config::Node* node = fields.optional(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_map()) {
    problems.add(node->where, path + ": expected a value or {value, source, provenance}, found " +
                                  config::describe(*node));
    return std::nullopt;
  }
  config::Fields parts(*node, problems, path);
  const config::Node* value = parts.required("value");
  Figure<T> figure;
  figure.where = path;
  figure.source = parts.text("source").value_or("");
  figure.provenance = read_provenance(parts.optional("provenance"), problems);
  parts.finish();
  if (value == nullptr) return std::nullopt;
  const std::optional<T> read = detail::read_value<T>(*value, path, bound, problems);
  if (!read) return std::nullopt;
  figure.value = *read;
  return figure;
}

/// As read_figure, but reports where it is missing.
template <class T>
std::optional<Figure<T>> read_required_figure(config::Fields& fields, std::string_view key,
                                              const std::string& path) {
  if (fields.required(key) == nullptr) return std::nullopt;
  return read_figure<T>(fields, key, path);
}

}  // namespace memwall::hardware
