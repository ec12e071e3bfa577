#include "hardware/measure.hpp"

#include <fmt/format.h>

#include <cmath>

#include "memwall/units/text.hpp"

namespace memwall::hardware {
namespace {

/// Calls `use` with a zero of the kind's quantity, or with 0.0 for a plain number.
template <class Use>
auto with_quantity(Kind kind, const Use& use) {
  switch (kind) {
    case Kind::flops_per_second:
      return use(FlopsPerSecond());
    case Kind::bytes:
      return use(Bytes());
    case Kind::bytes_per_second:
      return use(BytesPerSecond());
    case Kind::hertz:
      return use(Hertz());
    case Kind::seconds:
      return use(Seconds());
    case Kind::watts:
      return use(Watts());
    case Kind::dollars:
      return use(Dollars());
    case Kind::number:
    case Kind::count:
    case Kind::text:
      break;
  }
  return use(0.0);
}

std::string_view base_unit(Kind kind) {
  switch (kind) {
    case Kind::flops_per_second:
      return " FLOP/s";
    case Kind::bytes:
      return " B";
    case Kind::bytes_per_second:
      return " B/s";
    case Kind::hertz:
      return " Hz";
    case Kind::seconds:
      return " s";
    case Kind::watts:
      return " W";
    case Kind::dollars:
      return " USD";
    default:
      return "";
  }
}

}  // namespace

double parse_measure(Kind kind, const std::string& text) {
  return with_quantity(kind, [&](auto zero) {
    if constexpr (std::is_same_v<decltype(zero), double>) {
      return parse_number(text);
    } else {
      return parse_quantity<decltype(zero)>(text).value();
    }
  });
}

std::string measure_text(Kind kind, double value) {
  return with_quantity(kind, [&](auto zero) -> std::string {
    if constexpr (std::is_same_v<decltype(zero), double>) {
      return fmt::format("{}", value);
    } else {
      return to_text(decltype(zero)(value));
    }
  });
}

std::string exact_measure(Kind kind, double value) { return fmt::format("{}{}", value, base_unit(kind)); }

std::string sample_of(Kind kind) {
  switch (kind) {
    case Kind::flops_per_second:
      return "989 TFLOP/s";
    case Kind::bytes:
      return "80 GiB";
    case Kind::bytes_per_second:
      return "3.35 TB/s";
    case Kind::hertz:
      return "1.98 GHz";
    case Kind::seconds:
      return "5 us";
    case Kind::watts:
      return "700 W";
    case Kind::dollars:
      return "30000 USD";
    default:
      return "8";
  }
}

}  // namespace memwall::hardware
