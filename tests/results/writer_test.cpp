#include <catch2/catch.hpp>
#include <numeric>
#include <stdexcept>

#include "memwall/results/writer.hpp"
#include "results/folder.hpp"

namespace memwall::results {
namespace {

std::vector<Table> schemas() {
  return {{"estimates", "", {integer_column("point", "", ""), text_column("model", "")}},
          {"operators", "", {integer_column("point", "", ""), real_column("time_s", "s", "")}}};
}

/// A row of estimates and `point` rows of operators for each point; texts grow with the point.
std::vector<Table> rows_of(Points points) {
  std::vector<Table> tables = schemas();
  for (std::int64_t point = points.first; point < points.first + points.count; ++point) {
    tables[0].add_row({point, std::string(static_cast<std::size_t>(point), 'm')});
    for (int i = 0; i < point; ++i) tables[1].add_row({point, 0.5 * i});
  }
  return tables;
}

void put(Writer& writer, Points points) { writer.write(points, rows_of(points)); }

Header of(const std::string& fingerprint) { return {{}, fingerprint, {}}; }

/// Checks that the file holds each point's rows once and in order.
void check_whole(const std::filesystem::path& file, std::int64_t points) {
  const std::vector<Table> expected = rows_of({0, points});
  const Contents contents = read_file(file);
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t k = 0; k < 2; ++k) {
      CHECK((contents.tables.at(i).columns.at(k).values == expected[i].columns[k].values));
    }
  }
}

}  // namespace

TEST_CASE("a file grows by chunks in any order and appears when it is finished", "[results]") {
  const Folder folder;
  const auto file = folder.file("a.h5");
  Writer writer(file, of("f"), schemas());
  put(writer, {3, 2});
  put(writer, {0, 3});
  put(writer, {5, 1});
  CHECK(writer.complete_points() == 6);
  CHECK(folder.names() == std::vector<std::string>{"a.h5.partial"});

  Table devices{"devices", "", {text_column("device", "")}};
  devices.add_row({"h100"});
  writer.finish(6, {devices});
  CHECK(folder.names() == std::vector<std::string>{"a.h5"});
  check_whole(file, 6);
  CHECK(read_table(file, "devices").rows() == 1);
  CHECK_THROWS_AS(put(writer, {6, 1}), std::logic_error);
}

TEST_CASE("an interrupted run goes on with the points that are missing", "[results]") {
  const Folder folder;
  const auto file = folder.file("a.h5");
  {
    Writer writer(file, of("f"), schemas());
    put(writer, {0, 2});
    put(writer, {4, 2});
  }
  Writer writer(file, of("f"), schemas());
  CHECK(writer.complete_points() == 4);
  CHECK(writer.is_complete(0));
  CHECK(writer.is_complete(5));
  CHECK_FALSE(writer.is_complete(2));
  CHECK_FALSE(writer.is_complete(6));
  const std::vector<Points> missing = writer.missing(8);
  REQUIRE(missing.size() == 2);
  CHECK((missing[0].first == 2 && missing[0].count == 2));
  CHECK((missing[1].first == 6 && missing[1].count == 2));
  for (const Points points : missing) put(writer, points);
  CHECK(writer.missing(8).empty());
  writer.finish(8);
  check_whole(file, 8);
}

TEST_CASE("no point is written twice and none is left out", "[results]") {
  const Folder folder;
  Writer writer(folder.file("a.h5"), of("f"), schemas());
  put(writer, {2, 3});
  CHECK_THROWS_AS(put(writer, {4, 1}), std::invalid_argument);
  CHECK_THROWS_AS(put(writer, {0, 3}), std::invalid_argument);
  CHECK_THROWS_AS(put(writer, {0, 9}), std::invalid_argument);
  CHECK_THROWS_AS(put(writer, {0, 0}), std::invalid_argument);
  CHECK_THROWS_AS(writer.write({-1, 1}, schemas()), std::invalid_argument);
  CHECK_THROWS_AS(writer.finish(5), std::invalid_argument);
  put(writer, {0, 2});
  CHECK_THROWS_AS(writer.finish(4), std::invalid_argument);
  CHECK_THROWS_AS(writer.finish(6), std::invalid_argument);
  writer.finish(5);
  check_whole(folder.file("a.h5"), 5);
}

