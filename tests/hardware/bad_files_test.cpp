#include <catch2/catch.hpp>

#include "hardware/helpers.hpp"
#include "memwall/hardware/reader.hpp"

// Each case is a whole file and the whole message.

using namespace memwall;
using namespace memwall::hardware;

namespace {

std::string device_refusal(const std::string& yaml) {
  return complaint([&] { static_cast<void>(read_accelerator(tree_of(yaml), "x")); });
}

std::string system_refusal(const std::string& yaml) {
  return complaint([&] { static_cast<void>(read_system(tree_of(yaml), "x", Accelerator{})); });
}

/// A whole device in two lines, to which a case adds its mistake on line 3.
const std::string good = "kind: gpu\nmemory: {main: HBM, HBM: {capacity: 80 GiB, bandwidth: 3 TB/s}}\n";

/// A whole system in one line.
const std::string good_system = "accelerator: y\n";

}  // namespace

TEST_CASE("A device needs a kind and a main memory, no more", "[hardware]") {
  CHECK(device_refusal(good) == "nothing");
  CHECK(device_refusal("name: X\n") ==
        "x.yaml:1:1: accelerator: missing key 'kind'\nx.yaml:1:1: accelerator: missing key 'memory'");
  CHECK(device_refusal("[1, 2]\n") == "x.yaml:1:1: accelerator: expected a map, found a sequence");
}

TEST_CASE("A figure without any source is assumed, from the file", "[hardware]") {
  const Accelerator device = read_accelerator(tree_of(good), "x");
  CHECK(device.main_memory().capacity->provenance == Provenance::assumed);
  CHECK(device.main_memory().capacity->source == "x.yaml");
}

TEST_CASE("A figure's source is its own, else the nearest around it", "[hardware]") {
  const Accelerator device = read_accelerator(tree_of(R"(kind: gpu
source: the datasheet
provenance: datasheet
units: {count: 4, clock: {value: 1 GHz, source: my bench}, provenance: measured}
memory:
  main: HBM
  HBM: {capacity: 80 GiB, bandwidth: {value: 3 TB/s, source: a paper, provenance: published}}
)"),
                                              "x");
  CHECK(device.main_memory().capacity->source == "the datasheet");
  CHECK(device.main_memory().capacity->provenance == Provenance::datasheet);
  CHECK(device.main_memory().bandwidth->source == "a paper");
  CHECK(device.main_memory().bandwidth->provenance == Provenance::published);
  CHECK(device.units->count.source == "the datasheet");
  CHECK(device.units->count.provenance == Provenance::measured);
  CHECK(device.units->clock->source == "my bench");
  CHECK(device.units->clock->provenance == Provenance::measured);
}

TEST_CASE("An unknown key is refused with the nearest known one, at every depth", "[hardware]") {
  CHECK(device_refusal(good + "powr: 5 W\n") ==
        "x.yaml:3:1: unknown key 'powr' in accelerator; did you mean 'power'?");
  CHECK(device_refusal("kind: gpu\nmemory: {main: HBM, HBM: {capacity: 80 GiB, bandwith: 3 TB/s}}\n") ==
        "x.yaml:2:45: unknown key 'bandwith' in memory.HBM; did you mean 'bandwidth'?");
  CHECK(device_refusal(good + "compute: {matrix: {bf61: 1 TFLOP/s}}\n") ==
        "x.yaml:3:20: unknown key 'bf61' in compute.matrix; did you mean 'bf16'?");
  CHECK(device_refusal(good + "compute: {tensor: {bf16: 1 TFLOP/s}}\n")
            .starts_with("x.yaml:3:11: unknown key 'tensor' in compute"));
  CHECK(device_refusal(good + "power: {value: 5 W, sorce: me}\n") ==
        "x.yaml:3:21: unknown key 'sorce' in power; did you mean 'source'?");
  CHECK(device_refusal(good + "link: {bandwidth: 1 GB/s, domains: 8}\n") ==
        "x.yaml:3:27: unknown key 'domains' in link; did you mean 'domain'?");
}

