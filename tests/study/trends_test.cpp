#include "memwall/study/trends.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <catch2/catch.hpp>

#include "study/paper.hpp"

using namespace memwall;
using namespace memwall::study;

namespace {

const std::string source_dir = MEMWALL_SOURCE_DIR;

Trends paper() { return read_trends(source_dir + "/studies/ai-and-memory-wall/points.yaml"); }

/// The paper's points and everything of the catalog, made once.
const Trends& everything() {
  static const Trends trends = [] {
    Trends all = paper();
    add_hardware(all, hardware::Catalog({source_dir}));
    add_workloads(all, workload::Library({source_dir}), test::subjects());
    add_memory(all, test::publication(), test::reasons(), test::subjects());
    return all;
  }();
  return trends;
}

std::vector<TrendPoint> points_of(const Trends& trends, std::string_view series, std::string_view set) {
  std::vector<TrendPoint> points;
  std::ranges::copy_if(trends.points, std::back_inserter(points),
                       [&](const TrendPoint& point) { return point.series == series && point.set == set; });
  return points;
}

const TrendPoint& point(std::string_view series, std::string_view id) {
  const auto found = std::ranges::find_if(everything().points, [&](const TrendPoint& known) {
    return known.series == series && known.set == catalog_set && known.source == id;
  });
  if (found == everything().points.end()) throw std::runtime_error("no point " + std::string(id));
  return *found;
}

const MemoryBar& bar(std::string_view model, std::string_view set) {
  const auto found = std::ranges::find_if(
      everything().memory, [&](const MemoryBar& known) { return known.model == model && known.set == set; });
  if (found == everything().memory.end()) throw std::runtime_error("no bar " + std::string(model));
  return *found;
}

const Selection papers{.name = "paper", .set = paper_set};

}  // namespace

TEST_CASE("The paper's points give its six rates with the digits that it prints", "[study][trends]") {
  // Least squares over all points, independently: 3.03, 1.59, 1.42, 413, 1.86, and 753 or 755 with the length
  // of a year that is used.
  const Trends trends = paper();
  for (const auto& [series, claim, rate] :
       {std::tuple("peak_flops", "3.0", 3.03), std::tuple("dram_bandwidth", "1.6", 1.59),
        std::tuple("interconnect_bandwidth", "1.4", 1.42), std::tuple("transformer_parameters", "410", 413.0),
        std::tuple("accelerator_memory", "2", 1.86), std::tuple("training_compute", "750", 754.0)}) {
    INFO(series);
    const TrendFit found = *fit_of(trends, series, papers);
    CHECK(trends.find(series)->claim == claim);
    CHECK(reproduces(*trends.find(series), found.fit).value());
    CHECK(found.fit.rate == Approx(rate).epsilon(0.004));
    CHECK(found.fit.low < found.fit.rate);
    CHECK(found.fit.rate < found.fit.high);
  }
}

TEST_CASE("Training compute is known to a factor of 2.7 at one sigma", "[study][trends]") {
  CHECK(fit_of(paper(), "training_compute", papers)->fit.rate_sigma == Approx(2.7).epsilon(0.02));
}

TEST_CASE("The project's points are those read back from the plots", "[study][trends]") {
  const std::map<std::string, std::pair<std::string, double>> series = {
      {"peak_flops", {"peak_flops", 339e6}},  // the R10000 is 1 in the plot
      {"dram_bandwidth", {"dram_bandwidth", 15.2e9}},
      {"interconnect_bandwidth", {"interconnect_bandwidth", 2.5}},
      {"transformer_parameters", {"transformer_parameters", 1e9}},
      {"vision_parameters", {"vision_parameters", 1e9}},
      {"recommender_parameters", {"recommender_parameters", 1e9}},
      {"accelerator_memory", {"accelerator_memory", 6e9}},  // plotted as parameters at 6 bytes
      {"other_training_pflop", {"other_training_compute", 1e15}},
      {"transformer_training_pflop", {"training_compute", 1e15}}};
  const Trends trends = paper();
  std::map<std::string, std::vector<TrendPoint>> rest;
  for (const TrendPoint& known : trends.points) rest[known.series].push_back(known);
  for (const test::CsvRow& row : test::reference_rows("seed_points.csv")) {
    if (row.at("figure") == "gpu_memory_wall") continue;
    const auto& [name, base] = series.at(row.at("series"));
    INFO(name << " " << row.at("date"));
    std::vector<TrendPoint>& points = rest[name];
    REQUIRE_FALSE(points.empty());
    CHECK(points.front().date == row.at("date"));
    CHECK(points.front().value == Approx(std::stod(row.at("value")) * base).epsilon(1e-4));
    CHECK(points.front().labelled == !row.at("name").empty());
    if (points.front().labelled) CHECK(points.front().name == row.at("name"));
    points.erase(points.begin());
  }
  for (const auto& [name, points] : rest) CHECK(points.empty());
}

