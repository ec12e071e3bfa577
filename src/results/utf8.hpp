#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// What output needs to know of UTF-8.
namespace memwall::results {

/// Takes the next code point off `rest`. Nothing, and one byte taken, where it does not begin with one.
[[nodiscard]] std::optional<char32_t> take_code_point(std::string_view& rest);

[[nodiscard]] bool is_utf8(std::string_view text);

/// The text with U+FFFD for every byte that is not UTF-8 and for every zero byte.
[[nodiscard]] std::string made_utf8(std::string_view text);

/// The text as a terminal can show it on one line: blanks for control characters.
[[nodiscard]] std::string printable(std::string_view text);

/// How many cells of a terminal a printable text takes: two for East Asian wide characters and emoji, none
/// for combining marks.
[[nodiscard]] std::size_t shown_width(std::string_view text);

}  // namespace memwall::results
