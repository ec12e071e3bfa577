#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "memwall/units/text.hpp"
#include "units/family.hpp"

namespace memwall {
namespace {

using units::Family;
using units::Unit;

/// A number at the beginning of a text, and what follows it.
struct Leading {
  double number = 0;
  std::string_view digits;  ///< the number as it was written
  std::string_view rest;
};

/// Long inputs are cut in messages.
std::string quote(std::string_view text) {
  constexpr std::size_t longest = 60;
  return text.size() <= longest ? fmt::format("'{}'", text) : fmt::format("'{}...'", text.substr(0, longest));
}

[[noreturn]] void refuse_range(std::string_view text) {
  throw BadQuantity(quote(text) +
                    " is beyond the range of a double: write a number between 1e-307 and 1e308");
}

/// Nothing where `text` begins with no finite number.
std::optional<Leading> leading_number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) refuse_range(text);
  if (error != std::errc() || !std::isfinite(number)) return std::nullopt;
  const auto length = static_cast<std::size_t>(end - text.data());
  return Leading{number, text.substr(0, length), text.substr(length)};
}

/// "80 GiB or 80 GB"
std::string examples(const Family& family, std::string_view number) {
  return fmt::format("{} {} or {} {}", number, family.examples[0], number, family.examples[1]);
}

std::optional<Unit> find_unit(const Family& family, std::string_view name) {
  const std::vector<Unit> known = units_read(family);
  const auto found =
      std::find_if(known.begin(), known.end(), [&](const Unit& unit) { return unit.name == name; });
  return found == known.end() ? std::nullopt : std::optional(*found);
}

