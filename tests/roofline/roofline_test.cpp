#include "memwall/roofline/roofline.hpp"

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include "memwall/hardware/reader.hpp"
#include "memwall/hardware/what_if.hpp"
#include "memwall/roofline/traffic.hpp"
#include "roofline/helpers.hpp"

using namespace memwall;
using namespace memwall::roofline;
using workload::Phase;

namespace {

/// GPT-3 175B's decoder (Brown et al. 2020, table 2.1), 96 layers of 12,288 features and 96 heads.
const char* const gpt3 = R"(
dimensions: {layers: 96, hidden: 12288, heads: 96, vocabulary: 50257, sequence: 2048}
inputs:
  tokens: {type: index, sequence: sequence}
blocks:
  decoder:
    layers:
      - residual: [layer_norm, {attention: heads, mask: causal}]
      - residual: [layer_norm, {linear: 4*hidden}, gelu, {linear: hidden}]
layers:
  - {embedding: vocabulary, width: hidden, weights: tokens}
  - positions: sequence
  - {repeat: layers, block: decoder}
  - layer_norm
  - {linear: vocabulary, weights: tokens, bias: false, head: true}
  - cross_entropy
)";

Roofline price(const hardware::Accelerator& device, const std::string& yaml,
               const workload::LoweringOptions& options = {}) {
  const workload::Trace trace = trace_of(yaml, options);
  const plan::Optimizer optimizer = adam();
  return roofline::roofline(make_machine(device, mixed()), trace.phase,
                            phase_kernels(trace, mixed(), &optimizer));
}

const OperatorTime& find(const Roofline& result, std::string_view name) {
  for (const OperatorTime& op : result.operators) {
    if (op.kernel.name == name) return op;
  }
  FAIL("no operator is named " << name);
  return result.operators.front();
}

std::string_view bound(const Roofline& result, std::string_view name) {
  return result.bound_name(find(result, name).cost.bound);
}

/// One matrix peak and one bandwidth, nothing else.
hardware::Accelerator plain(double flops, double bandwidth) {
  return device_of(
      fmt::format("compute: {{matrix: {{bf16: {:.17g} FLOP/s}}}}\nmemory: {{main: HBM, HBM: {{bandwidth: "
                  "{:.17g} B/s}}}}\n",
                  flops, bandwidth));
}

}  // namespace

TEST_CASE("A decode step's linear layer takes as long as its weights take to arrive", "[roofline]") {
  const Roofline result = price(h100(), gpt3, {.phase = Phase::decode});
  const OperatorTime& linear = find(result, "decoder.linear");
  // 12,288 x 49,152 weights, 49,152 biases, 12,288 inputs and 49,152 outputs of 2 B.
  const double bytes = 2 * (12288.0 * 49152 + 49152 + 12288 + 49152);
  CHECK(linear.cost.bytes.front().value() == bytes);
  CHECK(linear.cost.time.value() == bytes / 3.35e12);
  CHECK(linear.cost.time.value() == Approx(360.65e-6).epsilon(1e-4));
  CHECK(bound(result, "decoder.linear") == "HBM");
  // One multiply-add a weight of two bytes.
  CHECK(intensity(linear.kernel, linear.cost, 0).value() == Approx(1).epsilon(1e-3));
  CHECK(linear.total() == 96 * linear.cost.time);
}

TEST_CASE("A training step's linear layer takes as long as its products", "[roofline]") {
  const Roofline result = price(h100(), gpt3);
  const OperatorTime& linear = find(result, "decoder.linear");
  CHECK(linear.cost.time.value() == Approx(2 * 2048.0 * 12288 * 49152 / 989.4e12));
  CHECK(linear.cost.time.value() == Approx(2.5004e-3).epsilon(1e-4));
  CHECK(bound(result, "decoder.linear") == "matrix");
  CHECK(bound(result, "decoder.gelu") == "HBM");
  CHECK(bound(result, "optimizer") == "HBM");
}

TEST_CASE("Just right of the ridge compute bounds, just left of it memory", "[roofline]") {
  // [64, 128] x [128, 256]: 4,194,304 FLOP over 2 (64 x 128 + 128 x 256 + 64 x 256) = 114,688 B.
  const char* const yaml = R"(
inputs: {x: {sequence: 64, feature: 128}}
layers: [{linear: 256, bias: false}]
)";
  const double ridge = 4194304.0 / 114688;
  const auto at = [&](double peak) { return price(plain(peak, 1e12), yaml, {.phase = Phase::prefill}); };
  CHECK(bound(at(1e12 * ridge * (1 - 1e-9)), "linear") == "matrix");
  CHECK(bound(at(1e12 * ridge * (1 + 1e-9)), "linear") == "HBM");
  CHECK(at(1e12).total.time.value() == 4194304.0 / 1e12);
  CHECK(at(1e15).total.time.value() == 114688 / 1e12);
}

