#pragma once

#include <concepts>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "memwall/units/quantity.hpp"

/// Reading and printing quantities in the usual spellings: `80 GiB`, `3.35 TB/s`, `989 TFLOP/s`, `5 us`.
namespace memwall {

/// A text that is not the quantity asked for. `what()` says what is wrong and shows what to write.
class BadQuantity : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The largest count that a double holds exactly: 2^53.
inline constexpr double largest_exact_count = 9007199254740992.0;

/// Reads `text` as a `Q`. Decimal prefixes k M G T P E and binary ones Ki Mi Gi Ti Pi are accepted before
/// the unit (`B`, `FLOP`, `s`, `Hz`, `W`, `J`, `USD`, `B/s`, `FLOP/s`, `FLOP/B`; small times m u n).
/// One space between number and unit is optional.
/// Throws BadQuantity for a missing, unknown or wrong unit, NaN, infinity, overflow or trailing text.
/// A bare `0` needs no unit; any other bare number does. Defined for the ten named quantities.
template <class Q>
[[nodiscard]] Q parse_quantity(std::string_view text);

/// Reads a plain number such as `7168`, `0.1` or `1.5e12`. Throws BadQuantity.
[[nodiscard]] double parse_number(std::string_view text);

/// Prints with the prefix that keeps the mantissa in [1, 1000) and four significant digits: bytes in binary
/// (`74.50 GiB`), all else decimal (`3.350 TB/s`, `989.4 TFLOP/s`, `12.30 us`).
[[nodiscard]] std::string to_text(Bytes value);
[[nodiscard]] std::string to_text(Flops value);
[[nodiscard]] std::string to_text(Seconds value);
[[nodiscard]] std::string to_text(Joules value);
[[nodiscard]] std::string to_text(Dollars value);
[[nodiscard]] std::string to_text(Hertz value);
[[nodiscard]] std::string to_text(BytesPerSecond value);
[[nodiscard]] std::string to_text(FlopsPerSecond value);
[[nodiscard]] std::string to_text(FlopsPerByte value);
[[nodiscard]] std::string to_text(Watts value);

/// Prints a count with thousands separators: `60,965,224`. `count` is a whole number up to 2^53.
[[nodiscard]] std::string count_text(double count);

}  // namespace memwall
