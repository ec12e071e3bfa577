#include "memwall/config/scope.hpp"

#include "config/mistake.hpp"

using namespace memwall::config;

namespace {

Node scalar(const std::string& text, int line = 1) { return make_scalar(text, {"f.yaml", line, 9}); }

/// A scope that defines its names in order, the first on line 1.
Scope scope_of(const std::vector<std::pair<std::string, std::string>>& definitions,
               const Scope* parent = nullptr) {
  Scope scope(parent);
  int line = 0;
  for (const auto& [name, expression] : definitions) scope.define(name, scalar(expression, ++line));
  return scope;
}

std::string refused_number(const Scope& scope, const std::string& expression) {
  return mistake([&] { static_cast<void>(scope.number(scalar(expression, 50))); });
}

const Location here{"f.yaml", 99, 1};

}  // namespace

TEST_CASE("names are evaluated from their definitions, in whatever order they stand", "[config]") {
  const Scope scope =
      scope_of({{"ffn", "4*hidden"}, {"hidden", "heads*head_size"}, {"heads", "96"}, {"head_size", "128"}});
  CHECK(scope.value("hidden", here) == 96 * 128);
  CHECK(scope.value("ffn", here) == 4 * 96 * 128);
  CHECK(scope.number(scalar("ffn + hidden")) == 5 * 96 * 128);
}

TEST_CASE("a name may be anything but a word of expressions", "[config]") {
  Scope scope;
  for (const auto* name : {"e", "_pi", "sum", "sqrt", "ln", "x1", "_", "A_b"}) {
    INFO(name);
    CHECK_NOTHROW(scope.define(name, scalar("7")));
    CHECK(scope.number(scalar(std::string("2 * ") + name)) == 14);
  }
  for (const auto* name : {"min", "max", "floor", "ceil", "round", "mod", "true", "false"}) {
    CHECK(mistake([&] { scope.define(name, scalar("7")); }) ==
          "f.yaml:1:9: '" + std::string(name) + "' is a word of expressions; choose another name");
  }
  for (const auto* name : {"", "4x", "a-b", "a b", "a.b", "\u00e9"}) {
    CHECK(mistake([&] { scope.define(name, scalar("7")); }) ==
          "f.yaml:1:9: '" + std::string(name) +
              "' is no name; expected letters, digits and _, a digit not first");
  }
}

TEST_CASE("a name is defined once in a scope, by a number or an expression", "[config]") {
  Scope scope = scope_of({{"hidden", "1"}});
  CHECK(mistake([&] { scope.define("hidden", scalar("2", 7)); }) ==
        "f.yaml:7:9: 'hidden' is defined twice; first at f.yaml:1:9");
  CHECK(mistake([&] { scope.define("heads", parse_yaml("[1]", "f.yaml")); }) ==
        "f.yaml:1:1: heads: expected a number or an expression, found a sequence");
  CHECK(scope.names() == std::vector<std::string>{"hidden"});
}

TEST_CASE("an unknown name is refused where it is used, with the nearest known one", "[config]") {
  const Scope scope = scope_of({{"hidden", "4096"}, {"ffn", "4*hiden"}});
  CHECK(mistake([&] { static_cast<void>(scope.value("hiddn", here)); }) ==
        "f.yaml:99:1: unknown name 'hiddn'; did you mean 'hidden'?");
  CHECK(mistake([&] { static_cast<void>(scope.value("ffn", here)); }) ==
        "f.yaml:2:9: unknown name 'hiden'; did you mean 'hidden'?");
  CHECK(refused_number(scope, "2*experts") == "f.yaml:50:9: unknown name 'experts'; known: hidden, ffn");
  CHECK(refused_number(Scope(), "experts") == "f.yaml:50:9: unknown name 'experts'");
}

