#include <benchmark/benchmark.h>

#include <stdexcept>
#include <vector>

#include "memwall/units/text.hpp"
#include "memwall/workload/counts.hpp"
#include "memwall/workload/library.hpp"
#include "memwall/workload/lower.hpp"

/// Every model of the catalog, read once: lowered to its trace and counted.
namespace memwall {
namespace {

/// A fast wrong answer fails: whoever publishes an exact number of parameters must find it here.
void check_parameters(const workload::Workload& model, double parameters) {
  double published = 0;
  try {
    published = parse_number(model.published_parameters);
  } catch (const BadQuantity&) {
    return;  // only a rounded figure was published
  }
  if (parameters != published) throw std::logic_error(model.id + " has not its published parameters");
}

std::vector<workload::Workload> zoo() {
  const workload::Library library({MEMWALL_SOURCE_DIR});
  std::vector<workload::Workload> models;
  for (const std::string& id : library.ids()) models.push_back(library.workload(id));
  return models;
}

void lower_and_count_the_zoo(benchmark::State& state) {
  const std::vector<workload::Workload> models = zoo();
  for (auto _ : state) {
    for (const workload::Workload& model : models) {
      const workload::Counts counts = workload::count(workload::lower(model, {}));
      check_parameters(model, counts.parameters);
      benchmark::DoNotOptimize(counts.forward_flops);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(models.size()));
}

void read_the_zoo(benchmark::State& state) {
  std::size_t models = 0;
  for (auto _ : state) models = zoo().size();
  if (models < 100) throw std::logic_error("the catalog has lost its models");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(models));
}

BENCHMARK(read_the_zoo)->Unit(benchmark::kMillisecond);
BENCHMARK(lower_and_count_the_zoo)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace memwall
