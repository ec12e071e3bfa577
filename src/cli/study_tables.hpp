#pragma once

#include <vector>

#include "cli/common.hpp"
#include "memwall/results/table.hpp"
#include "memwall/study/run.hpp"

/// The rows of a study as tables: docs/formats.md describes every column.
namespace memwall::cli {

[[nodiscard]] results::Table estimates_schema();
[[nodiscard]] results::Table operators_schema();

/// Adds one point's row to `estimates` and its operators' to `operators`.
void add_rows(const study::EstimateRow& row, results::Table& estimates, results::Table& operators);

/// The devices of the study, once for each of its recipes.
[[nodiscard]] results::Table devices_table(const study::Prepared& study);

/// What is printed of the estimates. On the terminal a point without a plan neither fits nor does not.
[[nodiscard]] results::Table verdicts(const results::Table& estimates, const std::string& title,
                                      Format format);

}  // namespace memwall::cli
