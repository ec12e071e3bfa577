#include "memwall/results/table.hpp"

#include <algorithm>
#include <stdexcept>

#include "results/units_shown.hpp"
#include "results/utf8.hpp"

namespace memwall::results {
namespace {

[[noreturn]] void refuse(const Table& table, std::string_view column, std::string_view what) {
  std::string text = "table '" + table.name + "'";
  if (!column.empty()) text += ", column '" + std::string(column) + "'";
  throw std::invalid_argument(text + ": " + std::string(what));
}

bool accepts(const Values& values, const Cell::Value& cell) {
  return std::visit(
      [&](const auto& vector) {
        using Value = typename std::decay_t<decltype(vector)>::value_type;
        if constexpr (std::is_same_v<Value, double>) {
          return std::holds_alternative<double>(cell) || std::holds_alternative<std::int64_t>(cell);
        } else {
          return std::holds_alternative<Value>(cell);
        }
      },
      values);
}

void push(Values& values, const Cell::Value& cell) {
  std::visit(
      [&](auto& vector) {
        using Value = typename std::decay_t<decltype(vector)>::value_type;
        if constexpr (std::is_same_v<Value, double>) {
          const auto* whole = std::get_if<std::int64_t>(&cell);
          vector.push_back(whole != nullptr ? static_cast<double>(*whole) : std::get<double>(cell));
        } else {
          vector.push_back(std::get<Value>(cell));
        }
      },
      values);
}

void append_values(Values& values, const Values& more) {
  std::visit(
      [&](auto& vector) {
        const auto& other = std::get<std::decay_t<decltype(vector)>>(more);
        vector.insert(vector.end(), other.begin(), other.end());
      },
      values);
}

/// A name of a group or dataset in HDF5, and of a field in CSV and JSON.
bool is_name(std::string_view name) {
  return !name.empty() && name != "." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos && is_utf8(name);
}

bool is_text(std::string_view text) { return is_utf8(text) && text.find('\0') == std::string_view::npos; }

void check_texts(const Table& table, const Column& column) {
  const auto* texts = std::get_if<std::vector<std::string>>(&column.values);
  if (texts == nullptr) return;
  const auto bad = std::find_if_not(texts->begin(), texts->end(), is_text);
  if (bad != texts->end()) {
    refuse(table, column.name,
           "row " + std::to_string(bad - texts->begin()) + " is not UTF-8 or holds a zero byte");
  }
}

void check_show(const Table& table, const Column& column) {
  const bool real = std::holds_alternative<std::vector<double>>(column.values);
  const bool number = real || std::holds_alternative<std::vector<std::int64_t>>(column.values);
  if (column.show == Show::quantity && !(number && is_quantity_unit(column.unit))) {
    refuse(table, column.name, "only numbers in a unit of memwall's print as quantities");
  }
  if (column.show == Show::percent && !(real && column.unit.empty())) {
    refuse(table, column.name, "only reals without a unit print as percent");
  }
}

}  // namespace

std::size_t Column::size() const {
  return std::visit([](const auto& vector) { return vector.size(); }, values);
}

Column real_column(std::string name, std::string unit, std::string description, Show show) {
  return {std::move(name), std::move(unit), std::move(description), std::vector<double>(), show, ""};
}

Column integer_column(std::string name, std::string unit, std::string description, Show show) {
  return {std::move(name), std::move(unit), std::move(description), std::vector<std::int64_t>(), show, ""};
}

Column text_column(std::string name, std::string description) {
  return {std::move(name), "", std::move(description), std::vector<std::string>(), Show::plain, ""};
}

Column truth_column(std::string name, std::string description) {
  return {std::move(name), "", std::move(description), std::vector<bool>(), Show::plain, ""};
}

void Cell::refuse_integer() { throw std::invalid_argument("a table holds whole numbers up to 2^63 - 1"); }

std::size_t Table::rows() const { return columns.empty() ? 0 : columns.front().size(); }

const Column* Table::find(std::string_view column) const {
  const auto found =
      std::find_if(columns.begin(), columns.end(), [column](const Column& c) { return c.name == column; });
  return found == columns.end() ? nullptr : &*found;
}

void Table::add_row(std::span<const Cell> cells) {
  if (cells.size() != columns.size()) {
    refuse(*this, "",
           "a row of " + std::to_string(cells.size()) + " cells for " + std::to_string(columns.size()) +
               " columns");
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!accepts(columns[i].values, cells[i].value())) {
      refuse(*this, columns[i].name, "a cell of another type");
    }
  }
  for (std::size_t i = 0; i < cells.size(); ++i) push(columns[i].values, cells[i].value());
}

void Table::append(const Table& more) {
  if (!same_schema(*this, more)) refuse(*this, "", "rows of other columns cannot be added");
  for (std::size_t i = 0; i < columns.size(); ++i) {
    append_values(columns[i].values, more.columns[i].values);
  }
}

Table Table::schema() const {
  Table result{name, title, {}};
  for (const Column& column : columns) {
    const Values none = std::visit(
        [](const auto& vector) { return Values(std::decay_t<decltype(vector)>()); }, column.values);
    result.columns.push_back(
        {column.name, column.unit, column.description, none, column.show, column.heading});
  }
  return result;
}

void Table::check() const {
  if (!is_name(name)) refuse(*this, "", "this is no name for a table");
  if (!is_text(title)) refuse(*this, "", "the title is not UTF-8");
  for (const Column& column : columns) {
    if (!is_name(column.name)) refuse(*this, column.name, "this is no name for a column");
    if (find(column.name) != &column) refuse(*this, column.name, "comes twice");
    if (!is_text(column.unit) || !is_text(column.description) || !is_text(column.heading)) {
      refuse(*this, column.name, "the unit, description or heading is not UTF-8");
    }
    if (column.size() != rows()) {
      refuse(*this, column.name,
             std::to_string(column.size()) + " values where the first column has " + std::to_string(rows()));
    }
    check_show(*this, column);
    check_texts(*this, column);
  }
}

bool same_schema(const Table& a, const Table& b) {
  return a.name == b.name && std::equal(a.columns.begin(), a.columns.end(), b.columns.begin(),
                                        b.columns.end(), [](const Column& x, const Column& y) {
                                          return x.name == y.name && x.unit == y.unit &&
                                                 x.values.index() == y.values.index();
                                        });
}

}  // namespace memwall::results
