#include <hdf5.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "memwall/results/file.hpp"
#include "memwall/results/save.hpp"
#include "memwall/results/writer.hpp"
#include "results/folder.hpp"

namespace memwall::results {
namespace {

Table devices() {
  Table table{"devices",
              "Devices that were asked about",
              {text_column("device", "the catalog's id"),
               real_column("memory_bandwidth", "B/s", "of main memory", Show::quantity),
               integer_column("year", "", "of release", Show::plain), truth_column("fits", "")}};
  table.columns[1].heading = "bandwidth";
  table.add_row({"nvidia-h100-sxm", BytesPerSecond(3.35e12), 2022, true});
  table.add_row({"Wörter", std::numeric_limits<double>::infinity(), -1, false});
  table.add_row({"", 5e-324, 0, true});
  return table;
}

Header header() {
  return {{"memwall", "0.1.0", "memwall run wall.yaml --output 'ä b.h5'", "2025-03-01T12:00:00Z"},
          "0123456789abcdef",
          {{"studies/wall.yaml", "id: wall\n"}, {"hardware/h100.yaml", "# ü\nid: h100\n"}, {"empty", ""}}};
}

void check_same(const Table& a, const Table& b) {
  CHECK(a.name == b.name);
  CHECK(a.title == b.title);
  REQUIRE(a.columns.size() == b.columns.size());
  for (std::size_t i = 0; i < a.columns.size(); ++i) {
    CHECK(a.columns[i].name == b.columns[i].name);
    CHECK(a.columns[i].unit == b.columns[i].unit);
    CHECK(a.columns[i].description == b.columns[i].description);
    CHECK(a.columns[i].heading == b.columns[i].heading);
    CHECK(a.columns[i].show == b.columns[i].show);
    CHECK((a.columns[i].values == b.columns[i].values));
  }
}

}  // namespace

TEST_CASE("a result file gives back its tables, header and inputs", "[results]") {
  const Folder folder;
  const auto file = folder.file("wall.h5");
  const Table empty{"nothing", "", {text_column("a", ""), real_column("b", "", "")}};
  write_file(file, header(), {devices(), empty});
  CHECK(folder.names() == std::vector<std::string>{"wall.h5"});

  const Contents contents = read_file(file);
  REQUIRE(contents.tables.size() == 2);
  check_same(contents.tables[0], devices());
  check_same(contents.tables[1], empty);
  check_same(read_table(file, "devices"), devices());

  const Header read = read_header(file);
  CHECK(read.origin.program == "memwall");
  CHECK(read.origin.program_version == "0.1.0");
  CHECK(read.origin.command_line == "memwall run wall.yaml --output 'ä b.h5'");
  CHECK(read.origin.created == "2025-03-01T12:00:00Z");
  CHECK(read.fingerprint == "0123456789abcdef");
  REQUIRE(read.inputs.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(read.inputs[i].name == header().inputs[i].name);
    CHECK(read.inputs[i].text == header().inputs[i].text);
  }
}

TEST_CASE("the same results make the same bytes", "[results]") {
  const Folder folder;
  for (const char* name : {"a.h5", "b.h5"}) write_file(folder.file(name), header(), {devices()});
  CHECK(config::read_text(folder.file("a.h5")) == config::read_text(folder.file("b.h5")));
}

TEST_CASE("a file without a time of its own tells when it was made, in UTC", "[results]") {
  const Folder folder;
  write_file(folder.file("a.h5"), {}, {});
  const std::string created = read_header(folder.file("a.h5")).origin.created;
  CHECK_THAT(created, Catch::Matches("20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z"));
}

TEST_CASE("a command line beyond 64 KiB and one that is no UTF-8 are kept", "[results]") {
  const Folder folder;
  Header long_one;
  long_one.origin.command_line = std::string(200'000, 'x') + "\xff";
  write_file(folder.file("a.h5"), long_one, {});
  CHECK(read_header(folder.file("a.h5")).origin.command_line == std::string(200'000, 'x') + "\ufffd");
}

TEST_CASE("an input's name cannot lead out of its group", "[results]") {
  const Folder folder;
  Header from_root;
  from_root.inputs = {{"/home/user/a.yaml", "a"}, {"./b.yaml", "b"}, {"a.yaml", "same"}, {"a.yaml", "same"}};
  write_file(folder.file("a.h5"), from_root, {});
  const auto inputs = read_header(folder.file("a.h5")).inputs;
  REQUIRE(inputs.size() == 3);
  CHECK(inputs[0].name == "home/user/a.yaml");
  CHECK(inputs[1].name == "b.yaml");
  CHECK(inputs[2].name == "a.yaml");

  from_root.inputs.push_back({"a.yaml", "another"});
  CHECK_THROWS_AS(write_file(folder.file("b.h5"), from_root, {}), std::invalid_argument);
  CHECK(folder.names() == std::vector<std::string>{"a.h5"});
}

TEST_CASE("columns are chunked, compressed and can grow", "[results]") {
  const Folder folder;
  Table table{"t", "", {integer_column("n", "", "")}};
  for (int i = 0; i < 100'000; ++i) table.add_row({i % 7});
  write_file(folder.file("a.h5"), {}, {table});
  CHECK(std::filesystem::file_size(folder.file("a.h5")) < 100'000);  // 800 kB of integers

  const hid_t file = H5Fopen(folder.file("a.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t dataset = H5Dopen2(file, "t/n", H5P_DEFAULT);
  const hid_t properties = H5Dget_create_plist(dataset);
  const hid_t space = H5Dget_space(dataset);
  hsize_t size = 0;
  hsize_t most = 0;
  H5Sget_simple_extent_dims(space, &size, &most);
  CHECK(H5Pget_layout(properties) == H5D_CHUNKED);
  CHECK(size == 100'000);
  CHECK(most == H5S_UNLIMITED);
  H5Sclose(space);
  H5Pclose(properties);
  H5Dclose(dataset);
  H5Fclose(file);
}

TEST_CASE("an existing file is replaced only when that is asked for", "[results]") {
  const Folder folder;
  const auto file = folder.write("a.h5", "precious");
  CHECK(file_problem([&] { write_file(file, {}, {devices()}); }) == file.string() + ": exists already");
  CHECK(config::read_text(file) == "precious");
  write_file(file, {}, {devices()}, Existing::replace);
  check_same(read_table(file, "devices"), devices());
  CHECK(folder.names() == std::vector<std::string>{"a.h5"});
}

TEST_CASE("a file that cannot be made is refused with the system's reason", "[results]") {
  const Folder folder;
  const auto problem = [](const std::filesystem::path& file, Existing existing = Existing::refuse) {
    return file_problem([&] { write_file(file, {}, {devices()}, existing); });
  };
  CHECK(problem(folder.path()) == folder.path().string() + ": Is a directory");
  CHECK(problem(folder.path(), Existing::replace) == folder.path().string() + ": Is a directory");
  CHECK(problem(folder.file("missing/a.h5")) ==
        folder.file("missing/a.h5.partial").string() + ": no such file or folder");
  CHECK(problem("/dev/null", Existing::replace) == "/dev/null: is no ordinary file");
  const auto through_a_file = folder.write("plain", "") / "a.h5";
  CHECK(problem(through_a_file) == through_a_file.string() + ": Not a directory");
  folder.write("b.h5.partial", "somebody's");
  CHECK(problem(folder.file("b.h5")) == folder.file("b.h5.partial").string() + ": Not a directory");
  CHECK(config::read_text(folder.file("b.h5.partial")) == "somebody's");
  // A device without room, for every user: a file of the kernel's where none can be made.
  CHECK_THAT(problem("/proc/memwall.h5"), Catch::StartsWith("/proc/memwall.h5.partial: "));
}

TEST_CASE("a folder without permission to write is refused", "[results]") {
  if (::geteuid() == 0) return;  // who may write everywhere cannot see this
  const Folder folder;
  ::chmod(folder.path().c_str(), 0500);
  CHECK(file_problem([&] { write_file(folder.file("a.h5"), {}, {}); }) ==
        folder.file("a.h5.partial").string() + ": Permission denied");
  ::chmod(folder.path().c_str(), 0700);
}

TEST_CASE("what is no result file is refused with its name and the reason", "[results]") {
  const Folder folder;
  const auto problem = [](const std::filesystem::path& file) {
    return file_problem([&] { static_cast<void>(read_file(file)); });
  };
  CHECK(problem(folder.file("none.h5")) == folder.file("none.h5").string() + ": no such file or folder");
  CHECK(problem(folder.path()) == folder.path().string() + ": Is a directory");
  CHECK(problem(folder.write("text.h5", "hello")) == folder.file("text.h5").string() + ": is no HDF5 file");

  write_file(folder.file("good.h5"), header(), {devices()});
  const std::string whole = config::read_text(folder.file("good.h5"));
  CHECK_THAT(
      problem(folder.write("cut.h5", whole.substr(0, whole.size() / 2))),
      Catch::StartsWith(folder.file("cut.h5").string() + ": is damaged or was cut short (truncated file"));

  H5Fclose(H5Fcreate(folder.file("foreign.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
  CHECK(problem(folder.file("foreign.h5")) ==
        folder.file("foreign.h5").string() + ": is no result file of memwall");

  CHECK(file_problem([&] { static_cast<void>(read_table(folder.file("good.h5"), "device")); }) ==
        folder.file("good.h5").string() + ": holds no table 'device'; did you mean 'devices'?");
}

TEST_CASE("a file of a later format is refused", "[results]") {
  const Folder folder;
  const auto path = folder.file("late.h5");
  write_file(path, {}, {});
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hid_t attribute = H5Aopen(file, "format_version", H5P_DEFAULT);
  const std::int64_t later = format_version + 1;
  H5Awrite(attribute, H5T_NATIVE_INT64, &later);
  H5Aclose(attribute);
  H5Fclose(file);
  CHECK(file_problem([&] { static_cast<void>(read_file(path)); }) ==
        path.string() + ": has format 2, which is later than this program's 1");
}

TEST_CASE("a fingerprint is FNV-1a and tells inputs apart", "[results]") {
  // Nothing hashed but the zero byte that ends `more`: offset basis x prime mod 2^64.
  CHECK(fingerprint({}, "") == "af63bd4c8601b7df");
  CHECK(fingerprint({{"a", "bc"}}, "") != fingerprint({{"ab", "c"}}, ""));
  CHECK(fingerprint({{"a", "b"}}, "1") != fingerprint({{"a", "b"}}, "2"));
}

TEST_CASE("a text file is written whole under its name", "[results]") {
  const Folder folder;
  save_text(folder.file("a.csv"), "x\r\n1\r\n");
  CHECK(config::read_text(folder.file("a.csv")) == "x\r\n1\r\n");
  CHECK(file_problem([&] { save_text(folder.file("a.csv"), "y"); }) ==
        folder.file("a.csv").string() + ": exists already");
  save_text(folder.file("a.csv"), "y", Existing::replace);
  CHECK(config::read_text(folder.file("a.csv")) == "y");
  CHECK(folder.names() == std::vector<std::string>{"a.csv"});
  CHECK(file_problem([&] { save_text(folder.path(), "y"); }) == folder.path().string() + ": Is a directory");
  CHECK(file_problem([&] { save_text(folder.file("no/a.csv"), "y"); }) ==
        folder.file("no/a.csv").string() + ": no such file or folder");
}

}  // namespace memwall::results
