#include <catch2/catch.hpp>

#include <set>

#include "memwall/workload/counts.hpp"
#include "workload/models.hpp"

// What a file's structure means: blocks, repeats, names and what is inherited.

using namespace memwall;
using namespace memwall::workload;

namespace {

const std::string sequence_in = "inputs: {x: {sequence: 4, feature: 8}}\n";

double parameters(const std::string& yaml) { return count(trace_of(sequence_in + yaml)).parameters; }

std::string shape(const std::string& yaml) { return output_of(trace_of(sequence_in + yaml)); }

std::string refusal(const std::string& yaml) {
  return complaint([&] { static_cast<void>(trace_of(sequence_in + yaml)); });
}

}  // namespace

TEST_CASE("Dimensions may be changed from outside, and what follows from them follows",
          "[workload][language]") {
  const std::string yaml =
      "dimensions: {hidden: 8, ffn: 4*hidden}\n" + sequence_in + "layers: [{linear: ffn, bias: false}]\n";
  CHECK(count(trace_of(yaml)).parameters == 8 * 32);
  CHECK(count(trace_of(yaml, {.dimensions = {set("hidden", "10")}})).parameters == 8 * 40);
  CHECK(count(trace_of(yaml, {.dimensions = {set("ffn", "hidden/2")}})).parameters == 8 * 4);
  const auto values = dimension_values(model_of(yaml), {.dimensions = {set("hidden", "2^4")}});
  REQUIRE(values.size() == 2);
  CHECK(values[0] == std::pair<std::string, double>("hidden", 16));
  CHECK(values[1] == std::pair<std::string, double>("ffn", 64));
}

TEST_CASE("A repeat of equal shapes folds and one of changing shapes is written out",
          "[workload][language]") {
  const Trace folded =
      trace_of(sequence_in + "layers:\n  - {linear: 8}\n  - {repeat: 10, layers: [{linear: 8}]}\n");
  REQUIRE(folded.repeats.size() == 1);
  CHECK(folded.repeats[0].count == 10);
  CHECK(folded.operators.size() == 2);
  CHECK(count(folded).parameters == 11 * 72);
  // Features grow by two: 10, 12, 14.
  const Trace grown =
      trace_of(sequence_in +
               "layers:\n  - repeat: 3\n    layers:\n      - parallel: [[], [{linear: 2, bias: false}]]\n");
  CHECK(grown.repeats.empty());
  CHECK(output_of(grown) == "[sequence 4, feature 14]");
  CHECK(count(grown).parameters == 2 * (8 + 10 + 12));
}

TEST_CASE("A repeat of none is not there, and one of one stands alone", "[workload][language]") {
  CHECK(parameters("layers: [{linear: 8}, {repeat: 0, layers: [{linear: 8}]}]\n") == 72);
  const Trace once = trace_of(sequence_in + "layers: [{linear: 8}, {repeat: 1, layers: [{linear: 8}]}]\n");
  CHECK(once.repeats.empty());
  CHECK(count(once).parameters == 144);
}

TEST_CASE("A repeat inside a repeat is written out in the folded one", "[workload][language]") {
  const Trace nested = trace_of(
      sequence_in +
      "layers:\n  - {linear: 8}\n  - repeat: 5\n    layers:\n      - {repeat: 3, layers: [{linear: 8}]}\n");
  REQUIRE(nested.repeats.size() == 1);
  CHECK(nested.repeats[0].count == 5);
  CHECK(nested.operators.size() == 1 + 3);
  CHECK(count(nested).parameters == 72 + 5 * 3 * 72);
}

TEST_CASE("An index counts from zero and makes every iteration its own", "[workload][language]") {
  CHECK(parameters("layers:\n  - repeat: 4\n    index: i\n    layers: [{linear: 8 + i, bias: false}]\n") ==
        8 * 8 + 8 * 9 + 9 * 10 + 10 * 11);
  CHECK(shape("layers:\n  - repeat: 4\n    index: i\n    layers: [{linear: 8 + i}]\n") ==
        "[sequence 4, feature 11]");
}

TEST_CASE("Shared weights exist once, folded or written out", "[workload][language]") {
  const std::string folded =
      "layers: [{linear: 8}, {repeat: 12, shared_weights: true, layers: [{linear: 8}, layer_norm]}]\n";
  CHECK(parameters(folded) == 72 + 72 + 16);
  const std::string written_out =
      "layers: [{linear: 8}, {repeat: 12, shared_weights: true, index: i, layers: [{linear: 8}, "
      "layer_norm]}]\n";
  CHECK(parameters(written_out) == 72 + 72 + 16);
  // Also where a repeat that cannot fold stands inside: its weights are those of the first iteration.
  CHECK(parameters("layers:\n  - repeat: 3\n    shared_weights: true\n    index: i\n    layers:\n"
                   "      - {repeat: 2, layers: [{linear: 9, bias: false}, {linear: 10, bias: false}]}\n"
                   "      - {linear: 8, bias: false}\n") == 8 * 9 + 9 * 10 + 10 * 9 + 9 * 10 + 10 * 8);
  // And where shared repeats stand in one another.
  CHECK(parameters(
            "layers:\n  - repeat: 3\n    shared_weights: true\n    index: i\n    layers:\n"
            "      - {linear: 8}\n"
            "      - {repeat: 2, shared_weights: true, index: j, layers: [{linear: 8, bias: false}]}\n") ==
        72 + 64);
  CHECK(refusal("layers:\n  - repeat: 3\n    shared_weights: true\n    index: i\n    layers: [{linear: 8, "
                "when: i}]\n") ==
        "model.yaml:7:14: layer 'linear': shared weights need the same layers in every iteration");
  CHECK(refusal("layers:\n  - repeat: 3\n    shared_weights: true\n    index: i\n    layers: [{linear: 8 + "
                "i}]\n") ==
        "model.yaml:7:14: layer 'linear': shared weights need the same shape in every iteration");
}

