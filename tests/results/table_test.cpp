#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <stdexcept>

#include "memwall/results/table.hpp"

namespace memwall::results {
namespace {

Table devices() {
  return {"devices",
          "Devices",
          {text_column("device", "the catalog's id"), real_column("capacity_bytes", "B", "of main memory"),
           integer_column("units", "", "compute units"), truth_column("fits", "whether the model fits")}};
}

}  // namespace

TEST_CASE("a table without rows is its own schema and grows by rows", "[results]") {
  Table table = devices();
  CHECK(table.rows() == 0);
  table.add_row({"h100", Bytes(80e9), 132, true});
  table.add_row({std::string("a100"), 40, std::size_t{108}, false});
  REQUIRE(table.rows() == 2);
  CHECK(std::get<std::vector<std::string>>(table.columns[0].values) ==
        std::vector<std::string>{"h100", "a100"});
  CHECK(std::get<std::vector<double>>(table.columns[1].values) == std::vector<double>{80e9, 40});
  CHECK(std::get<std::vector<std::int64_t>>(table.columns[2].values) == std::vector<std::int64_t>{132, 108});
  CHECK(std::get<std::vector<bool>>(table.columns[3].values) == std::vector<bool>{true, false});
  CHECK_NOTHROW(table.check());
  CHECK(Table{"empty", "", {}}.rows() == 0);
}

TEST_CASE("a row of other types or another length is refused whole", "[results]") {
  Table table = devices();
  CHECK_THROWS_WITH(table.add_row({"h100", 80e9}), "table 'devices': a row of 2 cells for 4 columns");
  CHECK_THROWS_WITH(table.add_row({"h100", 80e9, 1.5, true}),
                    "table 'devices', column 'units': a cell of another type");
  CHECK_THROWS_WITH(table.add_row({1, 80e9, 132, true}),
                    "table 'devices', column 'device': a cell of another type");
  CHECK_THROWS_WITH(table.add_row({"h100", 80e9, true, true}),
                    "table 'devices', column 'units': a cell of another type");
  CHECK(table.rows() == 0);
  CHECK_NOTHROW(table.check());
}

TEST_CASE("a whole number beyond 64 signed bits is no cell", "[results]") {
  CHECK_THROWS_AS(Cell(std::numeric_limits<std::uint64_t>::max()), std::invalid_argument);
  CHECK(std::get<std::int64_t>(Cell(std::uint64_t{1} << 62).value()) == std::int64_t{1} << 62);
}

TEST_CASE("tables with the same columns append, others do not", "[results]") {
  Table table = devices();
  table.add_row({"h100", 80e9, 132, true});
  Table more = table.schema();
  CHECK(more.rows() == 0);
  more.add_row({"a100", 40e9, 108, false});
  table.append(more);
  REQUIRE(table.rows() == 2);
  CHECK(std::get<std::vector<bool>>(table.columns[3].values) == std::vector<bool>{true, false});

  Table other = devices();
  other.columns[1].unit = "s";
  CHECK_THROWS_AS(table.append(other), std::invalid_argument);
  CHECK(table.rows() == 2);
}

TEST_CASE("columns are found by name", "[results]") {
  const Table table = devices();
  REQUIRE(table.find("units") != nullptr);
  CHECK(table.find("units")->description == "compute units");
  CHECK(table.find("Units") == nullptr);
}

TEST_CASE("a table that no file could hold is refused", "[results]") {
  const auto problem = [](auto&& change) {
    Table table = devices();
    table.add_row({"h100", 80e9, 132, true});
    change(table);
    try {
      table.check();
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  CHECK(problem([](Table& t) {
          t.columns[0].values = std::vector<std::string>{"a", "b"};
        }) == "table 'devices', column 'capacity_bytes': 1 values where the first column has 2");
  CHECK(problem([](Table& t) { t.columns[2].name = "device"; }) ==
        "table 'devices', column 'device': comes twice");
  CHECK(problem([](Table& t) { t.columns[2].name = "a/b"; }) ==
        "table 'devices', column 'a/b': this is no name for a column");
  CHECK(problem([](Table& t) { t.columns[2].name.clear(); }) ==
        "table 'devices': this is no name for a column");
  CHECK(problem([](Table& t) { t.name = "."; }) == "table '.': this is no name for a table");
  CHECK(problem([](Table& t) { t.columns[0].values = std::vector<std::string>{"\xff"}; }) ==
        "table 'devices', column 'device': row 0 is not UTF-8 or holds a zero byte");
  CHECK(problem([](Table& t) { t.columns[0].values = std::vector<std::string>{std::string(2, '\0')}; }) ==
        "table 'devices', column 'device': row 0 is not UTF-8 or holds a zero byte");
  CHECK(problem([](Table& t) { t.columns[1].unit = "furlong", t.columns[1].show = Show::quantity; }) ==
        "table 'devices', column 'capacity_bytes': only numbers in a unit of memwall's print as quantities");
  CHECK(problem([](Table& t) { t.columns[2].show = Show::percent; }) ==
        "table 'devices', column 'units': only reals without a unit print as percent");
  CHECK(problem([](Table&) {}) == "none");
}

}  // namespace memwall::results
