#pragma once

#include <string>
#include <string_view>

namespace memwall::results {

/// Whether values in this base unit can print as a quantity: one of B, FLOP, s, J, USD, Hz, B/s, FLOP/s,
/// FLOP/B, W.
[[nodiscard]] bool is_quantity_unit(std::string_view unit);

/// The value as memwall::to_text prints a quantity of that unit. Requires is_quantity_unit(unit).
[[nodiscard]] std::string quantity_text(double value, std::string_view unit);

}  // namespace memwall::results
