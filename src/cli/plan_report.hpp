#pragma once

#include <string>

#include "cli/common.hpp"
#include "memwall/footprint/candidates.hpp"
#include "memwall/footprint/footprint.hpp"
#include "memwall/footprint/profile.hpp"

/// Plans on the command line and in reports.
namespace memwall::cli {

/// What the plan options fix.
[[nodiscard]] footprint::Asked asked_of(const Values& values);

/// A plan in words, and under the names of the options.
[[nodiscard]] std::string plan_text(const plan::Plan& plan);
[[nodiscard]] Json plan_json(const plan::Plan& plan, const footprint::Model& model);

/// Every category in whole bytes; the total is their sum. Throws BadInput beyond 2^53.
[[nodiscard]] footprint::Footprint in_whole_bytes(footprint::Footprint footprint);

/// What the fullest node of an offloading plan holds of its memory's capacity, in words.
[[nodiscard]] std::string node_text(const footprint::Footprint& footprint, const plan::Plan& plan,
                                    Bytes capacity);

[[nodiscard]] Json footprint_json(const footprint::Footprint& footprint);

}  // namespace memwall::cli
