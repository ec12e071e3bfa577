#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/command.hpp"
#include "cli/common.hpp"
#include "cli/draw.hpp"

namespace memwall::cli {
namespace {

const Syntax& syntax() {
  static const Syntax syntax{
      "plot",
      "Draws a figure from a result file. The format follows from the output's ending: png, svg or pdf.",
      {{"KIND", fmt::format("{}", fmt::join(study::figure_kinds, ", "))},
       {"RESULTS",
        "a result file of memwall run; for case-study of memwall tables, for timeline a timeline of memwall "
        "train, "
        "for the last five of memwall trends"}},
      {{"output", "FILE", "the picture (required)"},
       {"select", "COLUMN=VALUE", "only rows with this value, as often as you like", Option::Kind::many},
       {"width", fmt::format("{}", fmt::join(study::figure_widths, "|")),
        "of a two-column page: column (8.5 cm) or page (17.8 cm); text is 6.5 pt or more in either (default: "
        "column)"},
       {"title", "TEXT", "a title above the figure (default: none)"}},
      {"memwall plot memory-wall results/memory-wall.h5 --output wall.pdf",
       "memwall plot roofline results/memory-wall.h5 --select workload=gpt-3-175b --select "
       "device=nvidia-h100-sxm --output roofline.png",
       "memwall plot hardware-scaling trends.h5 --select set=paper --output scaling.pdf",
       "memwall plot balance trends.h5 --width page --output balance.svg"}};
  return syntax;
}

}  // namespace

int run_plot(const std::vector<std::string>& arguments) {
  const Values values = parse(syntax(), arguments);
  if (values.help()) return print(help_text(syntax())), exit_yes;
  const auto output = values.text("output");
  if (!output)
    throw config::BadInput(Values::place("output"),
                           "is missing: the picture's file, ending in .png, .svg or .pdf");
  const auto width = values.choice("width", {study::figure_widths.begin(), study::figure_widths.end()});
  study::FigureEntry figure{
      .kind = values.positional(0),
      .output = *output,
      .select = values.texts("select"),
      .title = values.text("title"),
      .width = width.value_or(""),
  };
  return draw_figure(figure, values.positional(1), *output);
}

}  // namespace memwall::cli
