#include <catch2/catch.hpp>

#include <chrono>
#include <fstream>
#include <sstream>

#include "bad/complain.hpp"

// Bad inputs as files: beside each <case>.yaml stands <case>.txt, all that is said of it.

using namespace memwall;
namespace fs = std::filesystem;

namespace {

const fs::path folder = fs::path(MEMWALL_SOURCE_DIR) / "tests" / "bad";

std::vector<fs::path> files(const std::string& ending) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ending) found.push_back(entry.path());
  }
  return found;
}

std::string text_of(const fs::path& file) {
  std::ifstream stream(file);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("Every bad input is refused with the expected words, at its place", "[bad]") {
  const std::vector<fs::path> inputs = files(".yaml");
  CHECK(inputs.size() > 100);
  for (const fs::path& input : inputs) {
    INFO(input.string());
    fs::path expected = input;
    expected.replace_extension(".txt");
    REQUIRE(fs::exists(expected));
    CHECK(complaint_about(input) + "\n" == text_of(expected));
  }
}

TEST_CASE("Every expected complaint has its input", "[bad]") {
  for (fs::path expected : files(".txt")) {
    expected.replace_extension(".yaml");
    INFO(expected.string());
    CHECK(fs::exists(expected));
  }
}

TEST_CASE("Every bad input is refused soon, however large the model that it asks for", "[bad]") {
  for (const fs::path& input : files(".yaml")) {
    INFO(input.string());
    const auto start = std::chrono::steady_clock::now();
    static_cast<void>(complaint_about(input));
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
  }
}

TEST_CASE("A file that does not exist is told as one", "[bad]") {
  CHECK(complaint_about(folder / "workloads" / "no-such-file.yaml") == "no-such-file.yaml: no such file");
  CHECK(complaint_about(folder / "accelerators" / "no-such-file.yaml") == "no-such-file.yaml: no such file");
  CHECK(complaint_about(folder / "recipes" / "no-such-file.yaml") == "no-such-file.yaml: no such file");
}
