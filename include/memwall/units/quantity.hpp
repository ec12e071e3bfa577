#pragma once

#include <compare>

/// Typed quantities: a number with its dimension, so that a wrong formula does not compile.
///
/// `Bytes / BytesPerSecond` is `Seconds`; `Bytes + Flops` is an error. A quantity is one double and costs
/// nothing at -O2. Values are in SI base units: bytes, FLOPs, seconds, joules, US dollars.
namespace memwall {

/// A value in bytes^B * flops^F * seconds^S * joules^J * dollars^D.
template <int B, int F, int S, int J, int D>
class Quantity {
 public:
  constexpr Quantity() = default;
  constexpr explicit Quantity(double value) : value_(value) {}

  [[nodiscard]] constexpr double value() const { return value_; }

  constexpr Quantity& operator+=(Quantity other) {
    value_ += other.value_;
    return *this;
  }
  constexpr Quantity& operator-=(Quantity other) {
    value_ -= other.value_;
    return *this;
  }
  constexpr Quantity& operator*=(double factor) {
    value_ *= factor;
    return *this;
  }
  constexpr Quantity& operator/=(double divisor) {
    value_ /= divisor;
    return *this;
  }

  friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity(a.value_ + b.value_); }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity(a.value_ - b.value_); }
  friend constexpr Quantity operator-(Quantity a) { return Quantity(-a.value_); }
  friend constexpr Quantity operator*(Quantity a, double factor) { return Quantity(a.value_ * factor); }
  friend constexpr Quantity operator*(double factor, Quantity a) { return Quantity(factor * a.value_); }
  friend constexpr Quantity operator/(Quantity a, double divisor) { return Quantity(a.value_ / divisor); }
  friend constexpr auto operator<=>(Quantity, Quantity) = default;

 private:
  double value_ = 0;
};

/// The product of two quantities; a plain double where the dimensions cancel.
template <int B1, int F1, int S1, int J1, int D1, int B2, int F2, int S2, int J2, int D2>
constexpr auto operator*(Quantity<B1, F1, S1, J1, D1> a, Quantity<B2, F2, S2, J2, D2> b) {
  if constexpr (B1 + B2 == 0 && F1 + F2 == 0 && S1 + S2 == 0 && J1 + J2 == 0 && D1 + D2 == 0) {
    return a.value() * b.value();
  } else {
    return Quantity<B1 + B2, F1 + F2, S1 + S2, J1 + J2, D1 + D2>(a.value() * b.value());
  }
}

/// The ratio of two quantities; a plain double where the dimensions cancel.
template <int B1, int F1, int S1, int J1, int D1, int B2, int F2, int S2, int J2, int D2>
constexpr auto operator/(Quantity<B1, F1, S1, J1, D1> a, Quantity<B2, F2, S2, J2, D2> b) {
  if constexpr (B1 == B2 && F1 == F2 && S1 == S2 && J1 == J2 && D1 == D2) {
    return a.value() / b.value();
  } else {
    return Quantity<B1 - B2, F1 - F2, S1 - S2, J1 - J2, D1 - D2>(a.value() / b.value());
  }
}

using Bytes = Quantity<1, 0, 0, 0, 0>;
using Flops = Quantity<0, 1, 0, 0, 0>;
using Seconds = Quantity<0, 0, 1, 0, 0>;
using Joules = Quantity<0, 0, 0, 1, 0>;
using Dollars = Quantity<0, 0, 0, 0, 1>;
using Hertz = Quantity<0, 0, -1, 0, 0>;
using BytesPerSecond = Quantity<1, 0, -1, 0, 0>;
using FlopsPerSecond = Quantity<0, 1, -1, 0, 0>;
using FlopsPerByte = Quantity<-1, 1, 0, 0, 0>;
using Watts = Quantity<0, 0, -1, 1, 0>;

}  // namespace memwall
