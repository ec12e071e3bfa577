#include "memwall/parallel/collective.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "hardware/helpers.hpp"
#include "parallel/helpers.hpp"

using namespace memwall;
using namespace memwall::parallel;
using hardware::Tier;
using hardware::Topology;

namespace {

constexpr double alpha = 1e-6;
constexpr double bandwidth = 100e9;

double time_by(Algorithm algorithm, Collective collective, double bytes, const Group& group,
               const std::vector<Tier>& tiers) {
  const std::optional<CollectiveCost> found = cost(collective, Bytes(bytes), group, tiers, algorithm);
  REQUIRE(found.has_value());
  return found->time.value();
}

std::vector<Tier> switched(std::int64_t size) { return {tier(size, bandwidth, alpha)}; }

std::vector<Tier> in_network(std::int64_t size) {
  std::vector<Tier> tiers = switched(size);
  tiers[0].in_network_reduction = true;
  return tiers;
}

std::vector<Tier> torus(Topology topology, std::vector<std::int64_t> shape, std::int64_t size) {
  return {tier(size, bandwidth, alpha, topology, std::move(shape))};
}

}  // namespace

// --- One switch
// -----------------------------------------------------------------------------------------------

// Patarasuk and Yuan 2009: 2 (n - 1) steps of V / n bytes.
TEST_CASE("A ring all-reduce takes 2 (n-1)/n V/B + 2 (n-1) alpha", "[parallel][collective]") {
  for (const std::int64_t n : {2, 3, 8, 64}) {
    const auto devices = static_cast<double>(n);
    CHECK(time_by(Algorithm::ring, Collective::all_reduce, 1e9, {.size = n}, switched(n)) ==
          Approx(2 * (devices - 1) / devices * 1e9 / bandwidth + 2 * (devices - 1) * alpha));
  }
}

// Thakur, Rabenseifner and Gropp 2005: log2 n steps each way; for any n Bruck's all-gather and its reverse.
TEST_CASE("Halving and doubling takes 2 ceil(log2 n) steps", "[parallel][collective]") {
  const double eighth = 7.0 / 8 * 1e9 / bandwidth;
  CHECK(time_by(Algorithm::halving_doubling, Collective::all_reduce, 1e9, {.size = 8}, switched(8)) ==
        Approx(2 * eighth + 6 * alpha));
  CHECK(time_by(Algorithm::halving_doubling, Collective::all_gather, 1e9, {.size = 8}, switched(8)) ==
        Approx(eighth + 3 * alpha));
  CHECK(time_by(Algorithm::halving_doubling, Collective::reduce_scatter, 1e9, {.size = 6}, switched(8)) ==
        Approx(5.0 / 6 * 1e9 / bandwidth + 3 * alpha));
}

TEST_CASE("Over a switch everybody reaches everybody in one step", "[parallel][collective]") {
  const double part = 7.0 / 8 * 1e9 / bandwidth;
  for (const Collective c : {Collective::all_gather, Collective::reduce_scatter, Collective::all_to_all}) {
    const CollectiveCost best = cost(c, Bytes(1e9), {.size = 8}, switched(8));
    CHECK(best.algorithm == Algorithm::direct);
    CHECK(best.time.value() == Approx(part + alpha));
    CHECK(best.latency.value() == Approx(alpha));
    CHECK(best.tiers[0].bytes.value() == Approx(7.0 / 8 * 1e9));
  }
  const CollectiveCost sum = cost(Collective::all_reduce, Bytes(1e9), {.size = 8}, switched(8));
  CHECK(sum.algorithm == Algorithm::direct);
  CHECK(sum.time.value() == Approx(2 * part + 2 * alpha));
}

