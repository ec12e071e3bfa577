#include <catch2/catch.hpp>

#include "hardware/helpers.hpp"
#include "memwall/hardware/what_if.hpp"

using namespace memwall;
using namespace memwall::hardware;

namespace {

const config::Location option{"--set", 0, 0};

Accelerator h100_with(const std::vector<std::string>& changes) {
  std::vector<Change> parsed;
  for (const std::string& change : changes) parsed.push_back(parse_change(change, option));
  return shipped_catalog().accelerator("h100", parsed);
}

std::string refusal(const std::string& change) {
  return complaint([&] { static_cast<void>(h100_with({change})); });
}

}  // namespace

TEST_CASE("2x doubles a figure, which is then assumed and tells what it was", "[hardware]") {
  const Accelerator device = h100_with({"memory.HBM.bandwidth=2x"});
  const Figure<BytesPerSecond>& bandwidth = *device.main_memory().bandwidth;
  CHECK(bandwidth.value.value() == 2 * 3.35e12);
  CHECK(bandwidth.provenance == Provenance::assumed);
  CHECK(bandwidth.source == "what-if: memory.HBM.bandwidth=2x (was 3.350 TB/s)");
  CHECK(bandwidth.where == "memory.HBM.bandwidth");
  CHECK(device.main_memory().capacity->provenance == Provenance::datasheet);
}

TEST_CASE("+40 GiB and -40 GiB add and take away", "[hardware]") {
  CHECK(h100_with({"memory.HBM.capacity=+40 GiB"}).main_memory().capacity->value.value() ==
        120 * 1073741824.0);
  CHECK(h100_with({"memory.HBM.capacity=-40 GiB"}).main_memory().capacity->value.value() ==
        40 * 1073741824.0);
}

TEST_CASE("+10% and -10% change by a part", "[hardware]") {
  CHECK(h100_with({"power=-10%"}).power->value.value() == Approx(630));
  CHECK(h100_with({"units.clock=+10%"}).units->clock->value.value() == Approx(2.178e9));
}

TEST_CASE("A value with its unit takes the place of what was there", "[hardware]") {
  const Accelerator device = h100_with({"compute.matrix.bf16=1.5 PFLOP/s"});
  CHECK(device.peak(Unit::matrix, Format::bf16)->value.value() == 1.5e15);
  CHECK(device.peak(Unit::matrix, Format::bf16)->source ==
        "what-if: compute.matrix.bf16=1.5 PFLOP/s (was 989.4 TFLOP/s)");
}

TEST_CASE("memory.main names the main level whatever it is made of", "[hardware]") {
  CHECK(h100_with({"memory.main.bandwidth=0.5x"}).main_memory().bandwidth->value.value() == 3.35e12 / 2);
  const std::vector<Change> change = {parse_change("memory.main.capacity=2x", option)};
  const Accelerator xeon = shipped_catalog().accelerator("xeon-gold-6242", change);
  CHECK(xeon.memory("DDR")->capacity->value.value() == 2 * 1099511627776.0);
  CHECK(xeon.memory("DDR")->capacity->source == "what-if: memory.DDR.capacity=2x (was 1.000 TiB)");
}

TEST_CASE("An unknown figure can be given a value, but not multiplied", "[hardware]") {
  const Accelerator device = h100_with({"memory.L2.bandwidth=5 TB/s"});
  CHECK(device.memory("L2")->bandwidth->value.value() == 5e12);
  CHECK(device.memory("L2")->bandwidth->source == "what-if: memory.L2.bandwidth=5 TB/s (was unknown)");
  CHECK(refusal("memory.L2.bandwidth=2x") ==
        "--set: memory.L2.bandwidth: nothing is known there to change; give a value such as 3.35 TB/s");
}

TEST_CASE("compute.matrix=2x doubles every peak of the unit and leaves the other alone", "[hardware]") {
  const Accelerator device = h100_with({"compute.matrix=2x"});
  CHECK(device.peak(Unit::matrix, Format::bf16)->value.value() == Approx(2 * 989.4e12));
  CHECK(device.peak(Unit::matrix, Format::fp8)->value.value() == Approx(2 * 1978.9e12));
  CHECK(device.peak(Unit::vector, Format::fp32)->value.value() == 66.9e12);
  CHECK(device.peak(Unit::matrix, Format::fp4) == nullptr);
  CHECK(h100_with({"compute=0.5x"}).peak(Unit::vector, Format::fp32)->value.value() == 66.9e12 / 2);
  CHECK(refusal("compute.matrix=1 PFLOP/s") ==
        "--set: compute.matrix: every peak at once can only be multiplied (2x) or changed by a part (+10%)");
}

TEST_CASE("Changes are made one after the other", "[hardware]") {
  const Accelerator device = h100_with({"memory.HBM.bandwidth=2x", "memory.HBM.bandwidth=+1 TB/s"});
  CHECK(device.main_memory().bandwidth->value.value() == 7.7e12);
  CHECK(device.main_memory().bandwidth->source == "what-if: memory.HBM.bandwidth=+1 TB/s (was 6.700 TB/s)");
}

