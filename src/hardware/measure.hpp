#pragma once

#include <string>

#include "hardware/schema.hpp"

/// The quantities of the schema by their kind at run time, in base units.
namespace memwall::hardware {

/// Reads `text` as the kind's quantity. Throws BadQuantity.
[[nodiscard]] double parse_measure(Kind kind, const std::string& text);

/// For people: "3.350 TB/s".
[[nodiscard]] std::string measure_text(Kind kind, double value);

/// For reading back the same double: "3.35e+12 B/s".
[[nodiscard]] std::string exact_measure(Kind kind, double value);

/// What to write: "3.35 TB/s".
[[nodiscard]] std::string sample_of(Kind kind);

}  // namespace memwall::hardware
