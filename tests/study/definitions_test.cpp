#include "memwall/study/definitions.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "study/paper.hpp"

using namespace memwall;
using namespace memwall::study;
using namespace memwall::test;

namespace {

double derived(const std::string& definition, const Settings& settings) {
  const auto value = definition_named(definition, {"test", 0, 0}).derive(subjects().of(settings));
  REQUIRE(value);
  return *value;
}

Settings settings_of(const std::string& workload, std::int64_t batch = 1) {
  Settings settings;
  settings.workload = workload;
  settings.batch = batch;
  settings.recipe = "fp32";
  return settings;
}

config::Node scalar(const std::string& text) { return config::make_scalar(text, {"test", 0, 0}); }

/// A workload in a file of its own.
class ModelFile {
 public:
  explicit ModelFile(const std::string& training) {
    std::string name = (std::filesystem::temp_directory_path() / "memwall-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder_ = name;
    std::ofstream(path()) << R"(
id: model
dimensions: {layers: 3, hidden: 64, heads: 4, vocabulary: 1000, sequence: 32, dropout: 0}
inputs:
  tokens: {type: index, sequence: sequence}
blocks:
  decoder:
    layers:
      - residual: [layer_norm, {attention: heads, mask: causal, dropout: dropout}]
      - residual: [layer_norm, {linear: 4*hidden}, gelu, {linear: hidden}]
layers:
  - {embedding: vocabulary, width: hidden, weights: tokens}
  - {repeat: layers, block: decoder}
  - layer_norm
  - {linear: vocabulary, weights: tokens, bias: false, head: true}
  - cross_entropy
)" << training;
  }
  ~ModelFile() { std::filesystem::remove_all(folder_); }
  ModelFile(const ModelFile&) = delete;
  ModelFile& operator=(const ModelFile&) = delete;

  [[nodiscard]] std::string path() const { return (folder_ / "model.yaml").string(); }

 private:
  std::filesystem::path folder_;
};

// The model's sizes.
constexpr double l = 3, h = 64, a = 4, v = 1000, s = 32;

}  // namespace

TEST_CASE("A GPT's published quantities follow from its sizes", "[study][definitions]") {
  const ModelFile file("training: {samples: 5000}\n");
  const Settings settings = settings_of(file.path(), 2);
  const double parameters = l * (12 * h * h + 13 * h) + v * h + 2 * h;
  const double forward = l * (24 * s * h * h + 4 * s * s * h);
  const double head = 2 * s * h * v;
  CHECK(derived("parameters", settings) == parameters);
  CHECK(derived("features", settings) == l * (10 * s * h + a * s * s));
  CHECK(derived("inference_flops", settings) == forward);
  CHECK(derived("multiply_accumulates", settings) == forward / 2);
  CHECK(derived("inference_flops_with_heads", settings) == forward + head);
  CHECK(derived("training_flops", settings) == 3 * forward * 5000);
  CHECK(derived("training_flops_with_heads", settings) == 3 * (forward + head) * 5000);
  CHECK(derived("training_flops_by_parameters", settings) == 6 * parameters * 5000 * s);
  CHECK(derived("weights", settings) == 4 * parameters);
  CHECK(derived("optimizer_states", settings) == 8 * parameters);  // Adam: two moments
  CHECK(derived("feature_activations", settings) == 2 * 4 * l * (10 * s * h + a * s * s));
  // 12sh + as^2 a layer (two norms), the last norm, logits and their log-softmax.
  CHECK(derived("output_activations", settings) ==
        2 * 4 * (l * (12 * s * h + a * s * s) + s * h + 2 * s * v));
  // Kept in a layer: the first norm's input and output, queries, keys and values, the softmax' output, the
  // context, the second norm's input and output, GELU's input and output.
  const double per_layer = s * h * (1 + 1 + 3 + 1 + 1 + 1 + 4 + 4) + a * s * s;
  // The last norm's input and output, and the log-softmax.
  CHECK(derived("kept_activations", settings) == 2 * 4 * (l * per_layer + 2 * s * h + s * v));
}

