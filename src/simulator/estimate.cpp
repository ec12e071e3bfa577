#include "memwall/simulator/estimate.hpp"

#include <utility>

namespace memwall::simulator {
namespace {

/// Runs one half of an estimate; where it has no answer, notes why.
template <class Half>
void attempt(std::vector<std::string>& why, Half half) {
  try {
    half();
  } catch (const config::BadInput& error) {
    for (const config::Problem& problem : error.problems()) why.push_back(problem.what);
  }
}

}  // namespace

Estimate estimate(const Case& question) {
  const workload::Trace trace = workload::lower(*question.workload, question.lowering);
  const auto fusion =
      question.lowering.fuse_elementwise ? roofline::Fusion::elementwise : roofline::Fusion::none;
  Estimate result;
  result.counts = workload::count(trace);
  attempt(result.why, [&] {
    result.roofline = roofline::roofline(
        roofline::make_machine(question.system->accelerator, question.recipe), question.lowering.phase,
        roofline::phase_kernels(trace, question.recipe, &question.optimizer, fusion));
  });
  attempt(result.why, [&] {
    footprint::FitQuestion fit;
    fit.model = {question.workload, question.lowering, question.recipe, question.optimizer};
    fit.system = question.system;
    fit.asked = question.plan;
    fit.find_smallest = question.find_smallest;
    result.fit = footprint::fit(fit);
  });
  return result;
}

}  // namespace memwall::simulator
