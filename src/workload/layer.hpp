#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/config/scope.hpp"

/// One layer as written, with its options evaluated when asked for.
namespace memwall::workload {

/// A layer's kind, argument and options over the scope it stands in. Options that the file gives as defaults
/// of the kind count as written here.
class Layer {
 public:
  /// `node` is a scalar (the kind) or a map in which `kind` is a key; read_workload has checked both.
  Layer(const config::Node& node, std::string_view kind, const config::Scope& scope,
        const config::Node& defaults);

  [[nodiscard]] const std::string& kind() const { return kind_; }
  [[nodiscard]] const config::Location& where() const { return node_.where; }
  [[nodiscard]] const config::Scope& scope() const { return scope_; }
  [[nodiscard]] const config::Node& node() const { return node_; }

  /// The kind's own value; null where it has none.
  [[nodiscard]] const config::Node* argument() const { return find(kind_); }
  [[nodiscard]] const config::Node* find(std::string_view option) const;
  [[nodiscard]] bool has(std::string_view option) const { return find(option) != nullptr; }

  // Each throws BadInput that names the layer: a missing option without a fallback, or a value of the wrong
  // kind.
  [[nodiscard]] std::int64_t argument_count(std::int64_t least = 1) const;
  [[nodiscard]] std::int64_t count(std::string_view option,
                                   std::optional<std::int64_t> fallback = std::nullopt,
                                   std::int64_t least = 1) const;
  [[nodiscard]] double number(std::string_view option, double fallback) const;
  [[nodiscard]] bool flag(std::string_view option, bool fallback) const;
  [[nodiscard]] std::string text(std::string_view option, std::string_view fallback) const;
  /// A choice among known words; another one is an error with the nearest.
  [[nodiscard]] std::string choice(std::string_view option, std::string_view fallback,
                                   const std::vector<std::string>& known) const;
  /// One count for both directions, or [height, width].
  struct Pair {
    std::int64_t height;
    std::int64_t width;
  };
  [[nodiscard]] Pair pair(std::string_view option, std::optional<std::int64_t> fallback,
                          std::int64_t least) const;

  /// An error about this layer: "layer 'conv1' (conv): " and what is wrong, at the layer's place.
  [[noreturn]] void fail(const std::string& what) const;

 private:
  [[nodiscard]] const config::Node& require(std::string_view option) const;

  const config::Node& node_;
  std::string kind_;
  const config::Scope& scope_;
  const config::Node* defaults_;
};

}  // namespace memwall::workload
