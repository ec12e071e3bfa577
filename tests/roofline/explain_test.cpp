#include "memwall/roofline/explain.hpp"

#include <catch2/catch.hpp>

#include "roofline/helpers.hpp"

using namespace memwall;
using namespace memwall::roofline;

namespace {

/// [64, 128] x [128, 256] with a bias, then a GELU, on a device of round figures.
Roofline example(Fusion fusion = Fusion::none) {
  const auto device = device_of(R"(
name: Round
source: a datasheet
provenance: datasheet
compute: {matrix: {bf16: 100 TFLOP/s}, vector: {fp32: 1 TFLOP/s}}
memory:
  main: HBM
  HBM: {bandwidth: {value: 1 TB/s, source: a stopwatch, provenance: measured}}
  L2: {capacity: 512 B}
)");
  const auto trace = trace_of(R"(
inputs: {x: {sequence: 64, feature: 128}}
layers: [{linear: 256}, gelu]
)",
                              {.phase = workload::Phase::prefill});
  return roofline::roofline(make_machine(device, mixed()), trace.phase,
                            kernels(trace, Pass::forward, mixed(), fusion));
}

}  // namespace

TEST_CASE("An explanation is a chain of lines that can be worked out again", "[roofline][explain]") {
  CHECK(to_text(explain(example(), "linear")) ==
        R"(linear: linear, forward pass
on Round, recipe mixed
dimensions
  product = groups x [m, k] x [k, n] = 1 x [64, 128] x [128, 256]
accesses
  read x (input) = elements * bytes an element = 8,192 * 2 B = 16,384 B
  read linear.weight (weight) = elements * bytes an element = 32,768 * 2 B = 65,536 B
  read linear.bias (weight) = elements * bytes an element = 256 * 2 B = 512 B
  write linear (activation) = elements * bytes an element = 16,384 * 2 B = 32,768 B
matrix
  product = 2 * groups * m * n * k = 2 * 1 * 64 * 256 * 128 = 4,194,304 FLOP
  peak bf16 on the matrix unit: 100.0 TFLOP/s (datasheet; a datasheet; compute.matrix.bf16)
  time = work / peak = 4,194,304 FLOP / 100,000,000,000,000 FLOP/s = 41.94 ns
vector
  elements of linear = FLOPs an element * elements = 1 * 16,384 = 16,384 FLOP
  peak fp32 on the vector unit: 1.000 TFLOP/s (datasheet; a datasheet; compute.vector.fp32)
  time = work / peak = 16,384 FLOP / 1,000,000,000,000 FLOP/s = 16.38 ns
HBM
  accesses once = sum of reads and writes = 115,200 B
  room = capacity inside HBM = L2 512 B = 512 B
  product at least = 2 * groups * m * n * k * sqrt(left * right * result / room) = 2 * 1 * 64 * 256 * 128 * sqrt(2 B * 2 B * 2 B / 512 B) = 524,288 B
  product operands once = groups * (left * m * k + right * k * n + result * m * n) = 1 * (2 B * 64 * 128 + 2 B * 128 * 256 + 2 B * 64 * 256) = 114,688 B
  product again = max(0, at least - operands once) = 409,600 B
  traffic = accesses once + again = 524,800 B
  peak HBM bandwidth: 1.000 TB/s (measured; a stopwatch; memory.HBM.bandwidth)
  time = traffic / bandwidth = 524,800 B / 1,000,000,000,000 B/s = 524.8 ns
  intensity at HBM = (products + elements) / traffic = (4,194,304 + 16,384 FLOP) / 524,800 B = 8.023 FLOP/B
  ridge of bf16 on the matrix unit: 100.0 FLOP/B
bound by HBM: 12.51 times as long as matrix; were HBM infinitely fast, matrix would bound at 41.94 ns
time 524.8 ns
note: no bandwidth is known for L2: nothing is bound there
)");
}

TEST_CASE("What is not used has no work, and the ridge is that of the unit at work", "[roofline][explain]") {
  const Explanation gelu = explain(example(), "gelu");
  CHECK(gelu.bound == "vector");
  // 13 FLOP on 16,384 elements at 1 TFLOP/s against 65,536 B at 1 TB/s.
  CHECK(gelu.time.value() == Approx(13 * 16384 / 1e12));
  CHECK(gelu.next == "HBM");
  CHECK(gelu.margin == Approx(13 * 16384.0 / 65536));
  CHECK(gelu.intensities.front().ridge == "ridge of fp32 on the vector unit: 1.000 FLOP/B");
  CHECK(to_text(gelu).find("matrix: no work\n") != std::string::npos);
}

TEST_CASE("A fused kernel is found by the name of any of its parts", "[roofline][explain]") {
  const Roofline fused = example(Fusion::elementwise);
  CHECK(explain(fused, "linear+gelu").name == "linear+gelu");
  CHECK(explain(fused, "gelu").name == "linear+gelu");
  CHECK(explain(fused, "linear").name == "linear+gelu");
}

TEST_CASE("An operator that is not there is refused with the nearest name", "[roofline][explain]") {
  const Roofline result = example();
  CHECK(complaint([&] { static_cast<void>(explain(result, "linaer")); }) ==
        "--operator: no operator is named 'linaer'; did you mean 'linear'?");
  CHECK(complaint([&] { static_cast<void>(explain(result, "softmax")); }) ==
        "--operator: no operator is named 'softmax'; known: linear, gelu");
}

TEST_CASE("A repeated operator's explanation tells the time of all", "[roofline][explain]") {
  const auto trace = trace_of(R"(
inputs: {tokens: {type: index, sequence: 64}}
layers: [{embedding: 100, width: 128}, {repeat: 12, layers: [{linear: 128, bias: false}]}]
)");
  const Roofline result =
      roofline::roofline(make_machine(h100(), mixed()), trace.phase, kernels(trace, Pass::forward, mixed()));
  const Explanation linear = explain(result, "layers.linear");
  CHECK(linear.count == 12);
  CHECK(linear.total == 12 * linear.time);
  // 3 matrices of 128 x 128 (or 64 x 128) elements: 65,536 B at 3.35 TB/s are 19.56 ns.
  CHECK(to_text(linear).find("time 19.56 ns, 12 times 234.8 ns\n") != std::string::npos);
}

TEST_CASE("Products on the vector unit are told apart from element-wise work there", "[roofline][explain]") {
  const auto device = device_of(R"(
compute: {vector: {fp16: 20 TFLOP/s, fp32: 10 TFLOP/s}}
memory: {main: HBM, HBM: {bandwidth: 1 TB/s}}
)");
  const auto trace = trace_of("inputs: {x: {sequence: 64, feature: 128}}\nlayers: [{linear: 256}]\n");
  const Roofline result =
      roofline::roofline(make_machine(device, mixed()), trace.phase, kernels(trace, Pass::forward, mixed()));
  const Explanation linear = explain(result, "linear");
  REQUIRE(linear.resources.size() == 2);
  CHECK(linear.resources[0].resource == "vector");
  REQUIRE(linear.resources[0].peaks.size() == 2);
  CHECK(linear.resources[0].time.numbers ==
        "4,194,304 FLOP / 20,000,000,000,000 FLOP/s + 16,384 FLOP / 10,000,000,000,000 FLOP/s");
  CHECK(linear.resources[0].seconds.value() == Approx(4194304 / 20e12 + 16384 / 10e12));
}
