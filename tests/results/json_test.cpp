#include <catch2/catch.hpp>
#include <limits>

#include "memwall/results/json.hpp"

namespace memwall::results {

TEST_CASE("JSON is an array with an object a row, keys in order, a row a line", "[results]") {
  Table table{"t",
              "",
              {text_column("name", ""), real_column("time_s", "s", ""), integer_column("count", "", ""),
               truth_column("fits", "")}};
  CHECK(to_json(table) == "[]\n");
  table.add_row({"say \"hi\"", 0.5, 9007199254740993, true});
  table.add_row({"", std::numeric_limits<double>::infinity(), -1, false});
  CHECK(to_json(table) ==
        "[\n"
        "  {\"name\":\"say \\\"hi\\\"\",\"time_s\":0.5,\"count\":9007199254740993,\"fits\":true},\n"
        "  {\"name\":\"\",\"time_s\":null,\"count\":-1,\"fits\":false}\n"
        "]\n");
}

}  // namespace memwall::results
