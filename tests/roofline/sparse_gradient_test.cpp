#include <catch2/catch.hpp>

#include "roofline/helpers.hpp"
#include "workload/two_tables.hpp"

// Six samples look up 6 + 12 rows of 4 features; a dense matrix of 16 weights follows. Activations and
// weights take 2 bytes, gradients 4, the number of a row 8.

using namespace memwall;
using namespace memwall::roofline;
using workload::two_tables;

namespace {

workload::Trace six_samples(const std::string& options = "") {
  return workload::trace_of(two_tables(options), {.batch = 6});
}

double written(const Kernel& kernel) {
  double sum = 0;
  for (const Access& access : kernel.writes) sum += access.bytes().value();
  return sum;
}

plan::Optimizer row_wise() {
  plan::Optimizer optimizer;
  optimizer.states = {{.name = "square_sum", .bytes = Bytes(4), .row_wise = true}};
  optimizer.flops_per_parameter = 4;
  return optimizer;
}

}  // namespace

TEST_CASE("The backward pass of a bag writes the rows that were looked up and which they are",
          "[roofline][sparse]") {
  const auto backward = kernels(six_samples(), Pass::backward, mixed());
  const Kernel& kernel = find(backward, "embedding_bag.backward");
  CHECK(written(kernel) == 18 * 4 * 4 + 18 * 8);
  // It reads the vectors' gradients and the indices.
  CHECK(kernel.touched().value() - written(kernel) == 6 * 2 * 4 * 2 + 6 * 3 * 8);
}

TEST_CASE("A whole gradient is added to where rows were looked up", "[roofline][sparse]") {
  const auto backward = kernels(six_samples("sparse_gradient: false"), Pass::backward, mixed());
  const Kernel& kernel = find(backward, "embedding_bag.backward");
  CHECK(written(kernel) == 18 * 4 * 4);
  CHECK(kernel.touched().value() - written(kernel) == 6 * 2 * 4 * 2 + 6 * 3 * 8 + 18 * 4 * 4);
}

TEST_CASE("The optimizer updates the rows that were looked up, and dense weights whole",
          "[roofline][sparse]") {
  const Kernel kernel = optimizer_kernel(six_samples(), mixed(), adam());
  const double updated = 18 * 4 + 16;
  // 30 bytes a parameter of Adam in mixed precision, and the number of each row.
  CHECK(kernel.touched().value() == updated * 30 + 18 * 8);
  CHECK(kernel.vector().value() == updated * 13);
  // A whole gradient makes it update all 140 rows.
  const Kernel whole = optimizer_kernel(six_samples("sparse_gradient: false"), mixed(), adam());
  CHECK(whole.touched().value() == (140 * 4 + 16) * 30);
}

TEST_CASE("Micro-batches touch more rows until there are no others", "[roofline][sparse]") {
  const auto updated = [](double micro_batches) {
    return optimizer_kernel(six_samples(), mixed(), adam(), {.micro_batches = micro_batches})
               .vector()
               .value() /
           13;
  };
  CHECK(updated(2) == (12 + 24) * 4 + 16);
  CHECK(updated(4) == (24 + 40) * 4 + 16);
  CHECK(updated(100) == 140 * 4 + 16);
}

TEST_CASE("A row-wise state is one number a row of a sparse table and one a weight elsewhere",
          "[roofline][sparse]") {
  const Kernel kernel = optimizer_kernel(six_samples(), mixed(), row_wise());
  // Read: gradient 4, master 4. Written: master 4, weight 2. The state is read and written.
  const double updated = 18 * 4 + 16;
  CHECK(kernel.touched().value() == updated * (4 + 4 + 4 + 2) + 18 * 8 + (18 + 16) * (4 + 4));
}

TEST_CASE("A device updates its share of rows that all replicas touched", "[roofline][sparse]") {
  const Kernel half = optimizer_kernel(six_samples(), mixed(), adam(), {.share = 0.5, .micro_batches = 2});
  CHECK(half.vector().value() == ((12 + 24) * 4 + 16) / 2.0 * 13);
}
