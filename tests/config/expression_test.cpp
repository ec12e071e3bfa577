#include <cmath>
#include <functional>
#include <random>

#include "config/mistake.hpp"
#include "memwall/config/scope.hpp"

using namespace memwall::config;

namespace {

/// Names that the expressions of these tests use.
Scope scope_with_names() {
  Scope scope;
  scope.define("hidden", make_scalar("12288", {}));
  scope.define("heads", make_scalar("96", {}));
  scope.define("n", make_scalar("49", {}));
  scope.define("zero", make_scalar("0", {}));
  return scope;
}

double value(const std::string& expression) {
  static const Scope scope = scope_with_names();
  return scope.number(make_scalar(expression, {}));
}

std::string refusal(const std::string& expression) {
  return mistake([&] { static_cast<void>(value(expression)); });
}

}  // namespace

TEST_CASE("a number is what it says", "[config]") {
  CHECK(value("7168") == 7168);
  CHECK(value("010") == 10);  // ten, not the eight of C and YAML 1.1
  CHECK(value("0.1") == 0.1);
  CHECK(value("1.5e12") == 1.5e12);
  CHECK(value("2E-3") == 0.002);
  CHECK(value(".5") == 0.5);
  CHECK(value("5.") == 5);
  CHECK(value("-5") == -5);
  CHECK(value("+5") == 5);
  CHECK(value(" 12\n") == 12);
  CHECK(value("true") == 1);
  CHECK(value("false") == 0);
  CHECK(value("-true") == -1);
  CHECK(value("9007199254740993 - 1") == 9007199254740991);  // 2^53 + 1 is no double: it rounds to 2^53
}

TEST_CASE("operators bind as in mathematics", "[config]") {
  CHECK(value("2 + 3 * 4") == 14);
  CHECK(value("(2 + 3) * 4") == 20);
  CHECK(value("2 - 3 - 4") == -5);
  CHECK(value("64 / 4 / 2") == 8);
  CHECK(value("2 ^ 3 ^ 2") == 512);  // 2^(3^2)
  CHECK(value("-2 ^ 2") == -4);
  CHECK(value("2 ^ -1") == 0.5);
  CHECK(value("- -3") == 3);
  CHECK(value("--3 - --n") == -46);
  CHECK(value("2 - -3") == 5);
  CHECK(value("-hidden / -heads") == 128);
  CHECK(value("-(2 + 3) ^ 2") == -25);
  CHECK(value("+max(1, 2)") == 2);
  CHECK(value("-max(1, 2)") == -2);
  CHECK(value("7 / 2") == 3.5);
}

TEST_CASE("comparisons and conditions give one and zero", "[config]") {
  CHECK(value("2 < 3") == 1);
  CHECK(value("2 >= 3") == 0);
  CHECK(value("2 == 2") == 1);
  CHECK(value("2 != 2") == 0);
  CHECK(value("2 <= 2 && 3 > 2") == 1);
  CHECK(value("0 || 0") == 0);
  CHECK(value("1 || 0 && 0") == 1);  // && binds closer
  CHECK(value("hidden > 4096 ? 2 : 1") == 2);
  CHECK(value("0 ? 2 : 0 ? 3 : 4") == 4);
  CHECK(value("1 ? 2 : 3 * 100") == 2);
  CHECK(value("1 ? 0 ? 2 : 3 : 4") == 3);
  CHECK(value("max(n > 1 ? 2 : 7, 1)") == 2);
  CHECK(value("true ? -n : n") == -49);
}

TEST_CASE("functions do what they say", "[config]") {
  CHECK(value("min(3, 1, 2)") == 1);
  CHECK(value("max(n)") == 49);
  CHECK(value("floor(7/2)") == 3);
  CHECK(value("floor(-7/2)") == -4);
  CHECK(value("ceil(7/2)") == 4);
  CHECK(value("round(2.5)") == 3);
  CHECK(value("round(-2.5)") == -3);
  CHECK(value("mod(7, 4)") == 3);
  CHECK(value("mod(-1, 8)") == 7);
  CHECK(value("mod(1, -8)") == -7);
  CHECK(value("mod(-8, 8)") == 0);
  CHECK(value("min (1 , 2)") == 1);
  CHECK(value("ceil(hidden * 8 / 3 / 256) * 256") == 32768);  // 12288*8/3 = 32768 = 128 * 256
}

TEST_CASE("a division of whole numbers that comes out even is exact", "[config]") {
  // n*(1/n) is not 1 for n = 49: multiplying by the reciprocal would show.
  CHECK(value("n / 49") == 1);
  CHECK(value("n * 3 / 49") == 3);
  for (int divisor = 1; divisor <= 2000; ++divisor) {
    Scope scope;
    scope.define("x", make_scalar(std::to_string(divisor * 7919), {}));
    REQUIRE(scope.number(make_scalar("x / " + std::to_string(divisor), {})) == 7919);
  }
}