TEST_CASE("Twice the bandwidth halves exactly what stays bound by it", "[roofline]") {
  config::Node tree = config::parse_yaml(R"(
kind: gpu
units: {name: SM, count: 132}
compute: {matrix: {bf16: 989.4 TFLOP/s}, vector: {fp32: 66.9 TFLOP/s}}
memory:
  main: HBM
  HBM: {capacity: 80 GiB, bandwidth: 3.35 TB/s}
  L2: {capacity: 50 MiB}
)",
                                         "device.yaml");
  const Roofline before = price(hardware::read_accelerator(tree, "device"), gpt3);
  hardware::apply(tree, hardware::parse_change("memory.HBM.bandwidth=2x", {}));
  const Roofline after = price(hardware::read_accelerator(tree, "device"), gpt3);
  REQUIRE(before.operators.size() == after.operators.size());
  int halved = 0;
  for (std::size_t i = 0; i < before.operators.size(); ++i) {
    if (after.bound_name(after.operators[i].cost.bound) != "HBM") continue;
    CHECK(after.operators[i].cost.time == before.operators[i].cost.time / 2);
    ++halved;
  }
  CHECK(halved > 20);
  CHECK(after.total.time < before.total.time);
}

TEST_CASE("Products that fall back to the vector unit are its work, beside the element-wise", "[roofline]") {
  const auto p100 = device_of(R"(
compute: {vector: {fp32: 10.6 TFLOP/s, fp16: 21.2 TFLOP/s}}
memory: {main: HBM, HBM: {bandwidth: 732 GB/s}}
)");
  const Roofline result = price(p100, gpt3);
  const OperatorTime& linear = find(result, "decoder.linear");
  CHECK(bound(result, "decoder.linear") == "vector");
  // Products at fp16's peak, the bias at fp32's.
  CHECK(linear.cost.time.value() == Approx(2 * 2048.0 * 12288 * 49152 / 21.2e12 + 2048.0 * 49152 / 10.6e12));
  CHECK(result.notes.front() == "matrix products: bf16, fp16 on matrix unit: none; fp16 on vector unit used");
}

TEST_CASE("An inner level of known bandwidth bounds where it is slower", "[roofline]") {
  const auto device = [](const char* l2) {
    return device_of(
        fmt::format("compute: {{matrix: {{bf16: 10000 TFLOP/s}}}}\n"
                    "memory: {{main: HBM, HBM: {{bandwidth: 1 TB/s}}, L2: {{capacity: 1 GiB, "
                    "bandwidth: {}}}, registers: {{capacity: 128 KiB}}}}\n",
                    l2));
  };
  const char* const yaml = R"(
inputs: {x: {sequence: 4096, feature: 4096}}
layers: [{linear: 4096, bias: false}]
)";
  // HBM: 3 x 4096^2 x 2 B at 1 TB/s = 100.7 us. L2: 2 x 4096^3 / 256 x 2 B (65,536 elements fit in registers)
  // = 1.0737 GB, at 10 TB/s 107.4 us and at 11 TB/s 97.6 us. Matrix: 2 x 4096^3 at 10 PFLOP/s = 13.7 us.
  const auto slow = price(device("10 TB/s"), yaml, {.phase = Phase::prefill});
  const auto fast = price(device("11 TB/s"), yaml, {.phase = Phase::prefill});
  CHECK(find(slow, "linear").cost.bytes[1].value() == Approx(4 * 4096.0 * 4096 * 4096 / 256));
  CHECK(find(slow, "linear").cost.times[2].value() == Approx(107.374e-6).epsilon(1e-4));
  CHECK(find(fast, "linear").cost.times[2].value() == Approx(97.613e-6).epsilon(1e-4));
  CHECK(find(fast, "linear").cost.times[1].value() == Approx(100.663e-6).epsilon(1e-4));
  CHECK(find(fast, "linear").cost.times[0].value() == Approx(13.7439e-6).epsilon(1e-4));
  CHECK(bound(slow, "linear") == "L2");
  CHECK(bound(fast, "linear") == "HBM");
}

TEST_CASE("Without main memory's bandwidth only compute bounds", "[roofline]") {
  const auto device =
      device_of("compute: {matrix: {bf16: 1 TFLOP/s}}\nmemory: {main: HBM, HBM: {capacity: 1 GiB}}\n");
  const Roofline result =
      price(device, "inputs: {x: {sequence: 8, feature: 32}}\nlayers: [{linear: 32}, gelu]\n",
            {.phase = Phase::prefill});
  CHECK(bound(result, "linear") == "matrix");
  CHECK(bound(result, "gelu") == "unknown");
  CHECK(find(result, "gelu").cost.time == Seconds(0));
  // Bytes are known all the same: 8 x 32 elements read and written.
  CHECK(find(result, "gelu").bytes() == Bytes(2 * 8 * 32 * 2));
  CHECK(result.notes.back() == "1 of 2 operators use only what has no known peak: they count no time");
}