// Sending all n - 1 copies takes (n - 1) V / B + alpha, two steps 2 (n - 1)/n V/B + 2 alpha: of 8 devices
// equal at V = alpha B / (7 - 7/4) = 1e5 / 5.25 = 19,048 bytes.
TEST_CASE("A small all-reduce is cheapest in one shot", "[parallel][collective]") {
  const auto algorithm = [](double bytes) {
    return cost(Collective::all_reduce, Bytes(bytes), {.size = 8}, switched(8)).algorithm;
  };
  CHECK(algorithm(19000) == Algorithm::one_shot);
  CHECK(algorithm(19100) == Algorithm::direct);
  CHECK(cost(Collective::all_reduce, Bytes(1000), {.size = 8}, switched(8)).time.value() ==
        Approx(7 * 1000 / bandwidth + alpha));
}

TEST_CASE("Switches that reduce need each byte sent once", "[parallel][collective]") {
  const CollectiveCost sum = cost(Collective::all_reduce, Bytes(1e9), {.size = 8}, in_network(8));
  CHECK(sum.algorithm == Algorithm::in_network);
  CHECK(sum.time.value() == Approx(1e9 / bandwidth + alpha));
  CHECK(cost(Collective::broadcast, Bytes(1e9), {.size = 8}, in_network(8)).time == sum.time);
  // Nothing is gained where every device must receive all parts anyway.
  CHECK(cost(Collective::all_gather, Bytes(1e9), {.size = 8}, in_network(8)).algorithm == Algorithm::direct);
}

TEST_CASE("A broadcast takes the cheapest of tree, chain and scatter", "[parallel][collective]") {
  CHECK(time_by(Algorithm::tree, Collective::broadcast, 1e6, {.size = 8}, switched(8)) ==
        Approx(3 * (1e6 / bandwidth + alpha)));
  CHECK(time_by(Algorithm::scatter_gather, Collective::broadcast, 1e6, {.size = 8}, switched(8)) ==
        Approx(2 * (7.0 / 8 * 1e6 / bandwidth + alpha)));
  // A chain of 7 links: (sqrt(6 alpha) + sqrt(V / B))^2 = 6e-6 + 1e-2 + 2 sqrt(6e-8).
  CHECK(time_by(Algorithm::ring, Collective::broadcast, 1e9, {.size = 8}, switched(8)) ==
        Approx(6e-6 + 1e-2 + 2 * std::sqrt(6e-6 * 1e-2)));
  CHECK(cost(Collective::broadcast, Bytes(1e9), {.size = 8}, switched(8)).algorithm == Algorithm::ring);
  CHECK(cost(Collective::broadcast, Bytes(8), {.size = 8}, switched(8)).algorithm == Algorithm::direct);
}

TEST_CASE("One device, or nothing, costs nothing", "[parallel][collective]") {
  CHECK(cost(Collective::all_reduce, Bytes(1e9), {.size = 1}, switched(8)).time == Seconds(0));
  CHECK(cost(Collective::all_reduce, Bytes(0), {.size = 8}, switched(8)).algorithm == Algorithm::none);
  CHECK(cost(Collective::all_reduce, Bytes(1), {.size = 1}, {}).tiers.empty());
  CHECK_THROWS_AS(cost(Collective::all_reduce, Bytes(-1), {.size = 8}, switched(8)), std::invalid_argument);
}

TEST_CASE("An unknown latency adds nothing and is said", "[parallel][collective]") {
  std::vector<Tier> tiers = switched(8);
  tiers[0].latency.reset();
  const CollectiveCost sum = cost(Collective::all_reduce, Bytes(1e9), {.size = 8}, tiers);
  CHECK_FALSE(sum.latency_known);
  CHECK(sum.time == sum.transfer);
  CHECK(cost(Collective::all_reduce, Bytes(1e9), {.size = 8}, switched(8)).latency_known);
}

TEST_CASE("An oversubscribed fat tree divides the bandwidth", "[parallel][collective]") {
  std::vector<Tier> tree = {tier(0, bandwidth, alpha, Topology::fat_tree)};
  const Seconds full = cost(Collective::all_to_all, Bytes(1e9), {.size = 64}, tree).transfer;
  tree[0].oversubscription = 4;
  CHECK(cost(Collective::all_to_all, Bytes(1e9), {.size = 64}, tree).transfer / full == Approx(4));
}

