#include "memwall/config/scope.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "config/expression.hpp"
#include "config/quote.hpp"
#include "memwall/config/suggest.hpp"
#include "memwall/units/text.hpp"

namespace memwall::config {
namespace {

/// Definitions that lean on one another beyond this are refused before the stack is.
constexpr std::size_t longest_chain = 100;

std::string expected_expression(const Node& found) {
  return "expected a number or an expression, found " + describe(found);
}

/// `value` with at least five digits and as many as show that it is not whole: 682.67, 7.000000000000001.
std::string fraction_text(double value) {
  for (int digits = 5; digits < 17; ++digits) {
    std::string text = fmt::format("{:.{}g}", value, digits);
    const double shown = std::strtod(text.c_str(), nullptr);
    if (shown != std::floor(shown)) return text;
  }
  return fmt::format("{:.17g}", value);
}

}  // namespace

struct Scope::Step {
  const Definition* definition;
  std::string_view name;
};

void Scope::define(const std::string& name, const Node& expression, const Scope* home) {
  if (!is_identifier(name)) {
    throw BadInput(expression.where,
                   in_quotes(name) + " is no name; expected letters, digits and _, a digit not first");
  }
  if (is_reserved(name)) {
    throw BadInput(expression.where, in_quotes(name) + " is a word of expressions; choose another name");
  }
  if (!expression.is_scalar())
    throw BadInput(expression.where, name + ": " + expected_expression(expression));
  const auto [known, is_new] =
      definitions_.try_emplace(name, Definition{expression, home == this ? nullptr : home, {}, 0});
  if (!is_new) {
    const std::string first = to_text(known->second.expression.where);
    throw BadInput(expression.where,
                   in_quotes(name) + " is defined twice" + (first.empty() ? "" : "; first at " + first));
  }
  order_.push_back(name);
  ++version_;
}

void Scope::override_value(const std::string& name, const Node& expression) {
  const auto found = definitions_.find(name);
  if (found == definitions_.end()) {
    throw BadInput(expression.where, "unknown name " + in_quotes(name) + suggestion(name, order_));
  }
  if (!expression.is_scalar())
    throw BadInput(expression.where, name + ": " + expected_expression(expression));
  found->second = Definition{expression, nullptr, {}, 0};
  ++version_;
}

bool Scope::knows(std::string_view name) const {
  for (const Scope* scope = this; scope != nullptr; scope = scope->parent_) {
    if (scope->definitions_.contains(name)) return true;
  }
  return false;
}

std::vector<std::string> Scope::names() const {
  std::vector<std::string> names = order_;
  if (parent_ == nullptr) return names;
  for (std::string& name : parent_->names()) {
    if (!definitions_.contains(name)) names.push_back(std::move(name));
  }
  return names;
}

double Scope::value(std::string_view name, const Location& asked_at) const {
  Trail trail;
  return value_of(name, asked_at, trail);
}

double Scope::number(const Node& expression) const {
  Trail trail;
  return evaluate(expression, trail);
}

std::int64_t Scope::count(const Node& expression, std::string_view what, std::int64_t least) const {
  if (!expression.is_scalar()) {
    throw BadInput(expression.where, fmt::format("{}: {}", what, expected_expression(expression)));
  }
  const double value = number(expression);
  const auto refuse = [&](const std::string& shown, const std::string& wanted) {
    throw BadInput(expression.where, fmt::format("{}: {} is {}; expected {}", what,
                                                 on_one_line(expression.text), shown, wanted));
  };
  if (value != std::floor(value)) refuse(fraction_text(value), "a whole number");
  if (value < static_cast<double>(least))
    refuse(fmt::format("{:.17g}", value), fmt::format("at least {}", least));
  if (value > largest_exact_count)
    refuse(fmt::format("{:.5g}", value), "at most 2^53, the largest exact count");
  return static_cast<std::int64_t>(value);
}

double Scope::value_of(std::string_view name, const Location& asked_at, Trail& trail) const {
  for (const Scope* scope = this; scope != nullptr; scope = scope->parent_) {
    const auto found = scope->definitions_.find(name);
    if (found != scope->definitions_.end()) return scope->value_of(found->first, found->second, trail);
  }
  throw BadInput(asked_at, "unknown name " + in_quotes(name) + suggestion(name, names()));
}

double Scope::value_of(std::string_view name, const Definition& definition, Trail& trail) const {
  const Scope& home = definition.home == nullptr ? *this : *definition.home;
  const std::uint64_t now = revision() + home.revision();
  if (definition.known && definition.known_at == now) return *definition.known;

  check_chain(name, definition, trail);
  trail.push_back({&definition, name});
  const double value = home.evaluate(definition.expression, trail);
  trail.pop_back();
  definition.known = value;
  definition.known_at = now;
  return value;
}

void Scope::check_chain(std::string_view name, const Definition& definition, const Trail& trail) {
  const auto begin = std::ranges::find(trail, &definition, &Step::definition);
  if (begin != trail.end()) {
    std::string cycle;
    for (auto step = begin; step != trail.end(); ++step) cycle.append(step->name).append(" -> ");
    throw BadInput(definition.expression.where, "cyclic definition: " + cycle.append(name));
  }
  if (trail.size() >= longest_chain) {
    throw BadInput(definition.expression.where,
                   fmt::format("{} is the end of a chain of more than {} definitions, from {}", name,
                               longest_chain, trail.front().name));
  }
}

double Scope::evaluate(const Node& expression, Trail& trail) const {
  if (!expression.is_scalar()) throw BadInput(expression.where, expected_expression(expression));
  try {
    return evaluate_expression(
        expression.text, [&](std::string_view name) { return value_of(name, expression.where, trail); });
  } catch (const BadExpression& error) {
    throw BadInput(expression.where, error.what());
  }
}

std::uint64_t Scope::revision() const {
  std::uint64_t sum = 0;
  for (const Scope* scope = this; scope != nullptr; scope = scope->parent_) sum += scope->version_;
  return sum;
}

}  // namespace memwall::config
