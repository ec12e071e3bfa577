#include <catch2/catch.hpp>

#include "roofline/helpers.hpp"

using namespace memwall;
using namespace memwall::roofline;

namespace {

std::vector<Kernel> backward(const std::string& yaml, const workload::LoweringOptions& options = {}) {
  return kernels(trace_of(yaml, options), Pass::backward, mixed());
}

}  // namespace

TEST_CASE("A linear layer's two gradients are a product each", "[roofline][backward]") {
  const auto all = backward(R"(
inputs: {x: {sequence: 16, feature: 32}}
layers: [{linear: 32, name: first}, {linear: 64}]
)");
  REQUIRE(names_of(all) == std::vector<std::string>{"linear.input_gradient", "linear.weight_gradient",
                                                    "first.weight_gradient"});

  // [16, 64] x [64, 32]: reads the output's gradient and the matrix (not the bias).
  const Kernel& input = all[0];
  CHECK(input.matrix().value() == 2.0 * 16 * 64 * 32);
  CHECK(input.products.front().matmul.m == 16);
  CHECK(input.products.front().matmul.k == 64);
  CHECK(input.products.front().matmul.n == 32);
  CHECK(accesses(input.reads) ==
        std::vector<std::string>{"linear gradient 2048", "linear.weight weight 4096"});
  CHECK(accesses(input.writes) == std::vector<std::string>{"first gradient 1024"});

  // [32, 16] x [16, 64], added to fp32 gradients; the bias' gradient sums the output's.
  const Kernel& weight = all[1];
  CHECK(weight.matrix().value() == 2.0 * 32 * 16 * 64);
  CHECK(weight.products.front().matmul.m == 32);
  CHECK(weight.products.front().matmul.k == 16);
  CHECK(weight.vector().value() == 16 * 64);
  CHECK(accesses(weight.reads) == std::vector<std::string>{"linear gradient 2048", "first activation 1024",
                                                           "linear.weight weight gradient 8192",
                                                           "linear.bias weight gradient 256"});
  CHECK(accesses(weight.writes) ==
        std::vector<std::string>{"linear.weight weight gradient 8192", "linear.bias weight gradient 256"});
}

TEST_CASE("What comes in from outside needs no gradient", "[roofline][backward]") {
  const auto all = backward(R"(
inputs: {image: {height: 8, width: 8, feature: 3}}
layers: [{conv: 16, kernel: 3}, {conv: 16, kernel: 3}]
)");
  CHECK(names_of(all) ==
        std::vector<std::string>{"conv_2.input_gradient", "conv_2.weight_gradient", "conv.weight_gradient"});
}

TEST_CASE("Forward and backward of a stack of linear layers are three times forward",
          "[roofline][backward]") {
  const std::string yaml = R"(
inputs: {tokens: {type: index, sequence: 16}}
layers: [{embedding: 100, width: 32}, {repeat: 7, layers: [{linear: 128}, gelu, {linear: 32}]}]
)";
  const auto trace = trace_of(yaml, {.batch = 3});
  const double forward = matrix_flops(kernels(trace, Pass::forward, mixed()));
  CHECK(forward == 7 * 2 * 2.0 * 3 * 16 * 32 * 128);
  CHECK(matrix_flops(kernels(trace, Pass::backward, mixed())) == 2 * forward);
}

TEST_CASE("A product of two activations gives each operand's gradient by a product", "[roofline][backward]") {
  const auto all = backward(R"(
inputs: {tokens: {type: index, sequence: 8}}
layers: [{embedding: 100, width: 32}, {attention: 4}]
)");
  // 4 heads of [8, 8] x [8, 8]; query's gradient reads the key, the key's the query.
  const Kernel& query = find(all, "attention.scores.first_gradient");
  const Kernel& key = find(all, "attention.scores.second_gradient");
  CHECK(query.matrix().value() == 2.0 * 4 * 8 * 8 * 8);
  CHECK(key.matrix().value() == 2.0 * 4 * 8 * 8 * 8);
  CHECK(accesses(query.reads) ==
        std::vector<std::string>{"attention.scores gradient 512", "attention.key activation 512"});
  CHECK(accesses(query.writes) == std::vector<std::string>{"attention.query gradient 512"});
  CHECK(accesses(key.reads) ==
        std::vector<std::string>{"attention.scores gradient 512", "attention.query activation 512"});
  CHECK(accesses(key.writes) == std::vector<std::string>{"attention.key gradient 512"});
}

