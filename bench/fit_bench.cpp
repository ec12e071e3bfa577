#include <benchmark/benchmark.h>

#include <stdexcept>

#include "memwall/footprint/fit.hpp"
#include "memwall/hardware/catalog.hpp"
#include "memwall/plan/recipe_book.hpp"
#include "memwall/workload/library.hpp"

/// The whole question "does it fit, and on how few devices", everything open, from the model's description.
namespace memwall {
namespace {

void fit_of(benchmark::State& state, const char* model, const char* system_name, bool find_smallest) {
  const workload::Workload workload = workload::Library({MEMWALL_SOURCE_DIR}).workload(model);
  const hardware::System system = hardware::Catalog({MEMWALL_SOURCE_DIR}).system(system_name);
  const plan::RecipeBook recipes({MEMWALL_SOURCE_DIR});
  footprint::FitQuestion question;
  question.model = {&workload, {}, recipes.recipe("mixed"), recipes.optimizer("adam")};
  question.system = &system;
  question.asked.devices = 1024;
  question.find_smallest = find_smallest;
  for (auto _ : state) {
    const footprint::Fit fit = footprint::fit(question);
    // 1,024 A100 trained GPT-3's like in 2021; whatever fits is held by its own bytes.
    if (!fit.fits || fit.headroom() < Bytes(0)) throw std::logic_error("GPT-3 must fit on 1,024 A100");
    // 16 bytes a parameter of states at the very least: more than 32 devices of 80 GiB.
    if (find_smallest && fit.smallest_devices.value_or(0) <= 32)
      throw std::logic_error("fewer devices than the states alone need");
    state.counters["plans"] = static_cast<double>(fit.plans);
  }
}

BENCHMARK_CAPTURE(fit_of, gpt3_on_1024_a100, "gpt-3-175b", "dgx-a100-640", false)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(fit_of, gpt3_smallest_number_of_a100, "gpt-3-175b", "dgx-a100-640", true)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace memwall
