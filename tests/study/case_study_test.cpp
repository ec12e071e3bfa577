#include "memwall/study/case_study.hpp"

#include <catch2/catch.hpp>

#include "memwall/workload/library.hpp"

using namespace memwall;
using namespace memwall::study;
using workload::Phase;

namespace {

workload::Workload model(const std::string& id) {
  return workload::Library({MEMWALL_SOURCE_DIR}).workload(id);
}

const Demand& of(const Demands& demands, OperatorClass which) {
  return demands[static_cast<std::size_t>(which)];
}

/// Decode steps one by one.
Demands one_by_one(const workload::Workload& workload, std::int64_t sequence) {
  Demands all(operator_class_count);
  for (std::int64_t cached = 0; cached < sequence; ++cached) {
    workload::LoweringOptions options;
    options.phase = Phase::decode;
    options.context_length = cached;
    const Demands step = demands_of(workload::lower(workload, options), Bytes(1));
    for (std::size_t i = 0; i < all.size(); ++i) {
      all[i].flops += step[i].flops;
      all[i].bytes += step[i].bytes;
    }
  }
  return all;
}

void check_equal(const Demands& a, const Demands& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    INFO(to_text(static_cast<OperatorClass>(i)));
    CHECK(a[i].flops == Approx(b[i].flops).epsilon(1e-12));
    CHECK(a[i].bytes == Approx(b[i].bytes).epsilon(1e-12));
  }
}

}  // namespace

TEST_CASE("BERT base's classes need what their dimensions say", "[study][case_study]") {
  const double s = 128, h = 768, a = 12, l = 12;
  const Demands demands = demands_of(model("bert-base"), Phase::prefill, 128, Bytes(1));
  // Four products of [s,h] and [h,h] with a bias: operands, weights and results once.
  CHECK(of(demands, OperatorClass::attention_projections).flops == l * 4 * (2 * s * h * h + s * h));
  CHECK(of(demands, OperatorClass::attention_projections).bytes == l * 4 * (2 * s * h + h * h + h));
  // Scores [s,h] x [h,s] and context [s,s] x [s,h], by heads.
  CHECK(of(demands, OperatorClass::attention_products).flops == l * 4 * s * s * h);
  CHECK(of(demands, OperatorClass::attention_products).bytes == l * (4 * s * h + 2 * a * s * s));
  CHECK(of(demands, OperatorClass::feed_forward).flops == l * (16 * s * h * h + 5 * s * h));
  CHECK(of(demands, OperatorClass::feed_forward).bytes == l * (2 * s * 5 * h + 8 * h * h + 5 * h));
  CHECK(of(demands, OperatorClass::head).flops == 0);
}

TEST_CASE("GPT-2 reads every weight once for each token", "[study][case_study]") {
  const double n = 128, h = 768, l = 12, v = 50257;
  const Demands demands = demands_of(model("gpt-2-small"), Phase::decode, 128, Bytes(1));
  CHECK(of(demands, OperatorClass::attention_projections).flops == Approx(n * l * 4 * (2 * h * h + h)));
  CHECK(of(demands, OperatorClass::attention_projections).bytes == Approx(n * l * 4 * (2 * h + h * h + h)));
  // Token i sees i keys: 1 + 2 + ... + n of them, each 2 h a product.
  CHECK(of(demands, OperatorClass::attention_products).flops == Approx(l * 4 * h * n * (n + 1) / 2));
  CHECK(of(demands, OperatorClass::feed_forward).bytes == Approx(n * l * (8 * h * h + 5 * h + 10 * h)));
  CHECK(of(demands, OperatorClass::head).flops == Approx(n * 2 * h * v));
}

TEST_CASE("Bytes follow the element and FLOPs do not", "[study][case_study]") {
  const Demands one = demands_of(model("bert-base"), Phase::prefill, 128, Bytes(1));
  const Demands two = demands_of(model("bert-base"), Phase::prefill, 128, Bytes(2));
  for (const auto which : {OperatorClass::attention_projections, OperatorClass::attention_products,
                           OperatorClass::feed_forward}) {
    CHECK(of(two, which).flops == of(one, which).flops);
    CHECK(of(two, which).bytes == 2 * of(one, which).bytes);
  }
}

TEST_CASE("Token by token is the sum of its steps", "[study][case_study]") {
  for (const std::int64_t sequence : {1, 2, 3, 9, 16}) {
    INFO(sequence);
    check_equal(demands_of(model("gpt-2-small"), Phase::decode, sequence, Bytes(1)),
                one_by_one(model("gpt-2-small"), sequence));
  }
}

TEST_CASE("Token by token holds where a window fills up", "[study][case_study]") {
  const workload::Workload windowed = workload::read_workload(config::parse_yaml(R"(
id: windowed
dimensions: {hidden: 64, sequence: 32}
inputs: {tokens: {type: index, sequence: sequence}}
layers:
  - {embedding: 100, width: hidden}
  - repeat: 2
    layers: [{residual: [{attention: 4, mask: sliding, window: 7}]}, {residual: [{attention: 4, mask: causal}]}]
)",
                                                                                 "windowed.yaml"));
  for (const std::int64_t sequence : {5, 7, 8, 30, 31})
    check_equal(demands_of(windowed, Phase::decode, sequence, Bytes(1)), one_by_one(windowed, sequence));
}

TEST_CASE("An encoder and a decoder of one shape need like FLOPs and unlike bytes", "[study][case_study]") {
  for (const std::int64_t sequence : {128, 512, 4096}) {
    INFO(sequence);
    const Demands encoder = demands_of(model("bert-base"), Phase::prefill, sequence, Bytes(1));
    const Demands decoder = demands_of(model("gpt-2-small"), Phase::decode, sequence, Bytes(1));
    for (const auto which : {OperatorClass::attention_projections, OperatorClass::feed_forward})
      CHECK(of(decoder, which).flops == Approx(of(encoder, which).flops));
    // Token i looks back at i keys, not at all of them.
    CHECK(of(decoder, OperatorClass::attention_products).flops ==
          Approx(of(encoder, OperatorClass::attention_products).flops / 2).epsilon(0.01));
    // Matrix times vector: 2 FLOPs for each byte of a weight or key, at any length.
    CHECK(total(decoder).intensity() == Approx(2).epsilon(0.02));
    CHECK(total(encoder).intensity() > 50 * total(decoder).intensity());
  }
}

TEST_CASE("The larger encoder is more intense", "[study][case_study]") {
  for (const std::int64_t sequence : {128, 1024, 4096}) {
    CHECK(total(demands_of(model("bert-large"), Phase::prefill, sequence, Bytes(1))).intensity() >
          total(demands_of(model("bert-base"), Phase::prefill, sequence, Bytes(1))).intensity());
  }
}

TEST_CASE("The case study's file names the paper's models and lengths", "[study][case_study]") {
  const CaseStudy study =
      read_case_study(std::string(MEMWALL_SOURCE_DIR) + "/studies/ai-and-memory-wall/case-study.yaml");
  CHECK(study.element == Bytes(1));
  CHECK(study.sequences == std::vector<std::int64_t>{128, 256, 512, 1024, 2048, 4096});
  REQUIRE(study.models.size() == 3);
  CHECK(study.models[0].workload == "bert-base");
  CHECK(study.models[1].workload == "bert-large");
  CHECK(study.models[2].workload == "gpt-2-small");
  CHECK(study.models[2].phase == Phase::decode);
}
