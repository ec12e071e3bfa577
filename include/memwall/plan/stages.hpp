#pragma once

#include <cstdint>
#include <vector>

#include "memwall/workload/trace.hpp"

/// Cutting a trace into pipeline stages.
namespace memwall::plan {

/// What a stage is made of: one operator that stands alone, or one iteration of a repeat.
/// Units are numbered in execution order; runs of equal iterations stay together.
struct UnitRun {
  int first = 0;  ///< operators [first, last) of the trace
  int last = 0;
  int repeat = workload::none;
  std::int64_t count = 1;  ///< units in the run: the repeat's iterations
};

[[nodiscard]] std::vector<UnitRun> unit_runs(const workload::Trace& trace);
[[nodiscard]] std::int64_t unit_count(const std::vector<UnitRun>& runs);

/// First unit of each stage and the end of the last: `stages` + 1 numbers.
using Cuts = std::vector<std::int64_t>;

/// One number of each run, of one of its units: the cost of its work (such as the seconds of forward and
/// backward) and, in the same unit, of handing on what it makes where a stage ends with it.
struct UnitCosts {
  std::vector<double> work;
  std::vector<double> hand_on;
};

/// Cuts into contiguous stages, each of at least one unit, so that the most work of a stage, or message
/// between two, is least; then each cut moves by a few units to where the fuller of its two stages (by work,
/// or by what its link sends meanwhile) becomes less full, or as full with less to hand on.
[[nodiscard]] Cuts cut_stages(const std::vector<UnitRun>& runs, const UnitCosts& costs, std::int64_t stages);

/// Cuts as an engine does that places block after block: each stage takes units until all that is placed
/// costs what the stages so far should share. The last stages may stay empty (begin and end are equal).
[[nodiscard]] Cuts cut_in_order(const std::vector<UnitRun>& runs, const std::vector<double>& costs,
                                std::int64_t stages);

/// The part of a trace that units [begin, end) are: repeats keep the iterations that fall into it; what it
/// reads from before becomes a tensor that it receives, and what is needed after it, made here or handed on,
/// is among its outputs.
[[nodiscard]] workload::Trace slice(const workload::Trace& trace, const std::vector<UnitRun>& runs,
                                    std::int64_t begin, std::int64_t end);

}  // namespace memwall::plan
