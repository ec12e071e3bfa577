#include "memwall/study/published.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace memwall;
using namespace memwall::study;

namespace {

/// A file with this text that is gone when the test ends.
class TextFile {
 public:
  explicit TextFile(const std::string& text) {
    std::string name = (std::filesystem::temp_directory_path() / "memwall-XXXXXX").string();
    const int handle = mkstemp(name.data());
    REQUIRE(handle >= 0);
    path_ = name;
    std::ofstream(path_) << text;
  }
  ~TextFile() { std::filesystem::remove(path_); }
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

const std::string head = R"(source: test
metrics:
  parameters: {unit: 1e6, definition: parameters}
  weights: {unit: GiB, definition: weights}
  both: {table: memory, unit: GiB, sum_of: [weights]}
)";

std::string complaint(const std::string& text) {
  const TextFile file(text);
  try {
    static_cast<void>(read_publication(file.path()));
  } catch (const config::BadInput& error) {
    return error.what();
  }
  return "none";
}

std::string reason_complaint(const std::string& text) {
  const TextFile file(text);
  try {
    static_cast<void>(read_reasons(file.path()));
  } catch (const config::BadInput& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("A cell is its published value or a map, and keeps the digits", "[study][published]") {
  const TextFile file(head + R"(settings: {recipe: fp32, batch: 2}
rows:
  - table: vision
    model: A
    workload: alexnet
    settings: {set: {dropout: 0}}
    cells:
      parameters: 61.0
      weights:
        published: 0.23
        unit: GB
        note: why
        settings: {batch: 8, set: {dropout: 0.5, size: 224}}
        beside: [{of: other, definition: features, unit: 1e6}]
)");
  const Publication read = read_publication(file.path());
  REQUIRE(read.rows.size() == 1);
  const PublishedRow& row = read.rows[0];
  REQUIRE(row.cells.size() == 2);
  CHECK(row.cells[0].published == "61.0");
  CHECK(row.cells[0].value == 61);
  CHECK(row.cells[0].settings.workload == "alexnet");
  CHECK(row.cells[0].settings.batch == 2);
  CHECK(row.cells[1].settings.batch == 8);
  CHECK(row.cells[1].settings.recipe == "fp32");
  CHECK(row.cells[1].settings.dimensions.size() == 2);
  CHECK(row.cells[1].metric.unit == "GB");
  CHECK(row.cells[1].note == "why");
  REQUIRE(row.cells[1].beside.size() == 1);
  CHECK(*row.cells[1].beside[0].definition == "features");
}

TEST_CASE("Mistakes in a publication are told with their places", "[study][published]") {
  using Catch::Contains;
  const auto row = [](const std::string& cells) {
    return head + "rows:\n  - {table: t, model: M, workload: alexnet, cells: " + cells + "}\n";
  };
  CHECK(complaint(row("{parameters: 61}")) == "none");
  CHECK_THAT(complaint(row("{parameter: 61}")),
             Contains(":7:53: 'parameter' is no metric; did you mean 'parameters'?"));
  CHECK_THAT(complaint(row("{parameters: many}")), Contains("expected a number above 0, as printed"));
  CHECK_THAT(complaint(row("{parameters: -1}")), Contains("expected a number above 0, as printed"));
  CHECK_THAT(complaint(row("{parameters: {published: 61, definition: feature}}")),
             Contains("'feature' is no definition; did you mean 'features'?"));
  CHECK_THAT(complaint(row("{parameters: {published: 61, ours: 60.97}}")), Contains("unknown key 'ours'"));
  CHECK_THAT(complaint(row("{parameters: {note: why}}")), Contains("missing key 'published'"));
  CHECK_THAT(complaint("source: test\nmetrics: {m: {unit: 1}}\nrows: []\n"),
             Contains("needs a definition or a sum_of"));
  CHECK_THAT(complaint("source: test\nmetrics: {}\n"), Contains("missing key 'rows'"));
}

TEST_CASE("A reason has no room for a number of ours", "[study][published]") {
  using Catch::Contains;
  const std::string reason = "errata:\n  - {table: t, model: M, metric: m, published: 61, reason: because";
  CHECK(reason_complaint(reason + "}\n") == "none");
  CHECK_THAT(reason_complaint(reason + ", ours: 60.97}\n"), Contains("unknown key 'ours' in erratum"));
  CHECK_THAT(reason_complaint(reason + ", corrected: 60.97}\n"),
             Contains("unknown key 'corrected' in erratum"));
  CHECK_THAT(reason_complaint("errata:\n  - {table: t, model: M, metric: m, published: 61}\n"),
             Contains("missing key 'reason'"));
  CHECK_THAT(reason_complaint("erratum: []\n"), Contains("did you mean 'errata'?"));
}
