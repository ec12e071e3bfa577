#include "memwall/roofline/machine.hpp"

#include <catch2/catch.hpp>

#include "roofline/helpers.hpp"

using namespace memwall;
using namespace memwall::roofline;

namespace {

using Names = std::vector<std::string>;

Names resources(const Machine& machine) {
  Names names;
  for (const Resource& resource : machine.resources) names.push_back(resource.name);
  return names;
}

}  // namespace

TEST_CASE("A level whose bandwidth is unknown is no resource, and is named", "[roofline][machine]") {
  const Machine machine = make_machine(h100(), mixed());
  CHECK(resources(machine) == Names{"matrix", "vector", "HBM"});
  CHECK(machine.notes == Names{"no bandwidth is known for L2, shared, registers: nothing is bound there"});
}

TEST_CASE("A level inside main memory is a resource where its bandwidth is known", "[roofline][machine]") {
  const Machine machine = make_machine(device_of(R"(
units: {name: SM, count: 100}
compute: {matrix: {bf16: 1 TFLOP/s}, vector: {fp32: 1 TFLOP/s}}
memory:
  main: HBM
  HBM: {bandwidth: 1 TB/s}
  L2: {capacity: 10 MiB, bandwidth: 4 TB/s}
  shared: {capacity: 64 KiB, bandwidth: 100 GB/s, per: unit}
)"),
                                       mixed());
  CHECK(resources(machine) == Names{"matrix", "vector", "HBM", "L2", "shared"});
  CHECK(machine.notes.empty());
  // A per-unit figure counts once a unit.
  CHECK(machine.levels[2].bandwidth->value.value() == Approx(100 * 100e9));
  CHECK(machine.levels[0].room()->value() == 10.0 * 1048576 + 100 * 64 * 1024);
  CHECK(machine.levels[1].room()->value() == 100 * 64 * 1024);
  CHECK_FALSE(machine.levels[2].room());
}

TEST_CASE("What is outside main memory is no resource", "[roofline][machine]") {
  const Machine machine = make_machine(device_of(R"(
compute: {matrix: {bf16: 1 TFLOP/s}, vector: {fp32: 1 TFLOP/s}}
memory:
  main: HBM
  DDR: {capacity: 1 TiB, bandwidth: 100 GB/s}
  HBM: {bandwidth: 1 TB/s}
  L2: {capacity: 10 MiB}
)"),
                                       mixed());
  CHECK(machine.levels.size() == 1);
  CHECK(machine.levels.front().name == "HBM");
}

TEST_CASE("A device without a matrix unit runs products on the vector unit, and says so",
          "[roofline][machine]") {
  const Machine machine = make_machine(device_of(R"(
compute: {vector: {fp32: 10.6 TFLOP/s, fp16: 21.2 TFLOP/s}}
memory: {main: HBM, HBM: {bandwidth: 732 GB/s}, L2: {capacity: 4 MiB, bandwidth: 1.6 TB/s}}
)"),
                                       mixed());
  CHECK(resources(machine) == Names{"vector", "HBM", "L2"});
  CHECK(machine.products.unit == hardware::Unit::vector);
  CHECK(machine.products.format == hardware::Format::fp16);
  CHECK(machine.elements->format == hardware::Format::fp32);
  CHECK(machine.notes == Names{"matrix products: bf16, fp16 on matrix unit: none; fp16 on vector unit used"});
}

TEST_CASE("A device of which no vector peak is known has no vector resource", "[roofline][machine]") {
  const Machine machine = make_machine(
      device_of("compute: {matrix: {bf16: 197 TFLOP/s}}\nmemory: {main: HBM, HBM: {bandwidth: 819 GB/s}}\n"),
      mixed());
  CHECK(resources(machine) == Names{"matrix", "HBM"});
  CHECK(machine.notes == Names{"no vector peak is known for fp32: element-wise work takes no time of its own",
                               "no capacity is known inside HBM: every operand is taken as moved once"});
}

TEST_CASE("A device that cannot compute the recipe's products is refused", "[roofline][machine]") {
  const auto device =
      device_of("compute: {matrix: {int8: 92 TFLOP/s}}\nmemory: {main: DDR, DDR: {bandwidth: 34 GB/s}}\n");
  CHECK(
      complaint([&] { static_cast<void>(make_machine(device, mixed())); }) ==
      "device.yaml:1:1: device has no peak for bf16, fp16 on matrix unit, nor for a wider format that could "
      "stand in");
}

TEST_CASE("The ridge is peak over bandwidth, for each unit, format and known level", "[roofline][machine]") {
  const auto all = ridges(device_of(R"(
compute: {matrix: {bf16: 312 TFLOP/s, tf32: 156 TFLOP/s}, vector: {fp32: 19.5 TFLOP/s}}
memory: {main: HBM, HBM: {bandwidth: 2 TB/s}, L2: {capacity: 40 MiB, bandwidth: 5 TB/s}, shared: {capacity: 1 MiB}}
)"));
  REQUIRE(all.size() == 6);
  CHECK(all[0].format == hardware::Format::tf32);
  CHECK(all[0].level == "HBM");
  CHECK(all[0].intensity.value() == 156e12 / 2e12);
  CHECK(all[1].level == "L2");
  CHECK(all[1].intensity.value() == 156e12 / 5e12);
  CHECK(all[2].format == hardware::Format::bf16);
  CHECK(all[2].intensity.value() == 312e12 / 2e12);
  CHECK(all[4].unit == hardware::Unit::vector);
  CHECK(all[4].intensity.value() == 19.5e12 / 2e12);
}
