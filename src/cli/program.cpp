#include <cerrno>
#include <csignal>
#include <cstring>
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
         "3 could not read or write.";
}

int complain(const std::string& message, int code) {
  tell(message + "\n");
  return code;
}

int run_command(const std::string& name, const std::vector<std::string>& arguments) {
  std::vector<std::string> known;
  for (const Command& command : commands()) {
    if (name == command.name) return command.run(arguments);
    known.emplace_back(command.name);
  }
  return complain(fmt::format("memwall: no command '{}'{}", name, config::suggestion(name, known)),
                  exit_usage);
}

int dispatch(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return complain(overview(), exit_usage);
  const std::string& name = arguments.front();
  if (name == "--version" || name == "version")
    return print(fmt::format("memwall {}\n", build::version)), exit_yes;
  const bool help = name == "help" || name == "--help" || name == "-h";
  if (help && arguments.size() == 1) return print(overview() + "\n"), exit_yes;
  if (help) return run_command(arguments[1], {"--help"});
  return run_command(name, {arguments.begin() + 1, arguments.end()});
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
      {"train", "time of a training step on many devices, and where it goes", run_train},
      {"run", "run a study: a grid of models, devices and plans, into a result file", run_study},
      {"tables", "the tables of \"AI and Memory Wall\" worked out from layers, and its case study",
       run_tables},
      {"validate", "hold measured training runs against what memwall says of them", run_validate},
      {"trends", "how fast compute, bandwidth, memory and models grow: does the wall still grow?",
       run_trends},
      {"plot", "draw a figure from a result file", run_plot},
      {"completion", "print the completion script of bash", run_completion},
  };
  return all;
}

int run_program(const std::vector<std::string>& arguments) {
  // A closed pipe is an error of the write, not the end of the program: a study goes on into its file.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const int code = dispatch(arguments);
    finish_printing();
    return code;
  } catch (const BadOutput& error) {
    // A reader that has seen enough (`| head`) knows it.
    if (error.code == EPIPE) return exit_file;
    return complain(fmt::format("memwall: standard output: {}", std::strerror(error.code)), exit_file);
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
