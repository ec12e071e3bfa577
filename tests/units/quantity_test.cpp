#include "memwall/units/quantity.hpp"

#include <catch2/catch.hpp>
#include <concepts>
#include <functional>
#include <type_traits>

namespace memwall {
namespace {

template <class A, class B>
constexpr bool can_add = std::is_invocable_v<std::plus<>, A, B>;
template <class A, class B>
constexpr bool can_subtract = std::is_invocable_v<std::minus<>, A, B>;
template <class A, class B>
constexpr bool can_compare = std::is_invocable_v<std::less<>, A, B>;
template <class A, class B>
constexpr bool can_equate = std::is_invocable_v<std::equal_to<>, A, B>;

constexpr auto accumulate = [](auto& sum, auto more) -> decltype(sum += more) { return sum += more; };
template <class A, class B>
constexpr bool can_accumulate = std::is_invocable_v<decltype(accumulate), A&, B>;

template <class A, class B>
using product = decltype(A() * B());
template <class A, class B>
using ratio = decltype(A() / B());

// A quantity is a number and costs nothing.
static_assert(sizeof(Bytes) == sizeof(double));
static_assert(sizeof(FlopsPerByte) == sizeof(double));
static_assert(alignof(Bytes) == alignof(double));
static_assert(std::is_trivially_copyable_v<Bytes>);
static_assert(std::is_standard_layout_v<Bytes>);
static_assert(Bytes().value() == 0);

// Dimensions multiply and divide.
static_assert(std::same_as<ratio<Bytes, BytesPerSecond>, Seconds>);
static_assert(std::same_as<ratio<Bytes, Seconds>, BytesPerSecond>);
static_assert(std::same_as<ratio<Flops, FlopsPerSecond>, Seconds>);
static_assert(std::same_as<ratio<Flops, Bytes>, FlopsPerByte>);
static_assert(std::same_as<ratio<FlopsPerSecond, BytesPerSecond>, FlopsPerByte>);
static_assert(std::same_as<product<FlopsPerByte, BytesPerSecond>, FlopsPerSecond>);
static_assert(std::same_as<product<Watts, Seconds>, Joules>);
static_assert(std::same_as<product<BytesPerSecond, Seconds>, Bytes>);
static_assert(std::same_as<product<double, Bytes>, Bytes>);
static_assert(std::same_as<product<Bytes, double>, Bytes>);
static_assert(std::same_as<ratio<Bytes, double>, Bytes>);

// Where dimensions cancel, what is left is a plain number.
static_assert(std::same_as<ratio<Bytes, Bytes>, double>);
static_assert(std::same_as<product<Seconds, Hertz>, double>);

// Like quantities add, compare and accumulate.
static_assert(can_add<Bytes, Bytes>);
static_assert(can_subtract<Seconds, Seconds>);
static_assert(can_accumulate<Joules, Joules>);
static_assert(can_compare<Watts, Watts>);
static_assert(can_equate<Dollars, Dollars>);

// Unlike ones do not, nor does a bare number pass for a quantity or the other way round.
static_assert(!can_add<Bytes, Flops>);
static_assert(!can_add<Bytes, double>);
static_assert(!can_add<double, Seconds>);
static_assert(!can_subtract<Seconds, Joules>);
static_assert(!can_accumulate<Bytes, BytesPerSecond>);
static_assert(!can_accumulate<Bytes, double>);
static_assert(!can_compare<Bytes, Flops>);
static_assert(!can_compare<Bytes, double>);
static_assert(!can_equate<Hertz, BytesPerSecond>);
static_assert(!std::is_convertible_v<double, Bytes>);
static_assert(!std::is_convertible_v<Bytes, double>);
static_assert(!std::is_constructible_v<Bytes, Flops>);
static_assert(!std::is_assignable_v<Bytes&, double>);

// The arithmetic itself: 67 GB at 3.35 TB/s take 67e9 / 3.35e12 = 0.02 s.
static_assert(Bytes(67e9) / BytesPerSecond(3.35e12) == Seconds(0.02));
static_assert(Bytes(3) + Bytes(4) == Bytes(7));
static_assert(Bytes(3) - Bytes(4) == -Bytes(1));
static_assert(2.0 * Seconds(3) == Seconds(3) * 2.0);
static_assert(Flops(6) / Bytes(3) == FlopsPerByte(2));
static_assert(Bytes(1) < Bytes(2));
static_assert(Bytes(2) / Bytes(4) == 0.5);

}  // namespace

TEST_CASE("a quantity accumulates and scales in place", "[units]") {
  Bytes sum;
  sum += Bytes(10);
  sum -= Bytes(4);
  sum *= 3;
  sum /= 2;
  CHECK(sum == Bytes(9));  // (10 - 4) * 3 / 2
}

}  // namespace memwall
