#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "memwall/parallel/simulate.hpp"

/// The event loop behind `simulate`.
namespace memwall::parallel {

/// When a task's input is there.
struct Arrival {
  double at = -1;        ///< seconds; below 0: not known yet
  double travelled = 0;  ///< since its sender was done: waiting for the link, then on it
};

/// A chunk's durations in seconds, as the loop needs them.
struct Durations {
  std::array<double, 3> compute{};  ///< by TaskKind
  std::array<double, 2> send{};     ///< forward, backward
  double offload = 0;
  double reload = 0;
};

/// A stage while it runs.
struct Progress {
  std::size_t next = 0;  ///< of its tasks
  bool blocked = false;
  std::size_t waiting_for = 0;  ///< the arrival that it is blocked at
  double compute = 0;           ///< when each stream is free
  double link = 0;
  double copy_out = 0;
  double copy_in = 0;
  double copied_before = 0;   ///< end of the last copy out but one
  double previous_start = 0;  ///< of the last task
  std::array<double, 3> busy{};
  double communication = 0;
  double copies = 0;
  double bubble = 0;
  std::int64_t in_flight = 0;
  std::int64_t peak = 0;
};

/// Tasks of a stage run in a fixed order, and so do its messages and copies: each start is the latest of a
/// few known times, and no queue of events is needed. Stages run as far as they can; one that lacks an input
/// goes on when it is sent.
class Play {
 public:
  const Simulation& run(const Pipeline& pipeline, const PipelineTimes& times,
                        const SimulationOptions& options);

 private:
  void check(const PipelineTimes& times) const;
  void check(const Task& task) const;
  void prepare(const PipelineTimes& times);
  void prepare_result();
  void finish();
  void report_deadlock() const;

  void advance(std::int32_t stage);
  void execute(std::int32_t stage, const Task& task, const Arrival& input, Progress& now);
  void hand_on(std::int32_t stage, const Task& task, double end, double send, Progress& now);
  void deliver(std::size_t target, std::int64_t stage, const Arrival& arrival);
  double wait_for_copies(std::int32_t stage, const Task& task, const Durations& durations, double start,
                         Progress& now);
  [[nodiscard]] double room_for_next(std::int32_t stage, const Progress& now) const;
  void copy_out(std::int32_t stage, const Task& task, const Durations& durations, double end, Progress& now);
  void count_in_flight(std::int32_t stage, const Task& task, Progress& now);
  void record(double start, double end, std::int32_t stage, Stream stream, const Task& task);

  [[nodiscard]] std::size_t slot(TaskKind kind, std::int64_t stage, std::int64_t chunk,
                                 std::int64_t batch) const {
    return static_cast<std::size_t>(kind) * per_kind_ +
           (static_cast<std::size_t>(stage) * chunks_ + static_cast<std::size_t>(chunk)) * batches_ +
           static_cast<std::size_t>(batch);
  }

  const Pipeline* pipeline_ = nullptr;
  SimulationOptions options_;
  std::size_t chunks_ = 1;
  std::size_t batches_ = 1;
  std::size_t per_kind_ = 0;
  bool copies_ = false;

  std::vector<Arrival> arrivals_;        ///< [kind][stage][chunk][micro-batch]
  std::vector<double> copied_out_;       ///< [stage][chunk][micro-batch]; below 0: not copied
  std::vector<Durations> durations_;     ///< [stage][chunk]
  std::vector<Progress> progress_;       ///< [stage]
  std::vector<std::int32_t> ready_;      ///< stages that can go on
  std::vector<std::int64_t> in_flight_;  ///< [stage][chunk]
  Simulation result_;
};

}  // namespace memwall::parallel
