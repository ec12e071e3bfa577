#include "study/trends_points.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace memwall::study {

void declare(Trends& trends, const CatalogSeries& series) {
  const auto found = std::ranges::find(trends.series, series.name, &TrendSeries::name);
  if (found != trends.series.end()) {
    found->rule = series.rule;
    return;
  }
  TrendSeries added;
  added.name = series.name;
  added.title = series.title;
  added.unit = series.unit;
  added.rule = series.rule;
  trends.series.push_back(std::move(added));
}

void add_point(Trends& trends, TrendPoint point) {
  const auto year = fractional_year(point.date);
  if (!year) return;
  point.year = *year;
  point.set = catalog_set;
  trends.points.push_back(std::move(point));
}

void mark_leaders(Trends& trends, std::string_view series) {
  std::map<std::pair<std::string, int>, TrendPoint*> best;
  for (TrendPoint& point : trends.points) {
    if (point.series != series || point.set != catalog_set) continue;
    TrendPoint*& leader = best[{point.group, static_cast<int>(std::floor(point.year))}];
    if (leader == nullptr || point.value > leader->value ||
        (point.value == leader->value && point.year < leader->year))
      leader = &point;
  }
  for (const auto& [group, leader] : best) leader->leader = true;
}

}  // namespace memwall::study
