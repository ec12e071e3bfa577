#include <unistd.h>

#include <fstream>

#include "config/mistake.hpp"
#include "memwall/config/node.hpp"

using namespace memwall::config;

namespace {

/// A folder of its own that goes when the test does.
class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / ("memwall_read_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string failure(const std::filesystem::path& file) {
  try {
    static_cast<void>(read_yaml(file));
  } catch (const BadFile& error) {
    return error.what();
  }
  FAIL("expected a BadFile");
  return {};
}

}  // namespace

TEST_CASE("a file is read whole and its places name it", "[config]") {
  const Folder folder;
  const auto file = folder.write("a.yaml", "a: 1\nb: 2\n");
  CHECK(read_text(file) == "a: 1\nb: 2\n");
  CHECK(to_text(read_yaml(file).find("b")->where) == file.string() + ":2:4");

  const std::string long_text(200'000, 'x');
  CHECK(read_text(folder.write("long", long_text)) == long_text);
  CHECK(read_text(folder.write("empty", "")).empty());
}

TEST_CASE("a file that cannot be read is refused with the system's reason", "[config]") {
  const Folder folder;
  const auto missing = folder.path() / "missing.yaml";
  CHECK(failure(missing) == missing.string() + ": no such file");
  CHECK(failure(folder.path()) == folder.path().string() + ": Is a directory");
  CHECK_THROWS_AS(read_text(missing), BadFile);

  const auto through_a_file = folder.write("a.yaml", "") / "b.yaml";
  CHECK(failure(through_a_file) == through_a_file.string() + ": Not a directory");
}

TEST_CASE("a file without permission to read is refused", "[config]") {
  if (::geteuid() == 0) return;  // who may read everything cannot see this
  const Folder folder;
  const auto file = folder.write("secret.yaml", "a: 1");
  std::filesystem::permissions(file, std::filesystem::perms::none);
  CHECK(failure(file) == file.string() + ": Permission denied");
}

TEST_CASE("an endless file is refused when it is too large", "[config]") {
  CHECK(mistake([] { static_cast<void>(read_yaml("/dev/zero")); }) == "/dev/zero: larger than 16 MiB");
}
