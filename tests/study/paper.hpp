#pragma once

#include <map>
#include <string>
#include <vector>

#include "memwall/study/tables.hpp"

/// What the tests of the tables share: the reference as it was handed down, and the project's own files.
namespace memwall::test {

/// A row of a CSV file by column.
using CsvRow = std::map<std::string, std::string>;

/// Reads a CSV file of tests/reference (RFC 4180 quotes, one line a row).
[[nodiscard]] std::vector<CsvRow> reference_rows(const std::string& file);

/// "memory/BERT Large/total_memory"
[[nodiscard]] std::string name_of(const CsvRow& row);
[[nodiscard]] std::string name_of(const study::TableCell& cell);

/// A study::Subjects over the checkout's catalog.
[[nodiscard]] study::Subjects& subjects();

[[nodiscard]] study::Publication publication();
[[nodiscard]] std::vector<study::Reason> reasons();

}  // namespace memwall::test
