#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Number formats that hardware computes in.
namespace memwall::hardware {

/// `tf32` is the matrix unit's 19-bit format over 32-bit storage; `fp8` covers E4M3 and E5M2, `fp4` E2M1.
enum class Format { fp64, fp32, tf32, bf16, fp16, fp8, fp4, int8 };

inline constexpr std::size_t format_count = 8;

/// Every format, in the order of the enumeration.
inline constexpr std::array<Format, format_count> all_formats = {Format::fp64, Format::fp32, Format::tf32,
                                                                 Format::bf16, Format::fp16, Format::fp8,
                                                                 Format::fp4,  Format::int8};

/// "bf16": how YAML, the command line and reports spell it.
[[nodiscard]] std::string_view name_of(Format format);

/// The format of that name, exactly as spelt by `name_of`.
[[nodiscard]] std::optional<Format> format_named(std::string_view name);

/// The names of all formats, for suggestions.
[[nodiscard]] std::vector<std::string> format_names();

/// Bytes that one stored element takes, without block scales: `tf32` is stored in 4, `fp4` in 0.5.
[[nodiscard]] double bytes_per_element(Format format);

/// "bf16, fp16": a list for messages.
[[nodiscard]] std::string joined_names(const std::vector<Format>& formats);

}  // namespace memwall::hardware
