#include <algorithm>
#include <array>
#include <chrono>
#include <random>

#include <catch2/catch.hpp>

#include "memwall/config/node.hpp"
#include "memwall/config/problem.hpp"

using namespace memwall::config;

namespace {

/// Documents that together use every form of YAML that is read, and a few that are refused.
constexpr std::array<std::string_view, 5> documents{
    "name: H100 SXM\n"
    "released: 2022-09   # a comment\n"
    "memory:\n"
    "  - {level: HBM, capacity: 80 GiB, bandwidth: 3.35 TB/s}\n"
    "  - level: L2\n"
    "    capacity: \"50 MB\"\n"
    "    latency:\n"
    "sources: [a, 'it''s', \"b\\n\\u00e9\", ~]\n",

    "dimensions:\n"
    "  hidden: 4096\n"
    "  ffn: \"hidden > 1 ? 4*hidden : 1\"\n"
    "layers:\n"
    "- embedding: {from: tokens, rows: vocabulary}\n"
    "- repeat: layers\n"
    "  block:\n"
    "    - norm: rms\n"
    "    - residual:\n"
    "        - attention: {heads: 32, mask: causal}\n"
    "        - linear: hidden\n",

    "text: |\n"
    "  kept\n"
    "   lines\n"
    "folded: >-\n"
    "  one\n"
    "  line\n"
    "? key\n"
    ": value\n"
    "plain over\n",

    "%YAML 1.2\n---\na: &anchor [1, 2]\nb: *anchor\nc: !!str 3\n...\n",

    "[[a, {b: c, d: [e, {f: g}]}], 'h', \"i\\x41\", [j: k], {l, m: n}]\n"};

/// Bytes that mean something to YAML, so that mutations reach the parser's corners.
constexpr std::string_view telling = "[]{}:,-?&*!|>'\"%@`# \n\t\r~\\0a<.\x80\xC3\xEF\xFF\x01\x04";

class Mutator {
 public:
  std::string mutate(std::string text) {
    for (int edits = 1 + pick(6); edits > 0; --edits) edit(text);
    return text;
  }

 private:
  void edit(std::string& text) {
    if (text.empty()) text = "a";
    const std::size_t at = random_() % text.size();
    const std::size_t length = 1 + random_() % std::min<std::size_t>(12, text.size() - at);
    const char byte = telling[random_() % telling.size()];
    switch (pick(7)) {
      case 0:
        text[at] = byte;
        break;
      case 1:
        text.insert(at, 1, byte);
        break;
      case 2:
        text.erase(at, length);
        break;
      case 3:
        text.insert(random_() % text.size(), text.substr(at, length));
        break;
      case 4:
        text[at] = static_cast<char>(text[at] ^ (1 << pick(8)));
        break;
      case 5:
        text.resize(at);
        break;
      default:
        text.insert(at, static_cast<std::size_t>(pick(80)), byte);
        break;
    }
  }

  int pick(int choices) { return static_cast<int>(random_() % static_cast<unsigned>(choices)); }

  std::mt19937 random_{4096};
};

int line_count(std::string_view text) { return static_cast<int>(std::ranges::count(text, '\n')) + 1; }

/// Every place lies in the document, every key is unique, and no level is too deep.
void check_tree(const Node& node, int lines, int depth) {
  REQUIRE(depth <= deepest_nesting + 1);
  REQUIRE(node.where.line >= 1);
  REQUIRE(node.where.line <= lines);
  REQUIRE(node.where.column >= 1);
  for (const Node& item : node.items) check_tree(item, lines, depth + 1);
  for (const Entry& entry : node.entries) {
    REQUIRE(node.find(entry.key) == &entry.value);
    check_tree(entry.value, lines, depth + 1);
  }
}

}  // namespace

TEST_CASE("mutated documents are read or refused with a place, and nothing else happens", "[config]") {
  Mutator mutator;
  int read = 0;
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text =
        mutator.mutate(std::string(documents[static_cast<std::size_t>(i) % documents.size()]));
    INFO(text);
    const int lines = line_count(text);
    try {
      check_tree(parse_yaml(text, "f.yaml"), lines, 1);
      ++read;
    } catch (const BadInput& error) {
      REQUIRE(error.problems().size() == 1);
      const Problem& problem = error.problems().front();
      REQUIRE(problem.where.file == "f.yaml");
      REQUIRE(problem.where.line >= 1);
      REQUIRE(problem.where.line <= lines + 1);  // an error at the end of the file
      REQUIRE(problem.where.column >= 1);
      REQUIRE_FALSE(problem.what.empty());
      ++refused;
    }
  }
  CHECK(read > 2000);  // the mutations are mild enough to reach both answers
  CHECK(refused > 2000);
}
