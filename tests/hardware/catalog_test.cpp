#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "hardware/helpers.hpp"
#include "memwall/config/fields.hpp"
#include "memwall/hardware/catalog_root.hpp"

using namespace memwall;
using namespace memwall::hardware;

namespace {

/// Every figure of a device with its path.
std::vector<std::pair<std::string, std::string>> sources_of(const Accelerator& device) {
  std::vector<std::pair<std::string, std::string>> sources;
  const auto note = [&](const auto& figure) {
    if (figure) sources.emplace_back(figure->where, figure->source);
  };
  for (const auto& peak : device.matrix) note(peak);
  for (const auto& peak : device.vector) note(peak);
  for (const MemoryLevel& level : device.levels) {
    note(level.capacity);
    note(level.bandwidth);
  }
  if (device.units) sources.emplace_back(device.units->count.where, device.units->count.source);
  if (device.link) sources.emplace_back(device.link->bandwidth.where, device.link->bandwidth.source);
  if (device.host) note(device.host->bandwidth);
  note(device.power);
  note(device.die_area_mm2);
  note(device.price);
  note(device.reserve);
  note(device.context);
  return sources;
}

}  // namespace

TEST_CASE("Every device of the catalog is read, and every figure has its path and a source", "[hardware]") {
  const std::vector<Accelerator> devices = shipped_catalog().all_accelerators();
  CHECK(devices.size() == 152);
  for (const Accelerator& device : devices) {
    INFO(device.id);
    CHECK_FALSE(device.name.empty());
    CHECK_FALSE(device.released.empty());
    CHECK(device.main_memory().bandwidth);
    for (const auto& [where, source] : sources_of(device)) {
      INFO(where);
      CHECK_FALSE(where.empty());
      CHECK_FALSE(source.empty());
      CHECK(source.find(".yaml") == std::string::npos);  // each file names its source
    }
    const auto usable = device.usable_memory();
    if (usable) CHECK(usable->value() > 0);
  }
}

TEST_CASE("Levels shrink inwards: no single cache is larger than the main memory", "[hardware]") {
  for (const Accelerator& device : shipped_catalog().all_accelerators()) {
    const auto main = device.total_capacity(device.main_memory());
    if (!main) continue;
    for (const MemoryLevel& level : device.levels) {
      INFO(device.id << " " << level.name);
      const auto capacity = device.total_capacity(level);
      CHECK(capacity.has_value() == level.capacity.has_value());
      if (capacity) CHECK(*capacity <= *main);
    }
  }
}

TEST_CASE("Peaks do not fall as formats get narrower on a matrix unit", "[hardware]") {
  const auto faster = [](const Accelerator& device, Format narrow, Format wide) {
    const auto* a = device.peak(Unit::matrix, narrow);
    const auto* b = device.peak(Unit::matrix, wide);
    return a == nullptr || b == nullptr || a->value >= b->value;
  };
  for (const Accelerator& device : shipped_catalog().all_accelerators()) {
    INFO(device.id);
    CHECK(faster(device, Format::bf16, Format::tf32));
    CHECK(faster(device, Format::fp16, Format::tf32));
    CHECK(faster(device, Format::fp8, Format::bf16));
    CHECK(faster(device, Format::fp4, Format::fp8));
    CHECK(faster(device, Format::tf32, Format::fp32));
  }
}

TEST_CASE("Every system of the catalog is read and finds its devices", "[hardware]") {
  const std::vector<System> systems = shipped_catalog().all_systems();
  CHECK(systems.size() == 44);
  for (const System& system : systems) {
    INFO(system.id);
    CHECK_FALSE(system.tiers.empty());
    CHECK_FALSE(system.accelerator.id.empty());
    CHECK(system.node.devices >= 1);
    for (const Tier& tier : system.tiers) CHECK(tier.bandwidth.value.value() > 0);
  }
}

TEST_CASE("Every alias names a device or a system and hides neither", "[hardware]") {
  const Catalog catalog = shipped_catalog();
  const auto devices = catalog.accelerator_ids();
  const auto systems = catalog.system_ids();
  std::set<std::string> ids(devices.begin(), devices.end());
  for (const std::string& id : systems) {
    CHECK(ids.insert(id).second);  // no id is both a device's and a system's
  }
  CHECK(catalog.aliases().size() > 100);
  for (const auto& [alias, id] : catalog.aliases()) {
    INFO(alias << " -> " << id);
    CHECK(ids.contains(id));
    CHECK_FALSE(ids.contains(alias));
  }
}

TEST_CASE("Short names stand for the devices that people mean", "[hardware]") {
  const Catalog catalog = shipped_catalog();
  CHECK(catalog.accelerator("a100").id == "nvidia-a100-sxm-80gb");
  CHECK(catalog.accelerator("tpu-v4").id == "google-tpu-v4");
  CHECK(catalog.accelerator("nvidia-h100-sxm").id == "nvidia-h100-sxm");
  CHECK(catalog.system("dgx-a100").id == "dgx-a100-640");
  CHECK(catalog.system("dgx-a100").accelerator.id == "nvidia-a100-sxm-80gb");
  const auto& aliases = catalog.accelerator("h100").aliases;
  CHECK(std::find(aliases.begin(), aliases.end(), "h100") != aliases.end());
}

