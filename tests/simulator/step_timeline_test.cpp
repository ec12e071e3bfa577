#include <algorithm>
#include <map>

#include <catch2/catch.hpp>

#include "memwall/hardware/catalog.hpp"
#include "memwall/plan/recipe_book.hpp"
#include "memwall/simulator/train.hpp"
#include "memwall/workload/library.hpp"

using namespace memwall;
using parallel::Span;
using parallel::Timeline;

namespace {

const std::vector<std::filesystem::path> roots{MEMWALL_SOURCE_DIR};

struct Played {
  simulator::TrainEstimate estimate;
  Timeline timeline;
};

/// GPT-2 XL on A100s, 4 stages, 2 replicas, 8 micro-batches each, but for what `change` changes.
template <class Change>
Played played(const char* model, Change change) {
  const workload::Workload workload = workload::Library(roots).workload(model);
  const hardware::System system = hardware::Catalog(roots).system("dgx-a100");
  const plan::RecipeBook book(roots);
  simulator::TrainQuestion question;
  question.model = {&workload, {}, book.recipe("mixed"), book.optimizer("adam"), {}};
  question.system = &system;
  question.asked.data = 2;
  question.asked.tensor = 1;
  question.asked.pipeline = 4;
  question.asked.micro_batch = 1;
  question.asked.zero = 0;
  question.asked.global_batch = 16;
  question.asked.recompute = plan::Recompute::none();
  change(question.asked);
  Played result;
  result.estimate = simulator::train(question);
  result.timeline = simulator::timeline(question, result.estimate.plan);
  return result;
}

Seconds end_of(const Timeline& timeline) {
  Seconds end{0};
  for (const Span& span : timeline.spans) end = std::max(end, span.start + span.duration);
  return end;
}

/// The stage whose events end last: 0 and 3 hold the tied embedding, 0 the positions besides.
std::int64_t last_stage(const Timeline& timeline) {
  return std::ranges::max_element(timeline.spans, {},
                                  [](const Span& span) { return (span.start + span.duration).value(); })
      ->process;
}

/// The sums of what lies within each task whose parts are shown, over the task's own duration.
std::vector<double> filled(const Timeline& timeline) {
  std::vector<double> shares;
  const Span* task = nullptr;
  double sum = 0;
  const auto close = [&] {
    if (task != nullptr && sum > 0) shares.push_back(sum / task->duration.value());
    sum = 0;
  };
  for (const Span& span : timeline.spans) {
    const bool inside = task != nullptr && span.process == task->process && span.thread == task->thread &&
                        span.start >= task->start &&
                        span.start + span.duration <= task->start + task->duration;
    if (inside) {
      sum += span.duration.value();
    } else {
      close();
      task = &span;
    }
  }
  close();
  return shares;
}

void check(const Played& played) {
  CHECK(end_of(played.timeline).value() == Approx(played.estimate.step_time.value()).epsilon(1e-6));
  const std::vector<double> shares = filled(played.timeline);
  CHECK(shares.size() >= 4 * 2);
  for (const double share : shares) CHECK(share == Approx(1).epsilon(1e-9));
}

Seconds time_in(const Timeline& timeline, const std::string& category, std::int64_t stage) {
  Seconds sum{0};
  for (const Span& span : timeline.spans) {
    if (span.category == category && span.process == stage) sum += span.duration;
  }
  return sum;
}

bool has(const Timeline& timeline, const std::string& name) {
  return std::ranges::any_of(timeline.spans, [&](const Span& span) { return span.name == name; });
}

}  // namespace

TEST_CASE("a timeline ends with the step whatever ZeRO divides", "[train][timeline]") {
  for (const int zero : {0, 1, 2, 3}) {
    const Played step = played("gpt-2-xl", [&](footprint::Asked& asked) { asked.zero = zero; });
    check(step);
    const simulator::Breakdown& parts = step.estimate.breakdown;
    CHECK(time_in(step.timeline, "data communication", last_stage(step.timeline)).value() ==
          Approx(parts.data_comm_exposed.value()).epsilon(1e-6));
    CHECK(has(step.timeline, "all-reduce shared tables"));
    CHECK(has(step.timeline, zero == 0   ? "all-reduce gradients"
                             : zero == 3 ? "reduce-scatter gradients, all-gather weights"
                                         : "reduce-scatter gradients"));
    CHECK(has(step.timeline, "all-gather weights") == (zero > 0));
    CHECK(has(step.timeline, "optimizer"));
  }
}

TEST_CASE("a timeline ends with the step under every schedule", "[train][timeline]") {
  check(played("gpt-2-xl", [](footprint::Asked& asked) { asked.schedule = plan::Schedule::gpipe; }));
  check(played("gpt-2-xl", [](footprint::Asked& asked) { asked.schedule = plan::Schedule::zero_bubble; }));
  check(played("gpt-2-xl", [](footprint::Asked& asked) { asked.interleave = 2; }));
  check(played("gpt-2-xl", [](footprint::Asked& asked) { asked.recompute = plan::Recompute::full(); }));
}

TEST_CASE("a timeline shows what is offloaded from the first fetch to the update", "[train][timeline]") {
  for (const plan::Schedule schedule : {plan::Schedule::one_f_one_b, plan::Schedule::zero_bubble}) {
    const Played step = played("gpt-2-xl", [&](footprint::Asked& asked) {
      asked.offload = {.weights = true, .optimizer = true, .activations = true};
      asked.schedule = schedule;
    });
    check(step);
    CHECK(has(step.timeline, "fetch weights"));
    CHECK(has(step.timeline, "stream states"));
  }
}

TEST_CASE("operators and collectives are named inside their pass", "[train][timeline]") {
  const Played step = played("gpt-2-large", [](footprint::Asked& asked) {
    asked.tensor = 4;
    asked.sequence_parallel = false;
    asked.data = 1;
    asked.recompute = plan::Recompute::full();
  });
  check(step);
  const auto begins = [&](const std::string& category, const std::string& name) {
    return std::ranges::any_of(step.timeline.spans, [&](const Span& span) {
      return span.category == category && span.name.starts_with(name);
    });
  };
  CHECK(begins("operator", "decoder.attention.query x "));
  CHECK(begins("recomputed", "decoder.attention.query x "));
  CHECK(begins("collective", "all-reduce tensor x "));
  // All micro-batches are shown, so that the estimate has the same sums.
  const std::int64_t busiest = step.estimate.busiest_stage;
  CHECK(time_in(step.timeline, "collective", busiest).value() ==
        Approx(step.estimate.breakdown.tensor_comm_exposed.value()).epsilon(1e-6));
  CHECK(time_in(step.timeline, "recomputed", busiest).value() ==
        Approx(step.estimate.breakdown.recompute.value()).epsilon(1e-6));
}
