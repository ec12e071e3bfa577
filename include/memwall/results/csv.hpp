#pragma once

#include <string>

#include "memwall/results/table.hpp"

/// A table as comma-separated values.
namespace memwall::results {

/// RFC 4180: a header line of column names as they are (`time_s`, `weights_bytes`: the caller's names carry
/// the unit), lines ended by CR LF, text quoted where it must be. Numbers are in SI base units and have the
/// fewest digits that read back as the same number; infinities are `inf` and `-inf`, truths `true` and
/// `false`, a missing value is an empty field. In a table of one column that is `""`, which is no empty line.
[[nodiscard]] std::string to_csv(const Table& table);

}  // namespace memwall::results
