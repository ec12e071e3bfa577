#include <catch2/catch.hpp>

#include "footprint/models.hpp"

// Bytes a parameter, by hand.

using namespace memwall;
using namespace memwall::footprint;
using plan::Plan;
using workload::Phase;

namespace {

Footprint bytes(double parameters, const Plan& plan, const plan::Recipe& r, const plan::Optimizer& o,
                Phase phase = Phase::training) {
  StageParameters stage;
  stage.shared = parameters;
  return standing(stage, plan, r, o, phase);
}

}  // namespace

TEST_CASE("Mixed 16-bit training with Adam holds 18 bytes a parameter", "[footprint][standing]") {
  // 2 weights, 4 gradient, 4 master weights, 4 + 4 moments.
  const Footprint all = bytes(1000, {}, recipe("mixed"), optimizer("adam"));
  CHECK(all.weights == Bytes(2000));
  CHECK(all.gradients == Bytes(4000));
  CHECK(all.optimizer == Bytes(12000));
  CHECK(all.total() == Bytes(18000));
}

TEST_CASE("Other recipes and optimizers, a parameter", "[footprint][standing]") {
  const auto each = [](const char* r, const char* o) {
    return bytes(1000, {}, recipe(r), optimizer(o)).total().value() / 1000;
  };
  CHECK(each("fp32", "sgd") == 4 + 4);
  CHECK(each("fp32", "momentum") == 4 + 4 + 4);
  CHECK(each("fp32", "adam") == 4 + 4 + 8);
  CHECK(each("tf32", "adam") == 4 + 4 + 8);
  CHECK(each("bf16", "adam") == 2 + 2 + 8);
  CHECK(each("fp8", "adam") == 2 + 4 + 4 + 8);
  CHECK(each("mixed", "momentum") == 2 + 4 + 4 + 4);
  CHECK(each("mixed", "adagrad") == 2 + 4 + 4 + 4);
}

TEST_CASE("8-bit Adam holds two bytes of moments and a scale for each 2,048 of them",
          "[footprint][standing]") {
  // Dettmers et al. 2022 (arXiv:2110.02861): blocks of 2,048 with an fp32 maximum each: 2 (1 + 4 / 2048).
  const double moments = bytes(1000, {}, recipe("bf16"), optimizer("adam-8bit")).optimizer.value() / 1000;
  CHECK(moments == Approx(2 * (1 + 4.0 / 2048)).epsilon(0.005));
}

TEST_CASE("Adafactor holds a row and a column of each matrix", "[footprint][standing]") {
  // A linear of 6 x 10 without bias: 16 fp32 numbers for 60 weights; a norm of 10 + 10 has no matrix.
  const StageParameters stage = count_parameters(workload::trace_of(
      "inputs: {x: {sequence: 2, feature: 6}}\nlayers: [{linear: 10, bias: false}, layer_norm]\n"));
  CHECK(stage.shared == 80);
  CHECK(stage.factored == 16 + 20);
  CHECK(standing(stage, {}, recipe("bf16"), optimizer("adafactor"), Phase::training).optimizer ==
        Bytes(36 * 4));
}

TEST_CASE("ZeRO divides optimizer, gradients and weights over data parallelism (Rajbhandari et al. 2020)",
          "[footprint][standing]") {
  // 1,024 parameters on 4 devices: a quarter of 12, of 4, of 2 bytes each.
  const auto at = [](int zero) {
    return bytes(1024, {.data = 4, .zero = zero}, recipe("mixed"), optimizer("adam"));
  };
  CHECK(at(0).total() == Bytes(1024 * 18));
  CHECK(at(1).optimizer == Bytes(1024 * 12 / 4));
  CHECK(at(1).gradients == Bytes(1024 * 4));
  CHECK(at(1).weights == Bytes(1024 * 2));
  CHECK(at(2).optimizer == Bytes(1024 * 12 / 4));
  CHECK(at(2).gradients == Bytes(1024 * 4 / 4));
  CHECK(at(2).weights == Bytes(1024 * 2));
  CHECK(at(3).optimizer == Bytes(1024 * 12 / 4));
  CHECK(at(3).gradients == Bytes(1024 * 4 / 4));
  CHECK(at(3).weights == Bytes(1024 * 2 / 4));
  // 7.5 billion parameters on 64 devices (the paper's figure 1, with 2 + 2 + 12 bytes): 120, 31.4, 16.6, 1.9
  // GB.
  plan::Recipe paper = recipe("mixed");
  paper.gradient = Bytes(2);
  const auto gb = [&](int zero) {
    const Footprint f = bytes(7.5e9, {.data = 64, .zero = zero}, paper, optimizer("adam"));
    return (f.weights + f.gradients + f.optimizer).value() / 1e9;
  };
  CHECK(gb(0) == Approx(120).margin(0.05));
  CHECK(gb(1) == Approx(31.4).margin(0.05));
  CHECK(gb(2) == Approx(16.6).margin(0.05));
  CHECK(gb(3) == Approx(1.9).margin(0.05));
}

