#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/common.hpp"
#include "memwall/hardware/catalog_root.hpp"

namespace memwall::cli {
namespace {

namespace fs = std::filesystem;

const Syntax& syntax() {
  static const Syntax syntax{
      "plot",
      "Draws a figure from a result file. The format follows from the output's ending: png, svg or pdf.",
      {{"KIND",
        "roofline, memory-wall, fit-matrix, case-study, timeline, hardware-scaling, model-size, "
        "training-compute, "
        "memory-breakdown or balance"},
       {"RESULTS",
        "a result file of memwall run; for case-study of memwall tables, for timeline a timeline of memwall "
        "train, "
        "for the last five of memwall trends"}},
      {{"output", "FILE", "the picture (required)"},
       {"select", "COLUMN=VALUE", "only rows with this value, as often as you like", Option::Kind::many},
       {"width", "WIDTH",
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

/// The drawing program stands beside the catalog: tools/plot in a checkout and in an installation alike.
fs::path plot_program() {
  for (const fs::path& root : hardware::catalog_roots()) {
    fs::path script = root / "tools" / "plot" / "plot.py";
    std::error_code ignored;
    if (fs::is_regular_file(script, ignored)) return script;
  }
  throw config::BadFile("tools/plot/plot.py", "not found beside the catalog");
}

/// Runs a program with its arguments as they are (no shell) and returns its exit code.
int run_and_wait(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child < 0) throw config::BadFile(words.front(), "cannot be started");
  if (child == 0) {
    execv(argv.front(), argv.data());
    _exit(127);
  }
  int status = 0;
  if (waitpid(child, &status, 0) < 0) throw config::BadFile(words.front(), "was lost while it ran");
  return WIFEXITED(status) ? WEXITSTATUS(status) : exit_internal;
}

}  // namespace

int run_plot(const std::vector<std::string>& arguments) {
  const Values values = parse(syntax(), arguments);
  if (values.help()) return print(help_text(syntax())), exit_yes;
  const auto output = values.text("output");
  if (!output)
    throw config::BadInput(Values::place("output"),
                           "is missing: the picture's file, ending in .png, .svg or .pdf");
  // Debian's Python, which has h5py and matplotlib; another one on the PATH may lack both.
  std::vector<std::string> words = {"/usr/bin/python3",   plot_program().string(),
                                    values.positional(0), values.positional(1),
                                    "--output",           *output};
  if (const auto width = values.choice("width", {"column", "page"}))
    words.insert(words.end(), {"--width", *width});
  for (const std::string& select : values.texts("select")) words.insert(words.end(), {"--select", select});
  if (const auto title = values.text("title")) words.insert(words.end(), {"--title", *title});
  const int code = run_and_wait(std::move(words));
  if (code == 127)
    throw config::BadFile("/usr/bin/python3", "cannot be started; tools/bootstrap installs it");
  return code == exit_yes || code == exit_usage || code == exit_file ? code : exit_file;
}

}  // namespace memwall::cli
