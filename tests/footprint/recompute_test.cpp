#include <catch2/catch.hpp>

#include "footprint/models.hpp"
#include "memwall/footprint/footprint.hpp"
#include "memwall/plan/recompute.hpp"

using namespace memwall;
using namespace memwall::footprint;
using plan::Recompute;

namespace {

constexpr Gpt shape{6, 128, 8, 48, 3};
constexpr double sbh = shape.s * shape.b * shape.h;

workload::Trace layers(double count) { return layers_of(gpt_trace(shape), static_cast<std::int64_t>(count)); }

double kept(const Recompute& recompute) {
  return walk(plan::mark_recomputed(layers(shape.l), recompute), recipe("mixed")).kept.value();
}

/// Bytes that a layer keeps (Korthikanti et al. 2022, equation 1), less what is not kept, in units of sbh.
double layer_without(double less) { return sbh * (34 + 5 * shape.a * shape.s / shape.h - less); }

}  // namespace

TEST_CASE("Of a chunk's first blocks that run again only the inputs are kept", "[footprint][recompute]") {
  // A block that runs again keeps its input, 2 sbh; the others all that the backward pass needs.
  for (int blocks = 1; blocks <= 6; ++blocks) {
    INFO(blocks);
    CHECK(kept(Recompute::first_blocks(blocks)) == blocks * 2 * sbh + (6 - blocks) * layer_without(0));
  }
  CHECK(kept(Recompute::first_blocks(100)) == kept(Recompute::full()));
}

TEST_CASE("A repeat that is split keeps its weights, its work and its order", "[footprint][recompute]") {
  const workload::Trace whole = layers(6);
  const workload::Trace split = plan::mark_recomputed(whole, Recompute::first_blocks(2));
  REQUIRE(split.repeats.size() == whole.repeats.size() + 1);
  CHECK(count_parameters(split).shared == count_parameters(whole).shared);
  double flops = 0;
  double again = 0;
  for (const workload::Operator& op : split.operators) {
    for (const workload::Matmul& product : op.matmuls) {
      flops += split.count_of(op) * product.flops();
      if (op.runs_again != workload::RunsAgain::no) again += split.count_of(op) * product.flops();
    }
  }
  // A layer's products: 24 s b h^2 + 4 s^2 b h (Narayanan et al. 2021, appendix).
  const double layer = 24 * sbh * shape.h + 4 * sbh * shape.s;
  CHECK(flops == 6 * layer);
  CHECK(again == 2 * layer);
}

TEST_CASE("What listed operators make is not kept for others", "[footprint][recompute]") {
  // The two norms' outputs, which the projections and the first product of the MLP keep: 2 x 2 sbh.
  CHECK(kept({0, false, {"normalization"}}) == 6 * layer_without(4));
  // The activation's output, of 4 h, which the second product keeps: 8 sbh. Its input stays.
  CHECK(kept({0, false, {"activation"}}) == 6 * layer_without(8));
  CHECK(kept({0, false, {"activation", "normalization"}}) == 6 * layer_without(12));
  // With the first two blocks as a whole, the rest by the list.
  CHECK(kept({2, false, {"normalization"}}) == 2 * 2 * sbh + 4 * layer_without(4));
}

TEST_CASE("What was dropped is alive again while the backward pass needs it", "[footprint][recompute]") {
  const auto peak = [](const Recompute& recompute) {
    return walk(plan::mark_recomputed(layers(1), recompute), recipe("fp32")).workspace().value();
  };
  // One layer in fp32 has its fullest moment where the second product's backward pass begins: what was
  // dropped, of s b x 4 h x 4 bytes, is there too then, as workspace.
  CHECK(peak({0, false, {"activation"}}) == peak(Recompute::none()) + sbh * 16);
}

TEST_CASE("An operator is meant by its kind and by whole parts of its name", "[plan][recompute]") {
  using workload::OperatorKind;
  const std::string name = "decoder.mlp.activation_2";
  for (const char* item : {"activation", "decoder", "mlp", "decoder.mlp", "mlp.activation_2", "activation_2"})
    CHECK(plan::means(item, name, OperatorKind::activation));
  for (const char* item : {"coder", "ml", "mlp.activation", "activation_2.mlp", "linear", "."})
    CHECK_FALSE(plan::means(item, name, OperatorKind::activation));
  CHECK(plan::items_for({{"a.b.c", OperatorKind::linear}}) ==
        std::vector<std::string>{"a", "a.b", "a.b.c", "b", "b.c", "c", "linear"});
}
