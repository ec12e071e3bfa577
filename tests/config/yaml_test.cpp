#include <utility>

#include "config/mistake.hpp"
#include "memwall/config/node.hpp"

using namespace memwall::config;

namespace {

Node parse(std::string_view text) { return parse_yaml(text, "f.yaml"); }

std::string refusal(std::string_view text) {
  return mistake([&] { static_cast<void>(parse(text)); });
}

std::string place(const Node* node) {
  REQUIRE(node != nullptr);
  return to_text(node->where);
}

}  // namespace

TEST_CASE("a document becomes a tree in which every node knows its place", "[config]") {
  const Node root = parse(
      "name: H100\n"
      "memory:\n"
      "  - level: HBM\n"
      "    capacity: 80 GiB\n"
      "  - level: L2\n"
      "formats: [fp16, {fp8: yes}]\n");

  REQUIRE(root.is_map());
  CHECK(to_text(root.where) == "f.yaml:1:1");
  REQUIRE(root.entries.size() == 3);
  CHECK(root.entries[1].key == "memory");
  CHECK(to_text(root.entries[1].where) == "f.yaml:2:1");
  CHECK(root.find("name")->text == "H100");
  CHECK(place(root.find("name")) == "f.yaml:1:7");

  const Node& memory = *root.find("memory");
  REQUIRE(memory.is_sequence());
  REQUIRE(memory.items.size() == 2);
  CHECK(place(&memory) == "f.yaml:3:3");
  CHECK(place(&memory.items[0]) == "f.yaml:3:5");
  CHECK(memory.items[0].find("capacity")->text == "80 GiB");
  CHECK(place(memory.items[0].find("capacity")) == "f.yaml:4:15");

  const Node& formats = *root.find("formats");
  REQUIRE(formats.items.size() == 2);
  CHECK(formats.items[1].find("fp8")->text == "yes");
  CHECK(place(formats.items[1].find("fp8")) == "f.yaml:6:23");
}

TEST_CASE("find answers for keys of maps alone", "[config]") {
  Node root = parse("a: 1\nb: [a]\n");
  CHECK(root.find("c") == nullptr);
  CHECK(root.find("b")->find("a") == nullptr);
  root.find("a")->text = "2";
  CHECK(std::as_const(root).find("a")->text == "2");
}

TEST_CASE("a scalar knows whether it stood in quotes", "[config]") {
  const Node root = parse("plain: 12\ndouble: \"12\"\nsingle: '12'\nliteral: |\n  12\nfolded: >-\n  12\n");
  CHECK_FALSE(root.find("plain")->quoted);
  for (const auto* key : {"double", "single", "literal", "folded"}) {
    INFO(key);
    CHECK(root.find(key)->quoted);
  }
  CHECK(root.find("double")->text == "12");
  CHECK(root.find("literal")->text == "12\n");
  CHECK(root.find("folded")->text == "12");
}

TEST_CASE("quotes inside quoted texts do not end them", "[config]") {
  CHECK(parse("a: 'it''s'").find("a")->text == "it's");
  CHECK(parse("a: \"say \\\"no\\\"\"").find("a")->text == "say \"no\"");
  CHECK(parse("a: \"\\\\\"").find("a")->text == "\\");
  CHECK(parse("a: ''").find("a")->text.empty());
  CHECK(parse("a: \"two\n  lines\"\nb: 1").find("a")->text == "two lines");
}

TEST_CASE("null, ~ and nothing are null unless quoted", "[config]") {
  const Node root = parse("a: null\nb: ~\nc:\nd: 'null'\ne: Null\nf: nullable\ng: [~, null]\n");
  for (const auto* key : {"a", "b", "c", "e"}) {
    INFO(key);
    CHECK(root.find(key)->is_null());
  }
  CHECK(root.find("d")->text == "null");
  CHECK(root.find("f")->text == "nullable");
  CHECK(root.find("g")->items[1].is_null());
}

TEST_CASE("a null that is written stands where it is written", "[config]") {
  const Node root = parse("a: ~\nb: [1, null]\n");
  CHECK(place(root.find("a")) == "f.yaml:1:4");
  CHECK(place(&root.find("b")->items[1]) == "f.yaml:2:8");
}

