#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "memwall/results/text.hpp"

namespace memwall::results {

TEST_CASE("a table prints aligned, with units in the header or in quantities", "[results]") {
  Table table{"estimates",
              "GPT-3 on two devices",
              {text_column("device", ""), integer_column("parameters", "", ""),
               real_column("weights_bytes", "B", "", Show::quantity), real_column("time_s", "s", ""),
               real_column("headroom_fraction", "", "", Show::percent), truth_column("fits", "")}};
  table.columns[2].heading = "weights";
  table.add_row({"H100 SXM5", 175181291520, Bytes(350362583040), 0.012345, -3.079, false});
  table.add_row({"A100", 7, 512, 12.5, 0.25, true});
  // 350,362,583,040 / 2^30 = 326.3
  CHECK(to_text(table) ==
        "GPT-3 on two devices\n"
        "device          parameters    weights  time s [s]  headroom fraction  fits\n"
        "---------  ---------------  ---------  ----------  -----------------  ----\n"
        "H100 SXM5  175,181,291,520  326.3 GiB     0.01235           -307.9 %  no\n"
        "A100                     7      512 B       12.50             25.0 %  yes\n");
}

TEST_CASE("numbers print with four digits, counts in groups, missing ones as a dash", "[results]") {
  const auto shown = [](double value) {
    Table table{"t", "", {real_column("x", "", "")}};
    table.add_row({value});
    const std::string text = to_text(table);
    const std::size_t begin = text.find_last_of(" \n", text.size() - 2) + 1;
    return text.substr(begin, text.size() - 1 - begin);
  };
  CHECK(shown(0) == "0");
  CHECK(shown(1e6) == "1,000,000");
  CHECK(shown(1234567.8) == "1,234,568");
  CHECK(shown(999.99) == "1,000");
  CHECK(shown(999.94) == "999.9");
  CHECK(shown(2.5) == "2.500");
  CHECK(shown(-0.00123456) == "-0.001235");
  CHECK(shown(1.5e-7) == "1.500e-07");
  CHECK(shown(3.14e23) == "3.140e+23");
  CHECK(shown(std::numeric_limits<double>::quiet_NaN()) == "-");
  CHECK(shown(-std::numeric_limits<double>::infinity()) == "-inf");
}

TEST_CASE("plain whole numbers have no separators", "[results]") {
  Table table{"t", "", {integer_column("year", "", "", Show::plain), integer_column("count", "", "")}};
  table.add_row({2024, 2024});
  table.add_row({std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()});
  CHECK(to_text(table) ==
        "               year                 count\n"
        "-------------------  --------------------\n"
        "               2024                 2,024\n"
        "9223372036854775807  -9223372036854775808\n");
}

TEST_CASE("accents, wide characters and combining marks keep the columns straight", "[results]") {
  Table table{"t", "", {text_column("name", ""), integer_column("n", "", "")}};
  table.add_row({"Wörter", 1});
  table.add_row({"紫东太初", 2});    // four characters of two cells
  table.add_row({"cafe\u0301", 3});  // e and a combining acute: four cells
  table.add_row({"", 4});
  table.add_row({"a\nb\x1b[31m", 5});  // no control character reaches the terminal
  CHECK(to_text(table) ==
        "name      n\n"
        "--------  -\n"
        "Wörter    1\n"
        "紫东太初  2\n"
        "cafe\u0301      3\n"
        "-         4\n"
        "a b [31m  5\n");
}

TEST_CASE("a table without rows prints its header", "[results]") {
  CHECK(to_text({"t", "Nothing", {text_column("name", "")}}) == "Nothing\nname\n----\n");
  CHECK(to_text({"t", "", {}}).empty());
}

}  // namespace memwall::results