TEST_CASE("Samples come from the settings, else samples, epochs of a data set, or tokens",
          "[study][definitions]") {
  const double forward = l * (24 * s * h * h + 4 * s * s * h);
  const auto trained = [](const std::string& training) {
    const ModelFile file(training);
    return derived("training_flops", settings_of(file.path()));
  };
  CHECK(trained("training: {epochs: 10, dataset: 500}\n") == 3 * forward * 5000);
  CHECK(trained("training: {tokens: 160000}\n") == 3 * forward * 5000);
  CHECK(trained("training: {samples: 5000, tokens: 1}\n") == 3 * forward * 5000);
  const ModelFile file("training: {samples: 1}\n");
  Settings settings = settings_of(file.path());
  settings.samples = 5000;
  CHECK(derived("training_flops", settings) == 3 * forward * 5000);
  const ModelFile silent("");
  CHECK_FALSE(
      definition_named("training_flops", {"test", 0, 0}).derive(subjects().of(settings_of(silent.path()))));
}

TEST_CASE("A change of settings replaces what it says alone", "[study][definitions]") {
  Settings base = settings_of("gpt-2-xl", 8);
  base.dimensions = {{"dropout", scalar("0")}, {"layers", scalar("2")}};
  Settings change;
  change.dimensions = {{"dropout", scalar("0.5")}};
  change.batch = 4;
  const Settings result = changed(base, change);
  CHECK(result.workload == "gpt-2-xl");
  CHECK(result.batch == 4);
  CHECK(result.recipe == "fp32");
  REQUIRE(result.dimensions.size() == 2);
  CHECK(result.dimensions[0].value.text == "0.5");
  CHECK(result.dimensions[1].value.text == "2");
}

TEST_CASE("Units are those of the quantity", "[study][definitions]") {
  const config::Location here{"test", 0, 0};
  CHECK(unit_value("1e6", Measure::count, here) == 1e6);
  CHECK(unit_value("PFLOP", Measure::flops, here) == 1e15);
  CHECK(unit_value("GiB", Measure::bytes, here) == std::pow(2, 30));
  CHECK(unit_value("GB", Measure::bytes, here) == 1e9);
  CHECK_THROWS_AS(unit_value("GiB", Measure::flops, here), config::BadInput);
  CHECK_THROWS_AS(unit_value("FLOP/s", Measure::flops, here), config::BadInput);
  CHECK_THROWS_AS(unit_value("-1", Measure::count, here), config::BadInput);
  CHECK_THROWS_WITH(definition_named("parameter", here), Catch::Contains("did you mean 'parameters'?"));
}

TEST_CASE("AlexNet keeps 1,503,688 elements an image without dropout", "[study][definitions]") {
  Settings settings = settings_of("alexnet", 128);
  settings.dimensions = {{"dropout", scalar("0")}};
  const double conv = 55. * 55 * 96 + 27. * 27 * 256 + 2 * 13. * 13 * 384 + 13. * 13 * 256;  // ReLU in place
  const double normalised = 55. * 55 * 96 + 27. * 27 * 256;                                  // into the pools
  const double pooled = 27. * 27 * 96 + 13. * 13 * 256 + 6. * 6 * 256;  // and as many int64 indices
  const double linear = 4096 + 4096;                                    // their ReLUs' outputs
  const double classes = 1000;                                          // the log-softmax
  const double elements = conv + normalised + 3 * pooled + linear + classes;
  CHECK(elements == 1503688);
  CHECK(derived("kept_activations", settings) == 128 * 4 * elements);
}

TEST_CASE("DenseNet-201 keeps every concatenation, normalised and rectified", "[study][definitions]") {
  double elements = 2 * 64. * 112 * 112   // the stem's convolution and its rectified norm
                    + 2 * 64. * 56 * 56;  // the pool's int64 indices; its output is the first block's input
  double features = 64;
  double side = 56;
  const std::vector<int> blocks = {6, 12, 48, 32};
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    for (int layer = 0; layer < blocks[b]; ++layer, features += 32)
      elements += 2 * side * side * (features + 128);  // input and bottleneck, each as it is and rectified
    elements += 2 * side * side * features;            // the block's result likewise
    if (b + 1 == blocks.size()) break;
    features /= 2;
    elements += side * side * features;  // what the average pool reads
    side /= 2;
  }
  elements += features + 1000;  // the linear layer's input and the log-softmax
  CHECK(elements == 50592872);
  CHECK(derived("kept_activations", settings_of("densenet-201", 32)) == 32 * 4 * elements);
}
