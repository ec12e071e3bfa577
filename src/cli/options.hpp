#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/config/problem.hpp"
#include "memwall/units/text.hpp"

/// A command line, read with nothing guessed.
namespace memwall::cli {

/// One option of a subcommand.
struct Option {
  enum class Kind { value, many, flag };

  std::string name;        ///< without dashes
  std::string value_name;  ///< what help shows for its value; empty for a flag
  std::string help;        ///< a sentence; says the default
  Kind kind = Kind::value;
  std::string second_name = {};  ///< another spelling, such as "tp" of "tensor"
};

struct Positional {
  std::string name;  ///< "MODEL"
  std::string help;
  bool required = true;
  bool many = false;  ///< takes all that follow
};

/// What a subcommand accepts, and its help.
struct Syntax {
  std::string command;
  std::string summary;
  std::vector<Positional> positionals;
  std::vector<Option> options;
  std::vector<std::string> examples;  ///< whole command lines
};

/// Values of a parsed command line. Getters throw BadInput at `--name` for a value of the wrong kind.
class Values {
 public:
  struct Given {
    std::string option;
    std::string value;
  };

  Values(std::vector<std::string> positionals, std::vector<Given> given, bool help)
      : positionals_(std::move(positionals)), given_(std::move(given)), help_(help) {}

  [[nodiscard]] bool help() const { return help_; }
  [[nodiscard]] const std::vector<std::string>& positionals() const { return positionals_; }
  /// The n-th positional; empty where it was not given.
  [[nodiscard]] std::string positional(std::size_t n) const;

  [[nodiscard]] bool has(std::string_view option) const { return text(option).has_value(); }
  [[nodiscard]] std::optional<std::string> text(std::string_view option) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view option) const;
  [[nodiscard]] std::optional<std::int64_t> count(std::string_view option, std::int64_t least = 1) const;
  [[nodiscard]] std::optional<double> number(std::string_view option) const;
  /// `on`, `off`; a flag without a value is on.
  [[nodiscard]] std::optional<bool> on_off(std::string_view option) const;
  /// One of `known`, or an error with the nearest.
  [[nodiscard]] std::optional<std::string> choice(std::string_view option,
                                                  const std::vector<std::string>& known) const;

  template <class Q>
  [[nodiscard]] std::optional<Q> quantity(std::string_view option) const {
    const auto given = text(option);
    if (!given) return std::nullopt;
    try {
      return parse_quantity<Q>(*given);
    } catch (const BadQuantity& error) {
      throw config::BadInput(place(option), error.what());
    }
  }

  /// Where an option's mistakes are told.
  [[nodiscard]] static config::Location place(std::string_view option) {
    return {"--" + std::string(option), 0, 0};
  }
  /// Where a positional's mistakes are told: its name in the help.
  [[nodiscard]] static config::Location named(std::string_view positional) {
    return {std::string(positional), 0, 0};
  }

 private:
  std::vector<std::string> positionals_;
  std::vector<Given> given_;
  bool help_;
};

/// Parses `arguments`. Throws BadInput for an unknown option (with the nearest known), a missing value, a
/// value given twice, a missing or a superfluous positional. With --help nothing is missing.
[[nodiscard]] Values parse(const Syntax& syntax, const std::vector<std::string>& arguments);

/// `text` in lines of at most 78 characters, all but the first indented.
[[nodiscard]] std::string wrapped(const std::string& text, std::size_t indent);

/// The help text of a subcommand.
[[nodiscard]] std::string help_text(const Syntax& syntax);

}  // namespace memwall::cli
