#include "memwall/config/problem.hpp"

#include "config/mistake.hpp"

using namespace memwall::config;

TEST_CASE("a place is printed as far as it is known", "[config]") {
  CHECK(to_text(Location{"a.yaml", 3, 7}) == "a.yaml:3:7");
  CHECK(to_text(Location{"a.yaml", 3, 0}) == "a.yaml:3");
  CHECK(to_text(Location{"--set", 0, 0}) == "--set");
  CHECK(to_text(Location{}).empty());
}

TEST_CASE("one mistake is one line with its place", "[config]") {
  const BadInput error(Location{"a.yaml", 3, 7}, "no such device");
  CHECK(std::string(error.what()) == "a.yaml:3:7: no such device");
  REQUIRE(error.problems().size() == 1);
  CHECK(error.problems()[0].what == "no such device");
}

TEST_CASE("a mistake without a place is told without one", "[config]") {
  CHECK(std::string(BadInput(Location{}, "no such device").what()) == "no such device");
}

TEST_CASE("a mistake stays on one line whatever it quotes", "[config]") {
  const BadInput error(Location{"a.yaml", 1, 1}, "unknown key 'two\nlines\x1b'");
  CHECK(std::string(error.what()) == "a.yaml:1:1: unknown key 'two\\nlines\\x1b'");
}

TEST_CASE("collected mistakes are told in order of place and repetitions once", "[config]") {
  Problems problems;
  CHECK(problems.empty());
  CHECK_NOTHROW(problems.throw_if_any());

  problems.add({"b.yaml", 1, 1}, "fourth");
  problems.add({"a.yaml", 10, 1}, "third");
  problems.add({"a.yaml", 2, 9}, "second");
  problems.add({"a.yaml", 2, 3}, "first");
  problems.add({"a.yaml", 2, 9}, "second");
  CHECK(problems.size() == 5);
  CHECK(mistake([&] { problems.throw_if_any(); }) ==
        "a.yaml:2:3: first\na.yaml:2:9: second\na.yaml:10:1: third\nb.yaml:1:1: fourth");
}

TEST_CASE("two mistakes at one place keep the order in which they were found", "[config]") {
  Problems problems;
  problems.add({"a.yaml", 1, 1}, "missing key 'name'");
  problems.add({"a.yaml", 1, 1}, "missing key 'date'");
  CHECK(mistake([&] { problems.throw_if_any(); }) ==
        "a.yaml:1:1: missing key 'name'\na.yaml:1:1: missing key 'date'");
}

TEST_CASE("a bad file is named with the reason", "[config]") {
  CHECK(std::string(BadFile("out.h5", "no space left").what()) == "out.h5: no space left");
}
