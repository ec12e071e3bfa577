#include "config/mistake.hpp"
#include "memwall/config/node.hpp"

using namespace memwall::config;

namespace {

std::string refusal(std::string_view text) {
  return mistake([&] { static_cast<void>(parse_yaml(text, "f.yaml")); });
}

std::string repeat(std::string_view text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

/// `depth` maps inside one another by indentation.
std::string block_maps(int depth) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  return text;
}

const std::string too_deep = "nesting deeper than 64 levels";

}  // namespace

TEST_CASE("documents nest 64 deep and no deeper", "[config]") {
  CHECK_NOTHROW(parse_yaml(repeat("[", 64) + repeat("]", 64), "f.yaml"));
  CHECK(refusal(repeat("[", 65) + repeat("]", 65)) == "f.yaml:1:65: " + too_deep);
  CHECK_NOTHROW(parse_yaml(block_maps(64), "f.yaml"));
  CHECK(refusal(block_maps(65)) == "f.yaml:65:65: " + too_deep);
}

TEST_CASE("a hundred thousand levels are refused before any stack overflows", "[config]") {
  constexpr int levels = 100'000;
  CHECK(refusal(repeat("[", levels) + repeat("]", levels)) == "f.yaml:1:65: " + too_deep);
  CHECK(refusal("a: " + repeat("[", levels) + repeat("]", levels)) ==
        "f.yaml:1:67: " + too_deep);  // the map is a level
  CHECK(refusal(repeat("{a: ", levels) + repeat("}", levels)) ==
        "f.yaml:1:257: " + too_deep);                                   // 64 * 4 before
  CHECK(refusal(repeat("- ", levels)) == "f.yaml:1:129: " + too_deep);  // 64 * 2 before
  CHECK(refusal(repeat("[", levels)) ==
        "f.yaml:1:1: expected a text as key, found a sequence; is its ']' missing?");
  CHECK(refusal(repeat("{", levels)) ==
        "f.yaml:1:1: expected a text as key, found a map; is its '}' missing?");
  CHECK(refusal(repeat("? ", levels)) == "f.yaml:1:3: expected a text as key, found a map");
  CHECK(refusal(repeat(": ", levels)) ==
        "f.yaml:1:1: expected a key, found nothing (a key named null needs quotes)");
  CHECK(refusal(block_maps(3'000)) == "f.yaml:65:65: " + too_deep);
}

TEST_CASE("long flat documents are no deep ones", "[config]") {
  CHECK(parse_yaml("[" + repeat("a,", 100'000) + "]", "f.yaml").items.size() == 100'000);
  CHECK(parse_yaml(repeat("- a\n", 100'000), "f.yaml").items.size() == 100'000);
}

TEST_CASE("a document of more than 16 MiB is refused unread", "[config]") {
  const std::string text(largest_document, '\n');
  CHECK_NOTHROW(parse_yaml(text, "f.yaml"));
  CHECK(refusal(text + '\n') == "f.yaml: larger than 16 MiB");
}

TEST_CASE("a line of more than 1 MiB is refused", "[config]") {
  const std::string line(longest_line, ' ');
  CHECK_NOTHROW(parse_yaml("a: 1\n" + line, "f.yaml"));
  CHECK(refusal("a: 1\n" + line + " \nb: 2") == "f.yaml:2:1: a line of more than 1 MiB");
}

TEST_CASE("a document of more than a million values is refused", "[config]") {
  // Each comma ends an empty item; the sequence is a value as well.
  CHECK_NOTHROW(parse_yaml("[" + repeat(",", 999'999) + "]", "f.yaml"));
  CHECK(refusal("[" + repeat(",", 1'000'000) + "]") ==
        "f.yaml:1:1: more than 1000000 values in one document");
}

TEST_CASE("what is no text is refused at its place", "[config]") {
  using namespace std::string_literals;
  CHECK(refusal("a: 1\nb: \xFF") == "f.yaml:2:4: byte 0xff is not UTF-8; save the file as UTF-8");
  CHECK(refusal("\xFF\xFE"
                "a\0"s) == "f.yaml:1:1: byte 0xff is not UTF-8; save the file as UTF-8");
  CHECK(refusal("a\0: 1"s) == "f.yaml:1:2: control character 0x00; expected text");
  CHECK(refusal("a: 1\n\x04\nb: 2") == "f.yaml:2:1: control character 0x04; expected text");
  CHECK(refusal("a: \x7F") == "f.yaml:1:4: control character 0x7f; expected text");
  CHECK(refusal("a: \"\\0\"") == "f.yaml:1:4: a text may hold no NUL character");
  CHECK(refusal("a: \xC2\x9B") == "f.yaml:1:4: control character 0x9b; expected text");
}

TEST_CASE("only the shortest spelling of a character is UTF-8", "[config]") {
  // RFC 3629, section 4: the first and last character of each length, and their neighbours that are none.
  for (const auto* good : {"\xC2\xA0", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBD"}) {
    CHECK(parse_yaml("a: x" + std::string(good), "f.yaml").find("a")->text == "x" + std::string(good));
  }
  for (const auto* bad : {"\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xC3", "\xE2\x82", "\xE2(\xA1"}) {
    CHECK(refusal("a: x" + std::string(bad)).find("is not UTF-8") != std::string::npos);
  }
}

TEST_CASE("a byte order mark is skipped and shifts no place", "[config]") {
  CHECK(to_text(parse_yaml("\xEF\xBB\xBF"
                           "a: 1",
                           "f.yaml")
                    .find("a")
                    ->where) == "f.yaml:1:4");
}
