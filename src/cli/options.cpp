#include "cli/options.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include <fmt/format.h>
#include <boost/program_options.hpp>

#include "memwall/config/suggest.hpp"

namespace memwall::cli {
namespace {

namespace po = boost::program_options;
using config::BadInput;
using config::Location;

po::options_description description_of(const Syntax& syntax) {
  po::options_description all;
  for (const Option& option : syntax.options) {
    const auto add = [&](const std::string& name) {
      all.add_options()(name.c_str(), po::value<std::vector<std::string>>(), "");
    };
    add(option.name);
    if (!option.second_name.empty()) add(option.second_name);
  }
  all.add_options()("help,h", "");
  return all;
}

std::vector<std::string> option_names(const Syntax& syntax) {
  std::vector<std::string> names{"--help"};
  for (const Option& option : syntax.options) {
    names.push_back("--" + option.name);
    if (!option.second_name.empty()) names.push_back("--" + option.second_name);
  }
  return names;
}

/// The option that was meant: one that begins so, since people shorten; else the nearest.
std::string nearest_option(const std::string& name, const std::vector<std::string>& known) {
  const auto longer = std::ranges::find_if(
      known, [&](const std::string& option) { return name.size() > 3 && option.starts_with(name); });
  if (longer != known.end()) return fmt::format("; did you mean '{}'?", *longer);
  return config::suggestion(name, known);
}

const Option* find_option(const Syntax& syntax, std::string_view name) {
  const auto found = std::find_if(syntax.options.begin(), syntax.options.end(), [name](const Option& option) {
    return option.name == name || (!option.second_name.empty() && option.second_name == name);
  });
  return found == syntax.options.end() ? nullptr : &*found;
}

/// An unknown option's bare name: "--devices" of "--devices=8".
std::string bare(const std::string& token) { return token.substr(0, token.find('=')); }

/// Writes every value beside its option (`--batch 8` as `--batch=8`), so that what an option takes is decided
/// here alone: a flag takes the next word only where that is `on` or `off`, and no value is another option.
std::vector<std::string> with_values_beside(const Syntax& syntax, const std::vector<std::string>& arguments) {
  std::vector<std::string> written;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--") {
      written.insert(written.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i), arguments.end());
      break;
    }
    const Option* option = word.starts_with("--") ? find_option(syntax, bare(word).substr(2)) : nullptr;
    if (option == nullptr) {
      written.push_back(word);
      continue;
    }
    const std::string* next = i + 1 < arguments.size() ? &arguments[i + 1] : nullptr;
    const bool beside = word.find('=') != std::string::npos;
    if (option->kind == Option::Kind::flag && !beside) {
      const bool takes_next = next != nullptr && (*next == "on" || *next == "off");
      written.push_back(word + "=" + (takes_next ? *next : "on"));
      i += takes_next ? 1 : 0;
      continue;
    }
    const std::string value = beside ? word.substr(word.find('=') + 1)
                                     : (next == nullptr || next->starts_with("--") ? std::string() : *next);
    if (value.empty()) {
      throw BadInput(Values::place(option->name),
                     fmt::format("needs a value: {}; see memwall {} --help", option->help, syntax.command));
    }
    written.push_back(bare(word) + "=" + value);
    i += beside ? 0 : 1;
  }
  return written;
}

po::parsed_options parse_tokens(const Syntax& syntax, const std::vector<std::string>& arguments) {
  const po::options_description description = description_of(syntax);
  namespace style = po::command_line_style;
  // No abbreviation is guessed: `--seq` is a mistake, not `--sequence`.
  const int exact = style::allow_long | style::allow_short | style::allow_dash_for_short |
                    style::short_allow_next | style::long_allow_adjacent | style::long_allow_next;
  const std::vector<std::string> words = with_values_beside(syntax, arguments);
  try {
    return po::command_line_parser(words).options(description).style(exact).allow_unregistered().run();
  } catch (const po::error_with_option_name& error) {
    throw BadInput({error.get_option_name(), 0, 0},
                   "takes no value; see memwall " + syntax.command + " --help");
  } catch (const po::error& error) {
    throw BadInput({"memwall " + syntax.command, 0, 0}, error.what());
  }
}

void check_positionals(const Syntax& syntax, const std::vector<std::string>& given) {
  const bool many = !syntax.positionals.empty() && syntax.positionals.back().many;
  if (!many && given.size() > syntax.positionals.size()) {
    throw BadInput({"memwall " + syntax.command, 0, 0},
                   fmt::format("'{}' is one argument too many; see memwall {} --help",
                               given[syntax.positionals.size()], syntax.command));
  }
  for (std::size_t i = 0; i < syntax.positionals.size(); ++i) {
    const bool missing = i >= given.size() || given[i].empty();
    if (!missing || !syntax.positionals[i].required) continue;
    throw BadInput({"memwall " + syntax.command, 0, 0},
                   fmt::format("{} is missing: {}; see memwall {} --help", syntax.positionals[i].name,
                               syntax.positionals[i].help, syntax.command));
  }
}

}  // namespace

