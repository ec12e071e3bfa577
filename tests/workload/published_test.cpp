#include <catch2/catch.hpp>

#include <cmath>
#include <map>

#include "memwall/workload/counts.hpp"
#include "reference/csv.hpp"
#include "workload/models.hpp"

// Parameters, features and FLOPs against published and independently derived numbers.

using namespace memwall;
using namespace memwall::workload;
using memwall::reference::Row;

namespace {

/// Names of the reference tables that are not the catalog's.
const std::map<std::string, std::string> ids = {
    {"alexnet (Krizhevsky 2012, grouped, LRN)", "alexnet"},
    {"gpt-2 (124M)", "gpt-2-small"},
    {"inception-v3 (without auxiliary head)", "inception-v3"},
    {"electra-large (discriminator encoder)", "electra-large"},
    {"Seq2Seq", "seq2seq-lstm"},
    {"Transformer", "transformer-base"},
    {"ELMo", "elmo"},
    {"BERT Large", "bert-large"},
    {"GPT-1", "gpt-1"},
    {"GPT-2", "gpt-2-xl"},
    {"RoBERTa Large", "roberta-large"},
    {"Megatron", "megatron-lm-8.3b"},
    {"ALBERT xxl", "albert-xxlarge"},
    {"Microsoft T-NLG", "t-nlg-17b"},
    {"ELECTRA Large", "electra-large"},
    {"GPT-3", "gpt-3-175b"},
    {"GShard", "gshard-600b"},
    {"Baidu RecSys-C", "baidu-recsys-c"},
    {"Baidu RecSys-E", "baidu-recsys-e"},
    {"AlexNet", "alexnet"},
    {"VGG-19", "vgg-19"},
    {"InceptionV3", "inception-v3"},
    {"ResNet152", "resnet-152"},
    {"InceptionV4", "inception-v4"},
    {"Xception", "xception"},
    {"ResNeXt101(64x4d)", "resnext-101-64x4d"},
    {"DenseNet201", "densenet-201"},
};

std::string id_of(const Row& row) {
  const auto found = ids.find(row.at("model"));
  return found == ids.end() ? row.at("model") : found->second;
}

Counts counts_of(const Row& row) {
  if (row.at("model") == "inception-v3 (with auxiliary head)")
    return count(catalog_trace("inception-v3", {.dimensions = {set("auxiliary", "true")}}));
  return count(catalog_trace(id_of(row)));
}

/// Half of the last digit of a printed number.
double half_digit(const std::string& text) {
  const auto point = text.find('.');
  const auto digits = point == std::string::npos ? 0.0 : static_cast<double>(text.size() - point - 1);
  return 0.5 * std::pow(10, -digits) * (1 + 1e-9);
}

}  // namespace

TEST_CASE("Parameters of public models are exactly those of their released weights",
          "[workload][published]") {
  for (const Row& row : reference::table("reference_counts.csv")) {
    INFO(row.at("model"));
    CHECK(counts_of(row).parameters == reference::number(row, "parameters"));
  }
}

TEST_CASE("Features of vision models round to those of the timm table", "[workload][published]") {
  for (const Row& row : reference::table("reference_counts.csv")) {
    if (row.at("features_millions").empty()) continue;
    INFO(row.at("model"));
    CHECK(std::abs(counts_of(row).features / 1e6 - reference::number(row, "features_millions")) <= 0.005);
  }
}

TEST_CASE("Multiply-accumulates stay just below the timm table's, which adds norms and pooling",
          "[workload][published]") {
  for (const Row& row : reference::table("reference_counts.csv")) {
    if (row.at("gmacs").empty()) continue;
    INFO(row.at("model"));
    const double gmacs = counts_of(row).forward_flops.value() / 2e9;
    CHECK(gmacs <= reference::number(row, "gmacs") + 0.005);
    CHECK(gmacs >= 0.96 * reference::number(row, "gmacs") - 0.005);
  }
}

TEST_CASE("Convolutions and linear layers of vision models sum to the published shapes'",
          "[workload][published]") {
  for (const Row& row : reference::table("vision_layers.csv")) {
    INFO(row.at("model"));
    const Trace trace = catalog_trace(row.at("model"));
    double flops = 0;
    double features = 0;
    for (const Operator& op : trace.operators) {
      if (op.kind != OperatorKind::convolution && op.kind != OperatorKind::linear) continue;
      flops += trace.count_of(op) * model_flops(op).value();
      features += trace.count_of(op) * op.features;
    }
    CHECK(std::abs(flops / 2e9 - reference::number(row, "gmacs")) <= half_digit(row.at("gmacs")));
    CHECK(std::abs(features / 1e6 - reference::number(row, "features_millions")) <=
          half_digit(row.at("features_millions")));
  }
}

