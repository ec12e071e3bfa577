#include <catch2/catch.hpp>

#include "memwall/footprint/profile.hpp"
#include "memwall/plan/recipe_book.hpp"
#include "memwall/workload/library.hpp"

/// What a recipe says that a framework holds beside tensors.

using namespace memwall;
using footprint::Footprint;

namespace {

const std::string root = MEMWALL_SOURCE_DIR;

plan::Recipe recipe(const char* name) { return plan::RecipeBook({root}).recipe(name); }

/// GPT-2 small on one sample of its 1,024 tokens.
Footprint gpt2(const plan::Recipe& recipe, const plan::Plan& plan = {}) {
  const workload::Workload model = workload::Library({root}).workload("gpt-2-small");
  footprint::Profiler profiler({&model, {}, recipe, plan::RecipeBook({root}).optimizer("adam")});
  return profiler.footprint(plan);
}

}  // namespace

TEST_CASE("ZeRO 1 gathers updated weights through whole buffers and one of its own share") {
  plan::Recipe framework = recipe("mixed");
  framework.gathered_whole = Bytes(4);
  framework.gathered_share = Bytes(2);
  footprint::StageParameters parameters;
  parameters.shared = 1001;
  plan::Plan plan;
  plan.data = 8;
  plan.zero = 1;
  // 1,001 x 4 + ceil(1,001 / 8) x 2 = 4,004 + 252
  CHECK(footprint::step_buffers(parameters, plan, framework) == Bytes(4256));
  plan.zero = 0;
  CHECK(footprint::step_buffers(parameters, plan, framework) == Bytes(0));
  plan.zero = 3;
  CHECK(footprint::step_buffers(parameters, plan, framework) == Bytes(0));
}

TEST_CASE("gradient buckets are there where data parallelism sums whole gradients") {
  plan::Recipe framework = recipe("mixed");
  framework.gradient_bucket = Bytes(2);
  footprint::StageParameters parameters;
  parameters.shared = 1000;
  const plan::Optimizer adam = plan::RecipeBook({root}).optimizer("adam");
  const auto gradients = [&](std::int64_t data, int zero) {
    plan::Plan plan;
    plan.data = data;
    plan.zero = zero;
    return footprint::standing(parameters, plan, framework, adam, workload::Phase::training).gradients;
  };
  CHECK(gradients(1, 0) == Bytes(4000));
  CHECK(gradients(4, 0) == Bytes(6000));
  CHECK(gradients(4, 1) == Bytes(4000));
}

TEST_CASE("nanotron's standing bytes a parameter are those that its runs report") {
  const plan::Optimizer adam = plan::RecipeBook({root}).optimizer("adam");
  footprint::StageParameters parameters;
  parameters.shared = 1e6;
  const auto each = [&](std::int64_t data, int zero) {
    plan::Plan plan;
    plan.data = data;
    plan.zero = zero;
    const plan::Recipe nanotron = recipe("nanotron");
    const Footprint states = footprint::standing(parameters, plan, nanotron, adam, workload::Phase::training);
    return (states.total() + footprint::step_buffers(parameters, plan, nanotron)).value() / 1e6;
  };
  CHECK(each(1, 0) == 18);
  CHECK(each(8, 0) == Approx(20.05).epsilon(0.01));
  for (const std::int64_t data : {2, 4, 8, 64})
    CHECK(each(data, 1) == Approx(10.06 + 14.0 / static_cast<double>(data)).epsilon(0.01));
}

TEST_CASE("an allocator's holes are a part of activations and inputs, and belong to the workspace") {
  plan::Recipe framework = recipe("mixed");
  const Footprint without = gpt2(framework);
  framework.allocator_overhead = 0.5;
  const Footprint with = gpt2(framework);
  const Bytes passing = without.activations + without.inputs;
  CHECK(without.holes == Bytes(0));
  CHECK(with.holes.value() == Approx((0.5 * passing).value()));
  CHECK((with.workspace - without.workspace).value() == Approx(with.holes.value()));
  CHECK(with.activations == without.activations);
}

TEST_CASE("a library's workspace stands whatever runs") {
  plan::Recipe framework = recipe("mixed");
  const Footprint without = gpt2(framework);
  framework.library_workspace = Bytes(64e6);
  CHECK((gpt2(framework).total() - without.total()).value() == Approx(64e6));
}

TEST_CASE("a loss that is computed from a wider copy of the logits has both for a while") {
  plan::Recipe framework = recipe("mixed");
  const Footprint without = gpt2(framework);
  REQUIRE(without.moment == "forward of cross_entropy");
  framework.loss_copy = Bytes(4);
  // 1,024 tokens x 50,257 logits x 4 bytes
  CHECK((gpt2(framework).total() - without.total()).value() == Approx(1024.0 * 50257 * 4));
}

TEST_CASE("sequence buffers hold whole sequences, where there is sequence parallelism") {
  plan::Recipe framework = recipe("mixed");
  plan::Plan plan;
  plan.tensor = 4;
  const auto more = [&] {
    plan::Recipe with = framework;
    with.sequence_buffers = 2;
    return (gpt2(with, plan).total() - gpt2(framework, plan).total()).value();
  };
  CHECK(more() == 0);
  plan.sequence_parallel = true;
  CHECK(more() == Approx(2 * 1024.0 * 768 * 2));  // two buffers of 1,024 tokens x 768 features x 2 bytes
}

TEST_CASE("the optimizer's step is the fullest moment where its buffers exceed activations") {
  plan::Recipe framework = recipe("mixed");
  framework.gathered_whole = Bytes(16);
  plan::Plan plan;
  plan.data = 2;
  plan.zero = 1;
  plan.global_batch = 2;
  plan.recompute = plan::Recompute::full();
  const Footprint small = gpt2(recipe("mixed"), plan);
  const Footprint now = gpt2(framework, plan);
  REQUIRE(small.activations + small.inputs + small.workspace < Bytes(16 * 124439808.0));
  CHECK(now.moment == "optimizer step");
  CHECK(now.activations == Bytes(0));
  CHECK(now.workspace.value() == Approx(16 * 124439808.0));  // GPT-2 small's parameters
}
