#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace memwall::config {

/// A function of expressions and how many arguments it takes.
struct Function {
  std::string_view name;
  int least_arguments;
  int most_arguments;
};

/// The function called `name`, or null.
[[nodiscard]] const Function* find_function(std::string_view name);

/// An expression whose every token and bracket was checked, spelt so that muParser reads what was meant.
struct CheckedExpression {
  std::string text;
  std::vector<std::string> names;  ///< that it uses, each once
  std::optional<double> number;    ///< where it is one literal
  bool is_name = false;            ///< it is one name: the first of `names`
};

/// Reads an expression. Throws BadExpression.
[[nodiscard]] CheckedExpression read_expression(std::string_view expression);

}  // namespace memwall::config
