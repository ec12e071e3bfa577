#include <iostream>

#include "memwall/hardware/catalog.hpp"
#include "memwall/hardware/catalog_root.hpp"
#include "memwall/plan/recipe_book.hpp"
#include "memwall/roofline/roofline.hpp"
#include "memwall/units/text.hpp"
#include "memwall/workload/library.hpp"
#include "memwall/workload/lower.hpp"

/// How long an H100 takes at least for one token of Llama 3 8B, and what bounds it.
int main() {
  using namespace memwall;
  const auto roots = hardware::catalog_roots();
  const workload::Workload model = workload::Library(roots).workload("llama-3-8b");
  const hardware::Accelerator device = hardware::Catalog(roots).accelerator("h100");
  const plan::Recipe recipe = plan::RecipeBook(roots).recipe("mixed");

  const workload::Trace token = workload::lower(model, {.phase = workload::Phase::decode});
  const roofline::Roofline answer =
      roofline::roofline(roofline::make_machine(device, recipe), token.phase,
                         roofline::kernels(token, roofline::Pass::forward, recipe));
  std::cout << to_text(answer.total.time) << ", " << answer.bound_name(answer.total.bound()) << '\n';

  // 8.03e9 weights of 2 bytes at 3.35 TB/s, one embedding table of which is only looked up: 4.48 ms and more.
  return answer.total.time > Seconds(4.48e-3) && answer.total.time < Seconds(6e-3) ? 0 : 1;
}