std::string Values::positional(std::size_t n) const {
  return n < positionals_.size() ? positionals_[n] : std::string();
}

std::optional<std::string> Values::text(std::string_view option) const {
  for (const Given& given : given_) {
    if (given.option == option) return given.value;
  }
  return std::nullopt;
}

std::vector<std::string> Values::texts(std::string_view option) const {
  std::vector<std::string> all;
  for (const Given& given : given_) {
    if (given.option == option) all.push_back(given.value);
  }
  return all;
}

std::optional<double> Values::number(std::string_view option) const {
  const auto given = text(option);
  if (!given) return std::nullopt;
  try {
    return parse_number(*given);
  } catch (const BadQuantity& error) {
    throw BadInput(place(option), error.what());
  }
}

std::optional<std::int64_t> Values::count(std::string_view option, std::int64_t least) const {
  const auto given = number(option);
  if (!given) return std::nullopt;
  if (std::floor(*given) != *given || *given < static_cast<double>(least) || *given > largest_exact_count) {
    throw BadInput(place(option),
                   fmt::format("'{}' is no whole number from {} to 2^53", *text(option), least));
  }
  return static_cast<std::int64_t>(*given);
}

std::optional<bool> Values::on_off(std::string_view option) const {
  const auto word = choice(option, {"on", "off"});
  if (!word) return std::nullopt;
  return *word == "on";
}

std::optional<std::string> Values::choice(std::string_view option,
                                          const std::vector<std::string>& known) const {
  auto given = text(option);
  if (!given) return std::nullopt;
  if (std::find(known.begin(), known.end(), *given) == known.end()) {
    throw BadInput(place(option),
                   fmt::format("'{}' is not known{}", *given, config::suggestion(*given, known)));
  }
  return given;
}

Values parse(const Syntax& syntax, const std::vector<std::string>& arguments) {
  std::vector<std::string> positionals;
  std::vector<Values::Given> given;
  bool help = false;
  for (const po::option& token : parse_tokens(syntax, arguments).options) {
    if (token.string_key.empty() || token.position_key >= 0) {
      positionals.insert(positionals.end(), token.value.begin(), token.value.end());
      continue;
    }
    if (token.unregistered) {
      const std::string name = bare(token.original_tokens.front());
      throw BadInput({"memwall " + syntax.command, 0, 0},
                     fmt::format("unknown option '{}'{}", name, nearest_option(name, option_names(syntax))));
    }
    if (token.string_key == "help") {
      help = true;
      continue;
    }
    const Option& option = *find_option(syntax, token.string_key);
    const bool again = std::any_of(given.begin(), given.end(),
                                   [&](const Values::Given& g) { return g.option == option.name; });
    if (again && option.kind != Option::Kind::many)
      throw BadInput(Values::place(option.name), "is given twice; once is enough");
    given.push_back({option.name, token.value.front()});
  }
  if (!help) check_positionals(syntax, positionals);
  return {std::move(positionals), std::move(given), help};
}

std::string wrapped(const std::string& text, std::size_t indent) {
  std::istringstream words(text);
  std::string result;
  std::string line;
  for (std::string word; words >> word;) {
    if (!line.empty() && indent + line.size() + word.size() > 77) {
      result += line + "\n" + std::string(indent, ' ');
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return result + line;
}

std::string help_text(const Syntax& syntax) {
  std::string text = fmt::format("memwall {}", syntax.command);
  for (const Positional& positional : syntax.positionals) {
    const std::string name = positional.name + (positional.many ? "..." : "");
    text += positional.required ? " " + name : " [" + name + "]";
  }
  text += " [options]\n\n" + wrapped(syntax.summary, 0) + "\n";
  constexpr std::size_t column = 28;
  const auto row = [&](const std::string& left, const std::string& right) {
    text += "  " + left;
    if (left.size() + 3 > column) {
      text += "\n" + std::string(column, ' ');
    } else {
      text += std::string(column - left.size() - 2, ' ');
    }
    text += wrapped(right, column) + "\n";
  };
  if (!syntax.positionals.empty()) text += "\nArguments:\n";
  for (const Positional& positional : syntax.positionals) row(positional.name, positional.help);
  text += "\nOptions:\n";
  for (const Option& option : syntax.options) {
    std::string left = "--" + option.name;
    if (!option.value_name.empty())
      left += (option.kind == Option::Kind::flag ? "[=" : " ") + option.value_name +
              (option.kind == Option::Kind::flag ? "]" : "");
    if (!option.second_name.empty()) left += ", --" + option.second_name;
    row(left, option.help);
  }
  row("--help", "this text");
  if (!syntax.examples.empty()) text += "\nExamples:\n";
  for (const std::string& example : syntax.examples) text += "  " + example + "\n";
  return text;
}

}  // namespace memwall::cli
