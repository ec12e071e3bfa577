#include "memwall/config/csv.hpp"

#include <catch2/catch.hpp>

using namespace memwall;
using config::CsvTable;
using config::parse_csv;

TEST_CASE("a CSV file is a header and rows of fields") {
  const CsvTable table = parse_csv("a,b\n1,2\r\n,x y\n", "f.csv");
  CHECK(table.header.size() == 2);
  CHECK(table.find("b") == 1);
  CHECK(table.find("c") == CsvTable::npos);
  REQUIRE(table.rows.size() == 2);
  CHECK(table.rows[0][1].text == "2");
  CHECK(table.rows[1][0].text.empty());
  CHECK(table.rows[1][1].text == "x y");
}

TEST_CASE("a quoted CSV field holds commas, doubled quotes and line breaks") {
  const CsvTable table = parse_csv("a,b\n\"1,\"\"2\"\"\",\"two\nlines\"\n3,4", "f.csv");
  REQUIRE(table.rows.size() == 2);
  CHECK(table.rows[0][0].text == "1,\"2\"");
  CHECK(table.rows[0][1].text == "two\nlines");
  CHECK(table.rows[1][1].text == "4");
}

TEST_CASE("a CSV field knows its line and column") {
  const CsvTable table = parse_csv("a,b\n\"x\ny\",2\n10,20\n", "f.csv");
  CHECK(table.header[1].where == config::Location{"f.csv", 1, 3});
  CHECK(table.rows[0][1].where == config::Location{"f.csv", 3, 4});
  CHECK(table.rows[1][1].where == config::Location{"f.csv", 4, 4});
}

TEST_CASE("a byte order mark and empty lines of a CSV file are skipped") {
  const CsvTable table = parse_csv(
      "\xEF\xBB\xBF"
      "a\n\n1\n\n",
      "f.csv");
  CHECK(table.header[0].text == "a");
  CHECK(table.rows.size() == 1);
}

TEST_CASE("mistakes of a CSV file are told with their place") {
  const auto mistake = [](const char* text) {
    try {
      static_cast<void>(parse_csv(text, "f.csv"));
    } catch (const config::BadInput& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  CHECK(mistake("") == "f.csv:1:1: no header line");
  CHECK(mistake("a,b\n1\n1,2,3\n") ==
        "f.csv:2:1: 1 fields; the header has 2\nf.csv:3:1: 3 fields; the header has 2");
  CHECK(mistake("a,a,\n") == "f.csv:1:3: column 'a' is given twice\nf.csv:1:5: a column without a name");
  CHECK(mistake("a\n\"1\n") == "f.csv:2:1: a quoted field that is not closed");
  CHECK(mistake("a\n\"1\"2\n") ==
        "f.csv:2:4: text behind a closing quote; expected a comma or the end of the line");
  CHECK(mistake("a\n1\"2\n") ==
        "f.csv:2:2: a quote inside a field; put the whole field in quotes and double this one");
  CHECK(mistake("a\n\xFF\n") == "f.csv:2:1: byte 0xff is not UTF-8; save the file as UTF-8");
}
