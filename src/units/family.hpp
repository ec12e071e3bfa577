#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

/// The spellings of each named quantity: one table for reading, printing and error messages.
namespace memwall::units {

/// A quantity's name, its base unit and the prefixes that this takes.
struct Family {
  std::string_view what;  ///< names it in errors: "an amount of memory"
  std::string_view base;  ///< the unit without a prefix: "B", "FLOP/s"
  bool binary = false;    ///< takes Ki Mi Gi Ti Pi Ei
  bool small = false;     ///< takes m u n p
  bool calendar = false;  ///< takes min, h and days
  bool prints_binary = false;
  std::string_view sample;                   ///< a number for an example
  std::array<std::string_view, 2> examples;  ///< two units for an example
};

inline constexpr Family memory = {.what = "an amount of memory",
                                  .base = "B",
                                  .binary = true,
                                  .prints_binary = true,
                                  .sample = "80",
                                  .examples = {"GiB", "GB"}};
inline constexpr Family work = {
    .what = "an amount of work", .base = "FLOP", .sample = "1.5", .examples = {"TFLOP", "GFLOP"}};
inline constexpr Family time = {
    .what = "a time", .base = "s", .small = true, .calendar = true, .sample = "5", .examples = {"us", "ms"}};
inline constexpr Family energy = {
    .what = "an energy", .base = "J", .small = true, .sample = "5", .examples = {"J", "mJ"}};
inline constexpr Family money = {
    .what = "an amount of money", .base = "USD", .small = true, .sample = "30", .examples = {"USD", "kUSD"}};
inline constexpr Family frequency = {
    .what = "a frequency", .base = "Hz", .sample = "1.5", .examples = {"GHz", "MHz"}};
inline constexpr Family bandwidth = {
    .what = "a bandwidth", .base = "B/s", .binary = true, .sample = "3.35", .examples = {"TB/s", "GB/s"}};
inline constexpr Family compute_rate = {
    .what = "a compute rate", .base = "FLOP/s", .sample = "989", .examples = {"TFLOP/s", "GFLOP/s"}};
inline constexpr Family intensity = {
    .what = "an arithmetic intensity", .base = "FLOP/B", .sample = "295", .examples = {"FLOP/B", "kFLOP/B"}};
inline constexpr Family power = {
    .what = "a power", .base = "W", .small = true, .sample = "400", .examples = {"W", "kW"}};

inline constexpr std::array families = {&memory,    &work,      &time,         &energy,    &money,
                                        &frequency, &bandwidth, &compute_rate, &intensity, &power};

/// A unit that is read: `5 us` is 5 * 10^exponent * factor base units.
struct Unit {
  std::string name;
  int exponent = 0;
  double factor = 1;
};

/// Every unit that is read as `family`, the base unit first.
[[nodiscard]] std::vector<Unit> units_read(const Family& family);

/// A unit that is printed, of `scale` base units, up to a mantissa of `until`: from there on the next is
/// used.
struct Step {
  std::string name;
  double scale = 1;
  double until = 1000;
};

/// The units that `family` is printed in, smallest first.
[[nodiscard]] std::vector<Step> units_printed(const Family& family);

}  // namespace memwall::units
