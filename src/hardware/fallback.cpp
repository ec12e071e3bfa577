#include "memwall/hardware/fallback.hpp"

#include <algorithm>

namespace memwall::hardware {
namespace {

/// The first of `formats` that `unit` has.
std::optional<ChosenPeak> first_on(const Accelerator& device, Unit unit, const std::vector<Format>& formats) {
  for (const Format format : formats) {
    const auto* peak = device.peak(unit, format);
    if (peak != nullptr) return ChosenPeak{.unit = unit, .format = format, .peak = *peak, .fallback = {}};
  }
  return std::nullopt;
}

/// Every format that holds the values of one of `wanted` and is none of them, narrowest first.
std::vector<Format> wider_than(const std::vector<Format>& wanted) {
  std::vector<Format> wider;
  for (const Format format : wanted) {
    for (const Format candidate : wider_formats(format)) {
      if (std::ranges::find(wanted, candidate) == wanted.end() &&
          std::ranges::find(wider, candidate) == wider.end()) {
        wider.push_back(candidate);
      }
    }
  }
  std::ranges::stable_sort(wider, {}, bytes_per_element);
  return wider;
}

std::string on_unit(std::string_view formats, Unit unit) {
  return std::string(formats) + " on " + std::string(name_of(unit)) + " unit";
}

/// "bf16 on matrix unit: none; fp32 on vector unit used": what was wished before what was chosen.
std::string told(const ChosenPeak& chosen, Unit wish, const std::vector<Format>& wanted) {
  if (chosen.unit == wish && chosen.format == wanted.front()) return {};
  std::vector<Format> missing = wanted;
  if (chosen.unit == wish) missing.erase(std::ranges::find(missing, chosen.format), missing.end());
  return on_unit(joined_names(missing), wish) + ": none; " + on_unit(name_of(chosen.format), chosen.unit) +
         " used";
}

}  // namespace

const std::vector<Format>& wider_formats(Format format) {
  using enum Format;
  static const std::vector<Format> of_fp4 = {fp8, bf16, fp16, fp32, fp64};
  static const std::vector<Format> of_fp8 = {bf16, fp16, fp32, fp64};
  static const std::vector<Format> of_int8 = {bf16, fp16, fp32, fp64};
  static const std::vector<Format> of_16_bit = {fp32, fp64};
  static const std::vector<Format> of_tf32 = {fp32, fp64};
  static const std::vector<Format> of_fp32 = {fp64};
  static const std::vector<Format> none;
  switch (format) {
    case fp4:
      return of_fp4;
    case fp8:
      return of_fp8;
    case int8:
      return of_int8;
    case bf16:
    case fp16:
      return of_16_bit;
    case tf32:
      return of_tf32;
    case fp32:
      return of_fp32;
    case fp64:
      break;
  }
  return none;
}

std::optional<ChosenPeak> find_peak(const Accelerator& device, Unit wish, const std::vector<Format>& wanted) {
  const std::vector<Unit> units =
      wish == Unit::matrix ? std::vector{Unit::matrix, Unit::vector} : std::vector{Unit::vector};
  for (const auto& formats : {wanted, wider_than(wanted)}) {
    for (const Unit unit : units) {
      std::optional<ChosenPeak> chosen = first_on(device, unit, formats);
      if (!chosen) continue;
      chosen->fallback = told(*chosen, wish, wanted);
      return chosen;
    }
  }
  return std::nullopt;
}

ChosenPeak choose_peak(const Accelerator& device, Unit wish, const std::vector<Format>& wanted) {
  if (std::optional<ChosenPeak> chosen = find_peak(device, wish, wanted)) return *chosen;
  throw config::BadInput(device.where, device.id + " has no peak for " + on_unit(joined_names(wanted), wish) +
                                           ", nor for a wider format that could stand in");
}

}  // namespace memwall::hardware
