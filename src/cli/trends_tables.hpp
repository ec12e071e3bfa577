#pragma once

#include <optional>
#include <string>
#include <vector>

#include "memwall/results/table.hpp"
#include "memwall/study/trends.hpp"

/// What `memwall trends` prints and writes.
namespace memwall::cli {

/// A line of the answer: a series over a selection, or one series' growth against another's.
struct Growth {
  std::string series;  ///< "peak_flops", or "peak_flops / dram_bandwidth"
  std::string selection;
  std::optional<study::Fit> fit;  ///< of one series
  study::Ratio rate;              ///< the fit's rate, or the ratio of two
  double from = 0;                ///< years
  double to = 0;
  std::string claim;  ///< of the paper's points, as printed; of a ratio the claims'
  std::optional<bool> reproduced;
};

[[nodiscard]] results::Table growth_table(const std::vector<Growth>& growths);
/// The same with years and columns as a terminal has room for.
[[nodiscard]] results::Table growth_table_shown(const std::vector<Growth>& growths);
[[nodiscard]] results::Table points_table(const std::vector<study::TrendPoint>& points,
                                          const study::Trends& trends);
[[nodiscard]] results::Table series_table(const study::Trends& trends);
[[nodiscard]] results::Table memory_table(const std::vector<study::MemoryBar>& bars);

/// A sentence a series with a claim, and the answer to whether the wall still grows.
[[nodiscard]] std::string conclusions(const study::Trends& trends, const std::vector<Growth>& growths);

}  // namespace memwall::cli
