#pragma once

#include <string>
#include <string_view>

namespace memwall::config {

/// Whether `byte` is one of a UTF-8 character of several bytes, but not its first.
[[nodiscard]] bool continues_character(char byte);

/// `'text'` as an error quotes it: cut after 60 bytes, never inside a character.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// `text` with control characters spelt out (`\n`, `\x1b`), so that it stays on one line.
[[nodiscard]] std::string on_one_line(std::string_view text);

}  // namespace memwall::config
