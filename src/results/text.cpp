#include "memwall/results/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "memwall/units/text.hpp"
#include "results/units_shown.hpp"
#include "results/utf8.hpp"

namespace memwall::results {
namespace {

constexpr std::string_view gap = "  ";

/// Whole numbers as counts; others with four significant digits, trailing zeros and all, so that a column
/// of them reads evenly.
std::string number_text(double value) {
  const double size = std::abs(value);
  if (!std::isfinite(value)) return fmt::format("{}", value);
  if (size <= largest_exact_count && (size >= 999.95 || std::trunc(value) == value)) {
    return count_text(std::round(value));
  }
  if (size < 1e-3 || size > largest_exact_count) return fmt::format("{:.3e}", value);
  return fmt::format("{:#.4g}", value);
}

std::string number_text(std::int64_t value) {
  const auto real = static_cast<double>(value);
  return std::abs(real) < largest_exact_count ? count_text(real) : std::to_string(value);
}

template <class Number>
std::string shown(Number value, const Column& column) {
  switch (column.show) {
    case Show::quantity:
      return quantity_text(static_cast<double>(value), column.unit);
    case Show::percent:
      return fmt::format("{:.1f} %", 100 * static_cast<double>(value));
    case Show::plain:
      return fmt::format("{}", value);
    case Show::number:
      break;
  }
  return number_text(value);
}

std::string cell_text(double value, const Column& column) {
  return std::isnan(value) ? "-" : shown(value, column);
}
std::string cell_text(std::int64_t value, const Column& column) { return shown(value, column); }
std::string cell_text(const std::string& value, const Column& /*column*/) {
  return value.empty() ? "-" : printable(value);
}
std::string cell_text(bool value, const Column& /*column*/) { return value ? "yes" : "no"; }

/// A quantity's cells bear their units; the header of others does.
std::string heading(const Column& column) {
  std::string text = column.heading;
  if (text.empty()) {
    text = column.name;
    std::replace(text.begin(), text.end(), '_', ' ');
  }
  if (!column.unit.empty() && column.show != Show::quantity) text += " [" + column.unit + "]";
  return printable(text);
}

/// One column as it is printed: its header and its cells.
struct Printed {
  std::vector<std::string> lines;
  std::vector<std::size_t> widths;
  std::size_t width = 0;
  bool right = false;

  explicit Printed(const Column& column) {
    right = std::holds_alternative<std::vector<double>>(column.values) ||
            std::holds_alternative<std::vector<std::int64_t>>(column.values);
    add(heading(column));
    std::visit(
        [&](const auto& values) {
          for (const auto& value : values) add(cell_text(value, column));
        },
        column.values);
  }

  void add(std::string line) {
    widths.push_back(shown_width(line));
    width = std::max(width, widths.back());
    lines.push_back(std::move(line));
  }

  [[nodiscard]] std::string aligned(std::size_t line) const {
    const std::string blanks(width - widths[line], ' ');
    return right ? blanks + lines[line] : lines[line] + blanks;
  }
};

void add_line(std::string& text, std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  text += line + '\n';
}

std::string joined(const std::vector<Printed>& columns, std::size_t line) {
  std::string text;
  for (const Printed& column : columns) {
    if (!text.empty()) text += gap;
    text += column.aligned(line);
  }
  return text;
}

std::string rule(const std::vector<Printed>& columns) {
  std::string text;
  for (const Printed& column : columns) {
    if (!text.empty()) text += gap;
    text += std::string(column.width, '-');
  }
  return text;
}

}  // namespace

std::string to_text(const Table& table) {
  table.check();
  const std::vector<Printed> columns(table.columns.begin(), table.columns.end());
  std::string text;
  if (!table.title.empty()) add_line(text, printable(table.title));
  if (columns.empty()) return text;
  add_line(text, joined(columns, 0));
  add_line(text, rule(columns));
  for (std::size_t row = 0; row < table.rows(); ++row) add_line(text, joined(columns, row + 1));
  return text;
}

}  // namespace memwall::results
