#pragma once

#include <string>
#include <vector>

#include "memwall/results/file.hpp"
#include "results/hdf5.hpp"

/// What a result file says beside its tables.
namespace memwall::results::hdf5 {

/// The moment as ISO 8601 in UTC: `2025-03-01T12:34:56Z`.
[[nodiscard]] std::string utc_now();

/// The root's attributes.
void write_origin(hid_t file, const Origin& origin, const std::string& fingerprint);

/// Inputs under the names that their datasets will have, each once: a path without what would lead out of its
/// group. Throws std::invalid_argument for two texts of one name.
[[nodiscard]] std::vector<Input> distinct(const std::vector<Input>& inputs);

/// The group of the YAML files, distinct already.
void write_inputs(hid_t file, const std::vector<Input>& inputs);

/// Throws Failure where the file is none of memwall's or of a later format.
void expect_format(hid_t file);

/// All of it.
[[nodiscard]] Header read_header(hid_t file);

}  // namespace memwall::results::hdf5
