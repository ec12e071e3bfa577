#include <benchmark/benchmark.h>

#include <stdexcept>

#include "memwall/hardware/catalog.hpp"
#include "memwall/parallel/closed_form.hpp"
#include "memwall/parallel/collective.hpp"
#include "memwall/parallel/simulate.hpp"

/// Pipelines played event by event, their closed forms, and collectives.
namespace memwall::parallel {
namespace {

void play(benchmark::State& state, const Pipeline& pipeline, bool record) {
  const ChunkTimes chunk{.forward = Seconds(1),
                         .input_gradient = Seconds(1),
                         .weight_gradient = Seconds(1),
                         .send_forward = Seconds(0.01),
                         .send_backward = Seconds(0.01)};
  const PipelineTimes times = uniform_times(pipeline, chunk);
  const double least = 3.0 * static_cast<double>(pipeline.micro_batches * pipeline.chunks);
  Simulator simulator;
  std::size_t events = 0;
  for (auto _ : state) {
    const Simulation& step = simulator.run(pipeline, times, {.record = record});
    // A fast wrong answer fails.
    if (step.time.value() < least) throw std::logic_error("a step is shorter than one stage's work");
    events += step.event_count;
  }
  state.counters["events/s"] = benchmark::Counter(static_cast<double>(events), benchmark::Counter::kIsRate);
}

BENCHMARK_CAPTURE(play, gpipe_8x64, gpipe(8, 64), false)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(play, one_f_one_b_8x64, one_f_one_b(8, 64), false)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(play, interleaved_16x128x4, interleaved(16, 128, 4), false)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(play, zb_h1_8x64, zb_h1(8, 64), false)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(play, one_f_one_b_64x4096, one_f_one_b(64, 4096), false)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(play, recorded_8x64, one_f_one_b(8, 64), true)->Unit(benchmark::kMicrosecond);

void closed_form_of_1f1b(benchmark::State& state) {
  UniformPipeline pipeline{.schedule = plan::Schedule::one_f_one_b,
                           .stages = 8,
                           .micro_batches = 64,
                           .forward = Seconds(1),
                           .input_gradient = Seconds(1),
                           .weight_gradient = Seconds(1),
                           .send = Seconds(0.01)};
  for (auto _ : state) {
    benchmark::DoNotOptimize(pipeline);
    const std::optional<Seconds> time = closed_form(pipeline);
    if (!time || time->value() < 71 * 3) throw std::logic_error("1F1B is shorter than (m + p - 1)(f + b)");
  }
}

BENCHMARK(closed_form_of_1f1b);

void all_reduce(benchmark::State& state, Group group) {
  const hardware::System system = hardware::Catalog({MEMWALL_SOURCE_DIR}).system("dgx-h100");
  for (auto _ : state) {
    const CollectiveCost sum = cost(Collective::all_reduce, Bytes(1e9), group, system.tiers);
    if (sum.time.value() < 1e9 / 450e9) throw std::logic_error("an all-reduce is faster than its links");
  }
}

BENCHMARK_CAPTURE(all_reduce, in_a_node, Group{.size = 8});
BENCHMARK_CAPTURE(all_reduce, over_nodes, Group{.size = 64, .stride = 4});

}  // namespace
}  // namespace memwall::parallel
