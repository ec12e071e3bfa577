#include <catch2/catch.hpp>

#include "roofline/helpers.hpp"

using namespace memwall;
using namespace memwall::roofline;

namespace {

const char* const model = R"(
inputs: {tokens: {type: index, sequence: 8}}
layers: [{embedding: 100, width: 32}, {repeat: 3, layers: [{linear: 32}]}]
)";
// 100 x 32 and three times 32 x 32 + 32.
constexpr double parameters = 3200 + 3 * (1024 + 32);

}  // namespace

TEST_CASE("Mixed precision with Adam moves 30 bytes a parameter", "[roofline][optimizer]") {
  const Kernel kernel = optimizer_kernel(trace_of(model), mixed(), adam());
  // Read: fp32 gradient 4, master 4, moments 8. Written: master 4, moments 8, 16-bit weight 2.
  CHECK(kernel.touched().value() == parameters * (4 + 4 + 8 + 4 + 8 + 2));
  CHECK(kernel.vector().value() == parameters * 13);
  CHECK(kernel.matrix() == Flops(0));
  CHECK(kernel.pass == Pass::optimizer);
  CHECK(kernel.name == "optimizer");
}

TEST_CASE("Without a master copy the weight itself is read and written", "[roofline][optimizer]") {
  plan::Recipe fp32 = mixed();
  fp32.weight = fp32.gradient = Bytes(4);
  fp32.master = Bytes(0);
  plan::Optimizer sgd;
  sgd.flops_per_parameter = 2;
  const Kernel kernel = optimizer_kernel(trace_of(model), fp32, sgd);
  CHECK(kernel.touched().value() == parameters * (4 + 4 + 4));
}

TEST_CASE("A factored state has a row and a column for a matrix", "[roofline][optimizer]") {
  const plan::OptimizerState factored{"second_moment", Bytes(4), true};
  CHECK(state_elements({.name = "matrix", .divided = 100, .rest = 32}, factored) == 132);
  CHECK(state_elements({.name = "experts", .experts = 8, .divided = 100, .rest = 32}, factored) == 8 * 132);
  CHECK(state_elements({.name = "bias", .rest = 32}, factored) == 32);
  CHECK(state_elements({.name = "matrix", .divided = 100, .rest = 32}, {"moment", Bytes(4), false}) == 3200);
}

TEST_CASE("A device that updates a quarter of the states moves a quarter", "[roofline][optimizer]") {
  const auto trace = trace_of(model);
  const Kernel whole = optimizer_kernel(trace, mixed(), adam());
  const Kernel quarter = optimizer_kernel(trace, mixed(), adam(), {.share = 0.25});
  CHECK(quarter.touched() == whole.touched() / 4);
  CHECK(quarter.vector() == whole.vector() / 4);
}

TEST_CASE("A training step is forward, backward and one update", "[roofline][optimizer]") {
  const plan::Optimizer optimizer = adam();
  const auto all = phase_kernels(trace_of(model), mixed(), &optimizer);
  CHECK(names_of(all) ==
        std::vector<std::string>{"embedding", "layers.linear", "layers.linear.input_gradient",
                                 "layers.linear.weight_gradient", "embedding.backward", "optimizer"});
  CHECK(names_of(phase_kernels(trace_of(model), mixed(), nullptr)).back() == "embedding.backward");
}