TEST_CASE("Algorithms that a topology has not are not offered", "[parallel][collective]") {
  CHECK_FALSE(cost(Collective::all_gather, Bytes(1), {.size = 8}, switched(8), Algorithm::bucket));
  CHECK_FALSE(cost(Collective::all_reduce, Bytes(1), {.size = 8}, switched(8), Algorithm::in_network));
  CHECK_FALSE(cost(Collective::all_reduce, Bytes(1), {.size = 8}, switched(8), Algorithm::hierarchical));
}

// --- Meshes
// ---------------------------------------------------------------------------------------------------

TEST_CASE("In a full mesh a pair has its share of the links", "[parallel][collective]") {
  const std::vector<Tier> mesh = {tier(8, 7 * bandwidth, alpha, Topology::full_mesh)};
  // All eight: every link carries V / 8. Four of eight: V / 4 on three links of seven.
  CHECK(cost(Collective::all_gather, Bytes(1e9), {.size = 8}, mesh).transfer.value() ==
        Approx(1e9 / 8 / bandwidth));
  CHECK(cost(Collective::all_gather, Bytes(1e9), {.size = 4}, mesh).transfer.value() ==
        Approx(1e9 / 4 / bandwidth));
  CHECK(cost(Collective::send_receive, Bytes(1e9), {.size = 2}, mesh).transfer.value() ==
        Approx(1e9 / bandwidth));
}

// DGX-1: every GPU has links to four of the other seven.
TEST_CASE("A hybrid cube mesh has a ring through all links, and partners two hops away",
          "[parallel][collective]") {
  const std::vector<Tier> cube = {tier(8, 4 * bandwidth, alpha, Topology::hybrid)};
  CHECK(cost(Collective::all_reduce, Bytes(1e9), {.size = 8}, cube).transfer.value() ==
        Approx(2 * 7.0 / 8 * 1e9 / (4 * bandwidth)));
  CHECK(cost(Collective::all_reduce, Bytes(1e9), {.size = 2}, cube).transfer.value() ==
        Approx(1e9 / bandwidth));
  // Four partners one hop, three two hops: 10 hops of V / 8 over four links.
  CHECK(cost(Collective::all_to_all, Bytes(1e9), {.size = 8}, cube).transfer.value() ==
        Approx(10.0 / 8 * 1e9 / (4 * bandwidth)));
}

// --- Tori
// -----------------------------------------------------------------------------------------------------

TEST_CASE("A ring of links gathers both ways: half the steps", "[parallel][collective]") {
  const std::vector<Tier> ring = torus(Topology::ring, {}, 8);
  const CollectiveCost gather = cost(Collective::all_gather, Bytes(1e9), {.size = 8}, ring);
  CHECK(gather.algorithm == Algorithm::bidirectional_ring);
  CHECK(gather.latency.value() == Approx(4 * alpha));
  CHECK(gather.transfer.value() == Approx(7.0 / 8 * 1e9 / bandwidth));
  // Two neighbouring devices share one of the two links.
  CHECK(cost(Collective::all_gather, Bytes(1e9), {.size = 2}, ring).transfer.value() ==
        Approx(1e9 / 2 / (bandwidth / 2)));
}

// Every dimension of 4: parts of V / 3 go round dimension after dimension, V/3 (3/4) (1 + 1/4 + 1/16) over a
// third of the bandwidth: (1 - 1/64) V / B, as if there were a switch.
TEST_CASE("The bucket algorithm keeps all links of a cube busy", "[parallel][collective]") {
  const std::vector<Tier> cube = torus(Topology::torus3d, {4, 4, 4}, 64);
  const CollectiveCost scatter = cost(Collective::reduce_scatter, Bytes(1e9), {.size = 64}, cube);
  CHECK(scatter.algorithm == Algorithm::bucket);
  CHECK(scatter.transfer.value() == Approx(63.0 / 64 * 1e9 / bandwidth));
  CHECK(scatter.latency.value() == Approx(3 * 2 * alpha));
  CHECK(cost(Collective::all_reduce, Bytes(1e9), {.size = 64}, cube).time.value() ==
        Approx(2 * scatter.time.value()));
}