TEST_CASE("A missing or wrong unit is refused with what to write", "[hardware]") {
  CHECK(device_refusal(good + "power: 700\n") ==
        "x.yaml:3:8: power: '700' needs a unit: write 700 W or 700 kW");
  CHECK(device_refusal("kind: gpu\nmemory: {main: HBM, HBM: {capacity: 80 GB/s}}\n")
            .starts_with("x.yaml:2:37: memory.HBM.capacity: "));
  CHECK(device_refusal(good + "compute: {vector: {fp32: 10 TB/s}}\n")
            .starts_with("x.yaml:3:26: compute.vector.fp32: "));
}

TEST_CASE("Zero, negative and absurd figures are refused", "[hardware]") {
  CHECK(device_refusal("kind: gpu\nmemory: {main: HBM, HBM: {capacity: 0 GiB}}\n") ==
        "x.yaml:2:37: memory.HBM.capacity: must be above zero (leave out what is unknown), found '0 GiB'");
  CHECK(device_refusal("kind: gpu\nmemory: {main: HBM, HBM: {bandwidth: -3 TB/s}}\n") ==
        "x.yaml:2:38: memory.HBM.bandwidth: must be above zero (leave out what is unknown), found '-3 TB/s'");
  CHECK(device_refusal(good + "compute: {matrix: {fp8: 0 PFLOP/s}}\n") ==
        "x.yaml:3:25: compute.matrix.fp8: must be above zero (leave out what is unknown), found '0 PFLOP/s'");
  CHECK(device_refusal(good + "power: 1e31 W\n") ==
        "x.yaml:3:8: power: must be at most 1e30 of its base unit, found '1e31 W'");
  CHECK(device_refusal(good + "power: 1e30 W\n") == "nothing");
  CHECK(device_refusal(good + "reserve: -1 MiB\n") ==
        "x.yaml:3:10: reserve: must be zero or above, found '-1 MiB'");
  CHECK(device_refusal(good + "reserve: 0 MiB\n") == "nothing");
  CHECK(device_refusal(good + "units: {count: 0}\n") ==
        "x.yaml:3:16: units.count: expected a whole number from 1 to 2^53, found '0'");
  CHECK(device_refusal(good + "units: {count: 2.5}\n") ==
        "x.yaml:3:16: units.count: expected a whole number from 1 to 2^53, found '2.5'");
}

TEST_CASE("What a runtime keeps must leave something", "[hardware]") {
  CHECK(device_refusal(good + "reserve: 79 GiB\ncontext: 1023 MiB\n") == "nothing");
  CHECK(device_refusal(good + "reserve: 79 GiB\ncontext: 1 GiB\n") ==
        "x.yaml:1:1: reserve and context leave nothing of the 80.00 GiB of main memory");
}

TEST_CASE("A figure that is no scalar and no map is refused", "[hardware]") {
  CHECK(device_refusal(good + "power: [700 W]\n") ==
        "x.yaml:3:8: power: expected a value or {value, source, provenance}, found a sequence");
  CHECK(device_refusal(good + "power: {source: me}\n") == "x.yaml:3:8: power: missing key 'value'");
}

TEST_CASE("A choice outside of the list is refused with the list or the nearest", "[hardware]") {
  CHECK(device_refusal("kind: gup\nmemory: {main: HBM, HBM: {capacity: 1 GiB}}\n") ==
        "x.yaml:1:7: kind: unknown 'gup'; did you mean 'gpu'?");
  CHECK(device_refusal(good + "provenance: recalled\n") ==
        "x.yaml:3:13: provenance: unknown 'recalled'; known: datasheet, published, measured, fitted, family, "
        "assumed");
  CHECK(device_refusal(good + "link: {bandwidth: 1 GB/s, topology: torus3}\n") ==
        "x.yaml:3:37: link.topology: unknown 'torus3'; did you mean 'torus3d'?");
  CHECK(device_refusal("kind: gpu\nmemory: {main: HBM, HBM: {capacity: 1 GiB, per: core}}\n") ==
        "x.yaml:2:49: memory.HBM.per: unknown 'core'; known: unit");
}

TEST_CASE("A date is a year, a month or a day", "[hardware]") {
  for (const char* date : {"2022", "2022-09", "2022-09-20"}) {
    CHECK(device_refusal(good + "released: " + date + "\n") == "nothing");
  }
  for (const char* date : {"22", "2022-13", "2022-00-01", "2022-09-32", "20. 9. 2022", "2022/09"}) {
    CHECK(device_refusal(good + "released: " + date + "\n") ==
          "x.yaml:3:11: released: expected a date such as 2022-09-20, 2022-09 or 2022, found '" +
              std::string(date) + "'");
  }
}

