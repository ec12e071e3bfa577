#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/config/problem.hpp"

/// Comma-separated values in which every field knows its place.
namespace memwall::config {

struct CsvField {
  std::string text;
  Location where;
};

/// A header and rows of as many fields.
struct CsvTable {
  std::string file;
  std::vector<CsvField> header;
  std::vector<std::vector<CsvField>> rows;

  /// The index of the column of that name, or npos.
  [[nodiscard]] std::size_t find(std::string_view column) const;
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
};

/// Reads RFC 4180: a header, then rows; fields in double quotes may hold commas, line breaks and doubled
/// quotes. Lines end with CR LF or LF; a byte order mark and empty lines are skipped. `file` names it in
/// errors. Throws BadInput with the first mistake of form (a quote inside a bare field, one that is not
/// closed, text behind it, what is not UTF-8), or with every column without a name or of a name given before
/// and every row of another length.
[[nodiscard]] CsvTable parse_csv(std::string_view text, const std::string& file);

/// Reads and parses a file of up to `largest_document` bytes. Throws BadFile where it cannot be read.
[[nodiscard]] CsvTable read_csv(const std::filesystem::path& file);

}  // namespace memwall::config