// 8 x 2: two parts of V / 2, links of B / 2 a dimension. First phase: the slower is 7/8 V/2; then V/4 of the
// part that did the short dimension first: 7/8 V/4. Together 7/8 (1/2 + 1/4) V / (B / 2) = 1.3125 V / B.
TEST_CASE("In a long torus the long dimension sets the pace", "[parallel][collective]") {
  const std::vector<Tier> grid = torus(Topology::torus2d, {8, 2}, 16);
  CHECK(cost(Collective::all_gather, Bytes(1e9), {.size = 16}, grid).transfer.value() ==
        Approx(1.3125 * 1e9 / bandwidth));
}

TEST_CASE("Part of a dimension is a line, with half the links and twice the hops", "[parallel][collective]") {
  const std::vector<Tier> grid = torus(Topology::torus2d, {16, 16}, 256);
  // Four of sixteen neighbours: 3/4 V over one link of four, 3 hops.
  const CollectiveCost line = cost(Collective::all_gather, Bytes(1e9), {.size = 4}, grid);
  CHECK(line.transfer.value() == Approx(0.75 * 1e9 / (bandwidth / 4)));
  CHECK(line.latency.value() == Approx(3 * alpha));
  // All sixteen of a row: both links of that dimension, 8 hops.
  const CollectiveCost row = cost(Collective::all_gather, Bytes(1e9), {.size = 16}, grid);
  CHECK(row.transfer.value() == Approx(15.0 / 16 * 1e9 / (bandwidth / 2)));
  CHECK(row.latency.value() == Approx(8 * alpha));
  // A column is every sixteenth device.
  CHECK(cost(Collective::all_gather, Bytes(1e9), {.size = 16, .stride = 16}, grid).time == row.time);
}

TEST_CASE("Groups woven into each other share a torus' links", "[parallel][collective]") {
  const std::vector<Tier> grid = torus(Topology::torus2d, {16, 16}, 256);
  // Every fourth of a row: 4 members, 4 links apart, 4 groups on the same links.
  const CollectiveCost woven = cost(Collective::all_gather, Bytes(1e9), {.size = 4, .stride = 4}, grid);
  CHECK(woven.transfer.value() == Approx(0.75 * 1e9 / (bandwidth / 2 / 4)));
  CHECK(woven.latency.value() == Approx(2 * 4 * alpha));
}

// Dally and Towles 2004, chapter 3: in a ring of n everybody sends V / n to all, n/4 links far
// on average: V n / 4 over both links.
TEST_CASE("An all-to-all is bound by the longest dimension of a torus", "[parallel][collective]") {
  CHECK(
      cost(Collective::all_to_all, Bytes(1e9), {.size = 8}, torus(Topology::ring, {}, 8)).transfer.value() ==
      Approx(8.0 / 4 * 1e9 / bandwidth));
  CHECK(cost(Collective::all_to_all, Bytes(1e9), {.size = 32}, torus(Topology::torus2d, {8, 4}, 32))
            .transfer.value() == Approx(8.0 / 4 * 1e9 / (bandwidth / 2)));
}

TEST_CASE("A torus without a shape is taken as near to a cube as its size allows, and that is said",
          "[parallel][collective]") {
  const CollectiveCost made =
      cost(Collective::all_gather, Bytes(1e9), {.size = 64}, torus(Topology::torus3d, {}, 64));
  CHECK(made.shape_assumed);
  const CollectiveCost given =
      cost(Collective::all_gather, Bytes(1e9), {.size = 64}, torus(Topology::torus3d, {4, 4, 4}, 64));
  CHECK_FALSE(given.shape_assumed);
  CHECK(made.time == given.time);
}

