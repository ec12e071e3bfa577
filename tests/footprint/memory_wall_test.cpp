#include <catch2/catch.hpp>

#include "footprint/models.hpp"
#include "reference/csv.hpp"

// The memory table of "AI and Memory Wall" (Gholami et al. 2024, arXiv:2403.14123): what training keeps, in
// fp32.

using namespace memwall;
using namespace memwall::footprint;
using workload::DimensionChange;
using workload::set;

namespace {

struct Case {
  std::string id;
  std::int64_t batch;
  std::vector<DimensionChange> dimensions;
};

/// Set-ups behind the table's rows; its GB is GiB.
const std::map<std::string, Case> cases = {
    {"AlexNet", {"alexnet", 128, {set("dropout", "0")}}},
    {"VGG19", {"vgg-19", 64, {set("dropout", "0")}}},
    {"ResNet152", {"resnet-152", 32, {set("stride_first", "true")}}},
    {"DenseNet201", {"densenet-201", 32, {}}},
    {"ResNeXt101 (64x4d)", {"resnext-101-64x4d", 32, {}}},
};

double kept_gib(const Case& c) {
  const workload::Trace trace = workload::catalog_trace(c.id, {.batch = c.batch, .dimensions = c.dimensions});
  return walk(trace, recipe("fp32")).kept.value() / gib;
}

}  // namespace

TEST_CASE("Kept activations of vision models, each tensor once, are the published ones to 1 %",
          "[footprint][memory-wall]") {
  int rows = 0;
  for (const reference::Row& row : reference::table("seed_tables.csv")) {
    if (row.at("metric") != "activation_memory" || !cases.contains(row.at("model"))) continue;
    INFO(row.at("model"));
    const double kept = kept_gib(cases.at(row.at("model")));
    CHECK(kept == Approx(reference::number(row, "published")).epsilon(0.01));
    CHECK(kept == Approx(reference::number(row, "independent_value")).epsilon(0.01));
    ++rows;
  }
  CHECK(rows == 5);
}

TEST_CASE("BERT large keeps 25.9 GiB with dropout and 18.0 without, GPT-2 15.8 and 9.8",
          "[footprint][memory-wall]") {
  CHECK(kept_gib({"bert-large", 16, {}}) == Approx(25.9).epsilon(0.01));
  CHECK(kept_gib({"bert-large", 16, {set("dropout", "0")}}) == Approx(18.0).epsilon(0.01));
  // These two count the logits beside their log-softmax, which alone is kept: 50,257 x 1,024 x 4 bytes.
  const double logits = 50257.0 * 1024 * 4 / gib;
  CHECK(kept_gib({"gpt-2-xl", 1, {}}) + logits == Approx(15.8).epsilon(0.005));
  CHECK(kept_gib({"gpt-2-xl", 1, {set("dropout", "0")}}) + logits == Approx(9.8).epsilon(0.005));
}

TEST_CASE("Weights and optimizer of the memory table: fp32, momentum for vision and Adam for language",
          "[footprint][memory-wall]") {
  const std::map<std::string, std::string> models = {{"AlexNet", "alexnet"},
                                                     {"VGG19", "vgg-19"},
                                                     {"ResNet152", "resnet-152"},
                                                     {"DenseNet201", "densenet-201"},
                                                     {"ResNeXt101 (64x4d)", "resnext-101-64x4d"},
                                                     {"BERT Large", "bert-large"},
                                                     {"GPT-2", "gpt-2-xl"}};
  int rows = 0;
  for (const reference::Row& row : reference::table("seed_tables.csv")) {
    const bool weights = row.at("metric") == "parameter_memory";
    if ((!weights && row.at("metric") != "optimizer_memory") || !models.contains(row.at("model"))) continue;
    INFO(row.at("model") << " " << row.at("metric"));
    const bool language = row.at("model") == "BERT Large" || row.at("model") == "GPT-2";
    const Footprint bytes =
        standing(count_parameters(workload::catalog_trace(models.at(row.at("model")))), {}, recipe("fp32"),
                 optimizer(language ? "adam" : "momentum"), workload::Phase::training);
    // BERT's row is in 10^9 bytes, all others in 2^30.
    CHECK((weights ? bytes.weights : bytes.optimizer).value() /
              (row.at("model") == "BERT Large" ? 1e9 : gib) ==
          Approx(reference::number(row, "independent_value")).epsilon(1e-5));
    ++rows;
  }
  CHECK(rows == 14);
}
