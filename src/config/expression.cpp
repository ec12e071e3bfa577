#include "config/expression.hpp"

#include <fmt/format.h>
#include <muParser.h>

#include <algorithm>
#include <cfenv>
#include <cmath>
#include <vector>

#include "config/expression_reader.hpp"
#include "config/quote.hpp"

namespace memwall::config {
namespace {

/// The remainder with the sign of the divisor, so that mod(-1, 8) is 7.
double modulo(double dividend, double divisor) {
  const double remainder = std::fmod(dividend, divisor);
  return remainder != 0 && (remainder < 0) != (divisor < 0) ? remainder + divisor : remainder;
}

mu::Parser make_parser() {
  mu::Parser parser;
  parser.ClearFun();
  parser.ClearConst();
  // The optimizer turns n/49 into n*(1/49), which is 0.9999999999999999 for n = 49.
  parser.EnableOptimizer(false);
  parser.DefineFun(
      "ceil", +[](double x) { return std::ceil(x); });
  parser.DefineFun(
      "floor", +[](double x) { return std::floor(x); });
  parser.DefineFun(
      "round", +[](double x) { return std::round(x); });
  parser.DefineFun("mod", modulo);
  parser.DefineFun(
      "max", +[](const double* x, int count) { return *std::max_element(x, x + count); });
  parser.DefineFun(
      "min", +[](const double* x, int count) { return *std::min_element(x, x + count); });
  return parser;
}

/// Watches what the floating-point unit notes of the operations done while this lives. A division by zero is
/// seen even where a comparison hides its infinity, and none is where `?:` left it out.
class FloatingPointWatch {
 public:
  FloatingPointWatch() { std::feholdexcept(&before_); }
  ~FloatingPointWatch() { std::fesetenv(&before_); }
  FloatingPointWatch(const FloatingPointWatch&) = delete;
  FloatingPointWatch& operator=(const FloatingPointWatch&) = delete;

  [[nodiscard]] bool saw(int exception) const { return std::fetestexcept(exception) != 0; }

 private:
  std::fenv_t before_{};
};

double finite(double value, const FloatingPointWatch& watch, std::string_view expression) {
  if (watch.saw(FE_DIVBYZERO)) throw BadExpression(in_quotes(expression) + " divides by zero");
  if (watch.saw(FE_INVALID) || std::isnan(value))
    throw BadExpression(in_quotes(expression) + " has no value");
  if (watch.saw(FE_OVERFLOW) || std::isinf(value)) {
    throw BadExpression(in_quotes(expression) + " is beyond what a number can hold");
  }
  return value;
}

}  // namespace

double evaluate_expression(std::string_view expression,
                           const std::function<double(std::string_view)>& value_of) {
  CheckedExpression checked = read_expression(expression);
  if (checked.number) return *checked.number;
  if (checked.is_name) return value_of(checked.names.front());

  std::vector<double> values;
  values.reserve(checked.names.size());
  for (const std::string& name : checked.names) values.push_back(value_of(name));

  // Making a parser costs as much as using it; `value_of`, which may come back here, is done by now.
  thread_local mu::Parser parser = make_parser();
  try {
    parser.ClearVar();
    for (std::size_t i = 0; i < values.size(); ++i) parser.DefineVar(checked.names[i], &values[i]);
    parser.SetExpr(checked.text);
    const FloatingPointWatch watch;
    const double value = parser.Eval();
    return finite(value, watch, expression);
  } catch (const mu::ParserError& error) {
    throw BadExpression(fmt::format("cannot read {}: {}", in_quotes(expression), error.GetMsg()));
  }
}

}  // namespace memwall::config
