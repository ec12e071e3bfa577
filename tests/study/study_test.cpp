#include "memwall/study/study.hpp"

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include <unistd.h>

#include <catch2/catch.hpp>

#include "memwall/study/growth.hpp"
#include "memwall/study/trends.hpp"

using namespace memwall;
using namespace memwall::study;

namespace {

Study read(const std::string& text) {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("memwall_study_" + std::to_string(::getpid()) + ".yaml");
  std::ofstream(file) << text;
  Study study = read_study(file);
  std::filesystem::remove(file);
  return study;
}

std::vector<std::string> names(const std::vector<Selection>& selections) {
  std::vector<std::string> all;
  for (const Selection& one : selections) all.push_back(one.name);
  return all;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("A study of trends has no grid and no points", "[study][trends]") {
  const Study study = read("id: t\ntrends: {points: [paper, leaders], since: 2017, until: 2022-06}\n");
  REQUIRE(study.trends);
  CHECK(study.trends->points == Names{"paper", "leaders"});
  CHECK(study.trends->since == 2017.0);
  CHECK(study.trends->until == Approx(2022 + 151.0 / 365));  // 31 + 28 + 31 + 30 + 31 days
  CHECK(study.points() == 0);
}

TEST_CASE("What a study of trends leaves open is all", "[study][trends]") {
  const Study study = read("id: t\ntrends: {}\n");
  REQUIRE(study.trends);
  CHECK(names(selections(study.trends->points, study.trends->since, study.trends->until)) ==
        Names{"paper", "all", "leaders"});
}

TEST_CASE("A study of a grid has no trends", "[study]") {
  const Study study = read("id: g\ngrid: {models: [a, b], systems: [c], phases: [prefill, decode]}\n");
  CHECK_FALSE(study.trends);
  CHECK(study.points() == 4);
}

TEST_CASE("Both are the paper's points and the catalog's, and no leaders", "[study][trends]") {
  CHECK(names(selections({"both"}, {}, {})) == Names{"paper", "all"});
  CHECK(names(selections({"leaders", "both"}, {}, {})) == Names{"paper", "all", "leaders"});
  CHECK(names(selections({"leaders", "paper"}, {}, {})) == Names{"paper", "leaders"});
  const auto chosen = selections({"all"}, 2017.0, 2022.0);
  REQUIRE(chosen.size() == 1);
  CHECK(chosen[0].since == 2017.0);
  CHECK(chosen[0].until == 2022.0);
}

TEST_CASE("A date begins with its first day", "[study][trends]") {
  CHECK(beginning_of("2017") == 2017.0);
  CHECK(beginning_of("2017-02") == Approx(2017 + 31.0 / 365));
  CHECK(beginning_of("2017-02-02") == Approx(2017 + 32.0 / 365));
  CHECK_FALSE(beginning_of("2017-13"));
  CHECK_FALSE(beginning_of("soon"));
}

TEST_CASE("A figure has a kind, a file, a selection, and perhaps a title and a width", "[study]") {
  const Study study = read(
      "id: f\ntrends: {}\nfigures:\n"
      "  - {kind: balance, output: b.pdf}\n"
      "  - {kind: roofline, output: r.svg, title: '', width: page, select: {set: paper, device: [a, b]}}\n");
  REQUIRE(study.figures.size() == 2);
  CHECK(study.figures[0].width.empty());
  CHECK_FALSE(study.figures[0].title);
  CHECK(study.figures[1].title == "");
  CHECK(study.figures[1].width == "page");
  CHECK(study.figures[1].select == Names{"set=paper", "device=a", "device=b"});
}

TEST_CASE("A study of the catalog draws the paper's figures, as it has them and to the present",
          "[study][trends]") {
  const Study study = read_study(std::string(MEMWALL_SOURCE_DIR) + "/studies/ai-and-memory-wall.yaml");
  std::set<std::string> paper, present;
  for (const FigureEntry& figure : study.figures)
    (figure.select == Names{"set=paper"} ? paper : present).insert(figure.kind);
  CHECK(paper ==
        std::set<std::string>{"hardware-scaling", "memory-breakdown", "model-size", "training-compute"});
  CHECK(present == std::set<std::string>{"balance", "hardware-scaling", "memory-breakdown", "model-size",
                                         "training-compute"});
}
