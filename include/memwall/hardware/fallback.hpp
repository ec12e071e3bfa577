#pragma once

#include <optional>
#include <string>
#include <vector>

#include "memwall/hardware/accelerator.hpp"

/// Which unit and format an operator runs in on a device that may lack what was asked for.
///
/// The order, for an operator wished on the matrix unit with acceptable formats [w1, w2, ...]:
///   1. the matrix unit in w1, w2, ...
///   2. the vector unit in w1, w2, ...
///   3. the matrix unit in formats that hold the values of one of them, narrowest first
///   4. the vector unit in the same
/// Wished on the vector unit: 2 and 4 only (a matrix unit does no element-wise work).
/// Formats that hold another's values: fp4 -> fp8 -> bf16 or fp16 -> fp32 -> fp64; tf32 -> fp32; int8 -> bf16
/// or fp16.
namespace memwall::hardware {

/// What was chosen, and what to tell the user.
struct ChosenPeak {
  Unit unit = Unit::matrix;
  Format format = Format::fp32;
  Figure<FlopsPerSecond> peak;
  std::string fallback;  ///< "bf16 on matrix unit: none; fp32 on vector unit used"; empty where the first
                         ///< wish was met
};

/// The first that exists in the order above; nothing where none does. `wanted` is not empty.
[[nodiscard]] std::optional<ChosenPeak> find_peak(const Accelerator& device, Unit wish,
                                                  const std::vector<Format>& wanted);

/// As find_peak. Throws BadInput naming the device and the formats where nothing fits.
[[nodiscard]] ChosenPeak choose_peak(const Accelerator& device, Unit wish, const std::vector<Format>& wanted);

/// The formats that hold every value of `format`, narrowest first.
[[nodiscard]] const std::vector<Format>& wider_formats(Format format);

}  // namespace memwall::hardware
