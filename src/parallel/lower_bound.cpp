#include <algorithm>
#include <cstddef>

#include "memwall/parallel/closed_form.hpp"

namespace memwall::parallel {
namespace {

using plan::Schedule;

/// What every step must do, whatever waits for what else.
class Bound {
 public:
  Bound(Schedule schedule, std::int64_t stages, std::int64_t chunks, std::int64_t micro_batches,
        const PipelineTimes& times)
      : schedule_(schedule), stages_(stages), chunks_(chunks), batches_(micro_batches), times_(times) {}

  [[nodiscard]] double largest() const {
    double bound = schedule_ == Schedule::gpipe && chunks_ == 1 ? flow_shops() : 0;
    for (std::int64_t stage = 0; stage < stages_; ++stage) {
      bound = std::max({bound, busy(stage), after_first_backward(stage), until_last_forward(stage)});
    }
    return bound;
  }

 private:
  /// GPipe: equal jobs through unequal machines take all machines once and the slowest m - 1 times more,
  /// forward and then backward.
  [[nodiscard]] double flow_shops() const {
    double slowest_forward = 0;
    double slowest_backward = 0;
    for (std::int64_t stage = 0; stage < stages_; ++stage) {
      slowest_forward = std::max(slowest_forward, forward(stage, 0));
      slowest_backward = std::max(slowest_backward, backward(stage, 0));
    }
    return forwards_from(0, 0) + backwards_to(0, 0) +
           static_cast<double>(batches_ - 1) * (slowest_forward + slowest_backward);
  }

  [[nodiscard]] bool splits() const { return schedule_ == Schedule::zero_bubble; }

  [[nodiscard]] const ChunkTimes& at(std::int64_t stage, std::int64_t chunk) const {
    return times_[static_cast<std::size_t>(stage * chunks_ + chunk)];
  }

  [[nodiscard]] double forward(std::int64_t stage, std::int64_t chunk) const {
    return at(stage, chunk).forward.value();
  }

  [[nodiscard]] double backward(std::int64_t stage, std::int64_t chunk) const {
    const ChunkTimes& chunk_times = at(stage, chunk);
    return (splits() ? chunk_times.input_gradient : chunk_times.input_gradient + chunk_times.weight_gradient)
        .value();
  }

  [[nodiscard]] double weight(std::int64_t stage) const {
    return splits() ? at(stage, 0).weight_gradient.value() : 0;
  }

  /// Until the first micro-batch reaches the stage.
  [[nodiscard]] double before(std::int64_t stage) const {
    double time = 0;
    for (std::int64_t s = 0; s < stage; ++s) time += forward(s, 0) + at(s, 0).send_forward.value();
    return time;
  }

  /// From the stage's last backward until the first stage is done.
  [[nodiscard]] double after(std::int64_t stage) const {
    double time = weight(0);
    for (std::int64_t s = 0; s < stage; ++s) time += backward(s, 0) + at(s + 1, 0).send_backward.value();
    return time;
  }

  /// One micro-batch's forward through all parts from (stage, chunk) on, messages among them.
  [[nodiscard]] double forwards_from(std::int64_t stage, std::int64_t chunk) const {
    double time = 0;
    for (std::int64_t part = chunk * stages_ + stage; part < stages_ * chunks_; ++part) {
      time += forward(part % stages_, part / stages_);
      if (part + 1 < stages_ * chunks_ && stages_ > 1) {
        time += at(part % stages_, part / stages_).send_forward.value();
      }
    }
    return time;
  }

  /// And backward from the last part down to (stage, chunk).
  [[nodiscard]] double backwards_to(std::int64_t stage, std::int64_t chunk) const {
    double time = 0;
    for (std::int64_t part = stages_ * chunks_ - 1; part >= chunk * stages_ + stage; --part) {
      time += backward(part % stages_, part / stages_);
      if (part > chunk * stages_ + stage && stages_ > 1) {
        time += at(part % stages_, part / stages_).send_backward.value();
      }
    }
    return time;
  }

  [[nodiscard]] double work(std::int64_t stage) const {
    double time = static_cast<double>(batches_) * weight(stage);
    for (std::int64_t chunk = 0; chunk < chunks_; ++chunk) {
      time += static_cast<double>(batches_) * (forward(stage, chunk) + backward(stage, chunk));
    }
    return time;
  }

  /// Weight gradients that stand after the stage's last backward.
  [[nodiscard]] double put_off(std::int64_t stage) const {
    return static_cast<double>(std::min(batches_, stage + 1)) * weight(stage);
  }

  [[nodiscard]] double until_end(std::int64_t stage, double work) const {
    return std::max(work, work - put_off(stage) + after(stage));
  }

  /// Passes of the stage that stand before its first backward, or after its last forward.
  [[nodiscard]] std::int64_t passes_at_once(std::int64_t stage) const {
    const std::int64_t all = batches_ * chunks_;
    if (schedule_ == Schedule::gpipe) return all;
    const std::int64_t warm_up =
        chunks_ == 1 ? stages_ - stage - 1 : 2 * (stages_ - stage - 1) + (chunks_ - 1) * stages_;
    return std::min(all, warm_up + 1);
  }

  /// Of the first `passes` of the order, how many are of the `turn`-th chunk.
  [[nodiscard]] std::int64_t passes_of(std::int64_t turn, std::int64_t passes) const {
    if (schedule_ == Schedule::gpipe || chunks_ == 1) {
      return std::clamp<std::int64_t>(passes - turn * batches_, 0, batches_);
    }
    const std::int64_t round = stages_ * chunks_;
    return passes / round * stages_ + std::clamp<std::int64_t>(passes % round - turn * stages_, 0, stages_);
  }

  [[nodiscard]] double busy(std::int64_t stage) const {
    return before(stage) + until_end(stage, work(stage));
  }

  /// The first micro-batch goes all the way and comes back; then the stage does the rest.
  [[nodiscard]] double after_first_backward(std::int64_t stage) const {
    const std::int64_t passes = passes_at_once(stage);
    double left = work(stage) - backward(stage, chunks_ - 1);
    for (std::int64_t chunk = 0; chunk < chunks_; ++chunk) {
      left -= static_cast<double>(passes_of(chunk, passes)) * forward(stage, chunk);
    }
    return forwards_from(0, 0) + backwards_to(stage, chunks_ - 1) + until_end(stage, left);
  }

  /// The stage does all up to its last forward; then the last micro-batch goes to the end and all the way
  /// back.
  [[nodiscard]] double until_last_forward(std::int64_t stage) const {
    const std::int64_t passes = passes_at_once(stage);
    double done = work(stage) - static_cast<double>(batches_) * weight(stage) - forward(stage, chunks_ - 1);
    for (std::int64_t chunk = 0; chunk < chunks_; ++chunk) {
      done -= static_cast<double>(passes_of(chunk, passes)) * backward(stage, chunk);
    }
    return before(stage) + done + forwards_from(stage, chunks_ - 1) + backwards_to(0, 0) + weight(0);
  }

  Schedule schedule_;
  std::int64_t stages_;
  std::int64_t chunks_;
  std::int64_t batches_;
  const PipelineTimes& times_;
};

}  // namespace

Seconds lower_bound(Schedule schedule, std::int64_t stages, std::int64_t chunks, std::int64_t micro_batches,
                    const PipelineTimes& times) {
  return Seconds(Bound(schedule, stages, chunks, micro_batches, times).largest());
}

}  // namespace memwall::parallel