TEST_CASE("An unknown name is refused with the nearest id or alias", "[hardware]") {
  const Catalog catalog = shipped_catalog();
  const config::Location where{"study.yaml", 3, 7};
  CHECK(complaint([&] { static_cast<void>(catalog.accelerator("h1000", {}, where)); }) ==
        "study.yaml:3:7: no accelerator 'h1000' in the catalog; did you mean 'h100'?");
  CHECK(complaint([&] { static_cast<void>(catalog.accelerator("nvidia-h100-sxn")); }) ==
        "no accelerator 'nvidia-h100-sxn' in the catalog; did you mean 'nvidia-h100-sxm'?");
  CHECK(complaint([&] { static_cast<void>(catalog.system("dgx-h10")); }) ==
        "no system or accelerator 'dgx-h10' in the catalog; did you mean 'dgx-h100'?");
}

TEST_CASE("A system asked for as a device says what its devices are", "[hardware]") {
  CHECK(complaint([] { static_cast<void>(shipped_catalog().accelerator("dgx-h100")); }) ==
        "'dgx-h100' is a system, not an accelerator; its devices are 'nvidia-h100-sxm'");
  const std::string file = MEMWALL_SOURCE_DIR "/hardware/systems/dgx-h100.yaml";
  CHECK(complaint([&] { static_cast<void>(shipped_catalog().accelerator(file)); }) ==
        "'" + file + "' is a system, not an accelerator; its devices are 'nvidia-h100-sxm'");
}

TEST_CASE("A name with a slash or .yaml is a file", "[hardware]") {
  const Catalog catalog = shipped_catalog();
  const std::string device = MEMWALL_SOURCE_DIR "/hardware/accelerators/nvidia-h100-sxm.yaml";
  CHECK(catalog.accelerator(device).id == "nvidia-h100-sxm");
  CHECK(catalog.system(device).id == "nvidia-h100-sxm");
  CHECK(catalog.system(MEMWALL_SOURCE_DIR "/hardware/systems/dgx-h100.yaml").accelerator.id ==
        "nvidia-h100-sxm");
  CHECK(complaint([&] {
          static_cast<void>(catalog.accelerator("./nowhere.yaml"));
        }).starts_with("./nowhere.yaml: "));
}

TEST_CASE("A system's file may name its device's file", "[hardware]") {
  TemporaryFolder folder;
  folder.write("chip.yaml", "kind: npu\nmemory: {main: SRAM, SRAM: {capacity: 1 GiB}}\n");
  folder.write("box.yaml", "accelerator: ./chip.yaml\nnode: {devices: 2}\n");
  const System system = shipped_catalog().system((folder.path() / "box.yaml").string());
  CHECK(system.accelerator.id == "chip");
  CHECK(system.files.size() == 2);
  CHECK(system.reach() == 1);
}

TEST_CASE("A user's root comes before the next one and adds to it", "[hardware]") {
  TemporaryFolder folder;
  folder.write("hardware/accelerators/nvidia-h100-sxm.yaml",
               "kind: gpu\nmemory: {main: HBM, HBM: {capacity: 1 GiB}}\n");
  folder.write("hardware/accelerators/mine.yaml", "extends: a100\nname: Mine\n");
  folder.write("hardware/aliases.yaml", "mine-too: mine\n");
  const Catalog catalog({folder.path(), MEMWALL_SOURCE_DIR});
  CHECK(catalog.accelerator("h100").main_memory().capacity->value.value() == 1073741824.0);
  CHECK(catalog.accelerator("mine-too").name == "Mine");
  CHECK(catalog.accelerator("v100").id == "nvidia-v100-sxm2-32gb");
  CHECK(catalog.accelerator_ids().size() == 153);
}

TEST_CASE("MEMWALL_DATA names the roots, and a folder without a catalog is refused", "[hardware]") {
  const char* before = std::getenv("MEMWALL_DATA");
  const std::string kept = before == nullptr ? "" : before;
  TemporaryFolder folder;
  folder.write("data/hardware/accelerators/x.yaml", "");
  const std::string named = (folder.path() / "data").string();

  ::setenv("MEMWALL_DATA", (named + ":" MEMWALL_SOURCE_DIR).c_str(), 1);
  const auto roots = catalog_roots();
  REQUIRE(roots.size() == 2);
  CHECK(roots[0] == named);
  CHECK(roots[1] == MEMWALL_SOURCE_DIR);

  ::setenv("MEMWALL_DATA", folder.path().c_str(), 1);
  CHECK(complaint([] { static_cast<void>(catalog_roots()); }) ==
        folder.path().string() + ": named by MEMWALL_DATA, holds no hardware/accelerators");

  ::unsetenv("MEMWALL_DATA");
  REQUIRE(catalog_roots().size() == 1);
  CHECK(std::filesystem::equivalent(catalog_roots()[0], MEMWALL_SOURCE_DIR));
  if (before != nullptr) ::setenv("MEMWALL_DATA", kept.c_str(), 1);
}

TEST_CASE("Memory generations and links are whole: each has a bandwidth, a year and a source", "[hardware]") {
  for (const auto& [file, list, count] : {std::tuple("memory_technologies.yaml", "technologies", 52U),
                                          std::tuple("interconnects.yaml", "interconnects", 69U)}) {
    const config::Node tree = config::read_yaml(std::string(MEMWALL_SOURCE_DIR "/hardware/") + file);
    const config::Node* entries = tree.find(list);
    REQUIRE(entries != nullptr);
    CHECK(entries->items.size() == count);
    std::set<std::string> ids;
    for (const config::Node& entry : entries->items) {
      config::Problems problems;
      config::Fields fields(entry, problems, file);
      CHECK(ids.insert(fields.required_text("id")).second);
      CHECK(fields.quantity<BytesPerSecond>("bandwidth")->value() > 0);
      CHECK(fields.positive_integer("year"));
      CHECK_FALSE(fields.required_text("source").empty());
      CHECK(provenance_named(fields.required_text("provenance")));
      CHECK(problems.empty());
    }
  }
}
