#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/plan/plan.hpp"

/// In what order each stage of a pipeline runs its micro-batches.
namespace memwall::parallel {

enum class TaskKind : std::uint8_t {
  forward,
  backward,  ///< all of it, or the gradients of activations alone where weights' follow apart
  weight     ///< the gradients of weights
};

/// "F", "B", "W".
[[nodiscard]] std::string_view to_text(TaskKind kind);

struct Task {
  TaskKind kind = TaskKind::forward;
  std::int32_t micro_batch = 0;
  std::int32_t chunk = 0;

  friend bool operator==(const Task&, const Task&) = default;
};

/// "F3", or "F3.1" of chunk 1 where there are several.
[[nodiscard]] std::string to_text(const Task& task, std::int64_t chunks);

/// Stage s holds chunks 0, 1, ... of the model; chunk c of it is part c x stages + s. Micro-batches pass all
/// parts in order, and backwards.
struct Pipeline {
  std::int64_t stages = 1;
  std::int64_t chunks = 1;
  std::int64_t micro_batches = 1;
  bool split_backward = false;           ///< weights' gradients are tasks of their own
  std::vector<std::vector<Task>> tasks;  ///< of each stage, in order
};

/// All forwards, then all backwards, chunk by chunk (Huang et al. 2019, arXiv:1811.06965; with chunks
/// Lamy-Poirier 2022, arXiv:2211.05953, breadth first).
[[nodiscard]] Pipeline gpipe(std::int64_t stages, std::int64_t micro_batches, std::int64_t chunks = 1);

/// Stage s runs stages - s - 1 forwards, then a forward and a backward in turn, then the backwards that are
/// left (Narayanan et al. 2019, PipeDream-Flush).
[[nodiscard]] Pipeline one_f_one_b(std::int64_t stages, std::int64_t micro_batches);

/// Interleaved 1F1B (Narayanan et al. 2021, arXiv:2104.04473, section 2.2), in Megatron-LM's order.
/// Micro-batches are a multiple of stages.
[[nodiscard]] Pipeline interleaved(std::int64_t stages, std::int64_t micro_batches, std::int64_t chunks);

/// ZB-H1 (Qi et al. 2023, arXiv:2401.10241): 1F1B with the backward split; stage s puts off its weight
/// gradients by s micro-batches, so that every stage keeps as much as stage 0.
[[nodiscard]] Pipeline zb_h1(std::int64_t stages, std::int64_t micro_batches);

/// The schedule that a plan asks for. All of these throw std::invalid_argument for what `plan::violations`
/// reports: no stages, interleaving without a multiple of the stages.
[[nodiscard]] Pipeline pipeline_of(const plan::Plan& plan);

}  // namespace memwall::parallel
