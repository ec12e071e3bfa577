#include "memwall/roofline/traffic.hpp"

#include <catch2/catch.hpp>

#include <cmath>

#include "roofline/helpers.hpp"

using namespace memwall;
using namespace memwall::roofline;

namespace {

/// A square product of n x n matrices in 2 bytes an element.
Product square(double n) { return {{1, n, n, n}, Bytes(2), Bytes(2), Bytes(2)}; }

/// Bytes that the classical blocked schedule moves: a block of t x t results stays while its row and column
/// panels pass; `t` divides n.
double blocked(double n, double t) { return (n / t) * (n / t) * (2 * n * t + t * t) * 2; }

}  // namespace

TEST_CASE("A product with room for S elements moves at least 2 m n k / sqrt(S)", "[roofline][traffic]") {
  const double n = 4096;
  const double elements = 1024 * 1024;
  // 2 x 4096^3 / 1024 elements of 2 bytes.
  CHECK(least_traffic(square(n), Bytes(2 * elements)).value() == Approx(2 * 2 * n * n * n / 1024));
  // Operands and result once: 3 n^2 elements.
  CHECK(operand_bytes(square(n)).value() == 3 * n * n * 2);
  CHECK(surplus(square(n), Bytes(2 * elements)).value() == Approx(2 * 2 * n * n * n / 1024 - 3 * n * n * 2));
}

TEST_CASE("No blocked schedule moves less than the bound, and the best comes close", "[roofline][traffic]") {
  const double n = 4096;
  for (const double t : {16.0, 64.0, 256.0, 1024.0}) {
    // The schedule holds t^2 results, a column of t and one element.
    const Bytes room(2 * (t * t + t + 1));
    const double least = least_traffic(square(n), room).value();
    CHECK(blocked(n, t) >= least);
    CHECK(blocked(n, t) < least * (1 + 2 / t) + n * n * 2);
  }
}

TEST_CASE("Operands that fit are moved once", "[roofline][traffic]") {
  // Equal where 2 n^3 / sqrt(S) = 3 n^2: S = (2 n / 3)^2 elements. One percent more and less room.
  const double n = 3000;
  const Bytes border(2 * 2000.0 * 2000.0);
  CHECK(surplus(square(n), border).value() == Approx(0).margin(1));
  CHECK(surplus(square(n), 1.01 * border) == Bytes(0));
  // sqrt(1 / 0.99) = 1.005038: half a percent of 3 n^2 x 2 B is read again.
  CHECK(surplus(square(n), 0.99 * border).value() == Approx(0.005038 * 3 * n * n * 2).epsilon(1e-3));
}

TEST_CASE("Elements of different sizes share the room by their sizes", "[roofline][traffic]") {
  // Scaling every size by c scales the traffic by c x sqrt(c) at the same room, and by c at c times the room.
  const Product two{{1, 64, 64, 64}, Bytes(2), Bytes(2), Bytes(2)};
  const Product four{{1, 64, 64, 64}, Bytes(4), Bytes(4), Bytes(4)};
  CHECK(least_traffic(four, Bytes(512)).value() == Approx(2 * least_traffic(two, Bytes(256)).value()));
  // 1 B x 4 B x 2 B under the root is the same as 2 B thrice.
  const Product uneven{{1, 64, 64, 64}, Bytes(1), Bytes(4), Bytes(2)};
  CHECK(least_traffic(uneven, Bytes(512)) == least_traffic(two, Bytes(512)));
  // The executed part alone moves.
  const Product half{{3, 64, 64, 64, 0.5}, Bytes(2), Bytes(2), Bytes(2)};
  CHECK(least_traffic(half, Bytes(512)).value() == Approx(1.5 * least_traffic(two, Bytes(512)).value()));
}

TEST_CASE("A kernel moves its accesses once and what its product reads again", "[roofline][traffic]") {
  const auto trace = trace_of(R"(
inputs: {x: {sequence: 4096, feature: 4096}}
layers: [{linear: 4096, bias: false}]
)");
  const auto all = kernels(trace, Pass::forward, mixed());
  const Kernel& linear = all.front();
  const double once = 3 * 4096.0 * 4096 * 2;
  CHECK(traffic(linear, std::nullopt).value() == once);
  CHECK(traffic(linear, Bytes(1e12)).value() == once);
  // Room for 512 x 512 elements: 2 x 4096^3 / 512 x 2 B = 536,870,912 B.
  CHECK(traffic(linear, Bytes(2 * 512 * 512)).value() == Approx(536870912.0));
}

