#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "memwall/footprint/candidates.hpp"
#include "memwall/simulator/train.hpp"
#include "simulator/trainer.hpp"

/// Which of the plans that a question leaves open is fastest.
namespace memwall::simulator {

struct Found {
  std::optional<plan::Plan> plan;
  std::int64_t plans = 0;           ///< that were compared
  std::vector<std::string> broken;  ///< why there is none
};

/// The fastest valid plan that fits, or, where none fits, the one that lacks least. Every combination of
/// degrees, ZeRO, sequence parallelism and recomputation is compared by a lower bound of its step. With
/// `Search::all` the best of these then change one knob at a time (micro-batch, chunks, schedule, context
/// parallelism, how many blocks run again) as long as that helps. The best few are played, and the fastest of
/// them is the answer.
[[nodiscard]] Found search(Trainer& trainer, const footprint::Candidates& candidates,
                           const TrainQuestion& question, std::int64_t devices, const footprint::Room& room);

}  // namespace memwall::simulator
