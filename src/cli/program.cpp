#include <cstdio>
#include <exception>
#include <new>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/common.hpp"
#include "memwall/config/suggest.hpp"
#include "memwall_build.hpp"

namespace memwall::cli {
namespace {

std::string overview() {
  std::string text =
      "memwall: where is the wall? Rooflines, footprints and plans of AI models on accelerators.\n\n"
      "usage: memwall COMMAND [arguments] [options]\n\ncommands:\n";
  for (const Command& command : commands())
    text += fmt::format("  {:<12}{}\n", command.name, command.summary);
  return text +
         "\nexamples:\n"
         "  memwall roofline gpt-3-175b nvidia-h100-sxm --set memory.HBM.bandwidth=2x\n"
         "  memwall fit gpt-3-175b dgx-a100 --devices 1024\n"
         "  memwall run studies/memory-wall.yaml\n\n"
         "`memwall COMMAND --help` tells more. Exit codes: 0 yes or done, 1 the answer is no, 2 bad input or "
         "usage,\n"
         "3 could not read or write.\n";
}

int complain(const std::string& message, int code) {
  fmt::print(stderr, "{}\n", message);
  return code;
}

int dispatch(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return complain(overview(), exit_usage);
  const std::string& name = arguments.front();
  if (name == "help" || name == "--help" || name == "-h") return print(overview()), exit_yes;
  if (name == "--version" || name == "version")
    return print(fmt::format("memwall {}\n", build::version)), exit_yes;
  std::vector<std::string> known;
  for (const Command& command : commands()) {
    if (name == command.name) return command.run({arguments.begin() + 1, arguments.end()});
    known.emplace_back(command.name);
  }
  return complain(fmt::format("memwall: no command '{}'{}", name, config::suggestion(name, known)),
                  exit_usage);
}

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> all = {
      {"list", "what the catalog holds", run_list},
      {"show", "one model, device, system, recipe or optimizer in full", run_show},
      {"count", "parameters, features, operations and bytes of a model", run_count},
      {"roofline", "time and bound of every operator of a model on a device", run_roofline},
      {"explain", "how an operator's time comes about, line by line", run_explain},
      {"fit", "does it fit, under which plan, on how few devices", run_fit},
      {"run", "run a study: a grid of models, devices and plans, into a result file", run_study},
      {"plot", "draw a figure from a result file", run_plot},
      {"completion", "print the completion script of bash", run_completion},
  };
  return all;
}

int run_program(const std::vector<std::string>& arguments) {
  try {
    const int code = dispatch(arguments);
    if (std::fflush(stdout) != 0) return complain("memwall: could not write to standard output", exit_file);
    return code;
  } catch (const config::BadInput& error) {
    return complain(error.what(), exit_usage);
  } catch (const config::BadFile& error) {
    return complain(error.what(), exit_file);
  } catch (const std::bad_alloc&) {
    return complain("memwall: the input asks for more memory than there is", exit_usage);
  } catch (const std::exception& error) {
    return complain(fmt::format("memwall: a fault of the program: {}; please report it with the command line",
                                error.what()),
                    exit_internal);
  }
}

}  // namespace memwall::cli