TEST_CASE("a run with other inputs or other columns starts over and says so", "[results]") {
  const Folder folder;
  const auto file = folder.file("a.h5");
  {
    Writer writer(file, of("f"), schemas());
    put(writer, {0, 2});
  }
  const std::string shard = (partial_of(file) / "points-000000000000-000000000001.h5").string();
  {
    std::vector<Table> wider = schemas();
    wider[1].columns.push_back(real_column("bytes", "B", ""));
    Writer writer(file, of("f"), wider);
    CHECK(writer.complete_points() == 0);
    CHECK(writer.dropped() == std::vector<std::string>{shard + ": has other columns in 'operators'"});
  }
  CHECK(folder.names().empty());  // nothing to go on from
  {
    Writer writer(file, of("f"), schemas());
    put(writer, {0, 2});
  }
  Writer writer(file, of("g"), schemas());
  CHECK(writer.complete_points() == 0);
  CHECK(writer.dropped() == std::vector<std::string>{shard + ": is of other inputs"});
}

TEST_CASE("a damaged shard and unfinished files are dropped, others' files are left alone", "[results]") {
  const Folder folder;
  const auto file = folder.file("a.h5");
  const auto shard = partial_of(file) / "points-000000000000-000000000001.h5";
  {
    Writer writer(file, of("f"), schemas());
    put(writer, {0, 2});
    put(writer, {2, 2});
  }
  std::filesystem::resize_file(shard, 1000);
  folder.write("a.h5.partial/points-000000000004-000000000004.h5.tmp", "half");
  folder.write("a.h5.partial/notes.txt", "mine");
  Writer writer(file, of("f"), schemas());
  CHECK(writer.complete_points() == 2);
  REQUIRE(writer.dropped().size() == 1);
  CHECK_THAT(writer.dropped()[0], Catch::StartsWith(shard.string() + ": is damaged or was cut short"));
  put(writer, {0, 2});
  writer.finish(4);
  check_whole(file, 4);
  CHECK(folder.names() == std::vector<std::string>{"a.h5", "a.h5.partial"});
  CHECK(config::read_text(partial_of(file) / "notes.txt") == "mine");
}

TEST_CASE("only one process at a time writes a file", "[results]") {
  const Folder folder;
  const auto file = folder.file("a.h5");
  Writer first(file, of("f"), schemas());
  CHECK(file_problem([&] { Writer(file, of("f"), schemas()); }) ==
        file.string() + ": another process is writing it");
  put(first, {0, 1});
  first.finish(1);
  Writer again(file, of("f"), schemas(), Existing::replace);
  CHECK(again.complete_points() == 0);
}

TEST_CASE("a study without points makes a file with empty tables", "[results]") {
  const Folder folder;
  Writer(folder.file("a.h5"), of("f"), schemas()).finish(0);
  check_whole(folder.file("a.h5"), 0);
}

TEST_CASE("tables that cannot stand in one file are refused before anything is made", "[results]") {
  const Folder folder;
  const auto refuses = [&](std::vector<Table> tables) {
    CHECK_THROWS_AS(Writer(folder.file("a.h5"), of("f"), tables), std::invalid_argument);
  };
  refuses({schemas()[0], schemas()[0]});
  refuses({{"inputs", "", {}}});
  refuses(rows_of({0, 2}));
  CHECK(folder.names().empty());

  Writer writer(folder.file("a.h5"), of("f"), schemas());
  CHECK_THROWS_AS(writer.write({0, 1}, {schemas()[0]}), std::invalid_argument);
  CHECK_THROWS_AS(writer.write({0, 1}, {schemas()[1], schemas()[0]}), std::invalid_argument);
  CHECK_THROWS_AS(writer.finish(0, {schemas()[0]}), std::invalid_argument);
}

TEST_CASE("a file made meanwhile by another is not overwritten", "[results]") {
  const Folder folder;
  Writer writer(folder.file("a.h5"), of("f"), schemas());
  put(writer, {0, 1});
  folder.write("a.h5", "precious");
  CHECK(file_problem([&] { writer.finish(1); }) == folder.file("a.h5").string() + ": exists already");
  CHECK(config::read_text(folder.file("a.h5")) == "precious");
  CHECK(writer.complete_points() == 1);
}

}  // namespace memwall::results
