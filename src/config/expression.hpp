#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace memwall::config {

/// An expression that cannot be read or has no finite value; `what()` quotes it and says why.
class BadExpression : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Whether `name` is a letter or _ followed by letters, digits and _.
[[nodiscard]] bool is_identifier(std::string_view name);

/// Whether expressions keep `name` for themselves: a function, `true` or `false`.
[[nodiscard]] bool is_reserved(std::string_view name);

/// The value of `expression` in the language that `Scope` documents. `value_of` gives the value of a name and
/// may throw. Throws BadExpression.
[[nodiscard]] double evaluate_expression(std::string_view expression,
                                         const std::function<double(std::string_view)>& value_of);

}  // namespace memwall::config
