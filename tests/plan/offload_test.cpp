#include "memwall/plan/offload.hpp"

#include <catch2/catch.hpp>

using namespace memwall::plan;

TEST_CASE("What is offloaded is written and read as a list", "[plan][offload]") {
  CHECK(to_text(Offload{}) == "none");
  CHECK(to_text(Offload{.weights = true, .activations = true}) == "weights,activations");
  CHECK(offload_named("none") == Offload{});
  CHECK(offload_named("activations,weights") == Offload{.weights = true, .activations = true});
  CHECK(offload_named("all") == Offload{true, true, true});
  CHECK(offload_named("optimizer") == Offload{.optimizer = true});
  CHECK_FALSE(offload_named("optimiser"));
  CHECK_FALSE(offload_named("weights,"));
  CHECK_FALSE(offload_named("none,weights"));
  CHECK_FALSE(offload_named(""));
}
