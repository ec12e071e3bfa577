#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Did-you-mean for names.
namespace memwall::config {

/// The known name nearest to `name` by edit distance (Damerau-Levenshtein, case ignored), where it is near
/// enough to be a slip: at most a third of the name's length (one edit for a short name), with something in
/// common; failing that, a known name that `name` is the beginning of. Nothing where none is.
[[nodiscard]] std::optional<std::string> nearest(std::string_view name, std::span<const std::string> known);

/// `; did you mean 'X'?` for the nearest known name; else, for up to twelve known names,
/// `; known: a, b, c`; else nothing.
[[nodiscard]] std::string suggestion(std::string_view name, std::span<const std::string> known);

}  // namespace memwall::config
