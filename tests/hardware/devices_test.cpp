#include <catch2/catch.hpp>

#include "hardware/helpers.hpp"

// Expected figures are typed from the vendors' documents named at each test, not from the catalog.

using namespace memwall;
using namespace memwall::hardware;

namespace {

double tera(const Accelerator& device, Unit unit, Format format) {
  const auto* peak = device.peak(unit, format);
  return peak == nullptr ? 0 : peak->value.value() / 1e12;
}

double gib(const Accelerator& device) { return device.main_memory().capacity->value.value() / 1073741824.0; }

double gigabytes_per_second(const Accelerator& device) {
  return device.main_memory().bandwidth->value.value() / 1e9;
}

double link_gigabytes_per_second(const Accelerator& device) {
  return device.link->bandwidth.value.value() / 1e9;
}

double kib(const Accelerator& device, const char* level) {
  return device.memory(level)->capacity->value.value() / 1024;
}

}  // namespace

TEST_CASE("P100 SXM2 has the figures of NVIDIA's Pascal whitepaper", "[hardware]") {
  const Accelerator p100 = shipped_catalog().accelerator("p100");
  CHECK(tera(p100, Unit::vector, Format::fp64) == Approx(5.3));
  CHECK(tera(p100, Unit::vector, Format::fp32) == Approx(10.6));
  CHECK(tera(p100, Unit::vector, Format::fp16) == Approx(21.2));
  CHECK(p100.peak(Unit::matrix, Format::fp16) == nullptr);  // no tensor cores
  CHECK(gib(p100) == 16);
  CHECK(gigabytes_per_second(p100) == Approx(732));
  CHECK(p100.units->count.value == 56);
  CHECK(p100.power->value.value() == 300);
  CHECK(link_gigabytes_per_second(p100) == Approx(80));  // 4 links x 20 GB/s a direction
}

TEST_CASE("V100 SXM2 32 GB has the figures of NVIDIA's V100 datasheet", "[hardware]") {
  const Accelerator v100 = shipped_catalog().accelerator("v100");
  CHECK(v100.id == "nvidia-v100-sxm2-32gb");
  CHECK(tera(v100, Unit::vector, Format::fp64) == Approx(7.8));
  CHECK(tera(v100, Unit::vector, Format::fp32) == Approx(15.7));
  CHECK(tera(v100, Unit::matrix, Format::fp16) == Approx(125));
  CHECK(gib(v100) == 32);
  CHECK(gigabytes_per_second(v100) == Approx(900));
  CHECK(v100.units->count.value == 80);
  CHECK(v100.power->value.value() == 300);
  CHECK(link_gigabytes_per_second(v100) == Approx(150));  // 6 links x 25 GB/s a direction
}

TEST_CASE("A100 has the figures of NVIDIA's A100 datasheet", "[hardware]") {
  const Catalog catalog = shipped_catalog();
  for (const char* id : {"nvidia-a100-sxm-40gb", "nvidia-a100-sxm-80gb"}) {
    const Accelerator a100 = catalog.accelerator(id);
    CHECK(tera(a100, Unit::vector, Format::fp64) == Approx(9.7));
    CHECK(tera(a100, Unit::vector, Format::fp32) == Approx(19.5));
    CHECK(tera(a100, Unit::matrix, Format::fp64) == Approx(19.5));
    CHECK(tera(a100, Unit::matrix, Format::tf32) == Approx(156));
    CHECK(tera(a100, Unit::matrix, Format::bf16) == Approx(312));
    CHECK(tera(a100, Unit::matrix, Format::fp16) == Approx(312));
    CHECK(tera(a100, Unit::matrix, Format::int8) == Approx(624));
    CHECK(a100.peak(Unit::matrix, Format::fp8) == nullptr);
    CHECK(a100.units->count.value == 108);
    CHECK(kib(a100, "L2") == 40 * 1024);
    CHECK(kib(a100, "shared") == 164);
    CHECK(link_gigabytes_per_second(a100) == Approx(300));  // 600 GB/s both directions
    CHECK(a100.power->value.value() == 400);
  }
  CHECK(gib(catalog.accelerator("a100-40gb")) == 40);
  CHECK(gigabytes_per_second(catalog.accelerator("a100-40gb")) == Approx(1555));
  CHECK(gib(catalog.accelerator("a100")) == 80);
  CHECK(gigabytes_per_second(catalog.accelerator("a100")) == Approx(2039));
}

