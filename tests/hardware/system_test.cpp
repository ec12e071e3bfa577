#include <catch2/catch.hpp>

#include "hardware/helpers.hpp"

using namespace memwall;
using namespace memwall::hardware;

TEST_CASE("DGX A100 has the tiers of NVIDIA's datasheet", "[hardware]") {
  const System dgx = shipped_catalog().system("dgx-a100");
  CHECK(dgx.node.devices == 8);
  REQUIRE(dgx.tiers.size() == 2);
  CHECK(dgx.tiers[0].name == "NVLink");
  CHECK(dgx.tiers[0].size == 8);
  CHECK(dgx.tiers[0].topology == Topology::switched);
  CHECK(dgx.tiers[0].bandwidth.value.value() == Approx(600e9 / 2));  // 600 GB/s both directions
  CHECK(dgx.tiers[1].size == 0);
  CHECK(dgx.tiers[1].bandwidth.value.value() == Approx(200e9 / 8));  // one 200 Gb/s HDR port a GPU
  CHECK(dgx.node.memory->value.value() == 2 * 1099511627776.0);
  CHECK(dgx.node.link_bandwidth->value.value() == Approx(31.5e9 / 2));  // two GPUs share one x16 port
  CHECK(dgx.reach() == 0);
}

TEST_CASE("The Frontier node shows eight devices, with halves of the packages' figures", "[hardware]") {
  const System frontier = shipped_catalog().system("frontier");
  CHECK(frontier.node.devices == 8);
  REQUIRE(frontier.tiers.size() == 3);
  CHECK(frontier.tiers[0].size == 2);
  CHECK(frontier.tiers[1].size == 8);
  CHECK(frontier.tiers[2].bandwidth.value.value() == Approx(4 * 25e9 / 8));  // 4 NICs x 200 Gb/s, 8 GCDs
  CHECK(frontier.node.link_bandwidth->value.value() == Approx(36e9));
  CHECK(frontier.max_devices == 2 * 4 * 9856);
}

TEST_CASE("A TPU v4 pod is a torus of 16 x 16 x 16 chips with six links of 50 GB/s", "[hardware]") {
  const System pod = shipped_catalog().system("tpu-v4-pod");
  const Tier& ici = pod.tiers.front();
  CHECK(ici.topology == Topology::torus3d);
  CHECK(ici.shape == std::vector<std::int64_t>{16, 16, 16});
  CHECK(ici.size == 4096);
  CHECK(ici.bandwidth.value.value() == 6 * 50e9);
}

TEST_CASE("The innermost tier that joins enough devices is found", "[hardware]") {
  const System llama3 = shipped_catalog().system("llama3-h100-roce");
  CHECK(llama3.tier_for(1)->name == "NVLink");
  CHECK(llama3.tier_for(8)->name == "NVLink");
  CHECK(llama3.tier_for(9)->name == "RoCE");
  CHECK(llama3.tier_for(3072)->name == "RoCE");
  CHECK(llama3.tier_for(3073)->name == "spine");
  CHECK(llama3.tiers[2].oversubscription == 7);
  CHECK(llama3.reach() == 24576);
}

TEST_CASE("A bare device is a system as large as its link's domain", "[hardware]") {
  const System h100 = shipped_catalog().system("h100");
  CHECK(h100.id == "nvidia-h100-sxm");
  CHECK(h100.node.devices == 1);
  REQUIRE(h100.tiers.size() == 1);
  CHECK(h100.tiers[0].name == "NVLink 4.0");
  CHECK(h100.tiers[0].bandwidth.value.value() == 450e9);
  CHECK(h100.reach() == 8);
  CHECK(h100.tier_for(9) == nullptr);
  CHECK(h100.node.link_bandwidth->value.value() == 63e9);
}

TEST_CASE("A bare device without a link is a system of one", "[hardware]") {
  const System rtx4090 = shipped_catalog().system("rtx-4090");
  CHECK(rtx4090.tiers.empty());
  CHECK(rtx4090.reach() == 1);
  CHECK(rtx4090.tier_for(2) == nullptr);
}

TEST_CASE("Topologies have names, and tori dimensions", "[hardware]") {
  for (const std::string& name : topology_names()) CHECK(name_of(*topology_named(name)) == name);
  CHECK(torus_dimensions(Topology::ring) == 1);
  CHECK(torus_dimensions(Topology::torus3d) == 3);
  CHECK(torus_dimensions(Topology::switched) == 0);
}
