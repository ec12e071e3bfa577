#include <rapidcheck.h>

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <string>

#include "memwall/units/text.hpp"

namespace memwall {
namespace {

/// Any double from any bit pattern, so that subnormal and huge ones come as often as others; but finite and
/// where rounding to four digits cannot overflow.
rc::Gen<double> finite_doubles() {
  return rc::gen::suchThat(rc::gen::map(rc::gen::arbitrary<std::uint64_t>(),
                                        [](std::uint64_t bits) { return std::bit_cast<double>(bits); }),
                           [](double value) { return std::abs(value) < 1.797e308; });
}

/// Doubles of the sizes that models meet: a whole mantissa times a power of ten from 10^-15 to 10^26.
rc::Gen<double> usual_doubles() {
  return rc::gen::apply(
      [](std::int32_t mantissa, int exponent) { return mantissa * std::pow(10.0, exponent); },
      rc::gen::arbitrary<std::int32_t>(), rc::gen::inRange(-15, 18));
}

/// Four significant digits: half a unit of the fourth is at most 5e-4 of the value. A subnormal has fewer
/// digits of its own, so the smallest double is allowed on top.
bool near(double a, double b) { return std::abs(a - b) <= 5.0001e-4 * std::abs(b) + 5e-324; }

template <class Q>
void comes_back(double value) {
  const std::string text = to_text(Q(value));
  const Q again = parse_quantity<Q>(text);
  RC_LOG() << text << '\n';
  RC_ASSERT(near(again.value(), value));
  RC_ASSERT(to_text(again) == text);
}

void every_quantity_comes_back(double value) {
  comes_back<Bytes>(value);
  comes_back<Flops>(value);
  comes_back<Seconds>(value);
  comes_back<Joules>(value);
  comes_back<Dollars>(value);
  comes_back<Hertz>(value);
  comes_back<BytesPerSecond>(value);
  comes_back<FlopsPerSecond>(value);
  comes_back<FlopsPerByte>(value);
  comes_back<Watts>(value);
}

}  // namespace

TEST_CASE("a printed quantity reads back as the same value and prints the same", "[units]") {
  CHECK(rc::check("any finite double", [] { every_quantity_comes_back(*finite_doubles()); }));
  CHECK(rc::check("usual sizes", [] { every_quantity_comes_back(*usual_doubles()); }));
}

TEST_CASE("no text makes the reader fail otherwise than with its own error", "[units]") {
  CHECK(rc::check("any text", [](const std::string& text) {
    try {
      RC_ASSERT(std::isfinite(parse_quantity<Bytes>(text).value()));
    } catch (const BadQuantity&) {
    }
  }));
  CHECK(rc::check("texts that are nearly right", [] {
    const auto text =
        *rc::gen::container<std::string>(rc::gen::elementOf(std::string("0123456789.eE+- kMGTPiBbsFLO/")));
    try {
      RC_ASSERT(std::isfinite(parse_quantity<BytesPerSecond>(text).value()));
    } catch (const BadQuantity&) {
    }
  }));
}

}  // namespace memwall
