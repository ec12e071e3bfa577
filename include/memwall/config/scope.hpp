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
/// Scopes refer to their parents and homes, which must outlive them and stay where they are. Asking writes to
/// what is remembered: threads share no scope.
///
/// Expressions: numbers, names, + - * / ^, comparisons, && ||, `?:`, and the functions min, max, floor, ceil,
/// round, mod. `true` is 1 and `false` is 0. Division is real: a dimension that must be whole and is not is
/// an error.
/// `^` binds to the right and before a sign: -2^2 is -4. round goes away from zero at .5, and mod has its
/// divisor's sign. A branch that `?:` leaves out may divide by zero. Brackets nest 50 deep, definitions lean
/// on one another in chains of up to 100.
class Scope {
 public:
  explicit Scope(const Scope* parent = nullptr) : parent_(parent) {}

  /// Defines `name` by `expression` (a scalar node), to be evaluated in `home` (this scope where null).
  /// Throws BadInput for a name already defined here, no identifier, or a word of expressions (`min`,
  /// `true`).
  void define(const std::string& name, const Node& expression, const Scope* home = nullptr);

  /// Gives a name defined here another value (a study's or the command line's), evaluated in this scope. What
  /// was remembered here and in scopes inside or at home here is forgotten. Throws BadInput for an unknown
  /// name.
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
  [[nodiscard]] std::int64_t count(const Node& expression, std::string_view what,
                                   std::int64_t least = 1) const;

 private:
  struct Definition {
    Node expression;
    const Scope* home;  ///< null: the scope that holds it, wherever that is copied to
    mutable std::optional<double> known;
    mutable std::uint64_t known_at = 0;  ///< the revisions of scope and home that `known` belongs to
  };

  /// The definitions being evaluated, outermost first: what a cycle is told by.
  struct Step;
  using Trail = std::vector<Step>;

  [[nodiscard]] double value_of(std::string_view name, const Location& asked_at, Trail& trail) const;
  [[nodiscard]] double value_of(std::string_view name, const Definition& definition, Trail& trail) const;
  [[nodiscard]] double evaluate(const Node& expression, Trail& trail) const;
  static void check_chain(std::string_view name, const Definition& definition, const Trail& trail);

  /// Grows with every change here and in the parents.
  [[nodiscard]] std::uint64_t revision() const;

  const Scope* parent_;
  std::map<std::string, Definition, std::less<>> definitions_;
  std::vector<std::string> order_;
  std::uint64_t version_ = 0;
};

}  // namespace memwall::config
