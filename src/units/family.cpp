#include "units/family.hpp"

#include <cmath>

namespace memwall::units {
namespace {

struct Decimal {
  std::string_view prefix;
  int exponent;
};
constexpr std::array<Decimal, 4> small_prefixes = {{{"p", -12}, {"n", -9}, {"u", -6}, {"m", -3}}};
constexpr std::array<Decimal, 8> large_prefixes = {
    {{"k", 3}, {"M", 6}, {"G", 9}, {"T", 12}, {"P", 15}, {"E", 18}, {"Z", 21}, {"Y", 24}}};
constexpr std::array<std::string_view, 6> binary_prefixes = {"Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};

constexpr double seconds_a_minute = 60;
constexpr double seconds_an_hour = 3600;
constexpr double seconds_a_day = 86400;

std::string join(std::string_view prefix, std::string_view base) {
  return std::string(prefix) + std::string(base);
}

}  // namespace

std::vector<Unit> units_read(const Family& family) {
  std::vector<Unit> units = {{.name = std::string(family.base)}};
  if (family.small) {
    for (const auto& [prefix, exponent] : small_prefixes)
      units.push_back({join(prefix, family.base), exponent});
  }
  for (const auto& [prefix, exponent] : large_prefixes)
    units.push_back({join(prefix, family.base), exponent});
  if (family.binary) {
    double factor = 1;
    for (const auto prefix : binary_prefixes) {
      units.push_back({join(prefix, family.base), 0, factor *= 1024});
    }
  }
  if (family.calendar) {
    units.push_back({"min", 0, seconds_a_minute});
    units.push_back({"h", 0, seconds_an_hour});
    for (const auto* day : {"d", "day", "days"}) units.push_back({day, 0, seconds_a_day});
  }
  return units;
}

std::vector<Step> units_printed(const Family& family) {
  std::vector<Step> steps;
  if (family.small) {
    for (const auto& [prefix, exponent] : small_prefixes) {
      steps.push_back({join(prefix, family.base), std::pow(10.0, exponent)});
    }
  }
  steps.push_back({.name = std::string(family.base)});
  if (family.calendar) {
    steps.push_back({"min", seconds_a_minute, 60});
    steps.push_back({"h", seconds_an_hour, 24});
    steps.push_back({"days", seconds_a_day});
  } else if (family.prints_binary) {
    for (const auto prefix : binary_prefixes) {
      steps.back().until = 1024;
      steps.push_back({join(prefix, family.base), steps.back().scale * 1024});
    }
  } else {
    for (const auto& [prefix, exponent] : large_prefixes) {
      steps.push_back({join(prefix, family.base), std::pow(10.0, exponent)});
    }
  }
  return steps;
}

}  // namespace memwall::units
