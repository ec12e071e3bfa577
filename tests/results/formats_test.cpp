#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "memwall/results/csv.hpp"
#include "memwall/results/file.hpp"
#include "memwall/results/json.hpp"
#include "memwall/results/text.hpp"
#include "results/folder.hpp"

namespace memwall::results {
namespace {

using Rows = std::vector<std::vector<std::string>>;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Every type, missing values, and texts that each format must treat with care.
Table sample() {
  Table table{"sample",
              "Sample",
              {integer_column("point", "", "index", Show::plain), text_column("model", "name"),
               real_column("time_s", "s", "of a step", Show::plain), truth_column("fits", "whether it fits"),
               integer_column("bytes", "B", "in all", Show::plain)}};
  table.add_row({0, "GPT-3, 175B", 0.1, true, 350362583040});
  table.add_row({1, "the \"big\" one", 1e-300, false, -1});
  table.add_row({2, "", nan, true, 0});
  table.add_row({3, "Wörter 紫", 1.0 / 3, false, std::numeric_limits<std::int64_t>::max()});
  return table;
}

/// The same rows as everyone must tell them; missing values are empty.
const Rows expected{{"0", "GPT-3, 175B", "0.1", "true", "350362583040"},
                    {"1", "the \"big\" one", "1e-300", "false", "-1"},
                    {"2", "", "", "true", "0"},
                    {"3", "Wörter 紫", "0.3333333333333333", "false", "9223372036854775807"}};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

/// Cells stand two blanks or more apart.
Rows rows_of_text(const std::string& text) {
  Rows rows;
  const std::vector<std::string> lines = lines_of(text);
  for (std::size_t i = 3; i < lines.size(); ++i) {  // after title, header and rule
    std::vector<std::string> row;
    std::size_t begin = lines[i].find_first_not_of(' ');
    while (begin != std::string::npos) {
      const std::size_t end = lines[i].find("  ", begin);
      std::string cell = lines[i].substr(begin, end - begin);
      if (cell == "-") cell.clear();
      if (cell == "yes" || cell == "no") cell = cell == "yes" ? "true" : "false";
      row.push_back(cell);
      begin = end == std::string::npos ? end : lines[i].find_first_not_of(' ', end);
    }
    rows.push_back(row);
  }
  return rows;
}

Rows rows_of_csv(const std::string& text) {
  Rows rows(1, std::vector<std::string>(1));
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      const bool doubled = quoted && i + 1 < text.size() && text[i + 1] == '"';
      if (doubled) rows.back().back() += text[i++];
      if (!doubled) quoted = !quoted;
    } else if (!quoted && text[i] == ',') {
      rows.back().emplace_back();
    } else if (!quoted && text.compare(i, 2, "\r\n") == 0) {
      rows.emplace_back(1);
      ++i;
    } else {
      rows.back().back() += text[i];
    }
  }
  return {rows.begin() + 1, rows.end() - 1};  // less the header, and what follows the last line's end
}

Rows rows_of_json(const std::string& text) {
  Rows rows;
  for (const auto& object : nlohmann::ordered_json::parse(text)) {
    std::vector<std::string> row;
    for (const auto& [key, value] : object.items()) {
      row.push_back(value.is_null() ? "" : value.is_string() ? value.get<std::string>() : value.dump());
    }
    rows.push_back(row);
  }
  return rows;
}

std::string told(double value) { return std::isnan(value) ? "" : nlohmann::json(value).dump(); }
std::string told(std::int64_t value) { return std::to_string(value); }
std::string told(const std::string& value) { return value; }
std::string told(bool value) { return value ? "true" : "false"; }

Rows rows_of(const Table& table) {
  Rows rows(table.rows());
  for (const Column& column : table.columns) {
    std::visit(
        [&](const auto& values) {
          for (std::size_t i = 0; i < values.size(); ++i) rows[i].push_back(told(values[i]));
        },
        column.values);
  }
  return rows;
}

}  // namespace

TEST_CASE("the terminal, CSV, JSON and HDF5 tell the same rows", "[results]") {
  const Folder folder;
  write_file(folder.file("sample.h5"), {}, {sample()});
  CHECK(rows_of_text(to_text(sample())) == expected);
  CHECK(rows_of_csv(to_csv(sample())) == expected);
  CHECK(rows_of_json(to_json(sample())) == expected);
  CHECK(rows_of(read_table(folder.file("sample.h5"), "sample")) == expected);
}

}  // namespace memwall::results