TEST_CASE("Inception-v3 has 27,161,264 parameters with its auxiliary classifier", "[workload][published]") {
  CHECK(count(catalog_trace("inception-v3", {.dimensions = {set("auxiliary", "true")}})).parameters ==
        27161264);
  CHECK(count(catalog_trace("inception-v3")).parameters == 23834568);
}

TEST_CASE("ResNet-152 does 11.3 or 11.5 G multiply-accumulates, by where its stride is",
          "[workload][published]") {
  const auto gmacs = [](const std::string& stride_first) {
    return count(catalog_trace("resnet-152", {.dimensions = {set("stride_first", stride_first)}}))
               .forward_flops.value() /
           2e9;
  };
  CHECK(gmacs("true") == Approx(11.3).margin(0.05));
  CHECK(gmacs("false") == Approx(11.5).margin(0.05));
}

TEST_CASE("The tables of AI and Memory Wall: parameters and FLOPs", "[workload][published]") {
  int rows = 0;
  for (const Row& row : reference::table("seed_tables.csv")) {
    const std::string& metric = row.at("metric");
    if (row.at("independent_value").empty() || (metric != "parameters" && metric != "inference_flops"))
      continue;
    INFO(row.at("model") << " " << metric);
    const Counts counts = counts_of(row);
    const double value =
        metric == "parameters" ? counts.parameters / 1e6 : counts.forward_flops.value() / 1e9;
    // Vision FLOPs were derived from tables that add norms; ResNet-152's with its stride in the first
    // convolution.
    const bool vision_flops = row.at("table") == "vision" && metric == "inference_flops";
    const double tolerance = id_of(row) == "resnet-152" ? 0.02 : vision_flops ? 0.006 : 0.0025;
    CHECK(value == Approx(reference::number(row, "independent_value")).epsilon(tolerance));
    ++rows;
  }
  CHECK(rows == 35);
}

TEST_CASE("The tables of AI and Memory Wall: features", "[workload][published]") {
  for (const Row& row : reference::table("seed_tables.csv")) {
    if (row.at("metric") != "features") continue;
    INFO(row.at("model"));
    double features = counts_of(row).features;
    // The table counts layers alone: BERT's pooler puts out h more, ALBERT's projection of its embedding s h.
    if (id_of(row) == "bert-large" || id_of(row) == "roberta-large") features -= 1024;
    if (id_of(row) == "albert-xxlarge") features -= 512.0 * 4096 + 4096;
    CHECK(features / 1e6 == Approx(reference::number(row, "independent_value")).epsilon(2e-6));
  }
}

TEST_CASE("A Transformer's encoder and decoder layers have their published work", "[workload][published]") {
  // Vaswani et al. 2017, base: 6 + 6 layers, h = 512, a = 8. At n tokens on both sides an encoder layer puts
  // out 10 n h + a n^2 features and does 24 n h^2 + 4 n^2 h FLOPs; a decoder layer 15 n h + 2 a n^2 and 32 n
  // h^2 + 8 n^2 h.
  const double h = 512, a = 8, n = 256;
  const Counts counts = count(catalog_trace(
      "transformer-base", {.dimensions = {set("sequence", "256"), set("source_sequence", "256")}}));
  CHECK(counts.features == 6 * (10 * n * h + a * n * n) + 6 * (15 * n * h + 2 * a * n * n));
  CHECK(counts.forward_flops.value() ==
        6 * (24 * n * h * h + 4 * n * n * h) + 6 * (32 * n * h * h + 8 * n * n * h));
}

TEST_CASE("Every GPT of the catalog does 24 h^2 s + 4 s^2 h FLOPs and 10 s h + a s^2 features a layer",
          "[workload][published]") {
  for (const std::string& id : catalog().ids()) {
    const Workload model = catalog().workload(id);
    const bool gpt = id.starts_with("gpt-1") || id.starts_with("gpt-2") || id.starts_with("gpt-3");
    if (!gpt && !id.starts_with("megatron-gpt-")) continue;
    INFO(id);
    std::map<std::string, double> d;
    for (const auto& [name, value] : dimension_values(model, {})) d[name] = value;
    const double l = d.at("layers"), h = d.at("hidden"), a = d.at("heads"), s = d.at("sequence");
    const Counts counts = count(lower(model, {.batch = 3}));
    CHECK(counts.forward_flops.value() == 3 * l * (24 * h * h * s + 4 * s * s * h));
    CHECK(counts.features == l * (10 * s * h + a * s * s));
    CHECK(counts.head_flops.value() == 3 * 2 * s * h * d.at("vocabulary"));
  }
}
