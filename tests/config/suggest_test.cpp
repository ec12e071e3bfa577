#include "memwall/config/suggest.hpp"

#include <catch2/catch.hpp>

using namespace memwall::config;

namespace {

const std::vector<std::string> fields{"bandwidth", "capacity", "latency", "name"};

std::string near(std::string_view name, const std::vector<std::string>& known) {
  return nearest(name, known).value_or("(none)");
}

}  // namespace

TEST_CASE("a slip of one letter finds its name", "[config]") {
  CHECK(near("bandwith", fields) == "bandwidth");    // one left out
  CHECK(near("bandwidtth", fields) == "bandwidth");  // one too many
  CHECK(near("bandwodth", fields) == "bandwidth");   // one wrong
  CHECK(near("nmae", fields) == "name");             // two swapped: one edit, not two
  CHECK(near("LATENCY", fields) == "latency");       // case is no difference
}

TEST_CASE("a name may be wrong in a third of its letters and no more", "[config]") {
  const std::vector<std::string> known{"capacity"};
  CHECK(near("capcty", known) == "capacity");    // 2 edits, 6 letters: at the limit of 2
  CHECK(near("cpcty", known) == "(none)");       // 3 edits, 5 letters: beyond the limit of 1
  CHECK(near("kapazitaet", known) == "(none)");  // 4 edits (k, z, a, e), 10 letters: beyond the limit of 3
}

TEST_CASE("the nearest of several names is the one proposed", "[config]") {
  CHECK(near("heads", {"head", "heads_kv", "hears"}) == "head");  // both at 1: the first
  CHECK(near("hidden_siz", {"hidden", "hidden_size"}) == "hidden_size");
}

TEST_CASE("a name that another begins with finds it", "[config]") {
  CHECK(near("band", fields) == "bandwidth");
  CHECK(near("width", fields) == "(none)");
}

TEST_CASE("names without a letter in common are not near", "[config]") {
  CHECK(near("x", {"y"}) == "(none)");
  CHECK(near("h", {"hs"}) == "hs");
  CHECK(near("", fields) == "(none)");
  CHECK(near("x", {}) == "(none)");
}

TEST_CASE("a name of a megabyte is answered at once", "[config]") {
  const std::string name(1 << 20, 'a');
  CHECK(near(name, {name + "b"}) == "(none)");
}

TEST_CASE("a suggestion is the nearest name, else the known ones while they are few", "[config]") {
  CHECK(suggestion("bandwith", fields) == "; did you mean 'bandwidth'?");
  CHECK(suggestion("zzz", fields) == "; known: bandwidth, capacity, latency, name");
  CHECK(suggestion("zzz", {}).empty());

  std::vector<std::string> many(12, "k");
  CHECK(suggestion("zzz", many) == "; known: k, k, k, k, k, k, k, k, k, k, k, k");
  many.emplace_back("k");
  CHECK(suggestion("zzz", many).empty());
}