TEST_CASE("H100 SXM has the dense figures of NVIDIA's H100 datasheet", "[hardware]") {
  const Accelerator h100 = shipped_catalog().accelerator("h100");
  // The datasheet prints 1,979 TFLOP/s bf16 and 3,958 fp8 "with sparsity": half of each is dense.
  CHECK(tera(h100, Unit::matrix, Format::bf16) == Approx(1979.0 / 2).epsilon(1e-3));
  CHECK(tera(h100, Unit::matrix, Format::fp8) == Approx(3958.0 / 2).epsilon(1e-3));
  CHECK(tera(h100, Unit::matrix, Format::tf32) == Approx(989.0 / 2).epsilon(1e-3));
  CHECK(tera(h100, Unit::vector, Format::fp32) == Approx(67).epsilon(2e-3));
  CHECK(tera(h100, Unit::vector, Format::fp64) == Approx(34).epsilon(2e-2));
  CHECK(gib(h100) == 80);
  CHECK(gigabytes_per_second(h100) == Approx(3350));
  CHECK(h100.units->count.value == 132);
  CHECK(h100.units->clock->value.value() == Approx(1.98e9));
  CHECK(kib(h100, "L2") == 50 * 1024);
  CHECK(kib(h100, "shared") == 228);
  CHECK(link_gigabytes_per_second(h100) == Approx(450));  // 900 GB/s both directions
  CHECK(h100.host->bandwidth->value.value() == Approx(63e9));
  CHECK(h100.power->value.value() == 700);
  // Device properties report 81,089 of 81,920 MiB.
  CHECK(h100.reserve->value.value() == (81920.0 - 81089.0) * 1048576);
  CHECK(h100.reserve->provenance == Provenance::measured);
}

TEST_CASE("H200 and B200 have the figures of NVIDIA's HGX datasheets", "[hardware]") {
  const Accelerator h200 = shipped_catalog().accelerator("h200");
  CHECK(gib(h200) == 141);
  CHECK(gigabytes_per_second(h200) == Approx(4800));
  CHECK(tera(h200, Unit::matrix, Format::bf16) == Approx(989.4));
  const Accelerator b200 = shipped_catalog().accelerator("b200");
  // HGX B200, 8 GPUs: 1.44 TB; 36 PFLOP/s bf16, 72 fp8 and 144 fp4 with sparsity.
  CHECK(gib(b200) == 1440.0 / 8);
  CHECK(tera(b200, Unit::matrix, Format::bf16) == Approx(36000.0 / 8 / 2));
  CHECK(tera(b200, Unit::matrix, Format::fp8) == Approx(72000.0 / 8 / 2));
  CHECK(tera(b200, Unit::matrix, Format::fp4) == Approx(144000.0 / 8 / 2));
  CHECK(link_gigabytes_per_second(b200) == Approx(900));
}

TEST_CASE("MI250X is one graphics compute die, half of AMD's datasheet of the package", "[hardware]") {
  const Accelerator mi250x = shipped_catalog().accelerator("mi250x");
  CHECK(mi250x.id == "amd-mi250x");
  CHECK(gib(mi250x) == 128.0 / 2);
  CHECK(gigabytes_per_second(mi250x) == Approx(3276.8 / 2));
  CHECK(tera(mi250x, Unit::matrix, Format::bf16) == Approx(383.0 / 2));
  CHECK(tera(mi250x, Unit::matrix, Format::fp64) == Approx(95.7 / 2));
  CHECK(mi250x.units->count.value == 220 / 2);
  CHECK(kib(mi250x, "L2") == 8 * 1024);
  const System package = shipped_catalog().system("amd-mi250x-package");
  CHECK(package.accelerator.id == "amd-mi250x");
  CHECK(package.reach() == 2);
  CHECK(package.tiers.front().bandwidth.value.value() == Approx(200e9));
}

TEST_CASE("MI300X has the figures of AMD's datasheet", "[hardware]") {
  const Accelerator mi300x = shipped_catalog().accelerator("mi300x");
  CHECK(tera(mi300x, Unit::matrix, Format::bf16) == Approx(1307.4));
  CHECK(tera(mi300x, Unit::matrix, Format::fp8) == Approx(2614.9));
  CHECK(tera(mi300x, Unit::vector, Format::fp32) == Approx(163.4));
  CHECK(gib(mi300x) == 192);
  CHECK(gigabytes_per_second(mi300x) == Approx(5300));
  CHECK(mi300x.units->count.value == 304);
  CHECK(kib(mi300x, "L3") == 256 * 1024);
}