TEST_CASE("a cycle is told name by name", "[config]") {
  CHECK(mistake([&] {
          static_cast<void>(scope_of({{"a", "a"}}).value("a", here));
        }) == "f.yaml:1:9: cyclic definition: a -> a");
  const Scope scope = scope_of({{"a", "2*b"}, {"b", "c+1"}, {"c", "a"}, {"start", "a"}});
  CHECK(mistake([&] { static_cast<void>(scope.value("a", here)); }) ==
        "f.yaml:1:9: cyclic definition: a -> b -> c -> a");
  CHECK(mistake([&] { static_cast<void>(scope.value("start", here)); }) ==
        "f.yaml:1:9: cyclic definition: a -> b -> c -> a");
  // A failed evaluation leaves nothing behind.
  CHECK(mistake([&] { static_cast<void>(scope.value("b", here)); }) ==
        "f.yaml:2:9: cyclic definition: b -> c -> a -> b");
}

TEST_CASE("definitions lean on one another up to a hundred deep", "[config]") {
  const auto chain = [](int length) {
    Scope scope;
    scope.define("n0", scalar("1"));
    for (int i = 1; i < length; ++i) {
      scope.define("n" + std::to_string(i), scalar("n" + std::to_string(i - 1) + "+1", i + 1));
    }
    return scope;
  };
  CHECK(chain(100).value("n99", here) == 100);
  CHECK(mistake([&] { static_cast<void>(chain(101).value("n100", here)); }) ==
        "f.yaml:1:9: n0 is the end of a chain of more than 100 definitions, from n100");
  CHECK(mistake([&] {
          static_cast<void>(chain(100'000).value("n99999", here));
        }).ends_with("more than 100 definitions, from n99999"));
}

TEST_CASE("a scope hides the names of the one around it", "[config]") {
  const Scope file = scope_of({{"hidden", "4096"}, {"layers", "32"}});
  const Scope block = scope_of({{"hidden", "1024"}, {"width", "2*hidden"}}, &file);
  CHECK(block.value("hidden", here) == 1024);
  CHECK(block.value("width", here) == 2048);
  CHECK(block.value("layers", here) == 32);
  CHECK(file.value("hidden", here) == 4096);
  CHECK(block.knows("layers"));
  CHECK_FALSE(file.knows("width"));
  CHECK(block.names() == std::vector<std::string>{"hidden", "width", "layers"});
}

TEST_CASE("a definition of an outer scope does not see inner names", "[config]") {
  const Scope file = scope_of({{"hidden", "4096"}, {"ffn", "4*hidden"}});
  const Scope block = scope_of({{"hidden", "1024"}}, &file);
  CHECK(block.value("ffn", here) == 4 * 4096);
}

TEST_CASE("an argument is evaluated where the block is used", "[config]") {
  const Scope file = scope_of({{"hidden", "4096"}});
  Scope block(&file);
  block.define("hidden", scalar("hidden/2"), &file);  // in the block itself this would be a cycle
  CHECK(block.value("hidden", here) == 2048);

  Scope inner(&file);  // a block used inside the block
  inner.define("width", scalar("hidden*3"), &block);
  CHECK(inner.value("width", here) == 3 * 2048);
  CHECK(inner.value("hidden", here) == 4096);
}

TEST_CASE("an overridden name changes all that leans on it", "[config]") {
  Scope scope = scope_of({{"hidden", "4096"}, {"ffn", "4*hidden"}, {"layers", "2"}});
  Scope block = scope_of({{"width", "ffn/2"}}, &scope);
  Scope elsewhere;
  elsewhere.define("argument", scalar("hidden+1"), &scope);
  CHECK(block.value("width", here) == 2 * 4096);
  CHECK(elsewhere.value("argument", here) == 4097);

  scope.override_value("hidden", make_scalar("1024", {"--set", 0, 0}));
  CHECK(scope.value("hidden", here) == 1024);
  CHECK(scope.value("ffn", here) == 4096);
  CHECK(block.value("width", here) == 2048);
  CHECK(elsewhere.value("argument", here) == 1025);

  scope.override_value("ffn", scalar("hidden*layers"));
  CHECK(scope.value("ffn", here) == 2048);
  CHECK(scope.names() == std::vector<std::string>{"hidden", "ffn", "layers"});
}

TEST_CASE("an override is of a name defined in that scope", "[config]") {
  const Scope file = scope_of({{"hidden", "4096"}});
  Scope block = scope_of({{"width", "1"}}, &file);
  const Node value = make_scalar("1", {"--set", 0, 0});
  CHECK(mistake([&] { block.override_value("widht", value); }) ==
        "--set: unknown name 'widht'; did you mean 'width'?");
  CHECK(mistake([&] { block.override_value("hidden", value); }) ==
        "--set: unknown name 'hidden'; known: width");
  CHECK(mistake([&] { block.override_value("width", parse_yaml("a: 1", "f.yaml")); }) ==
        "f.yaml:1:1: width: expected a number or an expression, found a map");
}

TEST_CASE("an overridden value is reported at the override", "[config]") {
  Scope scope = scope_of({{"hidden", "4096"}});
  scope.override_value("hidden", make_scalar("1/0", {"--set hidden", 0, 0}));
  CHECK(mistake([&] { static_cast<void>(scope.value("hidden", here)); }) ==
        "--set hidden: '1/0' divides by zero");
}

TEST_CASE("a copy of a scope stands alone", "[config]") {
  Scope first = scope_of({{"hidden", "4096"}, {"ffn", "4*hidden"}});
  CHECK(first.value("ffn", here) == 4 * 4096);
  const Scope copy = first;
  first.override_value("hidden", scalar("1"));
  CHECK(copy.value("ffn", here) == 4 * 4096);
  CHECK(first.value("ffn", here) == 4);
}

TEST_CASE("a count is whole and not below the least", "[config]") {
  const Scope scope = scope_of({{"hidden", "4096"}, {"heads", "6"}, {"none", "0"}});
  CHECK(scope.count(scalar("hidden/8"), "linear: out features") == 512);
  CHECK(scope.count(scalar("none"), "padding", 0) == 0);
  CHECK(scope.count(scalar("-1"), "offset", -1) == -1);

  const auto refused = [&](const std::string& expression) {
    return mistake([&] { static_cast<void>(scope.count(scalar(expression), "linear: out features")); });
  };
  const std::string where = "f.yaml:1:9: linear: out features: ";
  CHECK(refused("hidden/heads") == where + "hidden/heads is 682.67; expected a whole number");
  CHECK(refused("100000.5") == where + "100000.5 is 100000.5; expected a whole number");
  CHECK(refused("7 + 2^-48") ==
        where + "7 + 2^-48 is 7.000000000000004; expected a whole number");  // 2^-48 = 3.55e-15
  CHECK(refused("none") == where + "none is 0; expected at least 1");
  CHECK(refused("0-3") == where + "0-3 is -3; expected at least 1");
  CHECK(mistake([&] { static_cast<void>(scope.count(Node{}, "layers")); }) ==
        "layers: expected a number or an expression, found nothing");
}

TEST_CASE("a count is exact up to 2^53 and refused beyond", "[config]") {
  const Scope scope;
  CHECK(scope.count(scalar("2^53"), "parameters") == 9007199254740992);
  CHECK(scope.count(scalar("2^53 - 1"), "parameters") == 9007199254740991);
  CHECK(mistake([&] { static_cast<void>(scope.count(scalar("2^53 + 2"), "parameters")); }) ==
        "f.yaml:1:9: parameters: 2^53 + 2 is 9.0072e+15; expected at most 2^53, the largest exact count");
}

TEST_CASE("what is no scalar is no expression", "[config]") {
  CHECK(mistake([] { static_cast<void>(Scope().number(parse_yaml("a: 1", "f.yaml"))); }) ==
        "f.yaml:1:1: expected a number or an expression, found a map");
}
