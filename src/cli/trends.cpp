#include <algorithm>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/common.hpp"
#include "cli/shell_line.hpp"
#include "cli/trends_answer.hpp"
#include "memwall/config/suggest.hpp"

namespace memwall::cli {
namespace {

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

std::optional<double> moment_of(const Values& values, const char* option) {
  const auto text = values.text(option);
  if (!text) return std::nullopt;
  if (const auto year = study::beginning_of(*text)) return year;
  throw config::BadInput(
      Values::place(option),
      fmt::format("'{}' is no date; expected one such as 2017, 2017-06 or 2017-06-21", *text));
}

std::vector<study::Selection> selections_of(const Values& values) {
  const std::vector<std::string> wanted = values.texts("points");
  const std::vector<std::string>& known = study::selection_names();
  for (const std::string& name : wanted) {
    if (std::ranges::find(known, name) == known.end())
      throw config::BadInput(Values::place("points"),
                             fmt::format("no points '{}'{}", name, config::suggestion(name, known)));
  }
  const std::optional<double> since = moment_of(values, "since");
  const std::optional<double> until = moment_of(values, "until");
  if (since && until && *since >= *until)
    throw config::BadInput(Values::place("until"), "is not after --since, so that no point is left");
  return study::selections(wanted, since, until);
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

}  // namespace

int run_trends(const std::vector<std::string>& arguments) {
  const Values values = parse(syntax(), arguments);
  if (values.help()) return print(help_text(syntax())), exit_yes;
  const Format format = format_of(values);
  const std::vector<study::Selection> selections = selections_of(values);
  const auto output = values.text("output");
  const TrendsAnswer answer = trends_over(selections, open_catalogs(), output.has_value());
  const std::vector<std::string> wanted = values.texts("series");
  check_series(wanted, answer.trends);
  if (output) {
    write_trends(*output, shell_line("trends", arguments), {}, answer);
  }
  print_trends(answer, wanted, format);
  return exit_yes;
}

}  // namespace memwall::cli