TEST_CASE("Flash attention runs five products backward for two forward", "[roofline][backward]") {
  const auto trace = trace_of(R"(
inputs: {tokens: {type: index, sequence: 8}}
layers: [{embedding: 100, width: 32}, {attention: 4, mask: causal}]
)",
                              {.flash_attention = true});
  const auto forward_kernels = kernels(trace, Pass::forward, mixed());
  const auto backward_kernels = kernels(trace, Pass::backward, mixed());
  const Kernel& forward = find(forward_kernels, "attention.core");
  const Kernel& core = find(backward_kernels, "attention.core.backward");
  REQUIRE(core.products.size() == 5);
  // Dao 2023 (arXiv:2307.08691), section 4.1: backward is 2.5 times forward; the same half is executed.
  CHECK(core.matrix().value() == Approx(2.5 * forward.matrix().value()));
  CHECK(forward.matrix().value() + core.matrix().value() == Approx(3.5 * forward.matrix().value()));
  // Output's gradient, query, key, value, output (512 B each) and 4 heads x 8 fp32 statistics are read; three
  // gradients are written.
  CHECK(core.touched() == Bytes(5 * 512 + 4 * 8 * 4 + 3 * 512));
}

TEST_CASE("Where head and value sizes differ the five products have their own sizes",
          "[roofline][backward]") {
  const auto trace = trace_of(R"(
inputs: {tokens: {type: index, sequence: 8}}
layers: [{embedding: 100, width: 32}, {attention: 4, head_size: 6, value_size: 10}]
)",
                              {.flash_attention = true});
  // Scores again, dQ and dK with 6; dP and dV with 10.
  const auto all = kernels(trace, Pass::backward, mixed());
  CHECK(find(all, "attention.core.backward").matrix().value() == 2.0 * 4 * 8 * 8 * (3 * 6 + 2 * 10));
}

TEST_CASE("A recurrence runs twice its forward products backward", "[roofline][backward]") {
  const auto trace = trace_of(R"(
inputs: {tokens: {type: index, sequence: 8}}
layers: [{embedding: 100, width: 32}, {lstm: 48, bidirectional: true, projection: 16}]
)");
  const double forward = matrix_flops(kernels(trace, Pass::forward, mixed()));
  // Two directions of 8 steps: 4 x 48 gates from 32 inputs and 16 states, and 48 to 16.
  CHECK(forward == 2 * 2.0 * 8 * (4 * 48 * (32 + 16) + 48 * 16));
  CHECK(matrix_flops(kernels(trace, Pass::backward, mixed())) == 2 * forward);
}

TEST_CASE("An activation's backward pass reads its gradient and what it kept", "[roofline][backward]") {
  const auto all = backward(R"(
inputs: {tokens: {type: index, sequence: 8}}
layers: [{embedding: 100, width: 32}, gelu, {dropout: 0.1}]
)");
  CHECK(accesses(find(all, "gelu.backward").reads) ==
        std::vector<std::string>{"gelu gradient 512", "embedding activation 512"});
  CHECK(accesses(find(all, "gelu.backward").writes) == std::vector<std::string>{"embedding gradient 512"});
  CHECK(accesses(find(all, "dropout.backward").reads) ==
        std::vector<std::string>{"dropout gradient 512", "dropout.mask mask 256"});
}

TEST_CASE("A norm reads its factors and adds to their gradients", "[roofline][backward]") {
  const auto all = backward(R"(
inputs: {tokens: {type: index, sequence: 8}}
layers: [{embedding: 100, width: 32}, rms_norm]
)");
  const Kernel& norm = find(all, "rms_norm.backward");
  CHECK(accesses(norm.reads) == std::vector<std::string>{"rms_norm gradient 512", "embedding activation 512",
                                                         "rms_norm.weight weight 64",
                                                         "rms_norm.weight weight gradient 128"});
  CHECK(accesses(norm.writes) ==
        std::vector<std::string>{"embedding gradient 512", "rms_norm.weight weight gradient 128"});
}

TEST_CASE("Of a pool only the positions of its maxima are read", "[roofline][backward]") {
  const auto all = backward(R"(
inputs: {image: {height: 8, width: 8, feature: 4}}
layers: [{conv: 4, kernel: 1}, {max_pool: 2}]
)");
  // 4 x 4 x 4 gradients of 2 B and positions of 8 B; 8 x 8 x 4 gradients written.
  CHECK(find(all, "max_pool.backward").touched() == Bytes(64 * 2 + 64 * 8 + 256 * 2));
}

