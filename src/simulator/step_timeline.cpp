#include "memwall/simulator/chunk_parts.hpp"
#include "memwall/simulator/groups.hpp"
#include "simulator/trainer.hpp"

/// A step's events: the passes as they are played, what they consist of, and what comes before and after.
namespace memwall::simulator {
namespace {

using parallel::Part;
using parallel::Span;
using parallel::Stream;
using plan::Plan;

/// Events of one stage, one after the other.
class Sequence {
 public:
  Sequence(std::int64_t stage, std::vector<Span>& spans) : stage_(stage), spans_(spans) {}

  void add(Stream stream, const char* name, const char* category, Seconds duration) {
    if (duration > Seconds(0)) {
      spans_.push_back({.process = stage_,
                        .thread = static_cast<std::int64_t>(stream),
                        .name = name,
                        .category = category,
                        .start = now_,
                        .duration = duration});
    }
    now_ += duration;
  }
  void wait(Seconds duration) { now_ += duration; }

 private:
  std::int64_t stage_;
  std::vector<Span>& spans_;
  Seconds now_{0};
};

/// What is exchanged behind the backward pass.
const char* gradients_name(const Plan& plan) {
  if (plan.zero == 0) return "all-reduce gradients";
  const bool copies = zero_copies(plan, false).size > 1;
  if (plan.zero < 3) {
    return copies ? "reduce-scatter and all-reduce gradients" : "reduce-scatter gradients";
  }
  return copies ? "reduce-scatter and all-reduce gradients, all-gather weights"
                : "reduce-scatter gradients, all-gather weights";
}

void add_closing(const Plan& plan, const Closing& closing, std::int64_t stage, std::vector<Span>& spans) {
  constexpr const char* exchange = "data communication";
  Sequence sequence(stage, spans);
  if (closing.holds_tables) {
    sequence.add(Stream::link, "all-reduce shared tables", exchange, closing.tables);
  } else {
    sequence.wait(closing.tables);
  }
  sequence.add(Stream::link, gradients_name(plan), exchange, closing.gradients);
  const auto gather = [&] { sequence.add(Stream::link, "all-gather weights", exchange, closing.weights); };
  if (plan.zero >= 3) gather();
  sequence.add(Stream::compute, "optimizer", "optimizer", closing.optimizer);
  sequence.add(Stream::copy_in, "stream states", "copy", closing.offload_exposed);
  if (plan.zero < 3) gather();
}

/// What a task waits for beyond its kernels and collectives.
void add_stretch(Seconds stretch, std::vector<Part>& parts) {
  if (stretch > Seconds(0)) parts.push_back({"wait for what is offloaded", "copy", stretch});
}

}  // namespace

std::vector<parallel::TaskParts> Trainer::parts_of_tasks(const Plan& plan) {
  const std::vector<const footprint::Chunk*>& chunks = profiler_.chunks(plan);
  const std::vector<const ChunkTime*> priced = times(plan);
  std::map<const footprint::Chunk*, parallel::TaskParts> known;
  std::vector<parallel::TaskParts> all;
  for (std::int64_t stage = 0; stage < plan.pipeline; ++stage) {
    for (std::int64_t chunk = 0; chunk < plan.interleave; ++chunk) {
      const auto part = static_cast<std::size_t>(chunk * plan.pipeline + stage);
      const auto [found, fresh] = known.try_emplace(chunks[part]);
      if (fresh) {
        parallel::TaskParts& parts = found->second = chunk_parts(chunks[part]->trace, plan, pricer_);
        if (plan.offload.any()) {
          const Stretch longer = stretch(plan, *chunks[part], *priced[part]);
          add_stretch(longer.forward, parts.forward);
          add_stretch(longer.input_gradient, parts.backward);
          add_stretch(longer.weight_gradient, parts.weight);
        }
      }
      all.push_back(found->second);
    }
  }
  return all;
}

parallel::Timeline Trainer::timeline(const Plan& plan) {
  const std::vector<const footprint::Chunk*>& chunks = profiler_.chunks(plan);
  const std::vector<footprint::Footprint> stages = profiler_.stages(plan);
  const std::vector<Closing> after = after_passes(plan, stage_times(plan, times(plan)));
  parallel::TimelineDetail detail;
  for (std::int64_t stage = 0; stage < plan.pipeline; ++stage) {
    for (std::int64_t chunk = 0; chunk < plan.interleave; ++chunk)
      detail.kept.push_back(chunks[static_cast<std::size_t>(chunk * plan.pipeline + stage)]->life.kept);
    const footprint::Footprint& f = stages[static_cast<std::size_t>(stage)];
    detail.standing.push_back(f.weights + f.gradients + f.optimizer + f.workspace + f.inputs);
    add_closing(plan, after[static_cast<std::size_t>(stage)], stage, detail.after);
  }
  detail.parts = parts_of_tasks(plan);
  detail.delay = first_fetch(plan);
  Sequence(0, detail.before).add(Stream::copy_in, "fetch weights", "copy", detail.delay);
  return parallel::timeline_of(parallel::pipeline_of(plan), play(plan, true), detail);
}

}  // namespace memwall::simulator