TEST_CASE("Members that fill no box of a torus go around in one ring", "[parallel][collective]") {
  const CollectiveCost six =
      cost(Collective::all_gather, Bytes(1e9), {.size = 6}, torus(Topology::torus2d, {4, 4}, 16));
  CHECK(six.algorithm == Algorithm::bidirectional_ring);
  CHECK(six.transfer.value() == Approx(5.0 / 6 * 1e9 / (bandwidth / 2)));
}

// --- Tiers
// ----------------------------------------------------------------------------------------------------

namespace {

/// Nodes of 8 at 400 GB/s, joined at 50 GB/s a device.
std::vector<Tier> nodes() { return {tier(8, 400e9, alpha), tier(0, 50e9, 5 * alpha, Topology::fat_tree)}; }

}  // namespace

// 32 devices, V = 1e9. Inside: 2 x 7/8 V / 400e9; outside, on V / 8: 2 x 3/4 V/8 / 50e9.
TEST_CASE("A hierarchical all-reduce scatters inside, reduces outside, gathers inside",
          "[parallel][collective]") {
  const std::optional<CollectiveCost> sum =
      cost(Collective::all_reduce, Bytes(1e9), {.size = 32}, nodes(), Algorithm::hierarchical);
  REQUIRE(sum.has_value());
  REQUIRE(sum->tiers.size() == 2);
  CHECK(sum->tiers[0].transfer.value() == Approx(2 * 0.875e9 / 400e9));
  CHECK(sum->tiers[0].latency.value() == Approx(2 * alpha));
  CHECK(sum->tiers[1].transfer.value() == Approx(2 * 0.75 * 0.125e9 / 50e9));
  CHECK(sum->tiers[1].bytes.value() == Approx(2 * 0.75 * 0.125e9));
  CHECK(sum->tiers[1].latency.value() == Approx(10 * alpha));
  CHECK(sum->time.value() == Approx((sum->latency + sum->transfer).value()));
}

// One ring through all 32: 31/32 of V twice past every device; a node's ring leaves by eight links of 50
// GB/s, as fast as inside. 62 steps, each as slow as the outer tier's.
TEST_CASE("A flat ring uses every member's link out of the node", "[parallel][collective]") {
  const std::optional<CollectiveCost> ring =
      cost(Collective::all_reduce, Bytes(1e9), {.size = 32}, nodes(), Algorithm::ring);
  REQUIRE(ring.has_value());
  CHECK(ring->transfer.value() == Approx(2 * 31.0 / 32 * 1e9 / 400e9));
  CHECK(ring->latency.value() == Approx(62 * 5 * alpha));
  CHECK(ring->tiers[1].bytes.value() == Approx(2 * 31.0 / 32 * 1e9 / 8));
}

TEST_CASE("Large messages go in a flat ring, smaller ones tier by tier", "[parallel][collective]") {
  const auto algorithm = [](double bytes) {
    return cost(Collective::all_reduce, Bytes(bytes), {.size = 32}, nodes()).algorithm;
  };
  CHECK(algorithm(1e9) == Algorithm::ring);
  CHECK(algorithm(1e7) == Algorithm::hierarchical);
  CHECK(algorithm(1e3) == Algorithm::one_shot);
}

TEST_CASE("A data-parallel group with one member a node has the outer tier alone", "[parallel][collective]") {
  const CollectiveCost sum = cost(Collective::all_reduce, Bytes(1e9), {.size = 4, .stride = 8}, nodes());
  REQUIRE(sum.tiers.size() == 1);
  CHECK(sum.tiers[0].tier == 1);
  CHECK(sum.transfer.value() == Approx(2 * 0.75 * 1e9 / 50e9));
}

// Four members a node (tensor parallelism 2): a ring leaves a node by their four links, 200 GB/s.
TEST_CASE("A data-parallel group has the links of its own members", "[parallel][collective]") {
  const CollectiveCost ring =
      *cost(Collective::all_gather, Bytes(1e9), {.size = 16, .stride = 2}, nodes(), Algorithm::ring);
  CHECK(ring.transfer.value() == Approx(15.0 / 16 * 1e9 / 200e9));
}

