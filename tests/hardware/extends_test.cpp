#include <catch2/catch.hpp>

#include "hardware/helpers.hpp"

using namespace memwall;
using namespace memwall::hardware;

namespace {

/// A catalog of one device: 100 TFLOP/s bf16, 16 GiB at 1 TB/s, 4 MiB of L2.
class OneDevice : public TemporaryFolder {
 public:
  OneDevice() {
    write("hardware/accelerators/base.yaml", R"(id: base
name: Base device
vendor: Somebody
kind: gpu
source: Somebody's datasheet
provenance: datasheet
compute: {matrix: {bf16: 100 TFLOP/s}}
memory:
  main: HBM
  HBM: {technology: HBM2, capacity: 16 GiB, bandwidth: 1 TB/s}
  L2: {capacity: 4 MiB}
notes: The first.
)");
  }

  void device(const std::string& id, const std::string& yaml) const {
    write("hardware/accelerators/" + id + ".yaml", yaml);
  }

  [[nodiscard]] Accelerator read(const std::string& id) const { return Catalog({path()}).accelerator(id); }

  [[nodiscard]] std::string refusal(const std::string& id) const {
    return complaint_in(*this, [&] { static_cast<void>(read(id)); });
  }
};

}  // namespace

TEST_CASE("A file that extends another changes what it says and keeps the rest", "[hardware]") {
  OneDevice folder;
  folder.device("more", "extends: base\nmemory: {HBM: {capacity: 32 GiB}}\n");
  const Accelerator device = folder.read("more");
  CHECK(device.id == "more");
  CHECK(device.vendor == "Somebody");
  CHECK(device.main_memory().capacity->value.value() == 32 * 1073741824.0);
  CHECK(device.main_memory().bandwidth->value.value() == 1e12);
  CHECK(device.main_memory().technology == "HBM2");
  CHECK(device.memory("L2")->capacity->value.value() == 4 * 1048576.0);
  CHECK(device.files.size() == 2);
}

TEST_CASE("A figure that a file changes does not keep the other file's source", "[hardware]") {
  OneDevice folder;
  folder.device("more", "extends: base\nmemory: {HBM: {capacity: 32 GiB}}\n");
  const Accelerator device = folder.read("more");
  CHECK(device.main_memory().bandwidth->provenance == Provenance::datasheet);
  CHECK(device.main_memory().bandwidth->source == "Somebody's datasheet");
  CHECK(device.main_memory().capacity->provenance == Provenance::assumed);
  CHECK(device.main_memory().capacity->source == folder.path() / "hardware/accelerators/more.yaml");
}

TEST_CASE("A file's own source does not spread to what it extends", "[hardware]") {
  OneDevice folder;
  folder.device(
      "more",
      "extends: base\nsource: my bench\nprovenance: measured\nmemory: {HBM: {bandwidth: 900 GB/s}}\n");
  const Accelerator device = folder.read("more");
  CHECK(device.main_memory().bandwidth->source == "my bench");
  CHECK(device.main_memory().bandwidth->provenance == Provenance::measured);
  CHECK(device.main_memory().capacity->source == "Somebody's datasheet");
}

TEST_CASE("Name and notes are not inherited", "[hardware]") {
  OneDevice folder;
  folder.device("more", "extends: base\n");
  CHECK(folder.read("more").name == "more");
  CHECK(folder.read("more").notes.empty());
}

TEST_CASE("A new level takes the place that memory.order gives it", "[hardware]") {
  OneDevice folder;
  folder.device("more", "extends: base\nmemory: {order: [HBM, L3, L2], L3: {capacity: 64 MiB}}\n");
  const Accelerator device = folder.read("more");
  REQUIRE(device.levels.size() == 3);
  CHECK(device.levels[1].name == "L3");
  CHECK(device.levels[2].name == "L2");
  CHECK(device.main_level == 0);
}

