#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/config/node.hpp"

/// Named dimensions and the expressions over them: `hidden: 4096`, `ffn: 4*hidden`.
namespace memwall::config {

/// Names with the expressions that define them, evaluated when asked for and remembered.
/// A scope may stand inside another (a block's arguments inside the file's dimensions) and hides its names.
///
/// Expressions: numbers, names, + - * / ^, comparisons, && ||, `?:`, and the functions min, max, floor, ceil, round, mod.
/// `true` is 1 and `false` is 0. Division is real: a dimension that must be whole and is not is an error.
class Scope {
 public:
  explicit Scope(const Scope* parent = nullptr) : parent_(parent) {}

  /// Defines `name` by `expression` (a scalar node), to be evaluated in `home` (this scope where null).
  /// Throws BadInput for a name already defined here or no identifier.
  void define(const std::string& name, const Node& expression, const Scope* home = nullptr);

  /// Gives a defined name another value (a study's or the command line's). Throws BadInput for an unknown name.
  void override_value(const std::string& name, const Node& expression);

  /// Whether `name` is defined here or in a parent.
  [[nodiscard]] bool knows(std::string_view name) const;

  /// Every name visible here, for suggestions and listings.
  [[nodiscard]] std::vector<std::string> names() const;

  /// The value of a name. Throws BadInput for an unknown name, a cycle, or a value that is not finite;
  /// `asked_at` is where the name was used.
  [[nodiscard]] double value(std::string_view name, const Location& asked_at) const;

  /// The value of an expression. Throws BadInput as above, and for a syntax error, `=`, or an expression
  /// longer than 1,000 characters.
  [[nodiscard]] double number(const Node& expression) const;

  /// A whole number >= `least` and up to 2^53; `what` names it in the error ("linear: out features").
  [[nodiscard]] std::int64_t count(const Node& expression, std::string_view what, std::int64_t least = 1) const;

 private:
  struct Definition {
    Node expression;
    const Scope* home;
    mutable std::optional<double> known;
    mutable bool being_evaluated = false;
  };

  [[nodiscard]] const Definition* find(std::string_view name) const;

  const Scope* parent_;
  std::map<std::string, Definition, std::less<>> definitions_;
  std::vector<std::string> order_;
};

}  // namespace memwall::config
