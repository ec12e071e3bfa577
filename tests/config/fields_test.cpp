#include "memwall/config/fields.hpp"

#include "config/mistake.hpp"

using namespace memwall;
using namespace memwall::config;

namespace {

/// What is reported when `read` takes its fields from the map that `yaml` spells.
template <class Read>
std::string reported(std::string_view yaml, Read&& read) {
  const Node node = parse_yaml(yaml, "f.yaml");
  Problems problems;
  Fields fields(node, problems, "memory level HBM");
  read(fields);
  fields.finish();
  return problems.empty() ? "" : mistake([&] { problems.throw_if_any(); });
}

}  // namespace

TEST_CASE("fields of every kind are read", "[config]") {
  const Node node = parse_yaml(
      "name: HBM3\nsources: [a, 'b']\nefficiency: 0.92\nunified: true\nshared: false\nstacks: 5\n"
      "bandwidth: 3.35 TB/s\ncapacity: '80 GB'\n",
      "f.yaml");
  Problems problems;
  Fields fields(node, problems, "memory level HBM");
  CHECK(fields.required_text("name") == "HBM3");
  CHECK(fields.text("name") == "HBM3");
  CHECK(fields.texts("sources") == std::vector<std::string>{"a", "b"});
  CHECK(fields.number("efficiency") == 0.92);
  CHECK(fields.boolean("unified") == true);
  CHECK(fields.boolean("shared") == false);
  CHECK(fields.positive_integer("stacks") == 5);
  REQUIRE(fields.quantity<BytesPerSecond>("bandwidth"));
  CHECK(fields.quantity<BytesPerSecond>("bandwidth")->value() == 3.35e12);
  CHECK(fields.quantity<Bytes>("capacity")->value() == 80e9);
  CHECK(fields.required("name") == node.find("name"));
  CHECK(&fields.node() == &node);
  fields.finish();
  CHECK(problems.empty());
}

TEST_CASE("fields that are absent and optional are nothing", "[config]") {
  CHECK(reported("a: 1", [](Fields& fields) {
          CHECK(fields.text("text") == std::nullopt);
          CHECK(fields.texts("texts").empty());
          CHECK(fields.number("number") == std::nullopt);
          CHECK(fields.boolean("boolean") == std::nullopt);
          CHECK(fields.positive_integer("integer") == std::nullopt);
          CHECK(fields.quantity<Bytes>("quantity") == std::nullopt);
          CHECK(fields.optional("a") != nullptr);
        }) == "");
}

TEST_CASE("a key that nobody asked for is reported with the nearest that somebody did", "[config]") {
  CHECK(reported("name: x\nbandwith: 1 TB/s\n", [](Fields& fields) {
          fields.required_text("name");
          fields.quantity<BytesPerSecond>("bandwidth");
        }) == "f.yaml:2:1: unknown key 'bandwith' in memory level HBM; did you mean 'bandwidth'?");
  CHECK(reported("colour: red\n", [](Fields& fields) {
          fields.text("name");
          fields.text("name");
          fields.text("date");
        }) == "f.yaml:1:1: unknown key 'colour' in memory level HBM; known: name, date");
}

TEST_CASE("a missing key is reported at its map", "[config]") {
  CHECK(reported("\n\na: 1",
                 [](Fields& fields) {
                   fields.optional("a");
                   CHECK(fields.required_text("name").empty());
                   CHECK(fields.required("bandwidth") == nullptr);
                 }) ==
        "f.yaml:3:1: memory level HBM: missing key 'name'\n"
        "f.yaml:3:1: memory level HBM: missing key 'bandwidth'");
}

TEST_CASE("what is no map is reported once, not once a key", "[config]") {
  const auto read = [](Fields& fields) {
    CHECK(fields.required_text("name").empty());
    CHECK(fields.number("x") == std::nullopt);
  };
  CHECK(reported("[1]", read) == "f.yaml:1:1: memory level HBM: expected a map, found a sequence");
  CHECK(reported("80 GB", read) == "f.yaml:1:1: memory level HBM: expected a map, found '80 GB'");
  CHECK(reported("", read) == "f.yaml:1:1: memory level HBM: expected a map, found nothing");
}