TEST_CASE("an expression that would assign, list or name texts is refused", "[config]") {
  CHECK(refusal("n = 4") == "'=' in 'n = 4': an expression assigns nothing; '==' compares");
  CHECK(value("n") == 49);
  CHECK(refusal("1, 2") == "',' outside the arguments of a function in '1, 2'");
  CHECK(refusal("max((1, 2), 3)") == "',' outside the arguments of a function in 'max((1, 2), 3)'");
  CHECK(refusal("\"text\"") == "unexpected '\"' in '\"text\"'");
  CHECK(refusal("n & 4") == "unexpected '&' in 'n & 4'");
  CHECK(refusal("!n") == "unexpected '!' in '!n'");
  CHECK(refusal("n % 4") == "unexpected '%' in 'n % 4'");
  CHECK(refusal("n \u00d7 4") == "unexpected '\u00d7' in 'n \u00d7 4'");
  CHECK(refusal("4 * .") == "unexpected '.' in '4 * .'");
}

TEST_CASE("functions and constants of the library underneath are unknown", "[config]") {
  CHECK(refusal("sqrt(4)") ==
        "unknown function 'sqrt' in 'sqrt(4)'; known: ceil, floor, max, min, mod, round");
  CHECK(refusal("hidden(4)") ==
        "unknown function 'hidden' in 'hidden(4)'; known: ceil, floor, max, min, mod, round");
  CHECK(refusal("2*_pi") == "unknown name '_pi'; known: hidden, heads, n, zero");
  CHECK(refusal("_e") == "unknown name '_e'; known: hidden, heads, n, zero");
}

TEST_CASE("a function is called with as many arguments as it takes", "[config]") {
  CHECK(refusal("mod(1)") == "mod takes 2 arguments, given 1 in 'mod(1)'");
  CHECK(refusal("floor(1, 2)") == "floor takes 1 argument, given 2 in 'floor(1, 2)'");
  CHECK(refusal("min()") == "min takes at least 1 argument, given 0 in 'min()'");
  CHECK(refusal("2 * min") == "'min' is a function: write min(...)");
}

TEST_CASE("what is written wrongly is named", "[config]") {
  CHECK(refusal("") == "expected a number or an expression, found ''");
  CHECK(refusal(" ") == "expected a number or an expression, found ' '");
  CHECK(refusal("-") == "expected a number or an expression, found '-'");
  CHECK(refusal("4*") == "'4*' ends where a value should follow");
  CHECK(refusal("4 5") == "no operator before '5' in '4 5'");
  CHECK(refusal("4 n") == "no operator before 'n' in '4 n'");
  CHECK(refusal("4(n)") == "no operator before '(' in '4(n)'");
  CHECK(refusal("4n") == "no operator after '4' in '4n'");
  CHECK(refusal("10k") == "no operator after '10' in '10k'");
  CHECK(refusal("0x10") == "no operator after '0' in '0x10'");
  CHECK(refusal("1_000") == "no operator after '1' in '1_000'");
  CHECK(refusal("1.2.3") == "no operator after '1.2' in '1.2.3'");
  CHECK(refusal("*4") == "no value before '*' in '*4'");
  CHECK(refusal("4**2") == "no value before '*' in '4**2'");
  CHECK(refusal("min(,1)") == "no value before ',' in 'min(,1)'");
  CHECK(refusal("min(1,)") == "no value before ')' in 'min(1,)'");
  CHECK(refusal("()") == "no value before ')' in '()'");
  CHECK(refusal("(1") == "'(' without ')' in '(1'");
  CHECK(refusal("1)") == "')' without '(' in '1)'");
  CHECK(refusal("1 ? 2") == "'?' without ':' in '1 ? 2'");
  CHECK(refusal("1 : 2") == "':' without '?' in '1 : 2'");
  CHECK(refusal("(1 ? 2) : 3") == "'?' without ':' in '(1 ? 2) : 3'");
  CHECK(refusal("max(1 ? 2, 3)") == "'?' without ':' in 'max(1 ? 2, 3)'");
  CHECK(refusal("1 ? : 2") == "no value before ':' in '1 ? : 2'");
}

TEST_CASE("a comparison is not compared again", "[config]") {
  CHECK(refusal("1 < n < 100") == "two comparisons in a row in '1 < n < 100'; join them with &&");
  CHECK(refusal("n == 1 != 0") == "two comparisons in a row in 'n == 1 != 0'; join them with &&");
  CHECK(value("1 < n && n < 100") == 1);
  CHECK(value("(1 < n) == (n < 100)") == 1);
  CHECK(value("1 < n ? n < 2 : n < 3") == 0);
  CHECK(value("max(1 < n, n < 100)") == 1);
}

