#include "memwall/hardware/format.hpp"

#include "hardware/names.hpp"

namespace memwall::hardware {
namespace {

constexpr std::array<std::string_view, format_count> names = {"fp64", "fp32", "tf32", "bf16",
                                                              "fp16", "fp8",  "fp4",  "int8"};
constexpr std::array<double, format_count> bytes = {8, 4, 4, 2, 2, 1, 0.5, 1};

}  // namespace

std::string_view name_of(Format format) { return names[static_cast<std::size_t>(format)]; }

std::optional<Format> format_named(std::string_view name) { return enumerator_named<Format>(names, name); }

std::vector<std::string> format_names() { return all_of(names); }

double bytes_per_element(Format format) { return bytes[static_cast<std::size_t>(format)]; }

std::string joined_names(const std::vector<Format>& formats) {
  std::string text;
  for (const Format format : formats) {
    if (!text.empty()) text += ", ";
    text += name_of(format);
  }
  return text;
}

}  // namespace memwall::hardware