TEST_CASE("The main memory must be a level of the whole device", "[hardware]") {
  CHECK(device_refusal("kind: gpu\nmemory: {main: HMB, HBM: {capacity: 1 GiB}}\n") ==
        "x.yaml:2:16: memory.main: no level 'HMB'; did you mean 'HBM'?");
  CHECK(device_refusal("kind: gpu\nmemory: {HBM: {capacity: 1 GiB}}\n") ==
        "x.yaml:2:9: memory: missing key 'main'");
  CHECK(
      device_refusal("kind: gpu\nunits: {count: 2}\nmemory: {main: S, S: {capacity: 1 MiB, per: unit}}\n") ==
      "x.yaml:3:16: memory.main: 'S' is a memory of one unit");
  CHECK(device_refusal(
            "kind: gpu\nmemory: {main: HBM, HBM: {capacity: 1 GiB}, S: {capacity: 1 MiB, per: unit}}\n") ==
        "x.yaml:2:45: memory.S: is per unit, but the device has no 'units'");
}

TEST_CASE("A memory level is a map with a capacity or a bandwidth", "[hardware]") {
  CHECK(device_refusal("kind: gpu\nmemory: {main: HBM, HBM: {capacity: 1 GiB}, L2: 4 MiB}\n") ==
        "x.yaml:2:49: memory.L2: expected a map, found '4 MiB'");
  CHECK(device_refusal("kind: gpu\nmemory: {main: HBM, HBM: {capacity: 1 GiB}, L2: {technology: SRAM}}\n") ==
        "x.yaml:2:45: memory.L2: has neither a capacity nor a bandwidth");
}

TEST_CASE("Names of levels are identifiers, and differ in more than case", "[hardware]") {
  CHECK(device_refusal("kind: gpu\nmemory: {main: HBM, HBM: {capacity: 1 GiB}, hbm: {capacity: 1 GiB}}\n") ==
        "x.yaml:2:45: memory level 'hbm' is the same name as 'HBM' but for case");
  CHECK(device_refusal("kind: gpu\nmemory: {main: HBM, HBM: {capacity: 1 GiB}, L.2: {capacity: 1 MiB}}\n") ==
        "x.yaml:2:45: memory level 'L.2': a name is a letter followed by letters, digits, '_' and '-'");
  CHECK(device_refusal("kind: gpu\nmemory: {main: HBM, HBM: {capacity: 1 GiB}, HBM: {capacity: 1 GiB}}\n")
            .starts_with("x.yaml:2:45: "));
}

TEST_CASE("memory.order must name every level once", "[hardware]") {
  const std::string levels = "HBM: {capacity: 1 GiB}, L2: {capacity: 1 MiB}}\n";
  CHECK(device_refusal("kind: gpu\nmemory: {main: HBM, order: [L2, HBM], " + levels) == "nothing");
  for (const char* order : {"[HBM]", "[HBM, L2, L2]", "[HBM, L3]"}) {
    CHECK(device_refusal("kind: gpu\nmemory: {main: HBM, order: " + std::string(order) + ", " + levels) ==
          "x.yaml:2:28: memory.order: must name every level once");
  }
}

TEST_CASE("An id must be the file's name", "[hardware]") {
  CHECK(device_refusal("id: x\n" + good) == "nothing");
  CHECK(device_refusal("id: y\n" + good) == "x.yaml:1:5: id: 'y' is not the name of the file, 'x'");
}

TEST_CASE("Every independent mistake is told at once, in order", "[hardware]") {
  CHECK(device_refusal("kind: gup\npower: 5\nmemory: {main: HBM, HBM: {capacity: 0 B}}\n") ==
        "x.yaml:1:7: kind: unknown 'gup'; did you mean 'gpu'?\n"
        "x.yaml:2:8: power: '5' needs a unit: write 5 W or 5 kW\n"
        "x.yaml:3:37: memory.HBM.capacity: must be above zero (leave out what is unknown), found '0 B'");
}

