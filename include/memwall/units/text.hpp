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

/// Reads `text` as a `Q`: a number, at most one space, a unit. Units: `B`, `FLOP`, `s`, `J`, `USD`, `Hz`,
/// `B/s`, `FLOP/s`, `FLOP/B`, `W`, each with the decimal prefixes k M G T P E Z Y; bytes also with Ki Mi Gi
/// Ti Pi Ei; time, energy, money and power also with m u n p; time also in `min`, `h`, `days`. The value is
/// the double nearest to what is written: `3.35 TB/s` is 3.35e12. Throws BadQuantity for a missing, unknown
/// or wrong unit, NaN, infinity, overflow or trailing text. A bare `0` needs no unit; any other bare number
/// does. Negative values are read: whether one makes sense is the caller's to say. Defined for the ten named
/// quantities.
template <class Q>
[[nodiscard]] Q parse_quantity(std::string_view text);

/// Reads a plain number such as `7168`, `0.1` or `1.5e12`. Throws BadQuantity.
[[nodiscard]] double parse_number(std::string_view text);

/// Prints with the prefix that keeps the mantissa in [1, 1000) and four significant digits: bytes in binary
/// (`74.50 GiB`, up to 1024; below 1 KiB the plain count, `512 B`), all else decimal (`3.350 TB/s`,
/// `989.4 TFLOP/s`, `12.30 us`). Times from 1000 s are in min, h and days. Zero is `0 B`; what no prefix
/// makes readable is in base units with an exponent (`1.000e-20 s`). `parse_quantity` reads all of it back.
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

/// Prints a count with thousands separators: `60,965,224`. Throws std::invalid_argument for what is no whole
/// number up to 2^53: a fault of the caller, not of the user.
[[nodiscard]] std::string count_text(double count);

}  // namespace memwall
