#include <catch2/catch.hpp>

#include "roofline/helpers.hpp"

using namespace memwall;
using namespace memwall::roofline;

namespace {

using Names = std::vector<std::string>;

std::vector<Kernel> fused(const std::string& yaml, Pass pass = Pass::forward,
                          workload::Phase phase = workload::Phase::prefill) {
  return kernels(trace_of(yaml, {.phase = phase}), pass, mixed(), Fusion::elementwise);
}

}  // namespace

TEST_CASE("An activation joins the product that makes its input", "[roofline][fusion]") {
  const std::string yaml = R"(
inputs: {x: {sequence: 8, feature: 32}}
layers: [{linear: 64, bias: false}, gelu]
)";
  const auto all = fused(yaml);
  REQUIRE(names_of(all) == Names{"linear+gelu"});
  const Kernel& kernel = all.front();
  CHECK(kernel.parts == Names{"linear", "gelu"});
  CHECK(kernel.operators == std::vector<int>{0, 1});
  // The 8 x 64 intermediate is neither written nor read: input, weights and output remain.
  CHECK(accesses(kernel.reads) == Names{"x input 512", "linear.weight weight 4096"});
  CHECK(accesses(kernel.writes) == Names{"gelu activation 1024"});
  CHECK(kernel.matrix().value() == 2.0 * 8 * 32 * 64);
  CHECK(kernel.vector().value() == 13.0 * 8 * 64);

  const auto apart = kernels(trace_of(yaml, {.phase = workload::Phase::prefill}), Pass::forward, mixed());
  CHECK(apart[0].touched() + apart[1].touched() - kernel.touched() == Bytes(2 * 8 * 64 * 2));
}

TEST_CASE("An intermediate that the backward pass needs is still written", "[roofline][fusion]") {
  const auto all = fused(R"(
inputs: {x: {sequence: 8, feature: 32}}
layers: [{linear: 64, bias: false}, gelu]
)",
                         Pass::forward, workload::Phase::training);
  CHECK(accesses(all.front().reads) == Names{"x input 512", "linear.weight weight 4096"});
  CHECK(accesses(all.front().writes) == Names{"linear activation 1024", "gelu activation 1024"});
}

TEST_CASE("An intermediate that somebody else reads is not fused away", "[roofline][fusion]") {
  CHECK(names_of(fused(R"(
inputs: {x: {sequence: 8, feature: 32}}
layers: [{linear: 32, as: y}, gelu, {linear: 32, as: z}, {add: [y, z]}]
)")) == Names{"linear", "gelu", "linear_2+add"});
}

TEST_CASE("A chain of element-wise operators is one kernel", "[roofline][fusion]") {
  const auto all = fused(R"(
inputs: {x: {sequence: 8, feature: 32}}
layers: [{linear: 32, bias: false}, {residual: [gelu, tanh]}]
)");
  // The sum reads the linear layer's output again, so that gelu may not join it.
  CHECK(names_of(all) == Names{"linear", "gelu+tanh+add"});
  CHECK(accesses(all[1].reads) == Names{"linear activation 512"});
  CHECK(accesses(all[1].writes) == Names{"add activation 512"});
  CHECK(all[1].vector().value() == (13.0 + 5 + 1) * 8 * 32);
}

TEST_CASE("Nothing fuses across the border of a tensor-parallel region", "[roofline][fusion]") {
  CHECK(names_of(fused(R"(
inputs: {x: {sequence: 8, feature: 32}}
layers: [{linear: 64, shard: column}, {linear: 32, shard: row}, tanh]
)")) == Names{"linear", "linear_2", "tanh"});
}

TEST_CASE("A norm and a softmax stay kernels of their own", "[roofline][fusion]") {
  CHECK(names_of(fused(R"(
inputs: {x: {sequence: 8, feature: 32}}
layers: [{linear: 32}, layer_norm, softmax]
)")) == Names{"linear", "layer_norm", "softmax"});
}

TEST_CASE("An iteration's last operator does not join the next iteration's first", "[roofline][fusion]") {
  CHECK(names_of(fused(R"(
inputs: {tokens: {type: index, sequence: 8}}
layers: [{embedding: 100, width: 32}, {repeat: 3, layers: [gelu, {linear: 32}]}, gelu]
)",
                       Pass::forward)) == Names{"embedding", "layers.gelu", "layers.linear", "gelu"});
}

TEST_CASE("An activation's backward pass joins the product that makes its gradient", "[roofline][fusion]") {
  const auto all = fused(R"(
inputs: {tokens: {type: index, sequence: 8}}
layers: [{embedding: 100, width: 32}, {linear: 64, bias: false}, gelu, {linear: 16, bias: false, name: second}]
)",
                         Pass::backward, workload::Phase::training);
  CHECK(names_of(all) == Names{"second.input_gradient+gelu.backward", "second.weight_gradient",
                               "linear.input_gradient", "linear.weight_gradient", "embedding.backward"});
  // The gradient between them stays on chip; gelu's kept input is read and its gradient written.
  CHECK(accesses(all[0].reads) ==
        Names{"second gradient 256", "second.weight weight 2048", "linear activation 1024"});
  CHECK(accesses(all[0].writes) == Names{"linear gradient 1024"});
}

TEST_CASE("A sum's gradient kernel is not fused: its gradient goes on to the other terms",
          "[roofline][fusion]") {
  const auto all = fused(R"(
inputs: {tokens: {type: index, sequence: 8}}
layers:
  - {embedding: 100, width: 32, as: x}
  - {gelu: , as: y}
  - {add: [x, y], as: z}
  - {sequential: [gelu], from: z, as: u}
  - {mul: [x, u]}
)",
                         Pass::backward, workload::Phase::training);
  CHECK(names_of(all) ==
        Names{"mul.backward+gelu_2.backward", "add.backward", "gelu.backward", "embedding.backward"});
}