TEST_CASE("a field of another kind is reported at its value", "[config]") {
  CHECK(reported("name: [a]", [](Fields& f) { CHECK(f.text("name") == std::nullopt); }) ==
        "f.yaml:1:7: name: expected a text, found a sequence");
  CHECK(reported("name:", [](Fields& f) { CHECK(f.required_text("name").empty()); }) ==
        "f.yaml:1:1: name: expected a text, found nothing");
  CHECK(reported("name: ''", [](Fields& f) { CHECK(f.required_text("name").empty()); }) ==
        "f.yaml:1:7: name: expected a text, found the quoted text ''");
  CHECK(reported("sources: a", [](Fields& f) { CHECK(f.texts("sources").empty()); }) ==
        "f.yaml:1:10: sources: expected a sequence of texts, found 'a'");
  CHECK(reported("sources: [a, {b: 1}, c]", [](Fields& f) { CHECK(f.texts("sources").size() == 2); }) ==
        "f.yaml:1:14: sources: expected a text, found a map");
  CHECK(reported("bandwidth: [1]", [](Fields& f) { CHECK(!f.quantity<BytesPerSecond>("bandwidth")); }) ==
        "f.yaml:1:12: bandwidth: expected a quantity, found a sequence");
  CHECK(reported("x: {a: 1}", [](Fields& f) { CHECK(!f.number("x")); }) ==
        "f.yaml:1:4: x: expected a number, found a map");
}

TEST_CASE("a number in quotes is a text", "[config]") {
  CHECK(reported("x: '1'", [](Fields& f) { CHECK(!f.number("x")); }) ==
        "f.yaml:1:4: x: expected a number, found the quoted text '1'");
  CHECK(reported("x: 'true'", [](Fields& f) { CHECK(!f.boolean("x")); }) ==
        "f.yaml:1:4: x: expected true or false, found the quoted text 'true'");
}

TEST_CASE("a number that cannot be read is reported with its field", "[config]") {
  CHECK(reported("x: abc", [](Fields& f) { CHECK(!f.number("x")); }).starts_with("f.yaml:1:4: x: "));
  CHECK(reported("x: 80 parsecs", [](Fields& f) {
          CHECK(!f.quantity<Bytes>("x"));
        }).starts_with("f.yaml:1:4: x: "));
}

TEST_CASE("true and false are the only booleans", "[config]") {
  for (const std::string text : {"yes", "on", "True", "1"}) {
    CHECK(reported("x: " + text, [](Fields& f) { CHECK(!f.boolean("x")); }) ==
          "f.yaml:1:4: x: expected true or false, found '" + text + "'");
  }
}

TEST_CASE("a count is whole, at least one, and exact", "[config]") {
  const auto read = [](Fields& f) { CHECK(!f.positive_integer("x")); };
  const std::string wanted = "f.yaml:1:4: x: expected a whole number from 1 to 2^53, found ";
  CHECK(reported("x: 0", read) == wanted + "'0'");
  CHECK(reported("x: -4", read) == wanted + "'-4'");
  CHECK(reported("x: 2.5", read) == wanted + "'2.5'");
  CHECK(reported("x: 9007199254740994", read) == wanted + "'9007199254740994'");
  CHECK(reported("x: [4]", read) == wanted + "a sequence");

  CHECK(reported("x: 9007199254740992",
                 [](Fields& f) { CHECK(f.positive_integer("x") == std::int64_t{1} << 53); }) == "");
  CHECK(reported("x: 010", [](Fields& f) { CHECK(f.positive_integer("x") == 10); }) == "");  // ten, not octal
}

TEST_CASE("independent mistakes of one map are all reported, in order of place", "[config]") {
  CHECK(reported("colour: red\nname: []\n",
                 [](Fields& fields) {
                   fields.required_text("name");
                   fields.required("capacity");
                 }) ==
        "f.yaml:1:1: memory level HBM: missing key 'capacity'\n"
        "f.yaml:1:1: unknown key 'colour' in memory level HBM; known: name, capacity\n"
        "f.yaml:2:7: name: expected a text, found a sequence");
}
