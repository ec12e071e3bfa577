#include "cli/trends_answer.hpp"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>

#include "memwall/hardware/catalog_root.hpp"
#include "memwall/study/run.hpp"
#include "memwall_build.hpp"

namespace memwall::cli {
namespace {

namespace fs = std::filesystem;
using study::Selection;

fs::path published_file(const char* name) {
  const fs::path relative = fs::path("studies") / "ai-and-memory-wall" / name;
  for (const fs::path& root : hardware::catalog_roots()) {
    std::error_code ignored;
    if (fs::is_regular_file(root / relative, ignored)) return root / relative;
  }
  throw config::BadFile(relative.string(), "not found in the catalog");
}

/// Over all of the catalog's points also the last years alone: since matrix units, and since the paper's
/// points end.
std::vector<Selection> with_windows(const std::vector<Selection>& selections) {
  std::vector<Selection> more = selections;
  for (const Selection& selection : selections) {
    if (selection.name != "all" || selection.since || selection.until) continue;
    for (const int year : {2017, 2022})
      more.push_back({.name = fmt::format("all since {}", year), .since = static_cast<double>(year)});
  }
  return more;
}

/// Series whose last years are told apart: FLOP for each byte of the same devices.
bool is_balance(const std::string& series) { return series == "balance" || series == "balance_any_format"; }

Growth growth_of(const study::TrendSeries& series, const study::TrendFit& found) {
  const study::Fit& fit = found.fit;
  const bool paper = found.selection.set == study::paper_set;
  return {.series = series.name,
          .selection = found.selection.name,
          .fit = fit,
          .rate = {fit.rate, fit.low, fit.high, fit.rate_sigma},
          .from = fit.from,
          .to = fit.to,
          .claim = paper ? series.claim : "",
          .reproduced = paper ? study::reproduces(series, fit) : std::nullopt};
}

/// How much faster one series grows than another, over the same selection.
void add_ratio(std::vector<Growth>& growths, std::string_view above, std::string_view below) {
  std::vector<Growth> ratios;
  for (const Growth& a : growths) {
    for (const Growth& b : growths) {
      if (a.series != above || b.series != below || a.selection != b.selection) continue;
      ratios.push_back({.series = fmt::format("{} / {}", above, below),
                        .selection = a.selection,
                        .fit = std::nullopt,
                        .rate = study::ratio_of(*a.fit, *b.fit),
                        .from = std::max(a.from, b.from),
                        .to = std::min(a.to, b.to),
                        .claim = a.claim.empty() ? "" : fmt::format("{} / {}", a.claim, b.claim),
                        .reproduced = std::nullopt});
    }
  }
  growths.insert(growths.end(), ratios.begin(), ratios.end());
}

std::vector<Growth> growths_of(const study::Trends& trends, const std::vector<Selection>& selections) {
  std::vector<Growth> growths;
  for (const study::TrendSeries& series : trends.series) {
    for (const Selection& selection : is_balance(series.name) ? with_windows(selections) : selections) {
      if (const auto found = study::fit_of(trends, series.name, selection))
        growths.push_back(growth_of(series, *found));
    }
  }
  add_ratio(growths, "peak_flops", "dram_bandwidth");
  add_ratio(growths, "peak_flops", "interconnect_bandwidth");
  return growths;
}

/// What is printed: the series asked for and ratios of them; else the paper's claims and what they come to.
bool is_printed(const Growth& growth, const std::vector<std::string>& wanted, const study::Trends& trends) {
  if (!wanted.empty()) {
    const auto asked = [&](std::string_view series) {
      return std::ranges::find(wanted, series) != wanted.end();
    };
    const std::size_t slash = growth.series.find(" / ");
    if (slash == std::string::npos) return asked(growth.series);
    return asked(growth.series.substr(0, slash)) && asked(growth.series.substr(slash + 3));
  }
  const study::TrendSeries* series = trends.find(growth.series);
  return series == nullptr || !series->claim.empty() || is_balance(growth.series);
}

}  // namespace

TrendsAnswer trends_over(const std::vector<Selection>& selections, const Catalogs& catalogs,
                         bool with_memory) {
  TrendsAnswer answer;
  answer.inputs = {published_file("points.yaml"), published_file("published.yaml"),
                   published_file("errata.yaml")};
  answer.trends = study::read_trends(answer.inputs[0]);
  study::Subjects subjects(catalogs.workloads, catalogs.recipes);
  study::add_hardware(answer.trends, catalogs.hardware);
  study::add_workloads(answer.trends, catalogs.workloads, subjects);
  answer.growths = growths_of(answer.trends, selections);
  if (with_memory)
    study::add_memory(answer.trends, study::read_publication(answer.inputs[1]),
                      study::read_reasons(answer.inputs[2]), subjects);
  return answer;
}

void write_trends(const fs::path& output, const std::string& command_line, std::vector<results::Input> inputs,
                  const TrendsAnswer& answer) {
  results::Header header;
  header.origin.program_version = build::version;
  header.origin.command_line = command_line;
  header.inputs = std::move(inputs);
  for (const fs::path& file : answer.inputs)
    header.inputs.push_back({study::input_name(file), config::read_text(file)});
  header.fingerprint = results::fingerprint(header.inputs, build::version);
  results::write_file(output, header,
                      {points_table(answer.trends.points, answer.trends), growth_table(answer.growths),
                       series_table(answer.trends), memory_table(answer.trends.memory)},
                      results::Existing::replace);
}

void print_trends(TrendsAnswer answer, const std::vector<std::string>& series, Format format) {
  std::vector<Growth>& growths = answer.growths;
  std::erase_if(growths, [&](const Growth& growth) { return !is_printed(growth, series, answer.trends); });
  print(format == Format::table ? growth_table_shown(growths) : growth_table(growths), format);
  if (format == Format::table) print(conclusions(answer.trends, growths));
}

}  // namespace memwall::cli
