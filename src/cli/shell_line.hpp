#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace memwall::cli {

/// The command line of a subcommand, as a shell reads it back.
[[nodiscard]] std::string shell_line(std::string_view command, const std::vector<std::string>& arguments);

}  // namespace memwall::cli