TEST_CASE("a null that is not written stands at its key or its dash", "[config]") {
  const Node root = parse(
      "a:\n"
      "\n"
      "null_key: 1\n"
      "b:\n"
      "  - # a comment - with a dash\n"
      "  # another\n"
      "\n"
      "  - x\n"
      "  -\n"
      "c: {d: , e: 1}\n"
      "last:");
  CHECK(place(root.find("a")) == "f.yaml:1:1");
  CHECK(place(&root.find("b")->items[0]) == "f.yaml:5:3");
  CHECK(place(&root.find("b")->items[2]) == "f.yaml:9:3");
  CHECK(place(root.find("c")->find("d")) == "f.yaml:10:5");
  CHECK(place(root.find("last")) == "f.yaml:11:1");
  CHECK(place(&parse("- a\n-").items[1]) == "f.yaml:2:1");
}

TEST_CASE("an empty document is null at its beginning", "[config]") {
  for (const auto* text : {"", "\n\n", "# only a comment\n", "---\n", "--- ~\n", "\xEF\xBB\xBF"}) {
    INFO(text);
    const Node root = parse(text);
    CHECK(root.is_null());
    CHECK(to_text(root.where) == "f.yaml:1:1");
  }
}

TEST_CASE("numbers stay as they were written", "[config]") {
  CHECK(parse("a: 010").find("a")->text == "010");
  CHECK(parse("a: 1.50e3").find("a")->text == "1.50e3");
}

TEST_CASE("an error names what was found", "[config]") {
  CHECK(describe(Node{}) == "nothing");
  CHECK(describe(parse("a: 1")) == "a map");
  CHECK(describe(parse("[]")) == "a sequence");
  CHECK(describe(make_scalar("80 GB", {})) == "'80 GB'");
  CHECK(describe(make_scalar(std::string(60, 'x'), {})) == "'" + std::string(60, 'x') + "'");
  CHECK(describe(make_scalar(std::string(61, 'x'), {})) == "'" + std::string(60, 'x') + "...'");
  // A cut leaves characters whole: the 60th byte is the second half of the e with an accent.
  CHECK(describe(make_scalar(std::string(59, 'x') + "\u00e9\u00e9", {})) ==
        "'" + std::string(59, 'x') + "...'");
}

TEST_CASE("a key given twice is refused with both places", "[config]") {
  CHECK(refusal("hidden: 1\nheads: 2\nhidden: 3\n") ==
        "f.yaml:3:1: key 'hidden' is given twice; first at f.yaml:1:1");
  CHECK(refusal("{a: 1, 'a': 2}") == "f.yaml:1:8: key 'a' is given twice; first at f.yaml:1:2");
  CHECK_NOTHROW(parse("- a: 1\n- a: 2\n"));
}

TEST_CASE("anchors and aliases are refused", "[config]") {
  CHECK(refusal("a: &x 1\n") == "f.yaml:1:4: anchors (&x) are not read; write the value out");
  CHECK(refusal("a: 1\nb: *x\n") == "f.yaml:2:4: aliases (*name) are not read; write the value out");
  CHECK(refusal("&x a: 1\n") == "f.yaml:1:1: anchors (&x) are not read; write the value out");
}

TEST_CASE("tags are refused, even where they would change nothing", "[config]") {
  const std::string what = "tags (!type) are not read; write the value without one";
  CHECK(refusal("a: !!str 12") == "f.yaml:1:4: " + what);
  CHECK(refusal("a: !!str null") == "f.yaml:1:4: " + what);
  CHECK(refusal("a: ! 12") == "f.yaml:1:4: " + what);
  CHECK(refusal("a: ! \"12\"") == "f.yaml:1:4: " + what);
  CHECK(refusal("a: !<tag:x> 12") == "f.yaml:1:4: " + what);
  CHECK(refusal("!level\na: 1") == "f.yaml:1:1: " + what);
  CHECK(refusal("a: !list [1]") == "f.yaml:1:4: " + what);
  CHECK(refusal("!k a: 1") == "f.yaml:1:1: " + what);
  CHECK(refusal("a: !") == "f.yaml:1:4: " + what);
}

