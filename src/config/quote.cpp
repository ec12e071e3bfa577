#include "config/quote.hpp"

#include <fmt/format.h>

namespace memwall::config {
namespace {

constexpr std::size_t longest_quote = 60;

}  // namespace

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

std::string in_quotes(std::string_view text) {
  if (text.size() <= longest_quote) return fmt::format("'{}'", text);
  std::size_t end = longest_quote;
  while (end > 0 && continues_character(text[end])) --end;
  return fmt::format("'{}...'", text.substr(0, end));
}

std::string on_one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte >= 0x20 && byte != 0x7F) {
      line += character;
    } else if (character == '\n') {
      line += "\\n";
    } else if (character == '\t') {
      line += "\\t";
    } else {
      line += fmt::format("\\x{:02x}", byte);
    }
  }
  return line;
}

}  // namespace memwall::config
