#pragma once

#include <string>
#include <string_view>

#include "memwall/study/trends.hpp"

/// Adding the catalog's points to the paper's.
namespace memwall::study {

/// What a series of the catalog is; where the paper has it too, its title and unit are the paper's.
struct CatalogSeries {
  std::string_view name;
  std::string_view title;
  std::string_view unit;
  std::string_view rule;
};

/// Sets the series' rule, adding the series where the paper has none.
void declare(Trends& trends, const CatalogSeries& series);

/// Adds a point of the catalog, unless its date is no date.
void add_point(Trends& trends, TrendPoint point);

/// Marks the leaders among the catalog's points of a series.
void mark_leaders(Trends& trends, std::string_view series);

}  // namespace memwall::study
