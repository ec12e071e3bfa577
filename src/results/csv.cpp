#include "memwall/results/csv.hpp"

#include <cmath>

#include "results/number_text.hpp"

namespace memwall::results {
namespace {

std::string quoted_where_needed(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + '"';
}

std::string field(double value) { return std::isnan(value) ? "" : shortest_text(value); }
std::string field(std::int64_t value) { return shortest_text(value); }
std::string field(const std::string& value) { return quoted_where_needed(value); }
std::string field(bool value) { return value ? "true" : "false"; }

std::string field_at(const Column& column, std::size_t row) {
  return std::visit([row](const auto& values) { return field(values[row]); }, column.values);
}

}  // namespace

std::string to_csv(const Table& table) {
  table.check();
  std::string text;
  const auto add = [&](std::size_t column, const std::string& value) {
    if (column > 0) text += ',';
    // An empty line would be no record at all.
    text += value.empty() && table.columns.size() == 1 ? "\"\"" : value;
    if (column + 1 == table.columns.size()) text += "\r\n";
  };
  for (std::size_t i = 0; i < table.columns.size(); ++i) add(i, quoted_where_needed(table.columns[i].name));
  for (std::size_t row = 0; row < table.rows(); ++row) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) add(i, field_at(table.columns[i], row));
  }
  return text;
}

}  // namespace memwall::results
