#include "memwall/hardware/outer_memory.hpp"

#include <catch2/catch.hpp>

#include "hardware/helpers.hpp"
#include "memwall/hardware/reader.hpp"

using namespace memwall;
using namespace memwall::hardware;

TEST_CASE("A device reaches its host at its own link's bandwidth", "[hardware][offload]") {
  const OuterRoom room = outer_room(shipped_catalog().system("dgx-a100"), OuterMemory::host);
  CHECK(room.capacity.value() == 2 * 1099511627776.0);
  CHECK(room.devices == 8);
  CHECK(room.in.value() == Approx(31.5e9 / 2));  // two GPUs share one x16 port, 409.6 / 8 GB/s of memory
  CHECK(room.out.value() == Approx(31.5e9 / 2));
}

TEST_CASE("Where all devices together could read faster than the host's memory, that memory bounds them",
          "[hardware][offload]") {
  // Frontier: 36 GB/s a GCD, 204.8 GB/s of DDR4 for eight.
  CHECK(outer_room(shipped_catalog().system("frontier"), OuterMemory::host).in.value() ==
        Approx(204.8e9 / 8));
}

TEST_CASE("Devices share the bandwidth of a node's drives", "[hardware][offload]") {
  System dgx = shipped_catalog().system("dgx-a100");
  CHECK(outer_room(dgx, OuterMemory::storage).in.value() == Approx(50e9 / 8));
  CHECK(outer_room(dgx, OuterMemory::storage).out.value() == Approx(50e9 / 8));
  CHECK(outer_room(dgx, OuterMemory::storage).capacity.value() == Approx(8 * 3.84e12));
  dgx.node.storage.write_bandwidth.emplace().value = BytesPerSecond(16e9);
  CHECK(outer_room(dgx, OuterMemory::storage).out.value() == Approx(2e9));
  dgx.node.storage.bandwidth->value = BytesPerSecond(800e9);  // more than the links bring
  CHECK(outer_room(dgx, OuterMemory::storage).in.value() == Approx(15.75e9));
}

TEST_CASE("Drives of a node are read from its file, and may be changed", "[hardware][offload]") {
  const System box = read_system(
      tree_of(
          "accelerator: x\nnode:\n  devices: 2\n  storage: {drives: two, capacity: 2 TB, bandwidth: 4 GB/s, "
          "write_bandwidth: 3 GB/s, source: a datasheet}\n"),
      "x", Accelerator{});
  CHECK(box.node.storage.drives == "two");
  CHECK(box.node.storage.capacity->value.value() == 2e12);
  CHECK(box.node.storage.bandwidth->value.value() == 4e9);
  CHECK(box.node.storage.write_bandwidth->value.value() == 3e9);
  CHECK(box.node.storage.capacity->source == "a datasheet");
  const std::vector<Change> changes = {parse_change("node.storage.bandwidth=2x", {})};
  const System faster = shipped_catalog().system("dgx-a100", changes);
  CHECK(faster.node.storage.bandwidth->value.value() == Approx(100e9));
}

TEST_CASE("A system that says nothing of its host is refused with what to say", "[hardware][offload]") {
  const auto asked_of = [](const char* name, OuterMemory memory) {
    const System system = shipped_catalog().system(name);
    CHECK_FALSE(has_outer_memory(system, memory));
    return complaint([&] { static_cast<void>(outer_room(system, memory)); });
  };
  using Catch::Matchers::Contains;
  CHECK_THAT(asked_of("aws-trn1", OuterMemory::host),
             Contains("'aws-trn1' does not say its node.link_bandwidth, which offload to host needs; give it "
                      "with --set node.link_bandwidth=31.5 GB/s"));
  CHECK_THAT(asked_of("mi210-4way", OuterMemory::host), Contains("--set node.memory=1 TiB"));
  CHECK_THAT(asked_of("hgx-h200", OuterMemory::storage), Contains("--set node.storage.capacity=15.36 TB"));
  CHECK_THAT(
      asked_of("h100", OuterMemory::host),
      Contains("'nvidia-h100-sxm' stands alone, without the host that offload needs; name a system of it"));
}