TEST_CASE("Files extend each other in a chain, and by path", "[hardware]") {
  OneDevice folder;
  folder.device("second", "extends: base\nmemory: {HBM: {capacity: 32 GiB}}\n");
  folder.device("third", "extends: second\nmemory: {HBM: {bandwidth: 2 TB/s}}\n");
  folder.write("mine/fourth.yaml", "extends: ../hardware/accelerators/third.yaml\npower: 300 W\n");
  const Accelerator device = folder.read((folder.path() / "mine/fourth.yaml").string());
  CHECK(device.id == "fourth");
  CHECK(device.main_memory().capacity->value.value() == 32 * 1073741824.0);
  CHECK(device.main_memory().bandwidth->value.value() == 2e12);
  CHECK(device.power->value.value() == 300);
  CHECK(device.files.size() == 4);
}

TEST_CASE("A circle of extends is refused and shown", "[hardware]") {
  OneDevice folder;
  folder.device("a", "extends: b\n");
  folder.device("b", "extends: c\n");
  folder.device("c", "extends: a\n");
  CHECK(folder.refusal("a") ==
        "hardware/accelerators/c.yaml:1:10: extends: cyclic definition: a -> b -> c -> a");
  folder.device("self", "extends: self\n");
  CHECK(folder.refusal("self") ==
        "hardware/accelerators/self.yaml:1:10: extends: cyclic definition: self -> self");
}

TEST_CASE("A chain of eight files is read and one of nine refused", "[hardware]") {
  OneDevice folder;
  std::string before = "base";
  for (int i = 2; i <= 9; ++i) {
    const std::string id = "d" + std::to_string(i);
    folder.device(id, "extends: " + before + "\n");
    before = id;
  }
  CHECK(folder.read("d8").vendor == "Somebody");
  CHECK(folder.refusal("d9") ==
        "hardware/accelerators/d2.yaml:1:10: extends: more than 8 files deep: "
        "d9 -> d8 -> d7 -> d6 -> d5 -> d4 -> d3 -> d2 -> base");
}

TEST_CASE("An unknown file to extend is refused where it is named", "[hardware]") {
  OneDevice folder;
  folder.device("more", "name: More\nextends: bse\n");
  CHECK(folder.refusal("more") ==
        "hardware/accelerators/more.yaml:2:10: no accelerator 'bse' in the catalog; did you mean 'base'?");
  folder.device("list", "extends: [base]\n");
  CHECK(folder.refusal("list") ==
        "hardware/accelerators/list.yaml:1:10: extends: expected a name, found a sequence");
}

TEST_CASE("A mistake in a file that is extended is told at its place there", "[hardware]") {
  OneDevice folder;
  folder.device("wrong", "extends: base\nmemory: {HBM: {capacity: 32 GB/s}}\n");
  folder.device("more", "extends: wrong\npower: 1 W\n");
  CHECK(folder.refusal("more").starts_with("hardware/accelerators/wrong.yaml:2:26: memory.HBM.capacity: "));
}

TEST_CASE("A system extends another", "[hardware]") {
  OneDevice folder;
  folder.write("hardware/systems/box.yaml",
               "accelerator: base\nnode: {devices: 8}\ntiers: {Fast: {size: 8, bandwidth: 100 GB/s, "
               "topology: switch}}\n");
  folder.write("hardware/systems/bigger.yaml",
               "extends: box\ntiers: {Slow: {bandwidth: 10 GB/s, topology: fat_tree}}\n");
  const System system = Catalog({folder.path()}).system("bigger");
  CHECK(system.accelerator.id == "base");
  CHECK(system.node.devices == 8);
  REQUIRE(system.tiers.size() == 2);
  CHECK(system.tiers[0].name == "Fast");
  CHECK(system.tiers[1].name == "Slow");
  folder.write("mine.yaml", "extends: bigger\nmax_devices: 16\n");
  const System mine = Catalog({folder.path()}).system((folder.path() / "mine.yaml").string());
  CHECK(mine.reach() == 16);
}