TEST_CASE("Weights of one name are the same, a transposed table too", "[workload][language]") {
  CHECK(count(trace_of("inputs: {t: {type: index, sequence: 4}}\nlayers:\n"
                       "  - {embedding: 100, width: 8, weights: table}\n  - {linear: 100, weights: table, "
                       "bias: false}\n"))
            .parameters == 800);
}

TEST_CASE("A layer is its first key that is a kind", "[workload][language]") {
  CHECK(shape("layers: [{name: a, linear: 3}]\n") == "[sequence 4, feature 3]");
  CHECK(refusal("layers: [{linear: 3, relu: }]\n") ==
        "model.yaml:3:22: unknown key 'relu' in layer 'linear'; known: "
        "bias, name, from, as, weights, when, head, shard");
}

TEST_CASE("Arguments of a block are meant where they are given, defaults where the block stands",
          "[workload][language]") {
  const std::string yaml =
      "dimensions: {width: 5}\n" + sequence_in +
      "blocks:\n  inner: {arguments: {width: , twice: 2*width}, layers: [{linear: twice}]}\n"
      "  outer: {arguments: {width: 3}, layers: [{block: inner, width: width + 1}]}\n"
      "layers: [{block: outer}]\n";
  // outer's width is 3, inner's 4, and twice that is 8.
  CHECK(output_of(trace_of(yaml)) == "[sequence 4, feature 8]");
}

TEST_CASE("A layer exists where its condition is not zero", "[workload][language]") {
  const std::string yaml =
      "dimensions: {wide: false}\n" + sequence_in + "layers:\n  - {linear: 3, when: wide}\n  - relu\n";
  CHECK(output_of(trace_of(yaml)) == "[sequence 4, feature 8]");
  CHECK(output_of(trace_of(yaml, {.dimensions = {set("wide", "true")}})) == "[sequence 4, feature 3]");
}

TEST_CASE("Names given inside an iteration are seen there only", "[workload][language]") {
  CHECK(refusal("layers:\n  - {linear: 8}\n  - {repeat: 3, layers: [{linear: 8, as: inner}]}\n  - {linear: "
                "2, from: inner}\n") ==
        "model.yaml:6:23: layer 'linear': no tensor is named 'inner'; known: x");
}

TEST_CASE("A side branch ends in an output of its own", "[workload][language]") {
  const Trace trace =
      trace_of(sequence_in + "layers:\n  - {linear: 6}\n  - side: [{linear: 3}]\n  - {linear: 5}\n");
  REQUIRE(trace.outputs.size() == 2);
  CHECK(to_text(trace.tensor(trace.outputs[0]).shape) == "[sequence 4, feature 3]");
  CHECK(to_text(trace.tensor(trace.outputs[1]).shape) == "[sequence 4, feature 5]");
}

TEST_CASE("Joins by hand", "[workload][language]") {
  CHECK(shape("layers: [{parallel: [[], [{linear: 3}]]}]\n") == "[sequence 4, feature 11]");
  CHECK(shape("layers: [{parallel: [[], []], axis: sequence}]\n") == "[sequence 8, feature 8]");
  CHECK(shape("layers: [{parallel: [[], [{linear: 8}]], join: mul}]\n") == "[sequence 4, feature 8]");
  // [4, 8] x [4, 8]^T, and the product of that with [4, 8] again.
  CHECK(shape("layers: [{linear: 8, as: a}, {matmul: [a, a], transpose: true, as: b}, {matmul: [b, a]}]\n") ==
        "[sequence 4, feature 8]");
  // A gate of one number a feature is stretched over the sequence.
  CHECK(shape("layers: [{linear: 8, as: a}, global_pool, {linear: 8, as: gate}, {mul: [a, gate]}]\n") ==
        "[sequence 4, feature 8]");
}

TEST_CASE("A head's work is counted apart, its parameters are not", "[workload][language]") {
  const Counts counts = count(trace_of(sequence_in + "layers: [{linear: 8}, {linear: 100, head: true}]\n"));
  CHECK(counts.forward_flops.value() == 2 * 4 * 8 * 8);
  CHECK(counts.head_flops.value() == 2 * 4 * 8 * 100);
  CHECK(counts.parameters == 8 * 8 + 8 + 8 * 100 + 100);
  CHECK(counts.features == 4 * 8);
}

TEST_CASE("Every operator has a name of its own", "[workload][language]") {
  for (const std::string id : {"gpt-2-small", "resnet-50", "t5-small", "gemma-3-4b", "sd-1.5-unet"}) {
    const Trace trace = catalog_trace(id);
    std::set<std::string> names;
    for (const Operator& op : trace.operators) CHECK(names.insert(op.name).second);
  }
}

TEST_CASE("A file that extends another inherits its maps, not its name and count", "[workload][language]") {
  const Workload small = catalog().workload("gpt-2-small");
  const Workload large = catalog().workload("gpt-2-xl");
  CHECK(small.name == "GPT-2 small");
  CHECK(small.published_parameters != large.published_parameters);
  CHECK(small.layers.items.size() == large.layers.items.size());
  // The one file names 12 layers, the other gives the vocabulary.
  CHECK(dimension_values(small, {})[0].second == 12);
  CHECK(count(lower(small, {})).head_flops.value() == 2.0 * 1024 * 768 * 50257);
}