TEST_CASE("a key is a text", "[config]") {
  CHECK(refusal("? [a]\n: b\n") ==
        "f.yaml:1:3: expected a text as key, found a sequence; is its ']' missing?");
  CHECK(refusal("{{a: 1}: b}") == "f.yaml:1:2: expected a text as key, found a map; is its '}' missing?");
  CHECK(refusal("a: 1\nnull: 2") ==
        "f.yaml:2:1: expected a key, found nothing (a key named null needs quotes)");
  CHECK(refusal(": 2") == "f.yaml:1:1: expected a key, found nothing (a key named null needs quotes)");
  CHECK(parse("'null': 2").find("null")->text == "2");
}

TEST_CASE("a file holds one document", "[config]") {
  CHECK(refusal("a: 1\n---\nb: 2\n") ==
        "f.yaml:2:1: a second document begins; expected one document in a file");
  CHECK(refusal("a: 1\n...\nb: 2\n") ==
        "f.yaml:3:1: text after the end of the document; is its indentation right?");
  CHECK(refusal("- a\nb: 1\n") ==
        "f.yaml:2:1: text after the end of the document; is its indentation right?");
  CHECK_NOTHROW(parse("---\na: 1\n...\n"));
}

TEST_CASE("malformed YAML is refused in the words of someone who writes it", "[config]") {
  CHECK(
      refusal("a: b: c") ==
      "f.yaml:1:5: a ':' where no key can stand; is the indentation right, or should the text be in quotes?");
  CHECK(
      refusal("a: 1\n b: 2\n") ==
      "f.yaml:2:3: a ':' where no key can stand; is the indentation right, or should the text be in quotes?");
  CHECK(refusal("a:\n    b: 1\n  c: 2\n") == "f.yaml:3:3: expected 'key: value'; is the indentation right?");
  CHECK(refusal("a: 'b' c\n") == "f.yaml:1:8: expected 'key: value'; is the indentation right?");
  CHECK(refusal("a: - b\n") == "f.yaml:1:4: a '-' where no item can stand; is the indentation right?");
  CHECK(refusal("a:\n\tb: 1\n") == "f.yaml:2:3: a tab in the indentation; YAML indents with spaces");
  CHECK(refusal("a: @x\n") == "f.yaml:1:4: no value begins with '@'; put the text in quotes");
  CHECK(refusal("a: }\n") == "f.yaml:1:4: a closing bracket without its opening one");
  CHECK(refusal("a: \"\\q\"\n") == "f.yaml:1:7: unknown escape character: q");
}

TEST_CASE("an unclosed bracket is reported where it opens", "[config]") {
  CHECK(refusal("a: 1\nb: [1, 2") == "f.yaml:2:4: this '[' has no closing ']'");
  CHECK(refusal("a: {b: 1") == "f.yaml:1:4: this '{' has no closing '}'");
  CHECK(refusal("a: [1, 2\nb: 3\n") == "f.yaml:2:2: expected ',' or ']'; the '[' is at f.yaml:1:4");
}

TEST_CASE("tabs may indent what stands in brackets", "[config]") {
  CHECK(parse("{\n\t\"a\": 1,\n\t\"b\": 2\n}").entries.size() == 2);
  // The comma is missing: the value is `1 "b"`, and the ':' after it comes as a surprise.
  CHECK(refusal("{\n\t\"a\": 1\n\t\"b\": 2\n}") ==
        "f.yaml:3:5: expected ',' or '}'; the '{' is at f.yaml:1:1");
}

TEST_CASE("an unclosed quote is refused", "[config]") {
  CHECK(refusal("a: 'x") == "f.yaml:1:6: the file ends inside a quoted text");
  // yaml-cpp takes these for whole.
  CHECK(refusal("a: 1\nb: \"x\nc: 2\n") == "f.yaml:2:4: a quoted text has no closing quote");
  CHECK(refusal("a: 'it''s\n") == "f.yaml:1:4: a quoted text has no closing quote");
  CHECK(refusal("a: \"x\\\"\n") == "f.yaml:1:4: a quoted text has no closing quote");
}

TEST_CASE("lines end as on any system and columns count bytes", "[config]") {
  CHECK(place(parse("a: 1\r\nb: 2\r\n").find("b")) == "f.yaml:2:4");
  CHECK(parse("a: 1\r\nb: 2\r\n").find("a")->text == "1");
  CHECK(place(parse("{\u00e9: 1, b: 2}").find("b")) == "f.yaml:1:12");  // after '{', 2 bytes, ': 1, b: '
}
