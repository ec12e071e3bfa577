#include <catch2/catch.hpp>

#include "memwall/results/csv.hpp"

namespace memwall::results {

TEST_CASE("fields are quoted where RFC 4180 wants it and lines end with CR LF", "[results]") {
  Table table{"t", "Title", {text_column("name", ""), text_column("a,b", "")}};
  table.add_row({"plain", "comma, here"});
  table.add_row({"say \"hi\"", "two\nlines"});
  table.add_row({" blanks ", ""});
  CHECK(to_csv(table) ==
        "name,\"a,b\"\r\n"
        "plain,\"comma, here\"\r\n"
        "\"say \"\"hi\"\"\",\"two\nlines\"\r\n"
        " blanks ,\r\n");
}

TEST_CASE("CSV numbers are in base units with the fewest digits that read back", "[results]") {
  Table table{"t", "", {real_column("time_s", "s", "", Show::quantity), integer_column("count", "", "")}};
  table.add_row({0.1, 1});
  table.add_row({1.0 / 3, 9007199254740993});  // 2^53 + 1 is no double
  table.add_row({80e9, -5});
  CHECK(to_csv(table) ==
        "time_s,count\r\n"
        "0.1,1\r\n"
        "0.3333333333333333,9007199254740993\r\n"
        "8e+10,-5\r\n");
}

TEST_CASE("a missing value in the only column is no empty line", "[results]") {
  Table table{"t", "", {text_column("name", "")}};
  table.add_row({""});
  table.add_row({"x"});
  CHECK(to_csv(table) == "name\r\n\"\"\r\nx\r\n");
}

}  // namespace memwall::results