TEST_CASE("The bars of the memory plot are those read back from it", "[study][trends]") {
  const Trends trends = paper();
  const auto rows = test::reference_rows("seed_points.csv");
  for (const MemoryBar& plotted : trends.memory) {
    if (plotted.model.empty()) continue;
    INFO(plotted.model);
    const double unit = plotted.model == "BERT Large" ? 1e9 : 1073741824.0;  // see published.yaml
    for (const auto& [series, value] :
         {std::pair("parameters", plotted.weights), std::pair("optimizer", plotted.optimizer),
          std::pair("feature_map", plotted.activations)}) {
      const auto found = std::ranges::find_if(rows, [&](const test::CsvRow& row) {
        return row.at("series") == series && row.at("date") == plotted.date &&
               row.at("name").starts_with(plotted.model.substr(0, plotted.model.find(' ')));
      });
      REQUIRE(found != rows.end());
      CHECK(value.value() == Approx(std::stod(found->at("value")) * unit));
    }
  }
}

TEST_CASE("Every published claim says how it comes about and where it stands", "[study][trends]") {
  for (const TrendSeries& series : everything().series) {
    if (series.claim.empty()) continue;
    INFO(series.name);
    CHECK_FALSE(series.method.empty());
    CHECK_FALSE(series.claimed_in.empty());
    CHECK_FALSE(series.rule.empty());
  }
}

TEST_CASE("Every device of the catalog stands at its best 16- to 32-bit peak", "[study][trends]") {
  CHECK(point("peak_flops", "nvidia-h100-sxm").value == 989.4e12);                        // bf16 matrix
  CHECK(point("peak_flops", "nvidia-p100-sxm2").value == Approx(21.2e12).epsilon(0.01));  // fp16 vector
  CHECK(point("peak_flops", "nvidia-gtx-580").value == Approx(1.581e12).epsilon(0.001));  // fp32 vector
  CHECK(point("balance", "nvidia-h100-sxm").value == Approx(989.4e12 / 3.35e12));
  CHECK(point("balance_any_format", "nvidia-h100-sxm").value == Approx(1978.9e12 / 3.35e12));  // fp8
  CHECK(point("dram_bandwidth", "nvidia-h100-sxm").value == 3.35e12);
  CHECK(point("accelerator_memory", "nvidia-h100-sxm").value == 80 * 1073741824.0);
}

TEST_CASE("Memory series are of HBM and GDDR alone, what is on chip stands apart", "[study][trends]") {
  std::set<std::string> graphics, on_chip;
  for (const TrendPoint& known : points_of(everything(), "dram_bandwidth", catalog_set))
    graphics.insert(known.source);
  for (const TrendPoint& known : points_of(everything(), "balance_on_chip", catalog_set))
    on_chip.insert(known.source);
  CHECK(graphics.contains("nvidia-8800-gtx"));
  CHECK_FALSE(graphics.contains("amd-epyc-9654"));  // DDR5
  CHECK_FALSE(graphics.contains("meta-mtia-v2"));   // LPDDR5
  CHECK_FALSE(graphics.contains("groq-lpu-v1"));    // SRAM
  CHECK(on_chip.contains("groq-lpu-v1"));
  CHECK(on_chip.contains("cerebras-wse2"));
  CHECK_FALSE(on_chip.contains("nvidia-h100-sxm"));
}

TEST_CASE("A link counts by its lane, once a year and rate", "[study][trends]") {
  std::map<std::string, double> lanes;
  std::set<std::pair<std::string, double>> seen;
  for (const TrendPoint& known : points_of(everything(), "interconnect_bandwidth", catalog_set)) {
    lanes[known.name] = known.value;
    CHECK(seen.insert({known.date, known.value}).second);
    CHECK(known.value >= 2.5);
  }
  CHECK(lanes.at("PCIe 1.0 x16") == 2.5);
  CHECK(lanes.at("PCIe 5.0 x16") == 32);
}

TEST_CASE("A leader is the first of its family and year that nothing of them surpasses", "[study][trends]") {
  std::set<std::pair<std::string, int>> led;
  for (const TrendPoint& known : points_of(everything(), "peak_flops", catalog_set)) {
    if (known.leader) CHECK(led.insert({known.group, static_cast<int>(known.year)}).second);
  }
  for (const TrendPoint& known : points_of(everything(), "peak_flops", catalog_set))
    CHECK(led.contains({known.group, static_cast<int>(known.year)}));
  CHECK(point("peak_flops", "nvidia-h100-sxm").leader);
  CHECK_FALSE(point("peak_flops", "nvidia-h100-pcie").leader);
}

