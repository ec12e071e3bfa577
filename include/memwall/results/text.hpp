#pragma once

#include <string>

#include "memwall/results/table.hpp"

/// A table for the terminal.
namespace memwall::results {

/// The title, a header with units, a rule and the rows: numbers right-aligned, text left-aligned, columns two
/// blanks apart, every line ended by `\n` and none by blanks. Numbers print as their column's Show says;
/// truths as yes and no; a missing value as `-`. Widths count what a terminal shows, so that accents and
/// East Asian characters stay aligned; control characters print as blanks.
[[nodiscard]] std::string to_text(const Table& table);

}  // namespace memwall::results
