#include "memwall/parallel/group.hpp"

#include <catch2/catch.hpp>

#include "memwall/parallel/collective.hpp"
#include "parallel/helpers.hpp"

using namespace memwall;
using namespace memwall::parallel;

TEST_CASE("Consecutive members fill a node before the next", "[parallel][group]") {
  const Group tensor{.size = 4};
  CHECK(tensor.members_within(8) == 4);
  CHECK(tensor.groups_within(8) == 2);
  const Group wide{.size = 16};
  CHECK(wide.members_within(8) == 8);
  CHECK(wide.groups_within(8) == 1);
}

// Tensor parallelism 2 inside: data-parallel members are every second device, four in a node of eight.
TEST_CASE("A strided group has several members in a node, and shares its links with others",
          "[parallel][group]") {
  const Group data{.size = 16, .stride = 2};
  CHECK(data.members_within(8) == 4);
  CHECK(data.groups_within(8) == 2);
  const Group far{.size = 16, .stride = 8};
  CHECK(far.members_within(8) == 1);
  CHECK(far.groups_within(8) == 8);
}

TEST_CASE("Groups that do not line up with nodes count as their widest spread one", "[parallel][group]") {
  // Nodes of 6, groups of 4: devices 0-3 share a node, 4-7 are two and two.
  CHECK(Group{.size = 4}.members_within(6) == 2);
  // Nodes of 8, every third device: 6, 9 and 12 of a group that begins at 6 are one and two.
  CHECK(Group{.size = 3, .stride = 3}.members_within(8) == 2);
}

TEST_CASE("A period says where the pattern begins anew", "[parallel][group]") {
  // First and last of 4 stages of one device each, nodes of 8: devices 0 and 3, 4 and 7.
  CHECK(Group{.size = 2, .stride = 3, .period = 4}.members_within(8) == 2);
  CHECK(Group{.size = 2, .stride = 3}.members_within(8) == 1);  // periods of 6 would put 6 and 9 in two nodes
}

TEST_CASE("The outermost tier may be too small for a group", "[parallel][group]") {
  const std::vector<hardware::Tier> node = {tier(8, 1e9, 0)};
  CHECK(joins(node, {.size = 8}));
  CHECK_FALSE(joins(node, {.size = 9}));
  CHECK_FALSE(joins(node, {.size = 3, .stride = 4}));
  CHECK(joins(node, {.size = 2, .stride = 7}));
  CHECK(joins(std::vector<hardware::Tier>{}, {.size = 1}));
  CHECK_FALSE(joins(std::vector<hardware::Tier>{}, {.size = 2}));
  CHECK_THROWS_AS(cost(Collective::all_reduce, Bytes(1), {.size = 9}, node), std::invalid_argument);
  CHECK_THROWS_AS(message_cost(Bytes(1), 0, 8, node), std::invalid_argument);
}
