#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "memwall/units/quantity.hpp"

/// What every output format is made from: columns of equal length, each with its unit and its meaning.
namespace memwall::results {

/// The values of one column. A missing number is NaN, a missing text is empty; whole numbers and truths are
/// never missing.
using Values =
    std::variant<std::vector<double>, std::vector<std::int64_t>, std::vector<std::string>, std::vector<bool>>;

/// How the terminal shows numbers; the files hold the same full values whatever this says.
enum class Show {
  number,    ///< four digits, whole numbers in groups of three (`60,965,224`), the unit in the header
  plain,     ///< whole numbers without separators: years, indices, batch sizes
  quantity,  ///< with the prefix that reads best: `74.50 GiB`, `12.30 us`
  percent,   ///< a share of 1 as `12.3 %`
};

struct Column {
  std::string name;         ///< in files: with its unit where it has one, `time_s`, `weights_bytes`
  std::string unit;         ///< "s", "B", "FLOP", "B/s", "FLOP/B" ...; empty for none
  std::string description;  ///< a sentence
  Values values;
  Show show = Show::number;
  std::string heading;  ///< on the terminal; where empty, the name with blanks for underscores

  [[nodiscard]] std::size_t size() const;
};

/// Columns without rows.
[[nodiscard]] Column real_column(std::string name, std::string unit, std::string description,
                                 Show show = Show::number);
[[nodiscard]] Column integer_column(std::string name, std::string unit, std::string description,
                                    Show show = Show::number);
[[nodiscard]] Column text_column(std::string name, std::string description);
[[nodiscard]] Column truth_column(std::string name, std::string description);

/// What an integer column holds: any integer type, but no truth.
template <class T>
concept WholeNumber = std::integral<T> && !std::same_as<T, bool>;

/// One value on its way into a table.
class Cell {
 public:
  // Implicit, so that a row is written as a plain list.
  Cell(bool value) : value_(value) {}
  Cell(std::string value) : value_(std::move(value)) {}
  Cell(std::string_view value) : value_(std::string(value)) {}
  Cell(const char* value) : value_(std::string(value)) {}
  template <std::floating_point T>
  Cell(T value) : value_(static_cast<double>(value)) {}
  template <WholeNumber T>
  Cell(T value) : value_(checked(value)) {}
  template <int B, int F, int S, int J, int D>
  Cell(Quantity<B, F, S, J, D> value) : value_(value.value()) {}

  using Value = std::variant<double, std::int64_t, std::string, bool>;
  [[nodiscard]] const Value& value() const { return value_; }

 private:
  template <std::integral T>
  static std::int64_t checked(T value) {
    if (!std::in_range<std::int64_t>(value)) refuse_integer();
    return static_cast<std::int64_t>(value);
  }
  [[noreturn]] static void refuse_integer();

  Value value_;
};

/// A table without rows is its own schema: `Table table{"devices", "Devices", {text_column(...), ...}}`, then
/// `table.add_row({"H100", Bytes(80e9), 1979.0})`.
struct Table {
  std::string name;   ///< one word: the group's in a result file
  std::string title;  ///< a line above the table on the terminal
  std::vector<Column> columns;

  /// Rows of the first column; 0 without columns.
  [[nodiscard]] std::size_t rows() const;

  /// The column of that name, or null.
  [[nodiscard]] const Column* find(std::string_view column) const;

  /// Adds a cell to every column, in order. A whole number may go into a column of reals; any other mismatch
  /// throws std::invalid_argument and adds nothing.
  void add_row(std::span<const Cell> cells);
  void add_row(std::initializer_list<Cell> cells) { add_row(std::span(cells.begin(), cells.size())); }

  /// Adds all rows of a table with the same columns. Throws std::invalid_argument for any other.
  void append(const Table& more);

  /// The same columns without rows.
  [[nodiscard]] Table schema() const;

  /// Throws std::invalid_argument, a fault of the caller, for columns of unequal length; a name that is
  /// empty, holds a slash or comes twice; text that is not UTF-8 or holds a zero byte; and a Show that the
  /// column's type or unit has no form for.
  void check() const;
};

/// Whether both have the same name and columns: names, units and types, in the same order.
[[nodiscard]] bool same_schema(const Table& a, const Table& b);

}  // namespace memwall::results
