#include "cli/draw.hpp"

#include <string>
#include <system_error>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "cli/command.hpp"
#include "memwall/config/problem.hpp"
#include "memwall/hardware/catalog_root.hpp"

namespace memwall::cli {
namespace {

namespace fs = std::filesystem;

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

int draw_figure(const study::FigureEntry& figure, const fs::path& results, const fs::path& output) {
  // Debian's Python, which has h5py and matplotlib; another one on the PATH may lack both.
  std::vector<std::string> words = {"/usr/bin/python3", plot_program().string(),
                                    figure.kind,        results.string(),
                                    "--output",         output.string()};
  for (const std::string& select : figure.select) words.insert(words.end(), {"--select", select});
  if (!figure.width.empty()) words.insert(words.end(), {"--width", figure.width});
  if (figure.title) words.insert(words.end(), {"--title", *figure.title});
  const int code = run_and_wait(std::move(words));
  if (code == 127)
    throw config::BadFile("/usr/bin/python3", "cannot be started; tools/bootstrap installs it");
  if (code == exit_internal)
    throw config::BadFile(results.string(), "cannot be drawn: the drawing program stopped while it read it");
  return code == exit_yes || code == exit_usage || code == exit_file ? code : exit_file;
}

}  // namespace memwall::cli
