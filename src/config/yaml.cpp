#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>

#include "config/characters.hpp"
#include "config/quote.hpp"
#include "config/tree_builder.hpp"
#include "memwall/config/node.hpp"

namespace memwall::config {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// What yaml-cpp says, and what it means to someone who writes a file.
const std::array<std::pair<std::string_view, std::string_view>, 10> meanings{{
    {YAML::ErrorMsg::MAP_VALUE,
     "a ':' where no key can stand; is the indentation right, or should the text be in quotes?"},
    {YAML::ErrorMsg::MAP_KEY, "a key where none can stand; is the indentation right?"},
    {YAML::ErrorMsg::END_OF_MAP, "expected 'key: value'; is the indentation right?"},
    {YAML::ErrorMsg::END_OF_SEQ, "expected '- item'; is the indentation right?"},
    {YAML::ErrorMsg::BLOCK_ENTRY, "a '-' where no item can stand; is the indentation right?"},
    {YAML::ErrorMsg::END_OF_MAP_FLOW, "expected ',' or '}'"},
    {YAML::ErrorMsg::END_OF_SEQ_FLOW, "expected ',' or ']'"},
    {YAML::ErrorMsg::FLOW_END, "a closing bracket without its opening one"},
    {YAML::ErrorMsg::EOF_IN_SCALAR, "the file ends inside a quoted text"},
    {YAML::ErrorMsg::DOC_IN_SCALAR, "the document ends inside a quoted text"},
}};

bool ends_in_brackets(const YAML::Exception& error) {
  return error.msg == YAML::ErrorMsg::END_OF_MAP_FLOW || error.msg == YAML::ErrorMsg::END_OF_SEQ_FLOW;
}

bool at_end(std::string_view text, const YAML::Mark& mark) {
  return mark.is_null() || static_cast<std::size_t>(mark.pos) >= text.size();
}

/// Whether the line at `mark` is indented with a tab, which yaml-cpp does not count.
bool tab_indents(std::string_view text, const YAML::Mark& mark) {
  if (mark.is_null() || mark.pos < mark.column) return false;
  const auto start = std::min(static_cast<std::size_t>(mark.pos - mark.column), text.size());
  const std::string_view line = text.substr(start);
  const std::size_t content = line.find_first_not_of(" \t");
  return line.substr(0, content).find('\t') != std::string_view::npos;
}

std::string meaning_of(const YAML::Exception& error, std::string_view text, bool in_brackets) {
  if (!in_brackets && tab_indents(text, error.mark))
    return "a tab in the indentation; YAML indents with spaces";
  if (error.msg.starts_with(YAML::ErrorMsg::UNKNOWN_ANCHOR)) {
    return "aliases (*name) are not read; write the value out";
  }
  if (error.msg == YAML::ErrorMsg::UNKNOWN_TOKEN && !at_end(text, error.mark)) {
    const auto offset = static_cast<std::size_t>(error.mark.pos);
    return fmt::format("no value begins with {}; put the text in quotes", in_quotes(text.substr(offset, 1)));
  }
  const auto* known = std::ranges::find(meanings, error.msg, &decltype(meanings)::value_type::first);
  return std::string(known == meanings.end() ? error.msg : known->second);
}

BadInput located(const YAML::Exception& error, std::string_view text, const TreeBuilder& builder) {
  const std::optional<Location> opening = builder.innermost_opening();
  if (ends_in_brackets(error) && opening) {
    const bool is_map = error.msg == YAML::ErrorMsg::END_OF_MAP_FLOW;
    if (at_end(text, error.mark)) {
      return {*opening, fmt::format("this '{}' has no closing '{}'", is_map ? '{' : '[', is_map ? '}' : ']')};
    }
    return {builder.place_of(error.mark),
            fmt::format("expected ',' or '{}'; the '{}' is at {}", is_map ? '}' : ']', is_map ? '{' : '[',
                        to_text(*opening))};
  }
  return {builder.place_of(error.mark), meaning_of(error, text, builder.in_brackets())};
}

/// yaml-cpp keeps every token of a line in brackets until it knows that the line is no key: some 200 bytes
/// for each of the text.
void check_line_lengths(std::string_view text, const std::string& file) {
  int line = 1;
  for (std::size_t start = 0; start <= text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    if (end - start > longest_line) {
      throw BadInput(Location{file, line, 1}, fmt::format("a line of more than {} MiB", longest_line >> 20));
    }
    start = end + 1;
  }
}

}  // namespace

Node parse_yaml(std::string_view text, const std::string& file) {
  if (text.size() > largest_document) {
    throw BadInput(Location{file, 0, 0}, fmt::format("larger than {} MiB", largest_document >> 20));
  }
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  check_characters(text, file);
  check_line_lengths(text, file);

  std::istringstream stream{std::string(text)};
  TreeBuilder builder(text, file);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    throw located(error, text, builder);
  }
  return builder.take_root();
}

}  // namespace memwall::config