TEST_CASE("Parts add up to the whole", "[roofline]") {
  const Roofline result = price(h100(), gpt3, {.batch = 2});
  Seconds by_hand;
  Flops flops;
  for (const OperatorTime& op : result.operators) {
    by_hand += op.total();
    flops += op.flops();
  }
  CHECK(result.total.time == by_hand);
  CHECK((result.total.matrix + result.total.vector).value() == Approx(flops.value()));
  for (const auto& groups : {by_layer(result, 1), by_layer(result, 3), by_pass(result), by_kind(result)}) {
    Seconds time;
    Bytes bytes;
    for (const Totals& group : groups) {
      time += group.time;
      bytes += group.bytes;
    }
    CHECK(time.value() == Approx(result.total.time.value()));
    CHECK(bytes.value() == Approx(result.total.bytes.value()));
  }
  Seconds bounds;
  for (const Seconds time : result.total.by_bound) bounds += time;
  CHECK(bounds.value() == Approx(result.total.time.value()));
}

TEST_CASE("Layers fold by the first names of their paths, backward with forward", "[roofline]") {
  const Roofline result = price(h100(), gpt3);
  const auto layers = by_layer(result, 2);
  std::vector<std::string> names;
  for (const Totals& layer : layers) names.push_back(layer.name);
  CHECK(names == std::vector<std::string>{"embedding", "positions", "decoder.layer_norm", "decoder.attention",
                                          "decoder.add", "decoder.layer_norm_2", "decoder.linear",
                                          "decoder.gelu", "decoder.linear_2", "decoder.add_2", "layer_norm",
                                          "linear", "cross_entropy", "optimizer"});
  const auto passes = by_pass(result);
  REQUIRE(passes.size() == 3);
  CHECK(passes[0].name == "forward");
  CHECK(passes[2].name == "optimizer");
  // Products: two for one.
  CHECK(passes[1].matrix.value() == Approx(2 * passes[0].matrix.value()));
}

TEST_CASE("The bound of the whole is the resource of most of the time", "[roofline]") {
  const Roofline decode = price(h100(), gpt3, {.phase = Phase::decode});
  CHECK(decode.bound_name(decode.total.bound()) == "HBM");
  const Roofline prefill = price(h100(), gpt3, {.phase = Phase::prefill, .flash_attention = true});
  CHECK(prefill.bound_name(prefill.total.bound()) == "matrix");
}

TEST_CASE("Time is told by how sure the figure of its bound is", "[roofline]") {
  const auto device = device_of(R"(
provenance: datasheet
source: datasheet
compute: {matrix: {bf16: 989.4 TFLOP/s}, vector: {fp32: {value: 66.9 TFLOP/s, provenance: family, source: x}}}
memory: {main: HBM, HBM: {bandwidth: {value: 3.35 TB/s, provenance: assumed, source: guess}}}
)");
  const Roofline result = price(device, gpt3);
  const auto& share = result.total.by_provenance;
  Seconds assumed;
  for (const OperatorTime& op : result.operators) {
    if (result.bound_name(op.cost.bound) == "HBM") assumed += op.total();
  }
  CHECK(share[static_cast<std::size_t>(hardware::Provenance::assumed)] == assumed);
  CHECK(share[static_cast<std::size_t>(hardware::Provenance::datasheet)].value() ==
        Approx((result.total.time - assumed).value()));
  CHECK(share[static_cast<std::size_t>(hardware::Provenance::family)] == Seconds(0));
}

TEST_CASE("Another pricing may stand in for the ideal one", "[roofline]") {
  const auto trace = trace_of("inputs: {x: {sequence: 8, feature: 32}}\nlayers: [{linear: 32}]\n");
  Machine machine = make_machine(h100(), mixed());
  machine.resources.push_back({ResourceKind::latency, "latency"});
  const Pricing with_launch = [](const Machine& m, const Kernel& kernel) {
    Cost cost = price_ideal(m, kernel);
    cost.times.back() = Seconds(5e-6);
    cost.time += Seconds(5e-6);
    cost.bound = static_cast<int>(m.resources.size()) - 1;
    return cost;
  };
  const Roofline result =
      roofline::roofline(machine, trace.phase, kernels(trace, Pass::forward, mixed()), with_launch);
  CHECK(result.bound_name(result.total.bound()) == "latency");
  CHECK(result.total.time > Seconds(5e-6));
}

TEST_CASE("More memory, bandwidth or compute never makes an operator slower", "[roofline]") {
  const Roofline before = price(h100(), gpt3);
  for (const char* change : {"memory.HBM.bandwidth=1.5x", "memory.L2.capacity=4x", "compute.matrix=3x"}) {
    config::Node tree = config::parse_yaml(R"(
kind: gpu
units: {name: SM, count: 132}
compute: {matrix: {bf16: 989.4 TFLOP/s}, vector: {fp32: 66.9 TFLOP/s}}
memory:
  main: HBM
  HBM: {capacity: 80 GiB, bandwidth: 3.35 TB/s}
  L2: {capacity: 50 MiB}
  shared: {capacity: 228 KiB, per: unit}
  registers: {capacity: 256 KiB, per: unit}
)",
                                           "device.yaml");
    hardware::apply(tree, hardware::parse_change(change, {}));
    const Roofline after = price(hardware::read_accelerator(tree, "device"), gpt3);
    for (std::size_t i = 0; i < before.operators.size(); ++i) {
      CHECK(after.operators[i].cost.time <= before.operators[i].cost.time);
    }
  }
}
