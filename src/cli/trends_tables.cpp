#include "cli/trends_tables.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace memwall::cli {
namespace {

using results::Show;

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

std::string verdict_of(const Growth& growth) {
  if (!growth.reproduced) return "";
  return *growth.reproduced ? "reproduced" : "differs";
}

std::string unit_of(const study::Trends& trends, const std::string& series) {
  const study::TrendSeries* found = trends.find(series);
  return found == nullptr ? "" : found->unit;
}

}  // namespace

results::Table growth_table(const std::vector<Growth>& growths) {
  results::Table table{
      "fits",
      "Growth per two years: least squares of log10(value) on the date",
      {results::text_column("series", "what grows, or what against what"),
       results::text_column("points",
                            "paper: of its plots; all: of the catalog; leaders: the catalog's best of "
                            "a family and year"),
       results::real_column("count", "", "how many points; missing for a ratio of two fits", Show::plain),
       results::real_column("from", "", "year of the first point"),
       results::real_column("to", "", "year of the last point"),
       results::real_column("rate", "", "factor of growth in two years"),
       results::real_column("low", "", "of the interval of 95 % confidence of the rate"),
       results::real_column("high", "", "of the same"),
       results::real_column("rate_sigma", "", "one standard error of the rate, as a factor"),
       results::real_column("spread", "", "one standard deviation of the points about the line, as a factor"),
       results::real_column("doubling_years", "", "years to double; negative: to halve"),
       results::text_column("published", "the claim, as printed"),
       results::text_column("verdict", "whether the rate has the claim's digits"),
       results::real_column("value_from", "", "of the line at `from`, in the series' unit"),
       results::real_column("value_to", "", "of the line at `to`")}};
  table.columns[8].heading = "1 sigma";
  table.columns[10].heading = "doubles in years";
  table.columns[1].heading = "points of";
  for (const Growth& growth : growths) {
    const study::Fit* fit = growth.fit ? &*growth.fit : nullptr;
    study::Fit ratio;
    ratio.rate = growth.rate.rate;
    table.add_row(
        {growth.series, growth.selection, fit != nullptr ? static_cast<double>(fit->points) : missing,
         growth.from, growth.to, growth.rate.rate, growth.rate.low, growth.rate.high, growth.rate.rate_sigma,
         fit != nullptr ? fit->spread : missing, ratio.doubling_years(), growth.claim, verdict_of(growth),
         fit != nullptr ? fit->value_from : missing, fit != nullptr ? fit->value_to : missing});
  }
  return table;
}

results::Table growth_table_shown(const std::vector<Growth>& growths) {
  results::Table table = growth_table(growths);
  for (const std::string_view name : {"from", "to"}) {
    results::Column year = results::integer_column(std::string(name), "", "its year", Show::plain);
    std::vector<std::int64_t> years;
    for (const Growth& growth : growths)
      years.push_back(static_cast<std::int64_t>(std::floor(name == "from" ? growth.from : growth.to)));
    year.values = std::move(years);
    *std::ranges::find(table.columns, name, &results::Column::name) = std::move(year);
  }
  std::erase_if(table.columns, [](const results::Column& column) {
    return column.name == "spread" || column.name.starts_with("value_");
  });
  return table;
}

results::Table points_table(const std::vector<study::TrendPoint>& points, const study::Trends& trends) {
  results::Table table{
      "points",
      "Points",
      {results::text_column("series", "a name of /series"),
       results::text_column("name", "of what was measured"),
       results::text_column("date", "as given: a day, a month or a year"),
       results::real_column("year", "", "the same as a number"),
       results::real_column("value", "", "in `unit`"),
       results::text_column("unit", "of the value; empty for counts"),
       results::text_column("set", "paper or catalog"),
       results::text_column("group", "family of a device or model, kind of a link"),
       results::truth_column("leader", "the catalog's best of its group and year"),
       results::truth_column("labelled",
                             "whether the paper's plot names it; else the name is memwall's guess"),
       results::text_column("source", "where it is from; of devices and models the id")}};
  for (const study::TrendPoint& point : points) {
    table.add_row({point.series, point.name, point.date, point.year, point.value,
                   unit_of(trends, point.series), point.set, point.group, point.leader, point.labelled,
                   point.source});
  }
  return table;
}

results::Table series_table(const study::Trends& trends) {
  results::Table table{"series",
                       "Series",
                       {results::text_column("series", "its name"), results::text_column("title", "in words"),
                        results::text_column("unit", "of its values; empty for counts"),
                        results::text_column("published", "the claim per two years, as printed"),
                        results::text_column("claimed_in", "where the paper says so"),
                        results::text_column("method", "how the claim comes out of the paper's points"),
                        results::text_column("rule", "which points the catalog gives")}};
  for (const study::TrendSeries& series : trends.series) {
    table.add_row({series.name, series.title, series.unit, series.claim, series.claimed_in, series.method,
                   series.rule});
  }
  return table;
}

results::Table memory_table(const std::vector<study::MemoryBar>& bars) {
  results::Table table{"memory_breakdown",
                       "What training takes against the memory of its time",
                       {results::text_column("model", "as the paper names it, or the catalog"),
                        results::text_column("released", "a year or a date"),
                        results::text_column("set", "paper: as plotted; catalog: worked out from layers"),
                        results::real_column("weights_bytes", "B", "fp32 weights"),
                        results::real_column("optimizer_bytes", "B", "states of the optimizer"),
                        results::real_column("activations_bytes", "B", "kept for the backward pass"),
                        results::real_column("limit_bytes", "B", "memory of a GPU of the time"),
                        results::text_column("limit_name", "the device; empty where the paper names none")}};
  for (const study::MemoryBar& bar : bars) {
    table.add_row({bar.model, bar.date, bar.set, bar.weights.value_or(missing),
                   bar.optimizer.value_or(missing), bar.activations.value_or(missing),
                   bar.limit.value_or(missing), bar.limit_name});
  }
  return table;
}

}  // namespace memwall::cli
