#pragma once

#include <string>

#include "memwall/footprint/profile.hpp"
#include "memwall/plan/shard.hpp"
#include "memwall/plan/stages.hpp"
#include "workload/models.hpp"

/// Models, recipes and optimizers for tests of footprints.
namespace memwall::footprint {

inline plan::Recipe recipe(const std::string& id) {
  return plan::read_recipe(config::read_yaml(std::string(MEMWALL_SOURCE_DIR) + "/recipes/" + id + ".yaml"));
}

inline plan::Optimizer optimizer(const std::string& id) {
  return plan::read_optimizer(
      config::read_yaml(std::string(MEMWALL_SOURCE_DIR) + "/optimizers/" + id + ".yaml"));
}

inline constexpr double gib = 1024.0 * 1024 * 1024;

/// Shapes of a GPT (Korthikanti et al. 2022, table 1): l layers, h hidden, a heads, s sequence, b
/// micro-batch.
struct Gpt {
  double l = 2;
  double h = 64;
  double a = 4;
  double s = 32;
  double b = 1;
};

inline std::string whole(double value) { return std::to_string(static_cast<long long>(value)); }

/// The trace of such a GPT with dropout, as GPT-2 is built.
inline workload::Trace gpt_trace(const Gpt& gpt) {
  using workload::set;
  return workload::catalog_trace(
      "gpt-2-xl",
      {.batch = static_cast<std::int64_t>(gpt.b),
       .dimensions = {set("layers", whole(gpt.l)), set("hidden", whole(gpt.h)), set("heads", whole(gpt.a)),
                      set("sequence", whole(gpt.s)), set("context", whole(gpt.s))}});
}

/// `count` layers of a trace's first repeat alone: what stands outside of it is left out.
inline workload::Trace layers_of(const workload::Trace& trace, std::int64_t count) {
  const std::vector<plan::UnitRun> runs = plan::unit_runs(trace);
  std::int64_t begin = 0;
  for (const plan::UnitRun& run : runs) {
    if (run.repeat != workload::none) break;
    begin += run.count;
  }
  return plan::slice(trace, runs, begin, begin + count);
}

}  // namespace memwall::footprint
