#include "hardware/choices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "hardware/figure_reader.hpp"
#include "memwall/config/suggest.hpp"

namespace memwall::hardware {
namespace {

using config::Entry;
using config::Fields;
using config::Node;
using config::Problems;

bool is_identifier(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto rest = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
  return !name.empty() && letter(name.front()) && std::ranges::all_of(name, rest);
}

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// Whether `text` is digits of the pattern's length where the pattern has 'd', and the pattern's own
/// elsewhere.
bool matches(std::string_view text, std::string_view pattern) {
  if (text.size() != pattern.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (pattern[i] == 'd' ? !digit : text[i] != pattern[i]) return false;
  }
  return true;
}

bool is_date(std::string_view text) {
  if (matches(text, "dddd")) return true;
  if (!matches(text, "dddd-dd") && !matches(text, "dddd-dd-dd")) return false;
  const auto number = [&](std::size_t at) { return (text[at] - '0') * 10 + text[at + 1] - '0'; };
  if (number(5) < 1 || number(5) > 12) return false;
  return text.size() == 7 || (number(8) >= 1 && number(8) <= 31);
}

}  // namespace

const std::vector<std::string>& kinds() {
  static const std::vector<std::string> names = {"gpu", "tpu", "cpu", "npu", "asic"};
  return names;
}

void read_id(Fields& fields, const std::string& id) {
  const Node* node = fields.optional("id");
  if (node == nullptr || (node->is_scalar() && node->text == id)) return;
  fields.problems().add(node->where,
                        "id: " + config::describe(*node) + " is not the name of the file, '" + id + "'");
}

std::string read_choice(Fields& fields, std::string_view key, const std::string& path,
                        const std::vector<std::string>& known) {
  const Node* node = fields.optional(key);
  if (node == nullptr) return {};
  if (node->is_scalar() && std::ranges::find(known, node->text) != known.end()) return node->text;
  fields.problems().add(
      node->where, path + ": unknown " + config::describe(*node) + config::suggestion(node->text, known));
  return {};
}

std::string read_date(Fields& fields, std::string_view key) {
  const Node* node = fields.optional(key);
  if (node == nullptr) return {};
  if (node->is_scalar() && is_date(node->text)) return node->text;
  fields.problems().add(node->where, std::string(key) +
                                         ": expected a date such as 2022-09-20, 2022-09 or 2022, found " +
                                         config::describe(*node));
  return {};
}

void check_names(const std::vector<const Entry*>& named, std::string_view what, Problems& problems) {
  std::map<std::string, std::string> seen;
  for (const Entry* entry : named) {
    if (!is_identifier(entry->key)) {
      problems.add(entry->where, std::string(what) + " '" + entry->key +
                                     "': a name is a letter followed by letters, digits, '_' and '-'");
      continue;
    }
    const auto [earlier, fresh] = seen.emplace(lower_case(entry->key), entry->key);
    if (!fresh) {
      problems.add(entry->where, std::string(what) + " '" + entry->key + "' is the same name as '" +
                                     earlier->second + "' but for case");
    }
  }
}

std::vector<const Entry*> entries_except(const Node& map, std::initializer_list<std::string_view> reserved) {
  std::vector<const Entry*> entries;
  for (const Entry& entry : map.entries) {
    if (std::ranges::find(reserved, entry.key) == reserved.end()) entries.push_back(&entry);
  }
  return entries;
}

std::vector<std::int64_t> read_shape(Fields& fields, const std::string& path, Topology topology,
                                     std::optional<std::int64_t> size) {
  const Node* node = fields.optional("shape");
  if (node == nullptr) return {};
  std::vector<std::int64_t> shape;
  const auto wrong = [&](const std::string& what) {
    fields.problems().add(node->where, path + ".shape: " + what);
    return std::vector<std::int64_t>{};
  };
  const std::vector<std::string> sides = fields.texts("shape");
  if (sides.empty()) return wrong("expected the devices along each dimension, such as [16, 16]");
  double product = 1;
  for (const Node& item : node->items) {
    const auto side =
        detail::read_value<std::int64_t>(item, path + ".shape", Bound::positive, fields.problems());
    if (!side) return {};
    shape.push_back(*side);
    product *= static_cast<double>(*side);
  }
  const int dimensions = torus_dimensions(topology);
  if (dimensions == 0) return wrong("only a ring or a torus has one");
  if (static_cast<int>(shape.size()) != dimensions) {
    return wrong("a " + std::string(name_of(topology)) + " has " + std::to_string(dimensions) +
                 " dimensions");
  }
  if (size && static_cast<double>(*size) != product) {
    return wrong(fmt::format("multiplies to {}, not to {}", product, *size));
  }
  return shape;
}

}  // namespace memwall::hardware
