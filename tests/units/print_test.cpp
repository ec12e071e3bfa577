#include <catch2/catch.hpp>
#include <limits>
#include <stdexcept>

#include "memwall/units/text.hpp"

namespace memwall {

TEST_CASE("a quantity prints with four significant digits and its prefix", "[units]") {
  CHECK(to_text(Bytes(80e9)) == "74.51 GiB");  // 80e9 / 2^30 = 74.5058
  CHECK(to_text(Flops(3.14e23)) == "314.0 ZFLOP");
  CHECK(to_text(Seconds(12.3e-6)) == "12.30 us");
  CHECK(to_text(Joules(20e-12)) == "20.00 pJ");
  CHECK(to_text(Dollars(30000)) == "30.00 kUSD");
  CHECK(to_text(Hertz(1.98e9)) == "1.980 GHz");
  CHECK(to_text(BytesPerSecond(3.35e12)) == "3.350 TB/s");
  CHECK(to_text(FlopsPerSecond(989.4e12)) == "989.4 TFLOP/s");
  CHECK(to_text(FlopsPerByte(295.34)) == "295.3 FLOP/B");
  CHECK(to_text(Watts(700)) == "700.0 W");
}

TEST_CASE("whole bytes below a KiB print as a plain count", "[units]") {
  CHECK(to_text(Bytes(1)) == "1 B");
  CHECK(to_text(Bytes(1023)) == "1023 B");
  CHECK(to_text(Bytes(1024)) == "1.000 KiB");
  CHECK(to_text(Bytes(0.5)) == "0.5000 B");
}

TEST_CASE("a mantissa that rounds up to the next prefix takes it", "[units]") {
  CHECK(to_text(Seconds(999.9e-6)) == "999.9 us");
  CHECK(to_text(Seconds(999.96e-6)) == "1.000 ms");
  CHECK(to_text(Flops(9.9996e3)) == "10.00 kFLOP");
  CHECK(to_text(Bytes(1023.4 * 1024)) == "1023 KiB");
  CHECK(to_text(Bytes(1023.6 * 1024)) == "1.000 MiB");
}

TEST_CASE("long times print in minutes, hours and days", "[units]") {
  CHECK(to_text(Seconds(999)) == "999.0 s");
  CHECK(to_text(Seconds(1200)) == "20.00 min");
  CHECK(to_text(Seconds(3599.9)) == "1.000 h");
  CHECK(to_text(Seconds(5400)) == "1.500 h");
  CHECK(to_text(Seconds(86400)) == "1.000 days");
  CHECK(to_text(Seconds(34 * 86400)) == "34.00 days");
  CHECK(to_text(Seconds(12345 * 86400.0)) == "12345 days");
}

TEST_CASE("zero, negative and unfinished values print", "[units]") {
  CHECK(to_text(Bytes(0)) == "0 B");
  CHECK(to_text(Seconds(-0.0)) == "0 s");
  CHECK(to_text(Seconds(-12.3e-6)) == "-12.30 us");
  CHECK(to_text(Bytes(-512)) == "-512 B");
  CHECK(to_text(Watts(std::numeric_limits<double>::infinity())) == "inf W");
  CHECK(to_text(Watts(-std::numeric_limits<double>::infinity())) == "-inf W");
  CHECK(to_text(Watts(std::numeric_limits<double>::quiet_NaN())) == "nan W");
}

TEST_CASE("what no prefix makes readable prints with an exponent", "[units]") {
  CHECK(to_text(Seconds(0.25e-12)) == "0.2500 ps");
  CHECK(to_text(Seconds(1e-20)) == "1.000e-20 s");
  CHECK(to_text(Seconds(std::numeric_limits<double>::denorm_min())) == "4.941e-324 s");
  CHECK(to_text(Bytes(std::numeric_limits<double>::denorm_min())) == "4.941e-324 B");
  CHECK(to_text(Bytes(std::numeric_limits<double>::max())) == "1.798e+308 B");
  CHECK(to_text(Flops(-1e300)) == "-1.000e+300 FLOP");
  CHECK(to_text(Flops(5e28)) == "50000 YFLOP");
  CHECK(to_text(FlopsPerByte(0.125)) == "0.1250 FLOP/B");
  CHECK(to_text(FlopsPerByte(2e-4)) == "2.000e-04 FLOP/B");
}

TEST_CASE("a count prints whole, in groups of three", "[units]") {
  CHECK(count_text(0) == "0");
  CHECK(count_text(-0.0) == "0");
  CHECK(count_text(7) == "7");
  CHECK(count_text(999) == "999");
  CHECK(count_text(1000) == "1,000");
  CHECK(count_text(60965224) == "60,965,224");
  CHECK(count_text(175181291520) == "175,181,291,520");
  CHECK(count_text(-1234567) == "-1,234,567");
  CHECK(count_text(9007199254740992) == "9,007,199,254,740,992");
}

TEST_CASE("what is no exact count is a fault of the caller", "[units]") {
  CHECK_THROWS_AS(count_text(9007199254740994), std::invalid_argument);  // 2^53 + 2
  CHECK_THROWS_AS(count_text(0.5), std::invalid_argument);
  CHECK_THROWS_AS(count_text(std::numeric_limits<double>::quiet_NaN()), std::invalid_argument);
  CHECK_THROWS_AS(count_text(std::numeric_limits<double>::infinity()), std::invalid_argument);
}

}  // namespace memwall
