#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/config/fields.hpp"
#include "memwall/hardware/topology.hpp"

/// What the readers of devices and of systems share, besides figures: names, dates, choices, shapes.
namespace memwall::hardware {

/// The kinds of device: "gpu", "tpu", "cpu", "npu", "asic".
[[nodiscard]] const std::vector<std::string>& kinds();

/// Checks that the key `id`, where given, is the file's name.
void read_id(config::Fields& fields, const std::string& id);

/// A text that must be one of `known`; empty where absent or wrong (and reported).
[[nodiscard]] std::string read_choice(config::Fields& fields, std::string_view key, const std::string& path,
                                      const std::vector<std::string>& known);

/// "2022-09-20", "2022-09" or "2022"; reports anything else.
[[nodiscard]] std::string read_date(config::Fields& fields, std::string_view key);

/// The identifier rule for names of memory levels and tiers, which stand in paths: a letter, then letters,
/// digits, `_` and `-`. Reports a name that breaks it, or that equals an earlier one but for case.
void check_names(const std::vector<const config::Entry*>& named, std::string_view what,
                 config::Problems& problems);

/// The entries of a map but for `reserved` keys.
[[nodiscard]] std::vector<const config::Entry*> entries_except(
    const config::Node& map, std::initializer_list<std::string_view> reserved);

/// The sides of a torus under `shape`: as many as the topology has dimensions, multiplying to `size`.
[[nodiscard]] std::vector<std::int64_t> read_shape(config::Fields& fields, const std::string& path,
                                                   Topology topology, std::optional<std::int64_t> size);

}  // namespace memwall::hardware
