#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "memwall/hardware/system.hpp"
#include "memwall/parallel/closed_form.hpp"
#include "memwall/parallel/simulate.hpp"

namespace memwall::parallel {

/// A tier of round figures.
inline hardware::Tier tier(std::int64_t size, double bandwidth, double latency,
                           hardware::Topology topology = hardware::Topology::switched,
                           std::vector<std::int64_t> shape = {}) {
  hardware::Tier made;
  made.name = "tier";
  made.size = size;
  made.bandwidth.value = BytesPerSecond(bandwidth);
  made.latency.emplace().value = Seconds(latency);
  made.topology = topology;
  made.shape = std::move(shape);
  return made;
}

/// One of whole numbers, so that sums are exact; the seed is fixed, so that a failure comes again.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : engine_(seed) {}
  std::int64_t roll(std::int64_t from, std::int64_t to) {
    return from + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(to - from + 1));
  }
  Seconds seconds(std::int64_t from, std::int64_t to) { return Seconds(static_cast<double>(roll(from, to))); }

 private:
  std::mt19937_64 engine_;
};

/// The schedule of a uniform pipeline, to be played.
inline Pipeline played(const UniformPipeline& uniform) {
  plan::Plan plan{.pipeline = uniform.stages,
                  .global_batch = uniform.micro_batches,
                  .interleave = uniform.chunks,
                  .schedule = uniform.schedule};
  return pipeline_of(plan);
}

inline Simulation play(const UniformPipeline& uniform) {
  const Pipeline pipeline = played(uniform);
  const ChunkTimes chunk{.forward = uniform.forward,
                         .input_gradient = uniform.input_gradient,
                         .weight_gradient = uniform.weight_gradient,
                         .send_forward = uniform.send,
                         .send_backward = uniform.send,
                         .offload = Seconds(0),
                         .reload = Seconds(0)};
  return simulate(pipeline, uniform_times(pipeline, chunk), {.overlap = uniform.overlap});
}

}  // namespace memwall::parallel