TEST_CASE("The loss begins the gradients: it reads only what it kept", "[roofline][backward]") {
  const auto all = backward(R"(
inputs: {x: {sequence: 8, feature: 32}}
layers: [{linear: 100}, cross_entropy]
)");
  CHECK(accesses(find(all, "cross_entropy.backward").reads) ==
        std::vector<std::string>{"cross_entropy statistic 3200"});
  CHECK(accesses(find(all, "cross_entropy.backward").writes) ==
        std::vector<std::string>{"linear gradient 1600"});
}

TEST_CASE("A sum passes its gradient on without a kernel, and the branch adds to it",
          "[roofline][backward]") {
  const auto all = backward(R"(
inputs: {tokens: {type: index, sequence: 8}}
layers: [{embedding: 100, width: 32}, {residual: [gelu]}]
)");
  // The sum's gradient is the embedding's already; gelu's contribution reads it, adds and writes it back.
  CHECK(names_of(all) == std::vector<std::string>{"gelu.backward", "embedding.backward"});
  const Kernel& gelu = all.front();
  CHECK(accesses(gelu.reads) ==
        std::vector<std::string>{"gelu gradient 512", "embedding activation 512", "embedding gradient 512"});
  CHECK(accesses(gelu.writes) == std::vector<std::string>{"embedding gradient 512"});
  CHECK(gelu.elements.back().each == 1);
  CHECK(gelu.elements.back().elements == 8 * 32);
}

TEST_CASE("A sum after which a term is used again adds its gradient in a kernel", "[roofline][backward]") {
  const auto all = backward(R"(
inputs: {tokens: {type: index, sequence: 8}}
layers:
  - {embedding: 100, width: 32, as: x}
  - {gelu: , as: y}
  - {add: [x, y], as: z}
  - {sequential: [gelu], from: x, as: u}
  - {mul: [z, u]}
)");
  // Backward: mul, then the second gelu (first contribution to x), then the sum, whose share of x is added.
  const Kernel& add = find(all, "add.backward");
  CHECK(accesses(add.reads) == std::vector<std::string>{"add gradient 512", "embedding gradient 512"});
  CHECK(accesses(add.writes) == std::vector<std::string>{"embedding gradient 512"});
}

TEST_CASE("Three readers of one tensor write its gradient once and add to it twice", "[roofline][backward]") {
  const auto all = backward(R"(
inputs: {tokens: {type: index, sequence: 8}}
layers: [{embedding: 100, width: 32}, {attention: 4, bias: false}]
)");
  const auto bytes = [&](const char* name) { return find(all, name).touched().value(); };
  // Output gradient and input gradient 512 B each, weights 2,048 B; later ones read the 512 B that are there.
  CHECK(bytes("attention.value.input_gradient") == 512 + 512 + 2048);
  CHECK(bytes("attention.key.input_gradient") == 512 + 512 + 2048 + 512);
  CHECK(bytes("attention.query.input_gradient") == 512 + 512 + 2048 + 512);
}

TEST_CASE("What every iteration reads from outside collects their gradients", "[roofline][backward]") {
  const auto all = backward(R"(
inputs: {tokens: {type: index, sequence: 8}}
layers:
  - {embedding: 100, width: 32, as: memory}
  - {repeat: 4, layers: [{attention: 4, memory: memory, bias: false}]}
)");
  // The value projection is the first of its iteration to contribute, and not the first of all.
  CHECK(find(all, "layers.attention.value.input_gradient").touched() == Bytes(512 + 512 + 2048 + 512));
}

TEST_CASE("An embedding's gradient adds to the rows that were looked up", "[roofline][backward]") {
  const auto all = backward(R"(
inputs: {tokens: {type: index, sequence: 8}}
layers: [{embedding: 100, width: 32}]
)");
  CHECK(accesses(all.front().reads) == std::vector<std::string>{"embedding gradient 512", "tokens index 64",
                                                                "embedding.weight weight gradient 1024"});
}

TEST_CASE("Inference has no backward pass", "[roofline][backward]") {
  const auto trace = trace_of("inputs: {x: {sequence: 8, feature: 32}}\nlayers: [{linear: 32}]\n",
                              {.phase = workload::Phase::prefill});
  const plan::Optimizer optimizer = adam();
  CHECK(names_of(phase_kernels(trace, mixed(), &optimizer)) == std::vector<std::string>{"linear"});
}
