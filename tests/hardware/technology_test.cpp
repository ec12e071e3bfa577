#include "memwall/hardware/technology.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>

#include <catch2/catch.hpp>

#include "hardware/helpers.hpp"
#include "memwall/config/problem.hpp"

using namespace memwall;
using namespace memwall::hardware;

namespace {

const Technology& named(const std::vector<Technology>& all, const std::string& id) {
  const auto found = std::ranges::find(all, id, &Technology::id);
  if (found == all.end()) throw std::runtime_error("no technology " + id);
  return *found;
}

/// A root whose hardware/interconnects.yaml holds the text.
class Root {
 public:
  explicit Root(const std::string& text) { folder_.write("hardware/interconnects.yaml", text); }
  [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
};

const std::string one_link =
    "interconnects:\n"
    "  - {id: a, name: A, kind: host, year: 2003, bandwidth: 4 GB/s, source: s, provenance: datasheet";

}  // namespace

TEST_CASE("Links and memories have the rate of a lane or pin and the bandwidth of all",
          "[hardware][technology]") {
  const auto links = interconnects({MEMWALL_SOURCE_DIR});
  const Technology& nvlink = named(links, "nvlink4-h100");
  CHECK(nvlink.rate == 100e9);  // 36 lanes of 100 Gb/s a direction: 18 links of 25 GB/s
  CHECK(nvlink.bandwidth == BytesPerSecond(450e9));
  CHECK(nvlink.date == "2022");
  const auto memories = memory_technologies({MEMWALL_SOURCE_DIR});
  const Technology& hbm = named(memories, "hbm3-6.4");
  CHECK(hbm.rate == 6.4e9);
  CHECK(hbm.bandwidth == BytesPerSecond(1024 / 8 * 6.4e9));  // a stack is 1024 bits wide
  CHECK(hbm.kind == "HBM");
}

TEST_CASE("A link whose lanes nobody publishes has no rate", "[hardware][technology]") {
  const Root root(one_link + "}\n");
  const auto links = interconnects({root.path()});
  REQUIRE(links.size() == 1);
  CHECK(links.front().rate == 0);
  CHECK(links.front().provenance == Provenance::datasheet);
}

TEST_CASE("The first root that has the file is read, and none is a missing file", "[hardware][technology]") {
  const Root root(one_link + "}\n");
  CHECK(interconnects({"/none", root.path(), MEMWALL_SOURCE_DIR}).size() == 1);
  CHECK_THROWS_AS(interconnects({"/none"}), config::BadFile);
}

TEST_CASE("An unknown key of a link is told with the nearest", "[hardware][technology]") {
  const Root root(one_link + ", gtps_per_lan: 2.5}\n");
  CHECK_THROWS_WITH(interconnects({root.path()}),
                    Catch::Contains("gtps_per_lan") && Catch::Contains("gtps_per_lane"));
}
