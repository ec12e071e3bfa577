#pragma once

#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

/// Published numbers: a table of tests/reference with its sources.
namespace memwall::reference {

using Row = std::map<std::string, std::string>;

/// The fields of one line; a field in quotes may hold commas.
inline std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') {
      const bool doubled = quoted && i + 1 < line.size() && line[i + 1] == '"';
      if (doubled) fields.back() += line[++i];
      if (!doubled) quoted = !quoted;
    } else if (line[i] == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += line[i];
    }
  }
  return fields;
}

/// The rows of tests/reference/<name>, by column.
inline std::vector<Row> table(const std::string& name) {
  std::ifstream file(std::string(MEMWALL_SOURCE_DIR) + "/tests/reference/" + name);
  if (!file) throw std::runtime_error("cannot open tests/reference/" + name);
  std::string line;
  std::getline(file, line);
  const std::vector<std::string> columns = fields_of(line);
  std::vector<Row> rows;
  while (std::getline(file, line)) {
    const std::vector<std::string> fields = fields_of(line);
    if (fields.size() != columns.size())
      throw std::runtime_error(name + ": a row of another length: " + line);
    Row row;
    for (std::size_t i = 0; i < columns.size(); ++i) row[columns[i]] = fields[i];
    rows.push_back(std::move(row));
  }
  return rows;
}

/// A cell as a number.
inline double number(const Row& row, const std::string& column) { return std::stod(row.at(column)); }

}  // namespace memwall::reference
