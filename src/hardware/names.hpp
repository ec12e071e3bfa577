#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The spelling of enumerations: one array of names each, in the order of the enumerators.
namespace memwall::hardware {

/// The enumerator spelt `name`.
template <class Enum, std::size_t N>
std::optional<Enum> enumerator_named(const std::array<std::string_view, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

template <std::size_t N>
std::vector<std::string> all_of(const std::array<std::string_view, N>& names) {
  return {names.begin(), names.end()};
}

}  // namespace memwall::hardware