TEST_CASE("GPT-3's training is 72 b s l h^2 (1 + s/6h + V/12lh) for each of its samples", "[study][trends]") {
  const double layers = 96, hidden = 12288, sequence = 2048, words = 50257, tokens = 3e11;
  const double expected =
      72 * tokens * layers * hidden * hidden * (1 + sequence / (6 * hidden) + words / (12 * layers * hidden));
  CHECK(point("training_compute", "gpt-3-175b").value == Approx(expected).epsilon(1e-6));
  CHECK(expected == Approx(3.14e23).epsilon(0.03));  // as the paper plots it
}

TEST_CASE("Models stand by what they are", "[study][trends]") {
  CHECK(point("transformer_parameters", "bert-large").value == 335141888);
  CHECK(point("vision_parameters", "alexnet").value > 6e7);
  CHECK_THROWS(point("transformer_parameters", "elmo"));                // no attention
  CHECK_THROWS(point("transformer_parameters", "resnet-50"));           // vision
  CHECK_THROWS(point("transformer_parameters", "megatron-gpt-1008b"));  // never trained
  // Of a family's sizes that state no date of their own, the date of the one that they extend.
  CHECK(point("transformer_parameters", "gpt-2-small").date ==
        point("transformer_parameters", "gpt-2-xl").date);
}

TEST_CASE("Decoding one token takes about one FLOP for each byte of 16-bit weights", "[study][trends]") {
  // 2 FLOPs and 2 bytes a weight; the cache and what stands between operators add bytes.
  CHECK(point("decode_intensity", "gpt-3-175b").value == Approx(1).epsilon(0.1));
  CHECK(point("decode_intensity", "gpt-3-175b").value < 1);
  CHECK(point("forward_intensity", "gpt-3-175b").value > 100);
  CHECK_THROWS(point("decode_intensity", "resnet-50"));
}

TEST_CASE("Worked-out bars stand beside the plotted ones, with the plot's memory limit", "[study][trends]") {
  CHECK(bar("GPT-2", paper_set).optimizer.value() == Approx(11.72 * 1073741824.0));
  CHECK(bar("GPT-2", catalog_set).optimizer.value() == 8 * 1557611200.0);  // two fp32 moments a weight
  CHECK(bar("GPT-2", catalog_set).limit == bar("GPT-2", paper_set).limit);
}

TEST_CASE("A model that the paper lacks stands against the largest memory of its year", "[study][trends]") {
  const MemoryBar& gpt3 = bar("GPT-3 175B", catalog_set);
  CHECK(gpt3.weights.value() == Approx(4 * 175181291520.0).epsilon(0.01));
  CHECK(gpt3.limit.value() == 80 * 1073741824.0);  // the A100 of November 2020
  CHECK(gpt3.limit_name.starts_with("A100"));
}

TEST_CASE("Since and until cut a fit's points", "[study][trends]") {
  const Selection recent{.name = "recent", .since = 2017};
  const TrendFit found = *fit_of(everything(), "peak_flops", recent);
  CHECK(found.fit.from >= 2017);
  const Selection before{.name = "before", .until = 2017};
  CHECK(fit_of(everything(), "peak_flops", before)->fit.to < 2017);
  CHECK(found.fit.points + fit_of(everything(), "peak_flops", before)->fit.points ==
        points_of(everything(), "peak_flops", catalog_set).size());
}

TEST_CASE("Mistakes in a file of points are told with their places", "[study][trends]") {
  const auto file =
      std::filesystem::temp_directory_path() / ("memwall_trends_" + std::to_string(::getpid()) + ".yaml");
  std::ofstream(file) << "source: s\n"
                         "series:\n"
                         "  a:\n"
                         "    title: A\n"
                         "    claim: -2\n"
                         "    points:\n"
                         "      - {date: 2022-13, value: 1, name: x}\n"
                         "      - {date: 2022, value: 0, name: x}\n"
                         "      - {date: 2022, value: 1}\n"
                         "memory:\n"
                         "  - {model: m, released: 2012, weights: 1}\n"
                         "rest: 1\n";
  try {
    static_cast<void>(read_trends(file));
    FAIL("was read");
  } catch (const config::BadInput& error) {
    const std::string text = error.what();
    for (const std::string part : {":5:12: claim: expected a factor above 0",
                                   ":7:9: '2022-13' is no date; expected one such as 2022-09-20",
                                   ":8:9: value: expected a number above 0",
                                   ":9:9: expected either name (as the plot has it) or taken_for",
                                   ":11:5: expected weights, optimizer, activations and limit", "rest"}) {
      INFO(text);
      CHECK(text.find(part) != std::string::npos);
    }
  }
  std::filesystem::remove(file);
}

TEST_CASE("A bar of a model that the published table lacks is refused", "[study][trends]") {
  Trends trends = paper();
  trends.memory.front().model = "Alexnet";
  CHECK_THROWS_WITH(add_memory(trends, test::publication(), test::reasons(), test::subjects()),
                    Catch::Contains("no row 'Alexnet' in the published memory table"));
}
