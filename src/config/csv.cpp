#include "memwall/config/csv.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "config/characters.hpp"
#include "config/quote.hpp"
#include "memwall/config/node.hpp"

namespace memwall::config {
namespace {

/// Cuts a text into rows of fields.
class CsvReader {
 public:
  CsvReader(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  std::vector<std::vector<CsvField>> rows() {
    std::vector<std::vector<CsvField>> rows;
    while (next_ < text_.size()) {
      if (take_line_break()) continue;
      rows.push_back(row());
    }
    return rows;
  }

 private:
  [[nodiscard]] Location here() const { return {file_, line_, static_cast<int>(next_ - line_start_) + 1}; }
  [[nodiscard]] bool at(char c) const { return next_ < text_.size() && text_[next_] == c; }
  [[nodiscard]] bool at_line_break() const {
    return at('\n') || (at('\r') && next_ + 1 < text_.size() && text_[next_ + 1] == '\n');
  }

  void begin_line() {
    ++line_;
    line_start_ = next_;
  }

  bool take_line_break() {
    if (!at_line_break()) return false;
    next_ += at('\r') ? 2 : 1;
    begin_line();
    return true;
  }

  std::vector<CsvField> row() {
    std::vector<CsvField> fields;
    for (;;) {
      fields.push_back(at('"') ? quoted() : bare());
      if (at(',')) {
        ++next_;
        continue;
      }
      if (next_ < text_.size() && !take_line_break()) {
        throw BadInput(here(), "text behind a closing quote; expected a comma or the end of the line");
      }
      return fields;
    }
  }

  CsvField bare() {
    CsvField field{"", here()};
    const std::size_t begin = next_;
    while (next_ < text_.size() && !at(',') && !at_line_break()) {
      if (at('"')) {
        throw BadInput(here(), "a quote inside a field; put the whole field in quotes and double this one");
      }
      ++next_;
    }
    field.text = std::string(text_.substr(begin, next_ - begin));
    return field;
  }

  CsvField quoted() {
    CsvField field{"", here()};
    for (++next_; next_ < text_.size(); ++next_) {
      if (at('"')) {
        ++next_;
        if (!at('"')) return field;
      }
      field.text += text_[next_];
      if (at('\n')) {
        ++next_;
        begin_line();
        --next_;
      }
    }
    throw BadInput(field.where, "a quoted field that is not closed");
  }

  std::string_view text_;
  const std::string& file_;
  std::size_t next_ = 0;
  std::size_t line_start_ = 0;
  int line_ = 1;
};

void check_header(const std::vector<CsvField>& header, Problems& problems) {
  std::set<std::string> names;
  for (const CsvField& column : header) {
    if (column.text.empty()) problems.add(column.where, "a column without a name");
    if (!column.text.empty() && !names.insert(column.text).second)
      problems.add(column.where, fmt::format("column {} is given twice", in_quotes(column.text)));
  }
}

}  // namespace

std::size_t CsvTable::find(std::string_view column) const {
  const auto found = std::ranges::find(header, column, &CsvField::text);
  return found == header.end() ? npos : static_cast<std::size_t>(found - header.begin());
}

CsvTable parse_csv(std::string_view text, const std::string& file) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  check_characters(text, file);
  CsvTable table{file, {}, CsvReader(text, file).rows()};
  if (table.rows.empty()) throw BadInput({file, 1, 1}, "no header line");
  table.header = std::move(table.rows.front());
  table.rows.erase(table.rows.begin());
  Problems problems;
  check_header(table.header, problems);
  for (const std::vector<CsvField>& row : table.rows) {
    if (row.size() != table.header.size()) {
      problems.add(row.front().where,
                   fmt::format("{} fields; the header has {}", row.size(), table.header.size()));
    }
  }
  problems.throw_if_any();
  return table;
}

CsvTable read_csv(const std::filesystem::path& file) {
  const std::string text = read_text(file);
  if (text.size() > largest_document) {
    throw BadInput({file.string(), 0, 0},
                   fmt::format("a file of {} bytes; at most {} are read", text.size(), largest_document));
  }
  return parse_csv(text, file.string());
}

}  // namespace memwall::config
