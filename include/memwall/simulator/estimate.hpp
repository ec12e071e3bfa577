#pragma once

#include <optional>
#include <string>
#include <vector>

#include "memwall/footprint/fit.hpp"
#include "memwall/hardware/accelerator.hpp"
#include "memwall/hardware/system.hpp"
#include "memwall/plan/recipe.hpp"
#include "memwall/roofline/roofline.hpp"
#include "memwall/workload/counts.hpp"
#include "memwall/workload/lower.hpp"

/// What memwall says of one model on one system.
namespace memwall::simulator {

/// One question, complete.
struct Case {
  const workload::Workload* workload = nullptr;
  workload::LoweringOptions lowering;
  const hardware::System* system = nullptr;
  plan::Recipe recipe;
  plan::Optimizer optimizer;
  bool find_smallest = false;  ///< whether to search the smallest number of devices that fits
  footprint::Asked plan;       ///< what is fixed of the plan; the rest is searched for the most headroom
};

/// Time and bound of one device at `lowering.batch`, unsharded; and whether the model fits under the plan.
/// Either may be missing where its question has no answer, which `why` then tells.
struct Estimate {
  workload::Counts counts;
  std::optional<roofline::Roofline> roofline;
  std::optional<footprint::Fit> fit;
  std::vector<std::string> why;
};

/// Throws BadInput where the model cannot be lowered. A device without a peak for the recipe, or no valid
/// plan, leaves the other half of the estimate in place.
[[nodiscard]] Estimate estimate(const Case& question);

}  // namespace memwall::simulator
