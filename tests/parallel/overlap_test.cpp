#include "memwall/parallel/overlap.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "parallel/helpers.hpp"

using namespace memwall;
using namespace memwall::parallel;

TEST_CASE("Without overlap all of the communication is exposed", "[parallel][overlap]") {
  CHECK(exposed({.count = 4, .each = Seconds(2)}, Seconds(100), false).value() == 8);
}

TEST_CASE("Behind a long backward pass only the last bucket shows", "[parallel][overlap]") {
  CHECK(exposed({.count = 4, .each = Seconds(2)}, Seconds(100), true).value() == 2);
}

// Backward 8 s in four buckets, ready at 2, 4, 6, 8; 3 s each: 2-5, 5-8, 8-11, 11-14: 6 after the end.
TEST_CASE("Long communication starts with the first bucket and runs on", "[parallel][overlap]") {
  CHECK(exposed({.count = 4, .each = Seconds(3)}, Seconds(8), true).value() == 6);
}

TEST_CASE("One bucket hides nothing, none costs nothing", "[parallel][overlap]") {
  CHECK(exposed({.count = 1, .each = Seconds(3)}, Seconds(8), true).value() == 3);
  CHECK(exposed({.count = 0, .each = Seconds(3)}, Seconds(8), true).value() == 0);
}

TEST_CASE("Buckets played one after the other leave what the formula says", "[parallel][overlap]") {
  Dice dice(4);
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t count = dice.roll(1, 50);
    const double each = static_cast<double>(dice.roll(1, 100));
    const double pass = static_cast<double>(dice.roll(0, 3000));
    double link = 0;
    for (std::int64_t bucket = 1; bucket <= count; ++bucket) {
      const double ready = pass * static_cast<double>(bucket) / static_cast<double>(count);
      link = std::max(link, ready) + each;
    }
    CHECK(exposed({.count = count, .each = Seconds(each)}, Seconds(pass), true).value() ==
          Approx(link - pass).margin(1e-9));
  }
}

TEST_CASE("Many small buckets leave communication beyond the computation", "[parallel][overlap]") {
  CHECK(exposed({.count = 100000, .each = Seconds(12.0 / 100000)}, Seconds(10), true).value() ==
        Approx(2).epsilon(1e-3));
}
