#include <catch2/catch.hpp>

#include <set>

#include "memwall/workload/counts.hpp"
#include "workload/models.hpp"

// Every workload of the catalog, read from its file and lowered.

using namespace memwall;
using namespace memwall::workload;

namespace {

/// Families of which no model makes one token after another.
const std::set<std::string> not_generating = {
    "albert",  "alexnet",      "baidu-recsys",     "bert", "convnext",  "deit",      "densenet", "dit",
    "dlrm",    "efficientnet", "electra",          "elmo", "inception", "mobilenet", "moco",     "resnet",
    "resnext", "squeezenet",   "stable-diffusion", "swin", "vgg",       "vit",       "wav2vec2", "xception",
    "xlnet"};

bool generates(const Workload& model) { return !not_generating.contains(model.family); }

bool is_integer(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

/// "8.3B" as a number.
double rounded_figure(const std::string& text) {
  std::size_t end = 0;
  const double digits = std::stod(text, &end);
  const std::string unit = text.substr(end);
  if (unit == "M") return digits * 1e6;
  if (unit == "B") return digits * 1e9;
  if (unit == "T") return digits * 1e12;
  throw std::runtime_error("no figure: " + text);
}

}  // namespace

TEST_CASE("The catalog holds more than 250 models of five domains", "[workload][catalog]") {
  std::set<std::string> domains;
  for (const std::string& id : catalog().ids()) domains.insert(catalog().workload(id).domain);
  CHECK(catalog().ids().size() >= 250);
  CHECK(domains == std::set<std::string>{"language", "multimodal", "recommendation", "speech", "vision"});
}

TEST_CASE("Every model of the catalog lowers for training and for prefill", "[workload][catalog]") {
  for (const std::string& id : catalog().ids()) {
    INFO(id);
    const Workload model = catalog().workload(id);
    for (const bool flash : {false, true}) {
      const Trace training = lower(model, {.batch = 2, .flash_attention = flash});
      const Trace prefill = lower(model, {.phase = Phase::prefill, .batch = 2, .flash_attention = flash});
      CHECK_FALSE(training.operators.empty());
      // Only dropout and the loss are left out of inference, and neither has weights or products.
      CHECK(count(prefill).parameters == count(training).parameters);
      CHECK(count(prefill).forward_flops == count(training).forward_flops);
    }
  }
}

TEST_CASE("Every model that generates decodes one token after another, and no other does",
          "[workload][catalog]") {
  for (const std::string& id : catalog().ids()) {
    INFO(id);
    const Workload model = catalog().workload(id);
    const LoweringOptions options{.phase = Phase::decode, .batch = 3};
    if (!generates(model)) {
      CHECK_THROWS_AS(lower(model, options), config::BadInput);
      continue;
    }
    const Trace step = lower(model, options);
    const Shape& output = step.tensor(step.outputs.back()).shape;
    CHECK(output.extent(AxisKind::sequence) == 1);
    CHECK(output.extent(AxisKind::batch) == 3);
    // One token's work is far below that of a whole sequence.
    CHECK(count(step).forward_flops <
          count(lower(model, {.phase = Phase::prefill, .batch = 3})).forward_flops);
  }
}

TEST_CASE("Every published integer is met exactly", "[workload][catalog]") {
  int integers = 0;
  for (const std::string& id : catalog().ids()) {
    const Workload model = catalog().workload(id);
    if (!is_integer(model.published_parameters)) continue;
    INFO(id);
    CHECK(count(lower(model, {})).parameters == std::stod(model.published_parameters));
    ++integers;
  }
  CHECK(integers >= 200);
}

TEST_CASE("Every published rounded figure is met to 4 %", "[workload][catalog]") {
  for (const std::string& id : catalog().ids()) {
    const Workload model = catalog().workload(id);
    if (model.published_parameters.empty() || is_integer(model.published_parameters)) continue;
    INFO(id);
    CHECK(count(lower(model, {})).parameters ==
          Approx(rounded_figure(model.published_parameters)).epsilon(0.04));
  }
}

TEST_CASE("Changing the batch changes no parameter and scales every model's work", "[workload][catalog]") {
  for (const std::string& id : catalog().ids()) {
    INFO(id);
    const Workload model = catalog().workload(id);
    const Counts one = count(lower(model, {.batch = 1}));
    const Counts four = count(lower(model, {.batch = 4}));
    CHECK(four.parameters == one.parameters);
    CHECK(four.features == Approx(one.features).epsilon(1e-12));
    CHECK(four.forward_flops.value() == Approx(4 * one.forward_flops.value()).epsilon(1e-12));
    CHECK(four.head_flops.value() == Approx(4 * one.head_flops.value()).epsilon(1e-12));
  }
}
