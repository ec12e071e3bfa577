#include "config/characters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "memwall/config/problem.hpp"

namespace memwall::config {
namespace {

struct Character {
  std::size_t length = 0;  ///< in bytes; 0 where the bytes are not UTF-8
  std::uint32_t code = 0;
};

/// Decodes the character of several bytes at the beginning of `text` (RFC 3629, section 4).
Character decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  const std::size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                             : lead >= 0xE0 && lead <= 0xEF ? 3
                             : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                            : 0;
  if (length == 0 || text.size() < length) return {};
  std::uint32_t code = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    code = code << 6 | (byte(i) & 0x3FU);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (overlong || surrogate || code > 0x10FFFF) return {};
  return {length, code};
}

bool is_plain_ascii(unsigned char byte) {
  return (byte >= 0x20 && byte < 0x7F) || byte == '\t' || byte == '\n' || byte == '\r';
}

Location place_of(std::string_view text, std::size_t offset, const std::string& file) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0: the first line
  return {file, static_cast<int>(std::ranges::count(before, '\n')) + 1,
          static_cast<int>(offset - line_start) + 1};
}

}  // namespace

void check_characters(std::string_view text, const std::string& file) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (is_plain_ascii(byte)) {
      ++i;
      continue;
    }
    if (byte < 0x80) {
      throw BadInput(place_of(text, i, file), fmt::format("control character 0x{:02x}; expected text", byte));
    }
    const Character character = decode(text.substr(i));
    if (character.length == 0) {
      throw BadInput(place_of(text, i, file),
                     fmt::format("byte 0x{:02x} is not UTF-8; save the file as UTF-8", byte));
    }
    const bool control = character.code < 0xA0 && character.code != 0x85;  // 0x85 is a line break
    if (control) {
      throw BadInput(place_of(text, i, file),
                     fmt::format("control character 0x{:02x}; expected text", character.code));
    }
    i += character.length;
  }
}

}  // namespace memwall::config
