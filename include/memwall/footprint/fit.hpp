#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "memwall/footprint/candidates.hpp"
#include "memwall/footprint/profile.hpp"
#include "memwall/hardware/system.hpp"

/// Does it fit: on how many devices, under which plan, how close, and what would help.
namespace memwall::footprint {

struct FitQuestion {
  Model model;
  const hardware::System* system = nullptr;
  Asked asked;
  bool find_smallest = true;  ///< whether the smallest number of devices is asked for; else a number must be
  std::optional<Bytes> reserve;  ///< taken off a device's memory instead of the catalog's figures
  std::vector<plan::Optimizer> other_optimizers;  ///< tried as changes that might help
  std::vector<plan::Recipe> other_recipes;
};

/// One change of the question and what it would give.
struct Suggestion {
  std::string change;  ///< "recompute full", "optimizer adam-8bit", "48 devices"
  bool fits = false;
  Bytes headroom{0};    ///< of the fullest device
  Bytes node_short{0};  ///< what the memory that it offloads to lacks; 0 where it has room
};

struct Fit {
  bool fits = false;
  plan::Plan plan;  ///< the valid plan with the most headroom
  Footprint footprint;
  Bytes capacity{0};                   ///< of one device, after the reserve
  std::optional<Bytes> node_capacity;  ///< of the memory that a node offloads to; nothing where it does not
  std::optional<std::int64_t> smallest_devices;
  std::vector<Suggestion> suggestions;  ///< where it does not fit; those that help most first
  std::vector<std::string> rules;       ///< what the answer rests on, in words
  std::int64_t plans = 0;               ///< how many valid plans were compared

  [[nodiscard]] Bytes headroom() const { return capacity - footprint.total(); }
};

/// Answers the question. Without a number of devices (and without degrees that give it) it takes the smallest
/// that fits, or one node where none does. Throws BadInput where nothing valid is left to try: a degree that
/// divides nothing, a number of devices that is no whole node or beyond the system, a device whose memory is
/// unknown.
[[nodiscard]] Fit fit(const FitQuestion& question);

}  // namespace memwall::footprint
