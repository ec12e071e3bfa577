#include <benchmark/benchmark.h>

#include <stdexcept>

#include "memwall/hardware/catalog.hpp"
#include "memwall/roofline/roofline.hpp"
#include "memwall/workload/library.hpp"
#include "memwall/workload/lower.hpp"

/// A whole model on one device, from its trace to every operator's bound.
namespace memwall {
namespace {

void roofline_of(benchmark::State& state, const char* model, workload::Phase phase) {
  const workload::Library library({MEMWALL_SOURCE_DIR});
  const hardware::Accelerator device = hardware::Catalog({MEMWALL_SOURCE_DIR}).accelerator("nvidia-h100-sxm");
  const workload::Trace trace = workload::lower(library.workload(model), {.phase = phase});
  const std::filesystem::path root = MEMWALL_SOURCE_DIR;
  const plan::Recipe recipe = plan::read_recipe(config::read_yaml(root / "recipes/mixed.yaml"));
  const plan::Optimizer adam = plan::read_optimizer(config::read_yaml(root / "optimizers/adam.yaml"));
  for (auto _ : state) {
    const roofline::Roofline result = roofline::roofline(roofline::make_machine(device, recipe), phase,
                                                         roofline::phase_kernels(trace, recipe, &adam));
    // A step of 2,048 tokens is at least 6 FLOPs a parameter and token: a fast wrong answer fails.
    if (phase == workload::Phase::training && result.total.matrix < Flops(6 * 2048 * 173e9)) {
      throw std::logic_error("GPT-3's step has too few FLOPs");
    }
    benchmark::DoNotOptimize(result.total.time);
  }
}

BENCHMARK_CAPTURE(roofline_of, gpt3_training, "gpt-3-175b", workload::Phase::training)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(roofline_of, gpt3_decode, "gpt-3-175b", workload::Phase::decode)
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace memwall