TEST_CASE("a value that is no finite number is refused with the reason", "[config]") {
  CHECK(refusal("1/0") == "'1/0' divides by zero");
  CHECK(refusal("hidden/zero > 5") ==
        "'hidden/zero > 5' divides by zero");  // no infinity hides behind a comparison
  CHECK(refusal("max(0/zero, 1)") == "'max(0/zero, 1)' has no value");
  CHECK(refusal("(-8)^(1/3)") == "'(-8)^(1/3)' has no value");
  CHECK(refusal("mod(1, 0)") == "'mod(1, 0)' has no value");
  CHECK(refusal("10^400") == "'10^400' is beyond what a number can hold");
  CHECK(refusal("1e400") == "'1e400' is beyond what a number can hold");
  CHECK(refusal("1e200*1e200") == "'1e200*1e200' is beyond what a number can hold");
  CHECK(value("zero == 0 ? 7 : hidden/zero") == 7);  // the branch that is left out
}

TEST_CASE("expressions are at most a thousand characters and fifty brackets deep", "[config]") {
  const auto ones = [](int count) {
    std::string text = "1";
    for (int i = 1; i < count; ++i) text += "+1";
    return text;
  };
  CHECK(value(ones(500)) == 500);        // 999 characters
  CHECK(value(ones(500) + " ") == 500);  // 1000
  CHECK(refusal(ones(501)) == "an expression of 1001 characters; at most 1000 are read");

  const auto nested = [](std::size_t depth) {
    return std::string(depth, '(') + "1" + std::string(depth, ')');
  };
  CHECK(value(nested(50)) == 1);
  CHECK(refusal(nested(51)) == "brackets nested deeper than 50 in '" + nested(51).substr(0, 60) + "...'");
  CHECK(refusal(std::string(1000, '(')) ==
        "brackets nested deeper than 50 in '" + std::string(60, '(') + "...'");
}

namespace {

/// A random expression with the value that C++ gives the same operations.
struct Sample {
  std::string text;
  double value = 0;
};

class Sampler {
 public:
  Sample expression(int depth) {
    if (depth == 0) return leaf();
    const Sample a = expression(depth - 1);
    const Sample b = expression(depth - 1);
    switch (pick(13)) {
      case 0:
        return {"(" + a.text + " + " + b.text + ")", a.value + b.value};
      case 1:
        return {"(" + a.text + "-" + b.text + ")", a.value - b.value};
      case 2:
        return {"(" + a.text + " * " + b.text + ")", a.value * b.value};
      case 3:
        return {"(" + a.text + "/" + b.text + ")", a.value / b.value};
      case 4:
        return {"(-" + a.text + "^2)", -std::pow(a.value, 2)};
      case 5:
        return {"(" + a.text + "<" + b.text + " ? " + a.text + " : " + b.text + ")",
                a.value < b.value ? a.value : b.value};
      case 6:
        return {"min(" + a.text + ", " + b.text + ")", std::min(a.value, b.value)};
      case 7:
        return {"max(" + b.text + "," + a.text + ",0)", std::max({a.value, b.value, 0.0})};
      case 8:
        return {"floor(" + a.text + ")", std::floor(a.value)};
      case 9:
        return {"(" + a.text + " == " + b.text + ")", a.value == b.value ? 1.0 : 0.0};
      case 10:
        return {"(" + a.text + "&&" + b.text + ")", a.value != 0 && b.value != 0 ? 1.0 : 0.0};
      case 11:
        return {"(" + a.text + " || " + b.text + ")", a.value != 0 || b.value != 0 ? 1.0 : 0.0};
      default:
        return unbracketed();
    }
  }

 private:
  Sample leaf() {
    switch (pick(4)) {
      case 0:
        return {"n", 49};
      case 1:
        return {"heads", 96};
      case 2:
        return {"zero", 0};
      default: {
        const int number = pick(100);
        return {std::to_string(number), static_cast<double>(number)};
      }
    }
  }

  /// Operands without brackets: here C++ and the language of expressions must bind alike.
  Sample unbracketed() {
    const Sample a = leaf();
    const Sample b = leaf();
    const Sample c = leaf();
    const Sample d = leaf();
    return {"(" + a.text + " - -" + b.text + "*" + c.text + " + " + d.text + " < " + a.text + " - " + c.text +
                ")",
            a.value - -b.value * c.value + d.value < a.value - c.value ? 1.0 : 0.0};
  }

  int pick(int choices) { return static_cast<int>(random_() % static_cast<unsigned>(choices)); }

  std::mt19937 random_{20240607};
};

}  // namespace

TEST_CASE("random expressions have the value that C++ gives them", "[config]") {
  Sampler sampler;
  int finite = 0;
  for (int i = 0; i < 3000; ++i) {
    const Sample sample = sampler.expression(i % 4);
    if (sample.text.size() > 1000) continue;
    INFO(sample.text);
    if (sample.text.find('/') != std::string::npos && !std::isfinite(sample.value)) {
      CHECK_THROWS_AS(value(sample.text), BadInput);
      continue;
    }
    double found = 0;
    try {
      found = value(sample.text);
    } catch (const BadInput&) {
      // A division by zero inside, hidden from the value by a comparison or a condition.
      REQUIRE(sample.text.find('/') != std::string::npos);
      continue;
    }
    ++finite;
    REQUIRE(found == sample.value);
  }
  CHECK(finite > 2000);
}
