#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "memwall/footprint/fit.hpp"
#include "memwall/hardware/system.hpp"
#include "memwall/parallel/timeline.hpp"

/// One training step of a model on many devices: how long, of what, and what bounds it.
namespace memwall::simulator {

/// What of a plan that is left open is searched.
enum class Search {
  degrees,  ///< degrees, ZeRO, sequence parallelism, recomputation none, selective or full; else the defaults
  all       ///< every knob but what hardware and software must be able to do: overlap and offload
};

struct TrainQuestion {
  footprint::Model model;
  const hardware::System* system = nullptr;
  footprint::Asked asked;  ///< what is fixed of the plan; the fastest that fits is taken of the rest
  std::optional<Bytes> reserve;
  Search search = Search::degrees;
};

/// Where a step's time goes, on the stage that is busiest. The parts add up to the step.
struct Breakdown {
  Seconds forward{0};
  Seconds backward{0};
  Seconds recompute{0};
  Seconds optimizer{0};
  Seconds tensor_comm_exposed{0};
  Seconds pipeline_comm_exposed{0};
  Seconds data_comm_exposed{0};
  Seconds expert_comm_exposed{0};
  Seconds context_comm_exposed{0};
  Seconds bubble{0};
  Seconds offload_exposed{0};

  [[nodiscard]] Seconds total() const {
    return forward + backward + recompute + optimizer + tensor_comm_exposed + pipeline_comm_exposed +
           data_comm_exposed + expert_comm_exposed + context_comm_exposed + bubble + offload_exposed;
  }
};

/// One stage's share of a micro-batch, all its chunks added.
struct StageTime {
  Seconds forward{0};
  Seconds backward{0};
  Seconds recompute{0};
  Seconds tensor_comm{0};
  Seconds expert_comm{0};
  Seconds context_comm{0};
  Seconds hidden_forward{0};   ///< communication that travels behind the forward pass,
  Seconds hidden_backward{0};  ///< and behind the backward pass
  Seconds offload{0};          ///< waiting for weights and gradients that pass through the device

  /// What a stage does for one micro-batch.
  [[nodiscard]] Seconds busy() const {
    return forward + backward + recompute + tensor_comm + expert_comm + context_comm + offload;
  }
};

struct TrainEstimate {
  plan::Plan plan;
  Seconds step_time{0};
  Breakdown breakdown;
  std::vector<StageTime> stages;
  std::vector<Bytes> stage_bytes;  ///< what the fullest device of each stage holds
  std::int64_t busiest_stage = 0;
  Flops model_flops;     ///< of one step on all devices: 3 x forward with heads, nothing masked, nothing
                         ///< recomputed
  Flops hardware_flops;  ///< the same with what is recomputed
  FlopsPerSecond peak;   ///< of one device in the recipe's products
  double samples_per_second = 0;
  double tokens_per_second = 0;  ///< 0 where the model has no sequence
  footprint::Footprint footprint;
  Bytes capacity{0};
  std::optional<Bytes> node_capacity;  ///< of the memory that a node offloads to; nothing where it does not
  std::string bound;  ///< what most of the step is: a resource of the busiest stage, a kind of communication,
                      ///< the bubble
  std::vector<std::string> notes;
  std::int64_t plans = 0;

  [[nodiscard]] bool fits() const { return footprint::Room{capacity, node_capacity}.holds(footprint); }
  /// Model FLOPs utilisation: model FLOPs over what the devices could do in the step (Chowdhery et al. 2022,
  /// arXiv:2204.02311, appendix B).
  [[nodiscard]] double mfu() const;
  [[nodiscard]] double hfu() const;
};

/// The estimate's step as a timeline, for Perfetto: every task with its operators, message and copy of every
/// stage, what follows the passes, and memory. Its last event ends with the step.
[[nodiscard]] parallel::Timeline timeline(const TrainQuestion& question, const plan::Plan& plan);

/// Answers the question. Where a knob is open, the fastest valid plan that fits is taken, or, where none
/// fits, the one that lacks least. Throws BadInput as fit does.
[[nodiscard]] TrainEstimate train(const TrainQuestion& question);

/// What one change of the question would make of the step.
struct Change {
  std::string what;
  Seconds step_time{0};  ///< for as many samples as before
  bool fits = true;
};

/// Changes of hardware and plan, evaluated, those that save most first.
[[nodiscard]] std::vector<Change> changes_that_help(const TrainQuestion& question, const TrainEstimate& now);

}  // namespace memwall::simulator