TEST_CASE("A convolution's windows share their input", "[roofline][traffic]") {
  const auto trace = trace_of(R"(
inputs: {image: {height: 64, width: 64, feature: 32}}
layers: [{conv: 32, kernel: 4, padding: same, bias: false}]
)");
  const auto all = kernels(trace, Pass::forward, mixed());
  const Product& product = all.front().products.front();
  // Each of the 4,096 x 16 x 32 window elements is one sixteenth of an input element of 2 B.
  CHECK(product.left.value() == 2.0 / 16);
  // Moved once: input and output of 64 x 64 x 32, 4 x 4 x 32 x 32 weights.
  CHECK(operand_bytes(product).value() == 2 * (2 * 64.0 * 64 * 32 + 4 * 4 * 32 * 32));
  // Demmel and Dinh 2018: kernel positions x stride positions less under the root: 2 G sqrt(1/16) / sqrt(S).
  const double products = 64.0 * 64 * 32 * 32 * 16;
  CHECK(least_traffic(product, Bytes(2 * 100)).value() == Approx(2 * 2 * products * 0.25 / 10));
}

TEST_CASE("A recurrence reads the weights that do not fit again at every step", "[roofline][traffic]") {
  const auto trace = trace_of(R"(
inputs: {x: {sequence: 11, feature: 64}}
layers: [{lstm: 128}]
)",
                              {.phase = workload::Phase::prefill});
  const auto all = kernels(trace, Pass::forward, mixed());
  const Recurrence r = recurrence(all.front());
  // 512 gates from 128 states, 2 B each; 11 steps.
  CHECK(r.rounds == 11);
  CHECK(r.weights.value() == 512 * 128 * 2);
  CHECK(recurrence_surplus(r, Bytes(512 * 128 * 2)) == Bytes(0));
  CHECK(recurrence_surplus(r, Bytes(100000)).value() == 10 * (131072 - 100000));
}

TEST_CASE("Fused attention streams what it cannot hold", "[roofline][traffic]") {
  // One head of 1,000 queries and keys of 256 B: 256,000 B on either side.
  const AttentionStream stream{1, 1000, 1000, 1, Bytes(256), Bytes(256)};
  CHECK(attention_surplus(stream, Bytes(256000)) == Bytes(0));
  // A quarter of the queries fits: the keys pass four times, three times more than once.
  CHECK(attention_surplus(stream, Bytes(64000)).value() == 3 * 256000.0);
}

TEST_CASE("Each level's room is all that lies inside it", "[roofline][traffic]") {
  const Machine machine = make_machine(h100(), mixed());
  REQUIRE(machine.levels.size() == 1);
  // L2 50 MiB, and 132 SMs of 228 KiB and 256 KiB.
  REQUIRE(machine.levels.front().room());
  CHECK(machine.levels.front().room()->value() == 50.0 * 1048576 + 132 * (228 + 256) * 1024.0);
}

TEST_CASE("A smaller cache makes a large product read more", "[roofline][traffic]") {
  const auto price = [](const std::string& l2) {
    const Machine machine = make_machine(device_of("compute: {matrix: {bf16: 100 TFLOP/s}}\nmemory: {main: "
                                                   "HBM, HBM: {bandwidth: 1 TB/s}, L2: {capacity: " +
                                                   l2 + "}}\n"),
                                         mixed());
    const auto trace = trace_of(R"(
inputs: {x: {sequence: 8192, feature: 8192}}
layers: [{linear: 8192, bias: false}]
)");
    return price_ideal(machine, kernels(trace, Pass::forward, mixed()).front()).bytes.front().value();
  };
  const double once = 3 * 8192.0 * 8192 * 2;
  CHECK(price("1 GiB") == once);
  // 1 MiB holds 524,288 elements: 2 x 8192^3 / 724.08 x 2 B.
  CHECK(price("1 MiB") == Approx(4 * 8192.0 * 8192 * 8192 / std::sqrt(524288.0)));
  CHECK(price("4 MiB") == Approx(price("1 MiB") / 2));
}
