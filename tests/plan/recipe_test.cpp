#include <catch2/catch.hpp>

#include "memwall/plan/recipe_book.hpp"

// Recipes and optimizers are data.

using namespace memwall;
using namespace memwall::plan;

namespace {

const RecipeBook book({MEMWALL_SOURCE_DIR});

}  // namespace

TEST_CASE("Every shipped recipe and optimizer is read and names its source", "[plan][recipe]") {
  CHECK(book.recipe_ids().size() >= 5);
  CHECK(book.optimizer_ids().size() >= 7);
  for (const std::string& id : book.recipe_ids()) {
    const Recipe recipe = book.recipe(id);
    CHECK(recipe.id == id);
    CHECK_FALSE(recipe.source.empty());
    CHECK_FALSE(recipe.matrix.empty());
    CHECK_FALSE(recipe.vector.empty());
    CHECK(recipe.weight > Bytes(0));
  }
  for (const std::string& id : book.optimizer_ids()) {
    CHECK(book.optimizer(id).id == id);
    CHECK_FALSE(book.optimizer(id).source.empty());
    CHECK(book.optimizer(id).flops_per_parameter > 0);
  }
}

TEST_CASE("An element takes the bytes of its type under the recipe", "[plan][recipe]") {
  using workload::ElementType;
  const Recipe mixed = book.recipe("mixed");
  CHECK(element_bytes(ElementType::activation, mixed) == Bytes(2));
  CHECK(element_bytes(ElementType::activation, book.recipe("fp32")) == Bytes(4));
  CHECK(element_bytes(ElementType::index, mixed) == Bytes(8));
  CHECK(element_bytes(ElementType::mask, mixed) == Bytes(1));
  CHECK(element_bytes(ElementType::fp32, mixed) == Bytes(4));
  workload::Tensor tensor;
  tensor.shape = {
      {workload::AxisKind::batch, 3}, {workload::AxisKind::sequence, 5}, {workload::AxisKind::feature, 7}};
  CHECK(tensor_bytes(tensor, mixed) == Bytes(3 * 5 * 7 * 2));
}

TEST_CASE("The known recipes and optimizers, to the byte", "[plan][recipe]") {
  const Recipe mixed = book.recipe("mixed");
  CHECK(mixed.weight == Bytes(2));
  CHECK(mixed.gradient == Bytes(4));
  CHECK(mixed.master == Bytes(4));
  CHECK(book.optimizer("adam").states.size() == 2);
  CHECK(book.optimizer("sgd").states.empty());
  REQUIRE(book.optimizer("adafactor").states.size() == 1);
  CHECK(book.optimizer("adafactor").states[0].factored);
}

TEST_CASE("An unknown recipe or optimizer is refused with the nearest", "[plan][recipe]") {
  CHECK_THROWS_WITH(book.recipe("mixd"), "--recipe: no recipe 'mixd' in the catalog; did you mean 'mixed'?");
  CHECK_THROWS_WITH(book.optimizer("adem"),
                    "--optimizer: no optimizer 'adem' in the catalog; did you mean 'adam'?");
}
