#include <algorithm>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/common.hpp"
#include "cli/trends_tables.hpp"
#include "memwall/config/suggest.hpp"
#include "memwall/hardware/catalog_root.hpp"
#include "memwall/results/file.hpp"
#include "memwall_build.hpp"

namespace memwall::cli {
namespace {

namespace fs = std::filesystem;
using study::Selection;

const Syntax& syntax() {
  using Kind = Option::Kind;
  static const Syntax syntax{
      "trends",
      "How fast compute, bandwidth, memory and models grow: the rates of \"AI and Memory Wall\" "
      "(arXiv:2403.14123) over its own points and over the catalog, each with its confidence; and whether "
      "the "
      "wall still grows. docs/trends.md has every series.",
      {},
      joined({{{"series", "NAME",
                "only this series, as often as you like (default: those with a published claim, and FLOP for "
                "each byte)",
                Kind::many},
               {"points", "SET",
                "paper: of its plots; all: of the catalog; leaders: the catalog's best of a family and year; "
                "both: paper and all; as often as you like (default: paper, all and leaders)",
                Kind::many},
               {"since", "DATE", "only points from this date on: 2017, 2017-06 or 2017-06-21 (default: all)"},
               {"until", "DATE", "only points before this date (default: all)"},
               {"output", "FILE",
                "also write a result file (HDF5), for memwall plot hardware-scaling and others (default: "
                "none)"}},
              format_options()}),
      {"memwall trends", "memwall trends --series peak_flops --series balance --since 2017",
       "memwall trends --points paper --format csv", "memwall trends --output trends.h5"}};
  return syntax;
}

fs::path published_file(const char* name) {
  const fs::path relative = fs::path("studies") / "ai-and-memory-wall" / name;
  for (const fs::path& root : hardware::catalog_roots()) {
    std::error_code ignored;
    if (fs::is_regular_file(root / relative, ignored)) return root / relative;
  }
  throw config::BadFile(relative.string(), "not found in the catalog");
}

/// A year alone means its first day here, not its middle.
std::optional<double> moment_of(const Values& values, const char* option) {
  const auto text = values.text(option);
  if (!text) return std::nullopt;
  const std::string day = text->size() == 4 ? *text + "-01-01" : text->size() == 7 ? *text + "-01" : *text;
  if (const auto year = study::fractional_year(day)) return year;
  throw config::BadInput(
      Values::place(option),
      fmt::format("'{}' is no date; expected one such as 2017, 2017-06 or 2017-06-21", *text));
}

std::vector<Selection> selections_of(const Values& values) {
  const std::vector<Selection> all = {
      {.name = "paper", .set = study::paper_set}, {.name = "all"}, {.name = "leaders", .leaders = true}};
  std::vector<std::string> wanted = values.texts("points");
  if (std::ranges::find(wanted, "both") != wanted.end()) wanted.insert(wanted.end(), {"paper", "all"});
  const std::vector<std::string> known = {"paper", "all", "leaders", "both"};
  for (const std::string& name : wanted) {
    if (std::ranges::find(known, name) == known.end())
      throw config::BadInput(Values::place("points"),
                             fmt::format("no points '{}'{}", name, config::suggestion(name, known)));
  }
  std::vector<Selection> chosen;
  for (Selection selection : all) {
    if (!wanted.empty() && std::ranges::find(wanted, selection.name) == wanted.end()) continue;
    selection.since = moment_of(values, "since");
    selection.until = moment_of(values, "until");
    chosen.push_back(std::move(selection));
  }
  return chosen;
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

void check_series(const std::vector<std::string>& wanted, const study::Trends& trends) {
  std::vector<std::string> known;
  for (const study::TrendSeries& series : trends.series) known.push_back(series.name);
  for (const std::string& name : wanted) {
    if (trends.find(name) == nullptr)
      throw config::BadInput(Values::place("series"),
                             fmt::format("no series '{}'{}", name, config::suggestion(name, known)));
  }
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

void write_output(const std::string& output, const std::vector<std::string>& arguments,
                  const std::vector<fs::path>& files, const study::Trends& trends,
                  const std::vector<Growth>& growths) {
  results::Header header;
  header.origin.program_version = build::version;
  header.origin.command_line = "memwall trends";
  for (const std::string& argument : arguments) header.origin.command_line += " " + argument;
  for (const fs::path& file : files)
    header.inputs.push_back({file.filename().string(), config::read_text(file)});
  header.fingerprint = results::fingerprint(header.inputs, build::version);
  results::write_file(output, header,
                      {points_table(trends.points, trends), growth_table(growths), series_table(trends),
                       memory_table(trends.memory)},
                      results::Existing::replace);
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

int run_trends(const std::vector<std::string>& arguments) {
  const Values values = parse(syntax(), arguments);
  if (values.help()) return print(help_text(syntax())), exit_yes;
  const Format format = format_of(values);
  const std::vector<Selection> selections = selections_of(values);
  const std::vector<fs::path> files = {published_file("points.yaml"), published_file("published.yaml"),
                                       published_file("errata.yaml")};
  study::Trends trends = study::read_trends(files[0]);
  const Catalogs catalogs = open_catalogs();
  study::Subjects subjects(catalogs.workloads, catalogs.recipes);
  study::add_hardware(trends, catalogs.hardware);
  study::add_workloads(trends, catalogs.workloads, subjects);
  const std::vector<std::string> wanted = values.texts("series");
  check_series(wanted, trends);
  std::vector<Growth> growths = growths_of(trends, selections);
  if (const auto output = values.text("output")) {
    study::add_memory(trends, study::read_publication(files[1]), study::read_reasons(files[2]), subjects);
    write_output(*output, arguments, files, trends, growths);
  }
  std::erase_if(growths, [&](const Growth& growth) { return !is_printed(growth, wanted, trends); });
  print(format == Format::table ? growth_table_shown(growths) : growth_table(growths), format);
  if (format == Format::table) print(conclusions(trends, growths));
  return exit_yes;
}

}  // namespace memwall::cli
