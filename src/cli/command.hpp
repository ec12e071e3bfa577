#pragma once

#include <string>
#include <vector>

/// The subcommands of the program.
namespace memwall::cli {

/// Exit codes, stable for scripts.
enum ExitCode : int {
  exit_yes = 0,       ///< done; or the question was answered with yes
  exit_no = 1,        ///< asked, and the answer is no (it does not fit)
  exit_usage = 2,     ///< bad input or usage
  exit_file = 3,      ///< could not read or write
  exit_internal = 70  ///< a fault of the program
};

/// One subcommand: its file is src/cli/<name>.cpp.
struct Command {
  const char* name;
  const char* summary;                                    ///< one line of `memwall help`
  int (*run)(const std::vector<std::string>& arguments);  ///< returns an exit code; throws BadInput, BadFile
};

[[nodiscard]] const std::vector<Command>& commands();

int run_list(const std::vector<std::string>& arguments);
int run_show(const std::vector<std::string>& arguments);
int run_count(const std::vector<std::string>& arguments);
int run_roofline(const std::vector<std::string>& arguments);
int run_explain(const std::vector<std::string>& arguments);
int run_fit(const std::vector<std::string>& arguments);
int run_train(const std::vector<std::string>& arguments);
int run_study(const std::vector<std::string>& arguments);
int run_tables(const std::vector<std::string>& arguments);
int run_validate(const std::vector<std::string>& arguments);
int run_trends(const std::vector<std::string>& arguments);
int run_plot(const std::vector<std::string>& arguments);
int run_completion(const std::vector<std::string>& arguments);

/// The whole program: `arguments` without its own name. Prints mistakes on standard error and returns an exit
/// code.
int run_program(const std::vector<std::string>& arguments);

}  // namespace memwall::cli
