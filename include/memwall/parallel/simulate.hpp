#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <vector>

#include "memwall/parallel/schedule.hpp"
#include "memwall/units/quantity.hpp"

/// Plays a pipeline's schedule event by event.
///
/// Each stage has four streams, each running one thing at a time in order: compute, link (messages to other
/// stages), copy out and copy in (activations to the host and back). A task starts when its stage is free and
/// its input has arrived; a message starts when its task is done and the link is free.
namespace memwall::parallel {

/// Durations of one chunk of one stage, for one micro-batch.
struct ChunkTimes {
  Seconds forward{0};
  Seconds input_gradient{0};   ///< backward without the weights' gradients; with what is recomputed
  Seconds weight_gradient{0};  ///< a task of its own where the schedule splits, else part of the backward
  Seconds send_forward{0};     ///< activations to where the next part is; unused of the last part
  Seconds send_backward{0};    ///< their gradients to where the previous part is; unused of the first
  Seconds offload{0};          ///< copying what is kept to the host after the forward
  Seconds reload{0};           ///< and back before the backward
};

/// Of every stage and chunk: [stage * chunks + chunk].
using PipelineTimes = std::vector<ChunkTimes>;

/// The same durations everywhere.
[[nodiscard]] PipelineTimes uniform_times(const Pipeline& pipeline, const ChunkTimes& times);

struct SimulationOptions {
  bool overlap = true;  ///< messages travel while the sender computes; else it waits until they have arrived
  bool record = false;  ///< keep the events
};

enum class Stream : std::uint8_t { compute, link, copy_out, copy_in };

/// Something that occupied a stream.
struct Event {
  double start = 0;  ///< seconds
  double end = 0;
  std::int32_t stage = 0;
  Stream stream = Stream::compute;
  Task task;  ///< what ran, was sent, or was copied
};

/// Where a stage's time goes; the six times add up to the step's.
struct StageTimes {
  Seconds forward;
  Seconds backward;
  Seconds weight;
  Seconds exposed_communication;  ///< idle while a message that it needs is on its way, or sending without
                                  ///< overlap
  Seconds exposed_copy;           ///< idle for copies to and from the host
  Seconds bubble;                 ///< idle for any other reason
  Seconds end;                    ///< of its last task

  std::int64_t in_flight =
      0;  ///< most passes at once whose forward began and whose gradients are not all done
  std::vector<std::int64_t> in_flight_by_chunk;  ///< at the first such moment
  std::vector<std::int64_t> most_in_flight;      ///< of each chunk, at whatever moment
};

struct Simulation {
  Seconds time;
  std::vector<StageTimes> stages;
  std::size_t event_count = 0;  ///< tasks, messages and copies
  std::vector<Event> events;    ///< in order of the stages' tasks, where asked for

  /// Idle time of all stages over the time of all: 1 - ideal / real, copies and communication among it.
  [[nodiscard]] double bubble_fraction() const;
};

/// A schedule in which stages wait for each other for ever, or for what nobody runs. `what()` names who waits
/// for what.
class Deadlock : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Plays the schedule. Throws Deadlock, and std::invalid_argument where the pipeline and times do not fit
/// each other or a task is out of range.
[[nodiscard]] Simulation simulate(const Pipeline& pipeline, const PipelineTimes& times,
                                  const SimulationOptions& options = {});

class Play;

/// The same again and again without allocating anew.
class Simulator {
 public:
  Simulator();
  ~Simulator();

  /// The result is valid until the next call.
  const Simulation& run(const Pipeline& pipeline, const PipelineTimes& times,
                        const SimulationOptions& options = {});

 private:
  std::unique_ptr<Play> play_;
};

}  // namespace memwall::parallel