TEST_CASE("An unknown path is refused with the nearest known one", "[hardware]") {
  CHECK(refusal("memory.HMB.bandwidth=2x") ==
        "--set: no figure 'memory.HMB.bandwidth'; did you mean 'memory.HBM.bandwidth'?");
  CHECK(refusal("compute.matrix.bf61=2x") ==
        "--set: no figure 'compute.matrix.bf61'; did you mean 'compute.matrix.bf16'?");
  CHECK(refusal("tiers.NVLink.bandwidth=2x").starts_with("--set: no figure 'tiers.NVLink.bandwidth'"));
}

TEST_CASE("A change that cannot be is refused where the user said it", "[hardware]") {
  CHECK(refusal("memory.HBM.capacity=-100 GiB") ==
        "--set: memory.HBM.capacity: the result, -20.00 GiB, is below zero");
  CHECK(refusal("memory.HBM.capacity=0x") ==
        "--set: memory.HBM.capacity: must be above zero (leave out what is unknown), found '0 B'");
  CHECK(refusal("units.count=0.3x") == "--set: units.count: the result, 39.6, is no whole number");
  CHECK(refusal("power=90%") == "--set: power: write a change as +10% or -10%, a fraction as 0.5x");
  CHECK(
      refusal("memory.HBM.bandwidth=1e40x").starts_with("--set: memory.HBM.bandwidth: must be at most 1e30"));
  CHECK(refusal("memory.HBM.capacity=80").starts_with("--set: memory.HBM.capacity: '80' needs a unit"));
  CHECK(refusal("memory.HBM.capacity=+40 GB/s").starts_with("--set: memory.HBM.capacity: "));
  CHECK(refusal("memory.HBM.capacity=zx").starts_with("--set: memory.HBM.capacity: "));
}

TEST_CASE("What is no change is refused with an example", "[hardware]") {
  for (const char* text : {"memory.HBM.bandwidth", "=2x", "power=", ""}) {
    CHECK(complaint([&] { static_cast<void>(parse_change(text, option)); }) ==
          "--set: '" + std::string(text) +
              "' is no change; write PATH=CHANGE, such as memory.main.bandwidth=2x");
  }
  const Change change = parse_change(" power = 2x ", option);
  CHECK(change.path == "power");
  CHECK(change.text == "2x");
}

TEST_CASE("Spaces in a change do not matter", "[hardware]") {
  CHECK(h100_with({"power= 2 x"}).power->value.value() == 1400);
  CHECK(h100_with({"power=+ 100 W"}).power->value.value() == 800);
}

TEST_CASE("A system's tiers change apart from its devices", "[hardware]") {
  const std::vector<Change> changes = {
      parse_change("tiers.NVLink.bandwidth=2x", option), parse_change("memory.main.bandwidth=2x", option),
      parse_change("tiers.InfiniBand.topology=dragonfly", option), parse_change("node.memory=4 TiB", option)};
  const System system = shipped_catalog().system("dgx-h100", changes);
  CHECK(system.tiers[0].bandwidth.value.value() == 900e9);
  CHECK(system.tiers[0].bandwidth.source == "what-if: tiers.NVLink.bandwidth=2x (was 450.0 GB/s)");
  CHECK(system.tiers[1].topology == Topology::dragonfly);
  CHECK(system.node.memory->value.value() == 4 * 1099511627776.0);
  CHECK(system.accelerator.main_memory().bandwidth->value.value() == 6.7e12);
}

TEST_CASE("A system can be given other devices", "[hardware]") {
  const std::vector<Change> changes = {parse_change("accelerator=h200", option)};
  CHECK(shipped_catalog().system("dgx-h100", changes).accelerator.id == "nvidia-h200-sxm");
  const std::vector<Change> to_amd = {parse_change("accelerator=mi300x", option)};  // ends in x, is no factor
  CHECK(shipped_catalog().system("dgx-h100", to_amd).accelerator.id == "amd-mi300x");
  CHECK(complaint([&] {
          const std::vector<Change> wrong = {parse_change("accelerator=h2000", option)};
          static_cast<void>(shipped_catalog().system("dgx-h100", wrong));
        }) == "--set: no accelerator 'h2000' in the catalog; did you mean 'h200'?");
}

TEST_CASE("The known paths hold every format, level and tier", "[hardware]") {
  const auto paths = known_paths(shipped_catalog().accelerator_document("h100").tree);
  for (const char* path : {"memory.HBM.bandwidth", "memory.shared.capacity", "compute.matrix.fp4",
                           "link.domain", "host.bandwidth", "units.count", "reserve", "context", "price"}) {
    INFO(path);
    CHECK(std::find(paths.begin(), paths.end(), path) != paths.end());
  }
}
