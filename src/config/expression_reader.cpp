#include "config/expression_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "config/expression.hpp"
#include "config/quote.hpp"

namespace memwall::config {
namespace {

constexpr std::size_t longest_expression = 1000;
constexpr std::size_t deepest_brackets = 50;

constexpr int any_number = std::numeric_limits<int>::max();
constexpr std::array<Function, 6> functions{{
    {"ceil", 1, 1},
    {"floor", 1, 1},
    {"max", 1, any_number},
    {"min", 1, any_number},
    {"mod", 2, 2},
    {"round", 1, 1},
}};

// Longer ones first, so that `<=` is not read as `<` and `=`.
constexpr std::array<std::string_view, 13> operators{"<=", ">=", "==", "!=", "&&", "||", "+",
                                                     "-",  "*",  "/",  "^",  "<",  ">"};

bool is_digit(char character) { return character >= '0' && character <= '9'; }
bool is_letter(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') || character == '_';
}
bool is_name_part(char character) { return is_letter(character) || is_digit(character); }
bool is_space(char character) {
  return std::string_view(" \t\r\n").find(character) != std::string_view::npos;
}

/// Reads left to right, knowing whether a value or an operator comes next. What muParser would take in a
/// sense that nobody means is refused here: `a = 4` assigns, `1,2` is 2, `4x` is an error without a place.
class Reader {
 public:
  explicit Reader(std::string_view expression) : whole_(expression), rest_(expression) {}

  CheckedExpression read() {
    skip_space();
    while (!rest_.empty()) {
      read_token();
      skip_space();
    }
    if (tokens_ == 0) fail("expected a number or an expression, found {}", in_quotes(whole_));
    if (value_next_) fail("{} ends where a value should follow", in_quotes(whole_));
    if (levels_.size() > 1) fail("'(' without ')' in {}", in_quotes(whole_));
    check_conditionals_done();
    if (tokens_ == 1 && result_.names.empty()) result_.number = minus_ ? -number_ : number_;
    result_.is_name = tokens_ == 1 && !minus_ && !result_.names.empty();
    return std::move(result_);
  }

 private:
  /// What is inside a bracket, or outside of all.
  struct Level {
    const Function* function = nullptr;  ///< whose arguments it holds; null where it only groups
    int arguments = 1;
    int open_conditionals = 0;  ///< `?` without their `:` in the argument being read
    bool compared = false;      ///< a comparison was read that nothing has ended yet
  };

  template <class... Arguments>
  [[noreturn]] static void fail(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    throw BadExpression(fmt::format(format, std::forward<Arguments>(arguments)...));
  }

  void skip_space() {
    while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
  }

  std::string_view take(std::size_t length) {
    const std::string_view token = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return token;
  }

  void read_token() {
    const char first = rest_.front();
    const bool sign = value_next_ && (first == '-' || first == '+');
    if (sign) return read_sign();
    ++tokens_;
    if (is_digit(first) || first == '.') return read_number();
    if (is_letter(first)) return read_name();
    if (first == '(') return open_bracket(nullptr);
    if (first == ')') return close_bracket();
    if (first == ',') return read_comma();
    if (first == '?' || first == ':') return read_conditional();
    read_operator();
  }

  /// Signs are counted, not handed on: muParser refuses `--1`.
  void read_sign() {
    if (take(1) == "-") minus_next_ = !minus_next_;
  }

  /// Notes that a value begins with `token`.
  void expect_value(std::string_view token) {
    if (!value_next_) fail("no operator before {} in {}", in_quotes(token), in_quotes(whole_));
    minus_ = std::exchange(minus_next_, false);
    if (minus_) result_.text += '-';
  }

  void expect_operator(std::string_view token) const {
    if (value_next_) fail("no value before {} in {}", in_quotes(token), in_quotes(whole_));
  }

  void read_number() {
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number_);
    if (error == std::errc::invalid_argument) fail_on_character();
    const std::string_view number = take(static_cast<std::size_t>(end - rest_.data()));
    const bool too_large = error == std::errc::result_out_of_range;
    if (too_large) fail("{} is beyond what a number can hold", in_quotes(number));
    expect_value(number);
    const bool runs_on = !rest_.empty() && (is_name_part(rest_.front()) || rest_.front() == '.');
    if (runs_on) fail("no operator after {} in {}", in_quotes(number), in_quotes(whole_));
    result_.text += number;
    value_next_ = false;
  }

  void read_name() {
    const auto end = std::ranges::find_if_not(rest_, is_name_part);
    const std::string_view name = take(static_cast<std::size_t>(end - rest_.begin()));
    expect_value(name);
    skip_space();
    const Function* function = find_function(name);
    if (rest_.starts_with('(')) {
      if (function == nullptr) fail_on_function(name);
      result_.text += name;
      return open_bracket(function);
    }
    if (function != nullptr) fail("{} is a function: write {}(...)", in_quotes(name), name);
    value_next_ = false;
    if (name == "true" || name == "false") {
      number_ = name == "true" ? 1 : 0;
      result_.text += name == "true" ? '1' : '0';
      return;
    }
    result_.text += name;
    if (std::ranges::find(result_.names, name) == result_.names.end()) result_.names.emplace_back(name);
  }

