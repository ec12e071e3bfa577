#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/config/csv.hpp"
#include "memwall/config/problem.hpp"

namespace memwall::study {

/// One row of a CSV file, read column by column. An empty field is as good as none. A getter that finds a
/// mistake reports it at the field's place and returns nothing.
class MeasuredRow {
 public:
  MeasuredRow(const config::CsvTable& table, const std::vector<config::CsvField>& row,
              config::Problems& problems)
      : table_(table), row_(row), problems_(problems) {}

  /// The field of a column; null where it is empty or there is no such column.
  [[nodiscard]] const config::CsvField* find(std::string_view column) const;

  [[nodiscard]] std::optional<std::string> text(std::string_view column) const;
  [[nodiscard]] std::optional<std::int64_t> count(std::string_view column, std::int64_t least = 1,
                                                  std::int64_t most = 1'000'000);
  [[nodiscard]] std::optional<double> number(std::string_view column);
  /// `yes`, `no`, `true`, `false`, `on`, `off`, 1 or 0.
  [[nodiscard]] std::optional<bool> truth(std::string_view column);
  /// One of `known`, or a mistake with the nearest.
  [[nodiscard]] std::optional<std::string> choice(std::string_view column,
                                                  const std::vector<std::string>& known);

  void fault(std::string_view column, std::string what);
  [[nodiscard]] const config::Location& where() const { return row_.front().where; }
  [[nodiscard]] config::Problems& problems() { return problems_; }

 private:
  const config::CsvTable& table_;
  const std::vector<config::CsvField>& row_;
  config::Problems& problems_;
};

}  // namespace memwall::study
