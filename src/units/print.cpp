#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include "memwall/units/text.hpp"
#include "units/family.hpp"

namespace memwall {
namespace {

constexpr int digits = 4;

/// Mantissas outside of these are printed in base units with an exponent: nobody reads 0.00000123 pJ.
constexpr double smallest_mantissa = 1e-3;
constexpr double largest_mantissa = 1e6;

/// `value` > 0 rounded to the digits that are printed.
double rounded(double value) {
  const std::string text = fmt::format("{:.{}e}", value, digits - 1);
  double result = 0;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

/// Four significant digits of 0.001 to 10^6; more where the integer has more: `12345`.
std::string mantissa_text(double mantissa) {
  const int exponent = static_cast<int>(std::floor(std::log10(rounded(mantissa))));
  return fmt::format("{:.{}f}", mantissa, std::max(0, digits - 1 - exponent));
}

std::string positive_text(double value, const units::Family& family) {
  const std::vector<units::Step> steps = units::units_printed(family);
  auto step = steps.begin();
  double mantissa = value / step->scale;
  while (step + 1 != steps.end() && rounded(mantissa) >= step->until) {
    // 1023.99 KiB rounds to 1024 and is printed as 1.000 MiB, not as 0.9999 MiB.
    const double first = step->until * step->scale;
    ++step;
    mantissa = std::max(value, first) / step->scale;
  }
  if (mantissa < smallest_mantissa || mantissa >= largest_mantissa) {
    return fmt::format("{:.{}e} {}", value, digits - 1, family.base);
  }
  const double shown = rounded(mantissa);
  const bool whole_bytes = family.prints_binary && step == steps.begin() && std::trunc(shown) == shown;
  return fmt::format("{} {}", whole_bytes ? fmt::format("{:.0f}", shown) : mantissa_text(mantissa),
                     step->name);
}

std::string quantity_text(double value, const units::Family& family) {
  if (value == 0 || !std::isfinite(value)) return fmt::format("{} {}", value == 0 ? 0 : value, family.base);
  const std::string text = positive_text(std::abs(value), family);
  return value < 0 ? "-" + text : text;
}

}  // namespace

std::string to_text(Bytes value) { return quantity_text(value.value(), units::memory); }
std::string to_text(Flops value) { return quantity_text(value.value(), units::work); }
std::string to_text(Seconds value) { return quantity_text(value.value(), units::time); }
std::string to_text(Joules value) { return quantity_text(value.value(), units::energy); }
std::string to_text(Dollars value) { return quantity_text(value.value(), units::money); }
std::string to_text(Hertz value) { return quantity_text(value.value(), units::frequency); }
std::string to_text(BytesPerSecond value) { return quantity_text(value.value(), units::bandwidth); }
std::string to_text(FlopsPerSecond value) { return quantity_text(value.value(), units::compute_rate); }
std::string to_text(FlopsPerByte value) { return quantity_text(value.value(), units::intensity); }
std::string to_text(Watts value) { return quantity_text(value.value(), units::power); }

std::string count_text(double count) {
  if (!(std::abs(count) <= largest_exact_count) || std::trunc(count) != count) {
    throw std::invalid_argument("count_text: not a whole number up to 2^53");
  }
  std::string text = std::to_string(static_cast<std::int64_t>(std::abs(count)));
  for (std::size_t place = text.size(); place > 3;) {
    place -= 3;
    text.insert(place, 1, ',');
  }
  return count < 0 ? "-" + text : text;
}

}  // namespace memwall