  [[noreturn]] void fail_on_function(std::string_view name) const {
    std::string known;
    for (const Function& function : functions) {
      known += known.empty() ? "" : ", ";
      known += function.name;
    }
    fail("unknown function {} in {}; known: {}", in_quotes(name), in_quotes(whole_), known);
  }

  void open_bracket(const Function* function) {
    if (function == nullptr) expect_value("(");
    if (levels_.size() > deepest_brackets) {
      fail("brackets nested deeper than {} in {}", deepest_brackets, in_quotes(whole_));
    }
    result_.text += take(1);
    levels_.push_back({.function = function});
    value_next_ = true;
  }

  void close_bracket() {
    if (levels_.size() == 1) fail("')' without '(' in {}", in_quotes(whole_));
    const Level level = levels_.back();
    const bool empty = value_next_ && result_.text.ends_with('(');
    if (level.function != nullptr) check_arguments(*level.function, empty ? 0 : level.arguments);
    expect_operator(")");
    check_conditionals_done();
    levels_.pop_back();
    result_.text += take(1);
  }

  void check_arguments(const Function& function, int given) const {
    if (given >= function.least_arguments && given <= function.most_arguments) return;
    const int takes = given < function.least_arguments ? function.least_arguments : function.most_arguments;
    fail("{} takes {}{} argument{}, given {} in {}", function.name,
         function.least_arguments == function.most_arguments ? "" : "at least ", takes, takes == 1 ? "" : "s",
         given, in_quotes(whole_));
  }

  void read_comma() {
    Level& level = levels_.back();
    if (level.function == nullptr) fail("',' outside the arguments of a function in {}", in_quotes(whole_));
    expect_operator(",");
    check_conditionals_done();
    ++level.arguments;
    append_operator(take(1));
    level.compared = false;
  }

  void check_conditionals_done() const {
    if (levels_.back().open_conditionals != 0) fail("'?' without ':' in {}", in_quotes(whole_));
  }

  void read_conditional() {
    Level& level = levels_.back();
    const std::string_view token = take(1);
    expect_operator(token);
    level.open_conditionals += token == "?" ? 1 : -1;
    if (level.open_conditionals < 0) fail("':' without '?' in {}", in_quotes(whole_));
    append_operator(token);
    level.compared = false;
  }

  void read_operator() {
    const auto* found =
        std::ranges::find_if(operators, [&](std::string_view o) { return rest_.starts_with(o); });
    if (found == operators.end()) fail_on_character();
    const std::string_view token = take(found->size());
    expect_operator(token);
    note_comparison(token);
    append_operator(token);
  }

  /// `a < b < c` compares c with 0 or 1, which nobody means.
  void note_comparison(std::string_view token) {
    bool& compared = levels_.back().compared;
    if (token == "&&" || token == "||") compared = false;
    const bool compares = std::string_view("<>=!").find(token.front()) != std::string_view::npos;
    if (!compares) return;
    if (compared) fail("two comparisons in a row in {}; join them with &&", in_quotes(whole_));
    compared = true;
  }

  void append_operator(std::string_view token) {
    result_.text.append(" ").append(token).append(" ");
    value_next_ = true;
  }

  [[noreturn]] void fail_on_character() const {
    if (rest_.front() == '=') {
      fail("'=' in {}: an expression assigns nothing; '==' compares", in_quotes(whole_));
    }
    std::size_t length = 1;  // of a character of several bytes: all of them
    while (length < rest_.size() && continues_character(rest_[length])) ++length;
    fail("unexpected {} in {}", in_quotes(rest_.substr(0, length)), in_quotes(whole_));
  }

  std::string_view whole_;
  std::string_view rest_;
  CheckedExpression result_;
  bool value_next_ = true;   ///< not an operator
  bool minus_next_ = false;  ///< an odd number of '-' stands before the value that comes next
  bool minus_ = false;       ///< stood before the latest value
  double number_ = 0;        ///< the latest literal
  int tokens_ = 0;           ///< signs left out
  std::vector<Level> levels_ = {Level{}};
};

}  // namespace

bool is_identifier(std::string_view name) {
  return !name.empty() && is_letter(name.front()) && std::ranges::all_of(name, is_name_part);
}

bool is_reserved(std::string_view name) {
  return name == "true" || name == "false" || find_function(name) != nullptr;
}

const Function* find_function(std::string_view name) {
  const auto* found = std::ranges::find(functions, name, &Function::name);
  return found == functions.end() ? nullptr : found;
}

CheckedExpression read_expression(std::string_view expression) {
  if (expression.size() > longest_expression) {
    throw BadExpression(fmt::format("an expression of {} characters; at most {} are read", expression.size(),
                                    longest_expression));
  }
  return Reader(expression).read();
}

}  // namespace memwall::config