TEST_CASE("TPU v2 to v5p have Google's figures of one chip", "[hardware]") {
  const Catalog catalog = shipped_catalog();
  struct Chip {
    const char* name;
    double bf16;          // TFLOP/s
    double capacity;      // GiB
    double bandwidth;     // GB/s
    std::int64_t domain;  // chips of a pod
    Topology topology;
  };
  // Jouppi et al., CACM 2020 (v2, v3) and ISCA 2023 (v4); Google Cloud documentation (v5p).
  const Chip chips[] = {{"tpu-v2", 46, 16, 700, 256, Topology::torus2d},
                        {"tpu-v3", 123, 32, 900, 1024, Topology::torus2d},
                        {"tpu-v4", 275, 32, 1200, 4096, Topology::torus3d},
                        {"tpu-v5p", 459, 95, 2765, 8960, Topology::torus3d}};
  for (const Chip& chip : chips) {
    INFO(chip.name);
    const Accelerator tpu = catalog.accelerator(chip.name);
    CHECK(tera(tpu, Unit::matrix, Format::bf16) == Approx(chip.bf16));
    CHECK(gib(tpu) == chip.capacity);
    CHECK(gigabytes_per_second(tpu) == Approx(chip.bandwidth));
    CHECK(tpu.link->domain == chip.domain);
    CHECK(tpu.link->topology == chip.topology);
  }
}

TEST_CASE("RTX 4090 has the figures of NVIDIA's Ada whitepaper", "[hardware]") {
  const Accelerator rtx4090 = shipped_catalog().accelerator("rtx-4090");
  CHECK(tera(rtx4090, Unit::vector, Format::fp32) == Approx(82.6));
  CHECK(tera(rtx4090, Unit::matrix, Format::fp16) == Approx(330.3));
  CHECK(tera(rtx4090, Unit::matrix, Format::bf16) == Approx(165.2));
  CHECK(gib(rtx4090) == 24);
  CHECK(gigabytes_per_second(rtx4090) == Approx(1008));
  CHECK(rtx4090.main_memory().name == "GDDR");
  CHECK(rtx4090.link == std::nullopt);
}

TEST_CASE("Xeon Gold 6242 has 16 cores x 2.8 GHz x 64 fp32 FLOP a cycle and six channels of DDR4-2933",
          "[hardware]") {
  const Accelerator xeon = shipped_catalog().accelerator("xeon-gold-6242");
  CHECK(tera(xeon, Unit::vector, Format::fp32) == Approx(16 * 2.8e9 * 64 / 1e12).epsilon(1e-3));
  CHECK(tera(xeon, Unit::vector, Format::fp64) == Approx(16 * 2.8e9 * 32 / 1e12).epsilon(1e-3));
  CHECK(gigabytes_per_second(xeon) == Approx(6 * 8 * 2.933).epsilon(1e-3));
  CHECK(kib(xeon, "L3") == 22 * 1024);
  CHECK(xeon.main_memory().name == "DDR");
  CHECK(xeon.reserve == std::nullopt);  // nothing is known or assumed of what an operating system keeps
}

TEST_CASE("An unknown figure is absent, not zero", "[hardware]") {
  const Catalog catalog = shipped_catalog();
  CHECK(catalog.accelerator("mips-r10000").main_memory().capacity == std::nullopt);
  CHECK(catalog.accelerator("mips-r10000").usable_memory() == std::nullopt);
  CHECK(catalog.accelerator("h100").memory("L2")->bandwidth == std::nullopt);
  CHECK(catalog.accelerator("h100").memory("L3") == nullptr);
  CHECK(catalog.accelerator("tpu-v5p").power == std::nullopt);
}

TEST_CASE("A per-unit memory counts once a unit", "[hardware]") {
  const Accelerator h100 = shipped_catalog().accelerator("h100");
  const MemoryLevel* shared = h100.memory("shared");
  REQUIRE(shared != nullptr);
  CHECK(shared->per_unit);
  CHECK(h100.total_capacity(*shared)->value() == 132.0 * 228 * 1024);
  CHECK(h100.total_capacity(*h100.memory("L2"))->value() == 50.0 * 1048576);
}

TEST_CASE("Usable memory is what the driver reports less the runtime's context", "[hardware]") {
  const Accelerator h100 = shipped_catalog().accelerator("h100");
  // 81,089 MiB reported; the default context is 3 MiB for each of 132 SMs.
  CHECK(h100.usable_memory()->value() == (81089.0 - 132 * 3) * 1048576);
  CHECK(h100.context->provenance == Provenance::assumed);
  // TPU v3: the compiler reports 15.48 of 16 GiB a core; 530 MiB are reserved on each of two cores.
  CHECK(shipped_catalog().accelerator("tpu-v3").usable_memory()->value() == (32768.0 - 2 * 530) * 1048576);
}

TEST_CASE("A device without a reserve of its own gets its kind's share, marked as assumed", "[hardware]") {
  const Accelerator a10g = shipped_catalog().accelerator("nvidia-a10g");
  CHECK(a10g.reserve->value.value() == std::floor(0.007 * 24 * 1073741824.0));
  CHECK(a10g.reserve->provenance == Provenance::assumed);
  CHECK(a10g.reserve->source.starts_with("default of kind gpu: "));
}