// 16 devices in two nodes: half of what a device sends leaves the node, by its own link.
TEST_CASE("An all-to-all over nodes is bound by what leaves them", "[parallel][collective]") {
  const CollectiveCost shuffle = cost(Collective::all_to_all, Bytes(1e9), {.size = 16}, nodes());
  CHECK(shuffle.algorithm == Algorithm::direct);
  CHECK(shuffle.transfer.value() == Approx(8.0 / 16 * 1e9 / 50e9));
  CHECK(shuffle.latency.value() == Approx(5 * alpha));
  CHECK(shuffle.tiers[0].bytes.value() == Approx(7.0 / 16 * 1e9));
}

TEST_CASE("Slices of a torus joined by a network reduce on both", "[parallel][collective]") {
  const std::vector<Tier> pods = {tier(64, 300e9, alpha, Topology::torus3d, {4, 4, 4}),
                                  tier(0, 6e9, 10 * alpha, Topology::fat_tree)};
  const CollectiveCost sum = cost(Collective::all_reduce, Bytes(1e9), {.size = 128}, pods);
  CHECK(sum.algorithm == Algorithm::hierarchical);
  CHECK(sum.tiers[0].algorithm == Algorithm::bucket);
  CHECK(sum.tiers[0].transfer.value() == Approx(2 * 63.0 / 64 * 1e9 / 300e9));
  CHECK(sum.tiers[1].transfer.value() == Approx(1e9 / 64 / 6e9));
}

TEST_CASE("A broadcast over nodes sends parts by every member's link", "[parallel][collective]") {
  // Scattered inside, 1/8 outside, gathered inside: 2 x 7/8 / 400e9 + 1/8 / 50e9, against 1 / 50e9 of the
  // whole.
  const CollectiveCost spread = cost(Collective::broadcast, Bytes(1e9), {.size = 16}, nodes());
  CHECK(spread.transfer.value() == Approx(2 * 0.875e9 / 400e9 + 0.125e9 / 50e9));
}

TEST_CASE("No algorithm beats the bytes that must cross a device's links", "[parallel][collective]") {
  Dice dice(31);
  for (int i = 0; i < 2000; ++i) {
    const std::int64_t node = std::int64_t{1} << dice.roll(1, 4);
    std::vector<Tier> tiers = {
        tier(node, static_cast<double>(dice.roll(100, 900)) * 1e9, 1e-6),
        tier(0, static_cast<double>(dice.roll(5, 100)) * 1e9, 5e-6, Topology::fat_tree)};
    if (dice.roll(0, 2) == 0) tiers[0].topology = Topology::full_mesh;
    const Group group{.size = std::int64_t{1} << dice.roll(1, 8),
                      .stride = std::int64_t{1} << dice.roll(0, 4)};
    const auto collective = static_cast<Collective>(dice.roll(0, 3));
    const double bytes = static_cast<double>(dice.roll(1, 1000000000));
    const auto offers = alternatives(collective, Bytes(bytes), group, tiers);
    // Links of both tiers may carry bytes at the same time.
    const double links = (tiers[0].bandwidth.value + tiers[1].bandwidth.value).value();
    for (const CollectiveCost& offer : offers) {
      CHECK(offer.transfer.value() >= bus_factor(collective, group.size) * bytes / links * (1 - 1e-12));
      CHECK(offer.time >= offers.front().time);
      Seconds parts{0};
      for (const TierUse& use : offer.tiers) parts += use.latency + use.transfer;
      CHECK(parts.value() == Approx(offer.time.value()));
    }
  }
}

// --- Messages
// ---------------------------------------------------------------------------------------------------