TEST_CASE("Hybrid sharding divides over a group of the data-parallel devices alone",
          "[footprint][standing]") {
  const auto at = [](std::int64_t data, std::int64_t group) {
    return bytes(1024, {.data = data, .zero = 3, .zero_group = group}, recipe("mixed"), optimizer("adam"));
  };
  CHECK(at(64, 8).weights == Bytes(1024 * 2 / 8));
  CHECK(at(64, 8).gradients == Bytes(1024 * 4 / 8));
  CHECK(at(64, 8).optimizer == Bytes(1024 * 12 / 8));
  CHECK(at(64, 64).total() == at(64, 0).total());
}

TEST_CASE("A share that does not divide evenly is rounded up to whole elements", "[footprint][standing]") {
  const Footprint third = bytes(1000, {.data = 3, .zero = 3}, recipe("mixed"), optimizer("adam"));
  CHECK(third.weights == Bytes(334 * 2));
  CHECK(third.gradients == Bytes(334 * 4));
  CHECK(third.optimizer == Bytes(334 * 12));
  // Exactly one element each, whatever the rounding of large products.
  const double large = 174604259328;
  CHECK(bytes(large, {.data = 96, .zero = 1}, recipe("mixed"), optimizer("adam")).optimizer ==
        Bytes(large / 96 * 12));
}

TEST_CASE("ZeRO 3 needs two blocks' weights and one block's gradients beside the shares",
          "[footprint][standing]") {
  StageParameters stage;
  stage.shared = 1000;
  stage.largest_block = stage.largest_gradient = 100;
  const auto workspace = [&](int zero) {
    return standing(stage, {.data = 4, .zero = zero}, recipe("mixed"), optimizer("adam"), Phase::training)
        .workspace;
  };
  CHECK(workspace(1) == Bytes(0));
  CHECK(workspace(2) == Bytes(100 * 4));
  CHECK(workspace(3) == Bytes(2 * 100 * 2 + 100 * 4));
}

TEST_CASE("Expert parallelism divides experts already and ZeRO divides them over what is left",
          "[footprint][standing]") {
  StageParameters stage;
  stage.shared = 800;
  stage.expert = 1600;  // what one device of the expert group holds
  const Footprint f = standing(stage, {.data = 8, .expert = 4, .zero = 1}, recipe("mixed"), optimizer("adam"),
                               Phase::training);
  CHECK(f.weights == Bytes(2400 * 2));
  CHECK(f.optimizer == Bytes((800.0 / 8 + 1600.0 / 2) * 12));
}

TEST_CASE("A gradient bucket takes more only where gradients are summed", "[footprint][standing]") {
  plan::Recipe bucket = recipe("mixed");
  bucket.gradient_bucket = Bytes(2);
  CHECK(bytes(1000, {}, bucket, optimizer("adam")).total() == Bytes(18000));
  CHECK(bytes(1000, {.data = 2}, bucket, optimizer("adam")).total() == Bytes(20000));
}

TEST_CASE("Inference holds weights alone", "[footprint][standing]") {
  for (const Phase phase : {Phase::prefill, Phase::decode}) {
    const Footprint f = bytes(1000, {.data = 2}, recipe("mixed"), optimizer("adam"), phase);
    CHECK(f.total() == Bytes(2000));
    CHECK(f.weights == Bytes(2000));
  }
}

TEST_CASE("Parameters of a stage count each weight once, times its iterations", "[footprint][standing]") {
  const Gpt g{6, 64, 4, 32, 1};
  const StageParameters all = count_parameters(gpt_trace(g));
  // 12 h^2 + 13 h a layer; the tied table, positions and the last norm.
  const double layer = 12 * 64 * 64 + 13 * 64;
  CHECK(all.shared == 6 * layer + 50257 * 64 + 32 * 64 + 2 * 64);
  CHECK(all.expert == 0);
  CHECK(all.largest_block == 50257 * 64);
  // With 8 words instead of 50,257 a decoder block is the largest.
  const StageParameters few = count_parameters(workload::catalog_trace(
      "gpt-2-xl", {.dimensions = {workload::set("layers", "6"), workload::set("hidden", "64"),
                                  workload::set("heads", "4"), workload::set("vocabulary", "8")}}));
  CHECK(few.largest_block == 1024 * 64);
  CHECK(count_parameters(layers_of(gpt_trace(g), 4)).largest_block == layer);
  CHECK(count_parameters(layers_of(gpt_trace(g), 4)).shared == 4 * layer);
}
