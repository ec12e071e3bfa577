#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <vector>

/// What is wrong with a user's input, and where: the one error type of every module that reads files.
namespace memwall::config {

/// A place in an input. `line` and `column` count from 1; 0 where there is none (a command-line option).
struct Location {
  std::string file;
  int line = 0;
  int column = 0;

  friend bool operator==(const Location&, const Location&) = default;
};

/// `file:line:column`, or only the file (option) where the rest is 0.
[[nodiscard]] std::string to_text(const Location& where);

/// One mistake: `what` says what is wrong; what would be right; and, where one is near, the known name.
struct Problem {
  Location where;
  std::string what;
};

/// Thrown with every independent mistake found. `what()` is one line a problem: `file:line:column: what`.
class BadInput : public std::exception {
 public:
  explicit BadInput(std::vector<Problem> problems);
  BadInput(Location where, std::string what);

  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }
  [[nodiscard]] const std::vector<Problem>& problems() const { return problems_; }

 private:
  std::vector<Problem> problems_;
  std::string text_;
};

/// Thrown where a file cannot be opened, read or written: the program's exit code 3, not 2.
class BadFile : public std::exception {
 public:
  BadFile(const std::string& file, std::string_view what);

  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

/// Collects mistakes so that one run reports all that are independent.
class Problems {
 public:
  void add(const Location& where, std::string what);
  [[nodiscard]] bool empty() const { return problems_.empty(); }
  [[nodiscard]] std::size_t size() const { return problems_.size(); }

  /// Throws BadInput with what was collected, in order of place, exact repetitions told once; does nothing
  /// where it is empty.
  void throw_if_any() const;

 private:
  std::vector<Problem> problems_;
};

}  // namespace memwall::config