/// The family that `name` is a unit of, or null.
const Family* family_with(std::string_view name) {
  const auto found = std::find_if(units::families.begin(), units::families.end(),
                                  [&](const Family* family) { return find_unit(*family, name).has_value(); });
  return found == units::families.end() ? nullptr : *found;
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

void replace_end(std::string& text, std::string_view end, std::string_view with) {
  if (text.ends_with(end)) text.replace(text.size() - end.size(), end.size(), with);
}

/// A unit in the form in which slips of spelling are alike: TFLOPS, Tflop/s, TFLOP -> tflop; GBps -> gb.
std::string folded(std::string unit) {
  for (const std::string_view micro : {"\u00b5", "\u03bc"}) {
    if (unit.starts_with(micro)) unit.replace(0, micro.size(), "u");
  }
  std::transform(unit.begin(), unit.end(), unit.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  replace_end(unit, "/sec", "/s");
  replace_end(unit, "bytes", "b");
  replace_end(unit, "byte", "b");
  replace_end(unit, "bps", "b/s");
  for (const std::string_view rate : {"flops/s", "flop/s", "flops"}) replace_end(unit, rate, "flop");
  return unit;
}

/// The one unit of `family` that `name` is a slip of.
std::optional<std::string> slip_of(const Family& family, const std::string& name) {
  std::optional<std::string> found;
  for (const Unit& unit : units_read(family)) {
    if (folded(unit.name) != folded(name)) continue;
    if (found) return std::nullopt;
    found = unit.name;
  }
  return found;
}

/// The unit in bytes that `name`, in bits, is eight of: Gb/s, Gbit/s and Gbps -> GB/s.
std::optional<std::string> bytes_for_bits(const Family& family, std::string name) {
  const bool rate = name.ends_with("/s") || name.ends_with("ps");
  if (rate) name.resize(name.size() - 2);
  replace_end(name, "bits", "b");
  replace_end(name, "bit", "b");
  if (!name.ends_with('b')) return std::nullopt;
  name.back() = 'B';
  if (rate) name += "/s";
  return find_unit(family, name) ? std::optional(name) : std::nullopt;
}

/// What to say of a unit that `family` does not know.
std::string unknown_unit(const Family& family, const Leading& leading, std::string_view text) {
  const std::string name = trimmed(leading.rest);
  const std::string_view number = leading.digits;
  if (name.empty()) return fmt::format("{} needs a unit: write {}", quote(text), examples(family, number));
  if (find_unit(family, name)) {
    return fmt::format("{} has stray spaces: write {} {}", quote(text), number, name);
  }
  if (const Family* other = family_with(name)) {
    return fmt::format("{} is {}, but {} is needed: write {}", quote(text), other->what, family.what,
                       examples(family, number));
  }
  if (const auto bytes = bytes_for_bits(family, name)) {
    return fmt::format("{} is in bits: write it in bytes, {} {}", quote(text), leading.number / 8, *bytes);
  }
  if (const auto unit = slip_of(family, name)) {
    return fmt::format("{} has an unknown unit: write {} {}", quote(text), number, *unit);
  }
  return fmt::format("{} has an unknown unit {}: write {}", quote(text), quote(name),
                     examples(family, number));
}

/// The number times 10^`exponent`, rounded once: 3.35 with 12 is the double nearest to 3.35e12.
double shifted(const Leading& leading, int exponent, std::string_view text) {
  if (leading.number == 0) return 0;
  const auto e = leading.digits.find_first_of("eE");
  if (e != std::string_view::npos) {
    std::string_view own = leading.digits.substr(e + 1);
    if (own.starts_with('+')) own.remove_prefix(1);
    int value = 0;
    std::from_chars(own.data(), own.data() + own.size(), value);
    exponent += value;
  }
  const std::string all = fmt::format("{}e{}", leading.digits.substr(0, e), exponent);
  double result = 0;
  const auto [end, error] = std::from_chars(all.data(), all.data() + all.size(), result);
  if (error != std::errc()) refuse_range(text);
  return result;
}

double parse(std::string_view text, const Family& family) {
  const auto leading = leading_number(text);
  if (!leading) {
    throw BadQuantity(fmt::format("{} is not {}: write one such as {}", quote(text), family.what,
                                  examples(family, family.sample)));
  }
  if (leading->rest.empty() && leading->number == 0) return 0;

  std::string_view name = leading->rest;
  if (name.starts_with(' ')) name.remove_prefix(1);
  const auto unit = find_unit(family, name);
  if (!unit) throw BadQuantity(unknown_unit(family, *leading, text));

  const double value = shifted(*leading, unit->exponent, text) * unit->factor;
  if (!std::isfinite(value) || (value == 0 && leading->number != 0)) refuse_range(text);
  return value;
}

}  // namespace

template <>
Bytes parse_quantity<Bytes>(std::string_view text) {
  return Bytes(parse(text, units::memory));
}
template <>
Flops parse_quantity<Flops>(std::string_view text) {
  return Flops(parse(text, units::work));
}
template <>
Seconds parse_quantity<Seconds>(std::string_view text) {
  return Seconds(parse(text, units::time));
}
template <>
Joules parse_quantity<Joules>(std::string_view text) {
  return Joules(parse(text, units::energy));
}
template <>
Dollars parse_quantity<Dollars>(std::string_view text) {
  return Dollars(parse(text, units::money));
}
template <>
Hertz parse_quantity<Hertz>(std::string_view text) {
  return Hertz(parse(text, units::frequency));
}
template <>
BytesPerSecond parse_quantity<BytesPerSecond>(std::string_view text) {
  return BytesPerSecond(parse(text, units::bandwidth));
}
template <>
FlopsPerSecond parse_quantity<FlopsPerSecond>(std::string_view text) {
  return FlopsPerSecond(parse(text, units::compute_rate));
}
template <>
FlopsPerByte parse_quantity<FlopsPerByte>(std::string_view text) {
  return FlopsPerByte(parse(text, units::intensity));
}
template <>
Watts parse_quantity<Watts>(std::string_view text) {
  return Watts(parse(text, units::power));
}

double parse_number(std::string_view text) {
  const auto leading = leading_number(text);
  if (!leading || !leading->rest.empty()) {
    throw BadQuantity(quote(text) + " is not a plain number: write one such as 7168, 0.1 or 1.5e12");
  }
  return leading->number;
}

}  // namespace memwall
