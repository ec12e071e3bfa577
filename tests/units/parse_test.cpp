#include <catch2/catch.hpp>
#include <clocale>
#include <string>
#include <string_view>

#include "memwall/units/text.hpp"

namespace memwall {
namespace {

/// The message with which `text` is refused as a `Q`; empty where it is accepted.
template <class Q>
std::string refusal(std::string_view text) {
  try {
    (void)parse_quantity<Q>(text);
    return "";
  } catch (const BadQuantity& error) {
    return error.what();
  }
}

std::string number_refusal(std::string_view text) {
  try {
    (void)parse_number(text);
    return "";
  } catch (const BadQuantity& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("GB is 10^9 bytes and GiB is 2^30 bytes", "[units]") {
  CHECK(parse_quantity<Bytes>("1 GB") == Bytes(1e9));
  CHECK(parse_quantity<Bytes>("1 GiB") == Bytes(1073741824));
  CHECK(parse_quantity<BytesPerSecond>("1 GiB/s") == BytesPerSecond(1073741824));
}

TEST_CASE("every prefix has its power", "[units]") {
  CHECK(parse_quantity<Bytes>("3 B") == Bytes(3));
  CHECK(parse_quantity<Bytes>("3 kB") == Bytes(3e3));
  CHECK(parse_quantity<Bytes>("3 MB") == Bytes(3e6));
  CHECK(parse_quantity<Bytes>("3 TB") == Bytes(3e12));
  CHECK(parse_quantity<Bytes>("3 PB") == Bytes(3e15));
  CHECK(parse_quantity<Bytes>("3 EB") == Bytes(3e18));
  CHECK(parse_quantity<Flops>("314 ZFLOP") == Flops(314e21));
  CHECK(parse_quantity<Flops>("3 YFLOP") == Flops(3e24));

  CHECK(parse_quantity<Bytes>("3 KiB") == Bytes(3072));
  CHECK(parse_quantity<Bytes>("3 MiB") == Bytes(3145728));
  CHECK(parse_quantity<Bytes>("3 TiB") == Bytes(3298534883328));
  CHECK(parse_quantity<Bytes>("3 PiB") == Bytes(3377699720527872));
  CHECK(parse_quantity<Bytes>("3 EiB") == Bytes(3458764513820540928));

  CHECK(parse_quantity<Seconds>("3 ms") == Seconds(3e-3));
  CHECK(parse_quantity<Seconds>("3 us") == Seconds(3e-6));
  CHECK(parse_quantity<Seconds>("3 ns") == Seconds(3e-9));
  CHECK(parse_quantity<Seconds>("3 ps") == Seconds(3e-12));
}

TEST_CASE("every named quantity reads its own unit", "[units]") {
  CHECK(parse_quantity<Bytes>("80 GiB") == Bytes(85899345920));  // 80 * 2^30
  CHECK(parse_quantity<Flops>("2 FLOP") == Flops(2));
  CHECK(parse_quantity<Seconds>("0.5 s") == Seconds(0.5));
  CHECK(parse_quantity<Joules>("20 pJ") == Joules(20e-12));
  CHECK(parse_quantity<Dollars>("30 kUSD") == Dollars(30000));
  CHECK(parse_quantity<Hertz>("1.98 GHz") == Hertz(1.98e9));
  CHECK(parse_quantity<BytesPerSecond>("900 GB/s") == BytesPerSecond(900e9));
  CHECK(parse_quantity<FlopsPerSecond>("989 TFLOP/s") == FlopsPerSecond(989e12));
  CHECK(parse_quantity<FlopsPerByte>("295 FLOP/B") == FlopsPerByte(295));
  CHECK(parse_quantity<Watts>("1.2 kW") == Watts(1200));
}

TEST_CASE("time is also read in minutes, hours and days", "[units]") {
  CHECK(parse_quantity<Seconds>("2 min") == Seconds(120));
  CHECK(parse_quantity<Seconds>("2 h") == Seconds(7200));
  CHECK(parse_quantity<Seconds>("1 d") == Seconds(86400));
  CHECK(parse_quantity<Seconds>("1 day") == Seconds(86400));
  CHECK(parse_quantity<Seconds>("34 days") == Seconds(2937600));
}

TEST_CASE("the value is the double nearest to what is written", "[units]") {
  // 3.35 * 1e12 and 1.1 * 1e-6 in doubles would each be one bit off.
  CHECK(parse_quantity<BytesPerSecond>("3.35 TB/s") == BytesPerSecond(3.35e12));
  CHECK(parse_quantity<Seconds>("1.1 us") == Seconds(1.1e-6));
  CHECK(parse_quantity<FlopsPerSecond>("989.4 TFLOP/s") == FlopsPerSecond(989.4e12));
  CHECK(parse_quantity<Seconds>("4.7e-1 us") == Seconds(4.7e-7));
  CHECK(parse_quantity<Bytes>("1.5e3 GB") == Bytes(1.5e12));
  CHECK(parse_quantity<Bytes>("1E+3 GB") == Bytes(1e12));
}

TEST_CASE("the space before a unit may be left out, also before E", "[units]") {
  CHECK(parse_quantity<Bytes>("80GiB") == Bytes(85899345920));
  CHECK(parse_quantity<Bytes>("5EB") == Bytes(5e18));
  CHECK(parse_quantity<Bytes>("5e2EB") == Bytes(5e20));
  CHECK(parse_quantity<Flops>("5EFLOP") == Flops(5e18));
}

TEST_CASE("a bare zero needs no unit", "[units]") {
  CHECK(parse_quantity<Bytes>("0") == Bytes(0));
  CHECK(parse_quantity<Seconds>("0.0") == Seconds(0));
  CHECK(parse_quantity<Seconds>("0 us") == Seconds(0));
  CHECK(parse_quantity<Seconds>("0e2147483647 ms") == Seconds(0));
}

TEST_CASE("a negative quantity is read, for its sense is the caller's to judge", "[units]") {
  CHECK(parse_quantity<Seconds>("-2.5 ms") == Seconds(-2.5e-3));
}

TEST_CASE("a missing unit is refused with what to write", "[units]") {
  CHECK(refusal<Bytes>("80") == "'80' needs a unit: write 80 GiB or 80 GB");
  CHECK(refusal<Bytes>("80 ") == "'80 ' needs a unit: write 80 GiB or 80 GB");
  CHECK(refusal<Seconds>("5") == "'5' needs a unit: write 5 us or 5 ms");
  CHECK(refusal<BytesPerSecond>("3.35e12") == "'3.35e12' needs a unit: write 3.35e12 TB/s or 3.35e12 GB/s");
  CHECK(refusal<FlopsPerSecond>("989") == "'989' needs a unit: write 989 TFLOP/s or 989 GFLOP/s");
  CHECK(refusal<Watts>("700") == "'700' needs a unit: write 700 W or 700 kW");
}

TEST_CASE("a unit of another quantity is refused by both names", "[units]") {
  CHECK(refusal<Bytes>("80 GB/s") ==
        "'80 GB/s' is a bandwidth, but an amount of memory is needed: write 80 GiB or 80 GB");
  CHECK(refusal<FlopsPerSecond>("989 TFLOP") ==
        "'989 TFLOP' is an amount of work, but a compute rate is needed: write 989 TFLOP/s or 989 GFLOP/s");
  CHECK(refusal<Seconds>("5 MHz") == "'5 MHz' is a frequency, but a time is needed: write 5 us or 5 ms");
  CHECK(refusal<Joules>("5 W") == "'5 W' is a power, but an energy is needed: write 5 J or 5 mJ");
}

TEST_CASE("a slip of spelling is refused with the right spelling", "[units]") {
  CHECK(refusal<Bytes>("80 gb") == "'80 gb' has an unknown unit: write 80 GB");
  CHECK(refusal<Bytes>("80 KB") == "'80 KB' has an unknown unit: write 80 kB");
  CHECK(refusal<Bytes>("80 GIB") == "'80 GIB' has an unknown unit: write 80 GiB");
  CHECK(refusal<Bytes>("80 bytes") == "'80 bytes' has an unknown unit: write 80 B");
  CHECK(refusal<FlopsPerSecond>("989 TFLOPS") == "'989 TFLOPS' has an unknown unit: write 989 TFLOP/s");
  CHECK(refusal<FlopsPerSecond>("989 Tflops/s") == "'989 Tflops/s' has an unknown unit: write 989 TFLOP/s");
  CHECK(refusal<Flops>("5 GFLOPs") == "'5 GFLOPs' has an unknown unit: write 5 GFLOP");
  CHECK(refusal<BytesPerSecond>("900 GBps") == "'900 GBps' has an unknown unit: write 900 GB/s");
  CHECK(refusal<BytesPerSecond>("900 GB/sec") == "'900 GB/sec' has an unknown unit: write 900 GB/s");
  CHECK(refusal<Seconds>("5 \u00b5s") == "'5 \u00b5s' has an unknown unit: write 5 us");
  CHECK(refusal<Bytes>("80  GB") == "'80  GB' has stray spaces: write 80 GB");
  CHECK(refusal<Bytes>("80 GB ") == "'80 GB ' has stray spaces: write 80 GB");
}

TEST_CASE("bits are refused with the same figure in bytes", "[units]") {
  CHECK(refusal<BytesPerSecond>("400 Gb/s") == "'400 Gb/s' is in bits: write it in bytes, 50 GB/s");
  CHECK(refusal<BytesPerSecond>("400 Gbit/s") == "'400 Gbit/s' is in bits: write it in bytes, 50 GB/s");
  CHECK(refusal<BytesPerSecond>("100 Gbps") == "'100 Gbps' is in bits: write it in bytes, 12.5 GB/s");
  CHECK(refusal<Bytes>("16 Gb") == "'16 Gb' is in bits: write it in bytes, 2 GB");
}

TEST_CASE("an unknown unit and trailing text are refused", "[units]") {
  CHECK(refusal<Bytes>("80 apples") == "'80 apples' has an unknown unit 'apples': write 80 GiB or 80 GB");
  CHECK(refusal<Bytes>("80 GB each") == "'80 GB each' has an unknown unit 'GB each': write 80 GiB or 80 GB");
  CHECK(refusal<Bytes>("0x10 GB") == "'0x10 GB' has an unknown unit 'x10 GB': write 0 GiB or 0 GB");
  CHECK(refusal<Bytes>("80 mB") == "'80 mB' has an unknown unit: write 80 MB");
  CHECK(refusal<FlopsPerSecond>("5 KiFLOP/s") ==
        "'5 KiFLOP/s' has an unknown unit 'KiFLOP/s': write 5 TFLOP/s or 5 GFLOP/s");
}

TEST_CASE("what is no number is refused with an example", "[units]") {
  const std::string wanted = " is not an amount of memory: write one such as 80 GiB or 80 GB";
  CHECK(refusal<Bytes>("") == "''" + wanted);
  CHECK(refusal<Bytes>("GB") == "'GB'" + wanted);
  CHECK(refusal<Bytes>("nan GB") == "'nan GB'" + wanted);
  CHECK(refusal<Bytes>("NaN GB") == "'NaN GB'" + wanted);
  CHECK(refusal<Bytes>("inf GB") == "'inf GB'" + wanted);
  CHECK(refusal<Bytes>("-infinity GB") == "'-infinity GB'" + wanted);
  CHECK(refusal<Bytes>(" 80 GB") == "' 80 GB'" + wanted);
  CHECK(refusal<FlopsPerByte>("ridge") ==
        "'ridge' is not an arithmetic intensity: write one such as 295 FLOP/B or 295 kFLOP/B");
  CHECK(refusal<Dollars>("$30") == "'$30' is not an amount of money: write one such as 30 USD or 30 kUSD");
}

TEST_CASE("overflow and underflow are refused at their edge", "[units]") {
  const std::string beyond = " is beyond the range of a double: write a number between 1e-307 and 1e308";
  CHECK(parse_quantity<Bytes>("1e299 GB") == Bytes(1e308));
  CHECK(refusal<Bytes>("1e300 GB") == "'1e300 GB'" + beyond);
  CHECK(refusal<Bytes>("1e400 GB") == "'1e400 GB'" + beyond);
  CHECK(refusal<Bytes>("1e999999999999999999999 GB") == "'1e999999999999999999999 GB'" + beyond);
  CHECK(refusal<Bytes>("1e300 GiB") == "'1e300 GiB'" + beyond);
  CHECK(refusal<Seconds>("1e-320 ns") == "'1e-320 ns'" + beyond);
  CHECK(refusal<Seconds>("1e-400 s") == "'1e-400 s'" + beyond);
}

TEST_CASE("a long wrong text is cut in the message", "[units]") {
  const std::string message = refusal<Bytes>(std::string(100000, 'x'));
  CHECK(message.starts_with("'" + std::string(60, 'x') + "...'"));
  CHECK(message.size() < 200);
}

TEST_CASE("a plain number is read whole or refused", "[units]") {
  CHECK(parse_number("7168") == 7168);
  CHECK(parse_number("0.1") == 0.1);
  CHECK(parse_number("1.5e12") == 1.5e12);
  CHECK(parse_number("-3") == -3);

  const std::string wanted = " is not a plain number: write one such as 7168, 0.1 or 1.5e12";
  CHECK(number_refusal("") == "''" + wanted);
  CHECK(number_refusal("12 GB") == "'12 GB'" + wanted);
  CHECK(number_refusal("1,000") == "'1,000'" + wanted);
  CHECK(number_refusal("0x10") == "'0x10'" + wanted);
  CHECK(number_refusal("nan") == "'nan'" + wanted);
  CHECK(number_refusal("inf") == "'inf'" + wanted);
  CHECK(number_refusal("5 ") == "'5 '" + wanted);
  CHECK(number_refusal("1e400") ==
        "'1e400' is beyond the range of a double: write a number between 1e-307 and 1e308");
}

TEST_CASE("numbers are read and printed with a point in every locale", "[units]") {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  // Whichever of these a machine has, its decimal mark is a comma.
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "C"}) {
    if (std::setlocale(LC_ALL, name) == nullptr) continue;
    CHECK(parse_quantity<Bytes>("1.5 GB") == Bytes(1.5e9));
    CHECK(to_text(Seconds(1.5e-6)) == "1.500 us");
    CHECK(count_text(1234567) == "1,234,567");
  }
  std::setlocale(LC_ALL, before.c_str());
}

}  // namespace memwall
