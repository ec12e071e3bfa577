#include "results/utf8.hpp"

#include <algorithm>
#include <array>

namespace memwall::results {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

/// The blocks that matter for names of models and devices, not all of Unicode: combining marks and
/// zero-width characters (general categories Mn and Cf), then wide ones (Unicode Standard Annex 11).
constexpr std::array zero_width{Range{0x300, 0x36f},   Range{0x200b, 0x200f}, Range{0x202a, 0x202e},
                                Range{0x2060, 0x2064}, Range{0x20d0, 0x20ff}, Range{0xfe00, 0xfe0f},
                                Range{0xfeff, 0xfeff}};
constexpr std::array double_width{Range{0x1100, 0x115f},   Range{0x2e80, 0x303e},  Range{0x3041, 0xa4cf},
                                  Range{0xac00, 0xd7a3},   Range{0xf900, 0xfaff},  Range{0xfe30, 0xfe6f},
                                  Range{0xff00, 0xff60},   Range{0xffe0, 0xffe6},  Range{0x1f300, 0x1f64f},
                                  Range{0x1f900, 0x1f9ff}, Range{0x20000, 0x3fffd}};

template <std::size_t N>
bool contains(const std::array<Range, N>& ranges, char32_t code) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [code](Range range) { return range.first <= code && code <= range.last; });
}

/// The length that a first byte announces, 0 where it cannot begin a character.
std::size_t announced_length(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  if (first >= 0xf0 && first < 0xf5) return 4;
  return 0;
}

bool is_control(char32_t code) { return code < 0x20 || (code >= 0x7f && code < 0xa0); }

}  // namespace

std::optional<char32_t> take_code_point(std::string_view& rest) {
  const auto first = static_cast<unsigned char>(rest.front());
  const std::size_t length = announced_length(first);
  constexpr std::array<unsigned char, 5> first_bits{0, 0x7f, 0x1f, 0x0f, 0x07};
  constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};

  char32_t code = first & first_bits[length];
  bool good = length > 0 && length <= rest.size();
  for (std::size_t i = 1; good && i < length; ++i) {
    const auto next = static_cast<unsigned char>(rest[i]);
    good = (next & 0xc0) == 0x80;
    code = (code << 6) | (next & 0x3fU);
  }
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  good = good && code >= smallest[length] && code <= 0x10ffff && !surrogate;
  rest.remove_prefix(good ? length : 1);
  return good ? std::optional(code) : std::nullopt;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    if (!take_code_point(text)) return false;
  }
  return true;
}

std::string made_utf8(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::string_view before = text;
    const auto code = take_code_point(text);
    if (code && *code != 0) {
      result += before.substr(0, before.size() - text.size());
    } else {
      result += "\xef\xbf\xbd";
    }
  }
  return result;
}

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::string_view before = text;
    const auto code = take_code_point(text);
    if (code && is_control(*code)) {
      result += ' ';
    } else {
      result += before.substr(0, before.size() - text.size());
    }
  }
  return result;
}

std::size_t shown_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto code = take_code_point(text);
    if (code && contains(zero_width, *code)) continue;
    width += code && contains(double_width, *code) ? 2 : 1;
  }
  return width;
}

}  // namespace memwall::results