TEST_CASE("A system needs its accelerator", "[hardware]") {
  CHECK(system_refusal(good_system) == "nothing");
  CHECK(system_refusal("name: X\n") == "x.yaml:1:1: system: missing key 'accelerator'");
  CHECK(system_refusal(good_system + "tires: {}\n") ==
        "x.yaml:2:1: unknown key 'tires' in system; did you mean 'tiers'?");
  CHECK(system_refusal(good_system + "node: {memory: 1 TiB}\n") == "x.yaml:2:7: node: missing key 'devices'");
}

TEST_CASE("A tier needs a bandwidth and a topology", "[hardware]") {
  CHECK(system_refusal(good_system + "tiers: {A: {size: 8}}\n") ==
        "x.yaml:2:12: tiers.A: missing key 'bandwidth'\nx.yaml:2:12: tiers.A: missing key 'topology'");
  CHECK(system_refusal(good_system + "tiers: {A: {bandwidth: 1 GB/s, topology: swich}}\n") ==
        "x.yaml:2:42: tiers.A.topology: unknown 'swich'; did you mean 'switch'?");
  CHECK(system_refusal(good_system +
                       "tiers: {A: {bandwidth: 1 GB/s, topology: fat_tree, oversubscription: 0.5}}\n") ==
        "x.yaml:2:70: tiers.A.oversubscription: must be 1 or above, found '0.5'");
  CHECK(system_refusal(good_system + "tiers: {A: {bandwidth: 1 GB/s, topology: switch, latency: -1 us}}\n") ==
        "x.yaml:2:59: tiers.A.latency: must be zero or above, found '-1 us'");
}

TEST_CASE("Tiers grow outwards and only the last is without limit", "[hardware]") {
  const std::string eight = "{size: 8, bandwidth: 1 GB/s, topology: switch}";
  const std::string nine = "{size: 9, bandwidth: 1 GB/s, topology: switch}";
  const std::string any = "{bandwidth: 1 GB/s, topology: switch}";
  const auto two = [&](const std::string& a, const std::string& b) {
    return system_refusal(good_system + "tiers:\n  A: " + a + "\n  B: " + b + "\n");
  };
  CHECK(two(eight, nine) == "nothing");
  CHECK(two(eight, any) == "nothing");
  CHECK(two(eight, eight) == "x.yaml:4:3: tiers.B: joins 8 devices, no more than 'A' inside it");
  CHECK(two(any, eight) == "x.yaml:4:3: tiers.B: stands outside of 'A', which has no size and so no limit");
}

TEST_CASE("The shape of a torus has its dimensions and multiplies to its size", "[hardware]") {
  const auto tier = [](const std::string& rest) {
    return system_refusal(good_system + "tiers: {A: {bandwidth: 1 GB/s, size: 16, " + rest + "}}\n");
  };
  CHECK(tier("topology: torus2d, shape: [4, 4]") == "nothing");
  CHECK(tier("topology: torus2d, shape: [4, 5]") ==
        "x.yaml:2:68: tiers.A.shape: multiplies to 20, not to 16");
  CHECK(tier("topology: torus3d, shape: [9007199254740992, 9007199254740992, 4]")
            .starts_with("x.yaml:2:68: tiers.A.shape: multiplies to 3.2"));
  CHECK(tier("topology: torus3d, shape: [4, 4]") == "x.yaml:2:68: tiers.A.shape: a torus3d has 3 dimensions");
  CHECK(tier("topology: switch, shape: [4, 4]") ==
        "x.yaml:2:67: tiers.A.shape: only a ring or a torus has one");
}

TEST_CASE("The runtime's defaults are checked like any file", "[hardware]") {
  const auto refusal = [](const std::string& yaml) {
    return complaint([&] { static_cast<void>(read_defaults(tree_of(yaml))); });
  };
  CHECK(refusal("gpu: {reserve_share: 0.01, context_per_unit: 1 MiB, source: me, provenance: assumed}\n") ==
        "nothing");
  CHECK(refusal("gpu: {reserve_share: 1}\n") == "x.yaml:1:22: reserve_share: must be from 0 to below 1");
  CHECK(refusal("gup: {reserve_share: 0}\n") == "x.yaml:1:1: unknown kind 'gup'; did you mean 'gpu'?");
  CHECK(
      refusal("gpu: {reserve: 0.1}\n").starts_with("x.yaml:1:7: unknown key 'reserve' in defaults of 'gpu'"));
}
