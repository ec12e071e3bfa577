#include "cli/shell_line.hpp"

namespace memwall::cli {

std::string shell_line(std::string_view command, const std::vector<std::string>& arguments) {
  std::string line = "memwall " + std::string(command);
  for (const std::string& argument : arguments) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%";
    const bool quote = argument.empty() || argument.find_first_not_of(plain) != std::string::npos;
    line += quote ? " '" : " ";
    for (const char character : argument) {
      if (character == '\'') line += "'\\'";  // ends the quotes, a quote of its own, and begins anew
      line += character;
    }
    line += quote ? "'" : "";
  }
  return line;
}

}  // namespace memwall::cli
