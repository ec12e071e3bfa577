#include "memwall/parallel/simulate.hpp"

#include "parallel/play.hpp"

namespace memwall::parallel {

PipelineTimes uniform_times(const Pipeline& pipeline, const ChunkTimes& times) {
  PipelineTimes all(static_cast<std::size_t>(pipeline.stages * pipeline.chunks), times);
  return all;
}

double Simulation::bubble_fraction() const {
  if (stages.empty() || time.value() <= 0) return 0;
  Seconds busy{0};
  for (const StageTimes& stage : stages) busy += stage.forward + stage.backward + stage.weight;
  return 1 - busy / (static_cast<double>(stages.size()) * time);
}

Simulator::Simulator() : play_(std::make_unique<Play>()) {}
Simulator::~Simulator() = default;

const Simulation& Simulator::run(const Pipeline& pipeline, const PipelineTimes& times,
                                 const SimulationOptions& options) {
  return play_->run(pipeline, times, options);
}

Simulation simulate(const Pipeline& pipeline, const PipelineTimes& times, const SimulationOptions& options) {
  Play play;
  return play.run(pipeline, times, options);
}

}  // namespace memwall::parallel
