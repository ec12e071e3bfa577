#pragma once

#include <array>
#include <charconv>
#include <string>

namespace memwall::results {

/// The fewest digits that read back as the same number; `inf` and `nan` for what is none.
template <class Number>
[[nodiscard]] std::string shortest_text(Number value) {
  std::array<char, 32> buffer{};  // the longest double, -1.2345678901234567e-308, has 24 characters
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), result.ptr};
}

}  // namespace memwall::results
