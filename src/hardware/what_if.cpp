#include "memwall/hardware/what_if.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "hardware/measure.hpp"
#include "hardware/schema.hpp"
#include "memwall/config/problem.hpp"
#include "memwall/config/suggest.hpp"
#include "memwall/hardware/figure.hpp"
#include "memwall/units/text.hpp"

namespace memwall::hardware {
namespace {

using config::BadInput;
using config::Node;

std::string said(const Change& change) { return change.path + "=" + change.text; }

[[noreturn]] void refuse(const Change& change, const std::string& what) {
  throw BadInput(change.where, change.path + ": " + what);
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

/// What a change's text says: times, plus (or minus), or a new value.
struct Operation {
  enum class Kind { factor, difference, value };
  Kind kind = Kind::value;
  double factor = 1;  ///< of `factor`
  double sign = 1;    ///< of `difference`
  std::string text;   ///< the quantity of `difference` and `value`
};

Operation operation_of(const Change& change) {
  const std::string_view text = trimmed(change.text);
  const auto number = [&](std::string_view digits) {
    try {
      return parse_number(trimmed(digits));
    } catch (const BadQuantity& error) {
      refuse(change, error.what());
    }
  };
  const auto factor = [](double value) {
    return Operation{.kind = Operation::Kind::factor, .factor = value, .text = {}};
  };
  if (text.ends_with('x')) return factor(number(text.substr(0, text.size() - 1)));

  const bool relative = text.starts_with('+') || text.starts_with('-');
  const double sign = text.starts_with('-') ? -1 : 1;
  if (text.ends_with('%')) {
    if (!relative) refuse(change, "write a change as +10% or -10%, a fraction as 0.5x");
    return factor(1 + sign * number(text.substr(1, text.size() - 2)) / 100);
  }
  if (!relative) return {.text = std::string(text)};
  return {.kind = Operation::Kind::difference, .sign = sign, .text = std::string(trimmed(text.substr(1)))};
}

double value_in(const Change& change, Kind kind, const std::string& text) {
  try {
    return parse_measure(kind, text);
  } catch (const BadQuantity& error) {
    refuse(change, error.what());
  }
}

double changed(const Change& change, const Operation& operation, Kind kind, std::optional<double> before) {
  if (operation.kind == Operation::Kind::value) return value_in(change, kind, operation.text);
  if (!before) refuse(change, "nothing is known there to change; give a value such as " + sample_of(kind));
  if (operation.kind == Operation::Kind::factor) return *before * operation.factor;
  return *before + operation.sign * value_in(change, kind, operation.text);
}

void check(const Change& change, Kind kind, double value) {
  if (!std::isfinite(value)) refuse(change, "the result is not finite");
  if (value < 0) refuse(change, "the result, " + measure_text(kind, value) + ", is below zero");
  if (kind == Kind::count && value != std::floor(value)) {
    refuse(change, "the result, " + measure_text(kind, value) + ", is no whole number");
  }
}

/// The node at `keys`, made with the maps on the way where it is missing.
Node& node_at(Node& tree, const std::vector<std::string>& keys, const config::Location& where) {
  Node* node = &tree;
  for (const std::string& key : keys) {
    if (node->find(key) == nullptr) {
      Node fresh;
      fresh.where = where;
      set(*node, key, std::move(fresh));
    }
    node = node->find(key);
  }
  return *node;
}

void apply_to_figure(Node& tree, const Change& change, const Operation& operation, const Leaf& leaf) {
  const Node* present = find_at(std::as_const(tree), leaf.keys);
  if (present != nullptr && present->is_map()) present = present->find("value");
  std::optional<double> before;
  if (present != nullptr && present->is_scalar()) {
    const Change standing{.path = path_of(leaf.keys), .text = present->text, .where = present->where};
    before = value_in(standing, leaf.kind, present->text);
  }
  const double value = changed(change, operation, leaf.kind, before);
  check(change, leaf.kind, value);

  Change named = change;
  named.path = path_of(leaf.keys);
  const std::string was = before ? measure_text(leaf.kind, *before) : "unknown";
  Node figure;
  figure.where = change.where;
  set(figure, "value", config::make_scalar(exact_measure(leaf.kind, value), change.where));
  set(figure, "source", config::make_scalar("what-if: " + said(named) + " (was " + was + ")", change.where));
  set(figure, "provenance", config::make_scalar(std::string(name_of(Provenance::assumed)), change.where));
  node_at(tree, leaf.keys, change.where) = std::move(figure);
}

/// `memory.main` is the level that the tree says is main.
std::vector<std::string> resolved_keys(const Node& tree, const std::string& path) {
  std::vector<std::string> keys = keys_of(path);
  if (keys.size() < 2 || keys[0] != "memory" || keys[1] != "main") return keys;
  const Node* main = find_at(tree, {"memory", "main"});
  if (main != nullptr && main->is_scalar()) keys[1] = main->text;
  return keys;
}

bool begins_with(const std::vector<std::string>& keys, const std::vector<std::string>& first) {
  return keys.size() >= first.size() && std::equal(first.begin(), first.end(), keys.begin());
}

/// Changes every peak below `keys`; false where `keys` is no group of peaks.
bool apply_to_peaks(Node& tree, const Change& change, const std::vector<std::string>& keys) {
  if (keys.front() != "compute" || keys.size() > 2) return false;
  if (keys.size() == 2 && keys[1] != "matrix" && keys[1] != "vector") return false;
  const Operation operation = operation_of(change);
  if (operation.kind != Operation::Kind::factor) {
    refuse(change, "every peak at once can only be multiplied (2x) or changed by a part (+10%)");
  }
  bool any = false;
  for (const Leaf& leaf : leaves(tree, Subject::accelerator)) {
    if (!begins_with(leaf.keys, keys) || find_at(tree, leaf.keys) == nullptr) continue;
    apply_to_figure(tree, change, operation, leaf);
    any = true;
  }
  if (!any) refuse(change, "no peak is known there");
  return true;
}

}  // namespace

Change parse_change(std::string_view text, const config::Location& where) {
  const std::size_t equals = text.find('=');
  const std::string_view path = trimmed(text.substr(0, equals));
  const std::string_view rest = equals == std::string_view::npos ? "" : trimmed(text.substr(equals + 1));
  if (path.empty() || rest.empty()) {
    throw BadInput(where, "'" + std::string(text) +
                              "' is no change; write PATH=CHANGE, such as memory.main.bandwidth=2x");
  }
  return {.path = std::string(path), .text = std::string(rest), .where = where};
}

bool concerns_system(const Change& change) {
  constexpr std::array<std::string_view, 4> own = {"tiers", "node", "max_devices", "accelerator"};
  return std::ranges::find(own, keys_of(change.path).front()) != own.end();
}

void apply(Node& tree, const Change& change) {
  const Subject subject = subject_of(tree);
  const std::vector<std::string> keys = resolved_keys(tree, change.path);
  if (subject == Subject::accelerator && apply_to_peaks(tree, change, keys)) return;

  const std::vector<Leaf> known = leaves(tree, subject);
  const auto leaf = std::ranges::find(known, keys, &Leaf::keys);
  if (leaf == known.end()) {
    throw BadInput(change.where,
                   "no figure '" + change.path + "'" + config::suggestion(change.path, known_paths(tree)));
  }
  if (leaf->kind != Kind::text) return apply_to_figure(tree, change, operation_of(change), *leaf);
  node_at(tree, keys, change.where) = config::make_scalar(std::string(trimmed(change.text)), change.where);
}

std::vector<std::string> known_paths(const Node& tree) {
  std::vector<std::string> paths;
  for (const Leaf& leaf : leaves(tree, subject_of(tree))) paths.push_back(path_of(leaf.keys));
  return paths;
}

}  // namespace memwall::hardware
