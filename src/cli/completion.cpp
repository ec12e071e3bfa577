#include "cli/command.hpp"
#include "cli/common.hpp"
#include "memwall/config/node.hpp"
#include "memwall/hardware/catalog_root.hpp"

namespace memwall::cli {
namespace {

const Syntax& syntax() {
  static const Syntax syntax{"completion",
                             "Prints a script that completes memwall's commands, options and names in bash.",
                             {},
                             {},
                             {"source <(memwall completion)"}};
  return syntax;
}

}  // namespace

int run_completion(const std::vector<std::string>& arguments) {
  const Values values = parse(syntax(), arguments);
  if (values.help()) return print(help_text(syntax())), exit_yes;
  for (const std::filesystem::path& root : hardware::catalog_roots()) {
    const std::filesystem::path script = root / "tools" / "completion" / "memwall.bash";
    if (std::filesystem::exists(script)) return print(config::read_text(script)), exit_yes;
  }
  throw config::BadFile("tools/completion/memwall.bash", "not found beside the catalog");
}

}  // namespace memwall::cli
