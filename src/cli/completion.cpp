#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/command.hpp"
#include "cli/common.hpp"
#include "memwall/config/node.hpp"
#include "memwall/hardware/catalog_root.hpp"

namespace memwall::cli {
namespace {

/// What the script asks for while one types: names alone, from listings of folders, no file of them read.
const std::vector<std::string> lists = {"commands", "workloads",  "accelerators", "systems",
                                        "recipes",  "optimizers", "studies"};

const Syntax& syntax() {
  static const Syntax syntax{
      "completion",
      "Prints a script that completes memwall's commands, options and names in bash.",
      {},
      {{"words", "LIST",
        fmt::format("print instead one of the lists that the script completes from: {} (default: the script)",
                    fmt::join(lists, ", "))}},
      {"source <(memwall completion)", "memwall completion --words systems"}};
  return syntax;
}

std::vector<std::string> words_of(const std::string& list) {
  std::vector<std::string> words;
  if (list == "commands") {
    for (const Command& command : commands()) words.emplace_back(command.name);
    return words;
  }
  if (list == "studies") return study_ids();
  const Catalogs catalogs = open_catalogs();
  if (list == "workloads") return catalogs.workloads.ids();
  if (list == "recipes") return catalogs.recipes.recipe_ids();
  if (list == "optimizers") return catalogs.recipes.optimizer_ids();
  const bool systems = list == "systems";
  words = systems ? catalogs.hardware.system_ids() : catalogs.hardware.accelerator_ids();
  const std::vector<std::string> ids = words;
  for (const std::string& id : ids) {
    for (std::string& alias : catalogs.hardware.aliases_of(id)) words.push_back(std::move(alias));
  }
  return words;
}

std::string script() {
  for (const std::filesystem::path& root : hardware::catalog_roots()) {
    const std::filesystem::path file = root / "tools" / "completion" / "memwall.bash";
    if (std::filesystem::exists(file)) return config::read_text(file);
  }
  throw config::BadFile("tools/completion/memwall.bash", "not found beside the catalog");
}

}  // namespace

int run_completion(const std::vector<std::string>& arguments) {
  const Values values = parse(syntax(), arguments);
  if (values.help()) return print(help_text(syntax())), exit_yes;
  const auto list = values.choice("words", lists);
  if (!list) return print(script()), exit_yes;
  for (const std::string& word : words_of(*list)) print(word + "\n");
  return exit_yes;
}

}  // namespace memwall::cli