TEST_CASE("A message takes the innermost tier that joins both devices", "[parallel][collective]") {
  CHECK(message_cost(Bytes(4e8), 0, 7, nodes()).time.value() == Approx(1e-3 + alpha));
  CHECK(message_cost(Bytes(5e7), 7, 8, nodes()).time.value() == Approx(1e-3 + 5 * alpha));
  CHECK(message_cost(Bytes(5e7), 15, 16, nodes()).tiers[0].tier == 1);
  CHECK(message_cost(Bytes(5e7), 3, 3, nodes()).time == Seconds(0));
}

TEST_CASE("A message through a torus takes every hop, on links that others use too",
          "[parallel][collective]") {
  const std::vector<Tier> grid = torus(Topology::torus2d, {4, 4}, 16);
  CHECK(message_cost(Bytes(1e9), 0, 1, grid).time.value() == Approx(1e9 / (bandwidth / 4) + alpha));
  // 0 to 15 is one step back in each dimension, around the edge.
  CHECK(message_cost(Bytes(1e9), 0, 15, grid).latency.value() == Approx(2 * alpha));
  CHECK(message_cost(Bytes(1e9), 0, 10, grid).latency.value() == Approx(4 * alpha));
}

TEST_CASE("When all members send to the next the slowest link counts", "[parallel][collective]") {
  CHECK(cost(Collective::send_receive, Bytes(4e8), {.size = 8}, nodes()).time.value() ==
        Approx(1e-3 + alpha));
  CHECK(cost(Collective::send_receive, Bytes(4e8), {.size = 16}, nodes()).time.value() ==
        Approx(8e-3 + 5 * alpha));
}

// --- The catalog
// --------------------------------------------------------------------------------------------------

TEST_CASE("NVLink switches since Hopper's reduce in the network", "[parallel][collective]") {
  const hardware::Catalog catalog = hardware::shipped_catalog();
  CHECK(catalog.system("dgx-h100").tiers[0].in_network_reduction);
  CHECK(catalog.system("gb200-nvl72").tiers[0].in_network_reduction);
  CHECK_FALSE(catalog.system("dgx-a100-640").tiers[0].in_network_reduction);
  CHECK_FALSE(catalog.system("dgx-h100").tiers[1].in_network_reduction);
}

TEST_CASE("What if the switches did not reduce?", "[parallel][collective]") {
  const hardware::Catalog catalog = hardware::shipped_catalog();
  const std::vector<hardware::Change> changes = {
      hardware::parse_change("tiers.NVLink.in_network_reduction=false", {"--what-if", 0, 0})};
  const hardware::System without = catalog.system("dgx-h100", changes);
  CHECK_FALSE(without.tiers[0].in_network_reduction);
  // 2 x 7/8 of the buffer instead of all of it once.
  CHECK(cost(Collective::all_reduce, Bytes(1e9), {.size = 8}, without.tiers).transfer.value() ==
        Approx(1.75 * 1e9 / 450e9));
  CHECK(cost(Collective::all_reduce, Bytes(1e9), {.size = 8}, catalog.system("dgx-h100").tiers)
            .transfer.value() == Approx(1e9 / 450e9));
  const std::vector<hardware::Change> nonsense = {
      hardware::parse_change("tiers.NVLink.in_network_reduction=perhaps", {"--what-if", 0, 0})};
  CHECK_THROWS_AS(catalog.system("dgx-h100", nonsense), config::BadInput);
}

TEST_CASE("Every system of the catalog has a price for every collective", "[parallel][collective]") {
  const hardware::Catalog catalog = hardware::shipped_catalog();
  for (const std::string& id : catalog.system_ids()) {
    const hardware::System system = catalog.system(id);
    if (system.tiers.empty()) continue;
    INFO(id);
    for (const std::int64_t size : {2, 4, 8, 16, 64}) {
      if (!joins(system.tiers, {.size = size})) continue;
      for (int c = 0; c < 6; ++c) {
        const CollectiveCost price =
            cost(static_cast<Collective>(c), Bytes(1e8), {.size = size}, system.tiers);
        CHECK(price.time.value() > 0);
        CHECK(price.time.value() < 10);
      }
    }
  }
}
