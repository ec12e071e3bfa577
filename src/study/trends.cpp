#include "memwall/study/trends.hpp"

#include <algorithm>

namespace memwall::study {
namespace {

bool is_chosen(const TrendPoint& point, std::string_view series, const Selection& selection) {
  return point.series == series && point.set == selection.set && (!selection.leaders || point.leader) &&
         (!selection.since || point.year >= *selection.since) &&
         (!selection.until || point.year < *selection.until);
}

}  // namespace

const TrendSeries* Trends::find(std::string_view name) const {
  const auto found = std::ranges::find(series, name, &TrendSeries::name);
  return found == series.end() ? nullptr : &*found;
}

const std::vector<std::string>& selection_names() {
  static const std::vector<std::string> names = {"paper", "all", "leaders", "both"};
  return names;
}

std::vector<Selection> selections(const std::vector<std::string>& names, std::optional<double> since,
                                  std::optional<double> until) {
  const auto asked = [&](std::string_view name) { return std::ranges::find(names, name) != names.end(); };
  std::vector<Selection> chosen;
  for (const Selection& one : {Selection{.name = "paper", .set = paper_set}, Selection{.name = "all"},
                               Selection{.name = "leaders", .leaders = true}}) {
    if (!names.empty() && !asked(one.name) && (one.leaders || !asked("both"))) continue;
    chosen.push_back(one);
    chosen.back().since = since;
    chosen.back().until = until;
  }
  return chosen;
}

std::optional<TrendFit> fit_of(const Trends& trends, std::string_view series, const Selection& selection) {
  std::vector<Sample> samples;
  for (const TrendPoint& point : trends.points) {
    if (is_chosen(point, series, selection)) samples.push_back({point.year, point.value});
  }
  const std::optional<Fit> fit = fit_growth(samples);
  if (!fit) return std::nullopt;
  return TrendFit{std::string(series), selection, *fit};
}

std::optional<bool> reproduces(const TrendSeries& series, const Fit& fit) {
  if (series.claim.empty()) return std::nullopt;
  return rounds_to(fit.rate, series.claim);
}

}  // namespace memwall::study
