#include <catch2/catch.hpp>

#include <cmath>

#include "memwall/hardware/catalog.hpp"
#include "memwall/plan/recipe_book.hpp"
#include "memwall/simulator/train.hpp"
#include "memwall/workload/library.hpp"

using namespace memwall;
using simulator::TrainEstimate;
using simulator::TrainQuestion;

namespace {

/// GPT-2 XL on one DGX A100, 32 samples a step.
struct Question {
  Question() {
    question.model = {&workload, {}, book.recipe("mixed"), book.optimizer("adam"), {}};
    question.system = &system;
    question.asked.devices = 8;
    question.asked.global_batch = 32;
  }

  const std::vector<std::filesystem::path> roots{MEMWALL_SOURCE_DIR};
  const workload::Workload workload = workload::Library(roots).workload("gpt-2-xl");
  const hardware::System system = hardware::Catalog(roots).system("dgx-a100");
  const plan::RecipeBook book{roots};
  TrainQuestion question;
};

/// The step of a plan with these knobs; infinite where there is none or it does not fit.
double step(TrainQuestion question, const footprint::Asked& asked) {
  question.asked = footprint::joined(asked, question.asked);
  try {
    const TrainEstimate estimate = simulator::train(question);
    return estimate.fits() ? estimate.step_time.value() : INFINITY;
  } catch (const config::BadInput&) {
    return INFINITY;
  }
}

}  // namespace

TEST_CASE("the plan that is found is the fastest of all that fit, tried one by one", "[train][search]") {
  const Question q;
  double fastest = INFINITY;
  int tried = 0;
  for (const std::int64_t tensor : {1, 2, 4, 5, 8}) {
    for (const std::int64_t pipeline : {1, 2, 4, 8}) {
      if (8 % (tensor * pipeline) != 0) continue;
      for (const auto& recompute :
           {plan::Recompute::none(), plan::Recompute::selective(), plan::Recompute::full()}) {
        for (const int zero : {0, 1, 2, 3}) {
          for (const bool sequence_parallel : {false, true}) {
            footprint::Asked asked;
            asked.tensor = tensor;
            asked.pipeline = pipeline;
            asked.recompute = recompute;
            asked.zero = zero;
            asked.sequence_parallel = sequence_parallel;
            const double time = step(q.question, asked);
            fastest = std::min(fastest, time);
            tried += std::isfinite(time) ? 1 : 0;
          }
        }
      }
    }
  }
  CHECK(tried > 20);
  CHECK(simulator::train(q.question).step_time.value() == Approx(fastest).epsilon(1e-12));
}

TEST_CASE("a wider search finds nothing slower, leaves alone what was asked, and is its plan's own step",
          "[train][search]") {
  Question q;
  const TrainEstimate degrees = simulator::train(q.question);
  q.question.search = simulator::Search::all;
  const TrainEstimate all = simulator::train(q.question);
  CHECK(all.step_time <= degrees.step_time);
  CHECK(all.fits());
  CHECK(all.plans > degrees.plans);
  CHECK(step(q.question, footprint::fixed(all.plan)) == all.step_time.value());

  q.question.asked.micro_batch = 2;
  q.question.asked.pipeline = 4;
  q.question.asked.interleave = 1;
  q.question.asked.schedule = plan::Schedule::gpipe;
  q.question.asked.context = 1;
  q.question.asked.recompute = plan::Recompute::selective();
  const plan::Plan plan = simulator::train(q.question).plan;
  CHECK(plan.micro_batch == 2);
  CHECK(plan.pipeline == 4);
  CHECK(plan.interleave == 1);
  CHECK(plan.schedule == plan::Schedule::gpipe);
  CHECK(plan.context == 1);
  CHECK(plan.recompute == plan::Recompute::selective());
}
