#include "study/measured_row.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "memwall/config/suggest.hpp"
#include "memwall/units/text.hpp"

namespace memwall::study {

const config::CsvField* MeasuredRow::find(std::string_view column) const {
  const std::size_t index = table_.find(column);
  if (index == config::CsvTable::npos || row_[index].text.empty()) return nullptr;
  return &row_[index];
}

void MeasuredRow::fault(std::string_view column, std::string what) {
  const config::CsvField* field = find(column);
  problems_.add(field == nullptr ? where() : field->where, fmt::format("{}: {}", column, what));
}

std::optional<std::string> MeasuredRow::text(std::string_view column) const {
  const config::CsvField* field = find(column);
  return field == nullptr ? std::nullopt : std::optional(field->text);
}

std::optional<double> MeasuredRow::number(std::string_view column) {
  const config::CsvField* field = find(column);
  if (field == nullptr) return std::nullopt;
  try {
    return parse_number(field->text);
  } catch (const BadQuantity& error) {
    fault(column, error.what());
    return std::nullopt;
  }
}

std::optional<std::int64_t> MeasuredRow::count(std::string_view column, std::int64_t least,
                                               std::int64_t most) {
  const auto value = number(column);
  if (!value) return std::nullopt;
  if (std::floor(*value) != *value || *value < static_cast<double>(least) ||
      *value > static_cast<double>(most)) {
    fault(column, fmt::format("{:g} is no whole number from {} to {}", *value, least, most));
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*value);
}

std::optional<bool> MeasuredRow::truth(std::string_view column) {
  static const std::vector<std::string> words = {"no", "yes", "false", "true", "off", "on", "0", "1"};
  const auto word = choice(column, words);
  if (!word) return std::nullopt;
  return (std::ranges::find(words, *word) - words.begin()) % 2 == 1;
}

std::optional<std::string> MeasuredRow::choice(std::string_view column,
                                               const std::vector<std::string>& known) {
  auto word = text(column);
  if (!word) return std::nullopt;
  if (std::ranges::find(known, *word) != known.end()) return word;
  fault(column, fmt::format("'{}' is not known{}", *word, config::suggestion(*word, known)));
  return std::nullopt;
}

}  // namespace memwall::study
