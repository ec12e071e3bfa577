#pragma once

#include <string>

#include "memwall/results/table.hpp"

/// A table as JSON.
namespace memwall::results {

/// An array with an object a row, keys in the order of the columns, one row a line. Reals are in SI base
/// units and read back as the same number; whole numbers have no decimal point. JSON knows no NaN and no
/// infinity: both are null. A missing text is "".
[[nodiscard]] std::string to_json(const Table& table);

}  // namespace memwall::results
