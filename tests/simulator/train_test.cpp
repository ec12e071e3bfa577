#include "memwall/simulator/train.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "memwall/config/problem.hpp"
#include "memwall/hardware/catalog.hpp"
#include "memwall/parallel/collective.hpp"
#include "memwall/plan/recipe_book.hpp"
#include "memwall/workload/library.hpp"

using namespace memwall;

namespace {

const std::vector<std::filesystem::path> roots{MEMWALL_SOURCE_DIR};

/// A question about a model of the catalog on a system of it, everything owned.
struct Asking {
  workload::Workload workload;
  hardware::System system;
  simulator::TrainQuestion question;

  Asking(const char* model, const char* on)
      : workload(workload::Library(roots).workload(model)), system(hardware::Catalog(roots).system(on)) {
    const plan::RecipeBook book(roots);
    question.model = {&workload, {}, book.recipe("mixed"), book.optimizer("adam"), {}};
    question.system = &system;
  }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

  Asking& plan(std::int64_t data, std::int64_t tensor, std::int64_t pipeline, std::int64_t micro,
               std::int64_t global) {
    question.asked.data = data;
    question.asked.tensor = tensor;
    question.asked.pipeline = pipeline;
    question.asked.micro_batch = micro;
    question.asked.global_batch = global;
    return *this;
  }
};

struct Gpt {
  const char* id;
  double layers, hidden, vocabulary, sequence, batch;
  std::int64_t tensor, pipeline, micro;
};

// Korthikanti et al. 2022 (arXiv:2205.05198), table 3.
const Gpt gpt_22b{"megatron-gpt-22b", 48, 6144, 51200, 2048, 4, 8, 1, 4};

}  // namespace

TEST_CASE("model FLOPs of a GPT step are 72 b s l h^2 (1 + s/6h + V/12lh)", "[train]") {
  const Gpt& g = gpt_22b;
  Asking asking(g.id, "dgx-a100");
  asking.plan(1, g.tensor, g.pipeline, g.micro, 4).question.asked.recompute = plan::Recompute::none();
  const auto estimate = simulator::train(asking.question);
  const double expected = 72 * g.batch * g.sequence * g.layers * g.hidden * g.hidden *
                          (1 + g.sequence / (6 * g.hidden) + g.vocabulary / (12 * g.layers * g.hidden));
  CHECK(estimate.model_flops.value() == Approx(expected).epsilon(1e-12));
  CHECK(estimate.hardware_flops.value() == Approx(expected).epsilon(1e-12));
}

TEST_CASE(
    "full recomputation makes it 96 b s l h^2 (1 + s/6h + V/16lh), on any number of stages and replicas",
    "[train]") {
  const Gpt& g = gpt_22b;
  for (const std::int64_t pipeline : {1, 2, 4}) {
    for (const std::int64_t data : {1, 2}) {
      Asking asking(g.id, "dgx-a100");
      asking.plan(data, 2, pipeline, 1, 8).question.asked.recompute = plan::Recompute::full();
      const auto estimate = simulator::train(asking.question);
      const double expected = 96 * 8 * g.sequence * g.layers * g.hidden * g.hidden *
                              (1 + g.sequence / (6 * g.hidden) + g.vocabulary / (16 * g.layers * g.hidden));
      CHECK(estimate.hardware_flops.value() == Approx(expected).epsilon(1e-12));
    }
  }
}

TEST_CASE("the step times published for selective recomputation are an MFU of 41.7, 51.4, 56.0 and 56.3 %",
          "[train]") {
  // Korthikanti et al. 2022, table 5: seconds with sequence parallelism and selective recomputation.
  struct Row {
    const char* id;
    std::int64_t tensor, pipeline, batch;
    double seconds, mfu;
  };
  for (const Row& row :
       {Row{"megatron-gpt-22b", 8, 1, 4, 1.10, 0.417}, Row{"gpt-3-175b", 8, 8, 64, 13.75, 0.514},
        Row{"mt-nlg-530b", 8, 35, 280, 37.83, 0.560}, Row{"megatron-gpt-1008b", 8, 64, 512, 71.49, 0.563}}) {
    Asking asking(row.id, "dgx-a100");
    if (std::string(row.id) == "gpt-3-175b") {
      asking.question.model.lowering.dimensions.push_back({"vocabulary", config::make_scalar("51200", {})});
    }
    asking.plan(1, row.tensor, row.pipeline, 1, row.batch).question.asked.recompute =
        plan::Recompute::selective();
    simulator::TrainEstimate estimate = simulator::train(asking.question);
    CHECK(estimate.step_time.value() < row.seconds);  // ideal time is a lower bound of what was measured
    estimate.step_time = Seconds(row.seconds);
    CHECK(estimate.mfu() == Approx(row.mfu).margin(0.0006));
  }
}

TEST_CASE("the parts of a step add up to it", "[train]") {
  for (const char* model : {"gpt-3-175b", "transformer-big", "inception-v3", "mixtral-8x7b"}) {
    Asking asking(model, "dgx-a100");
    asking.question.asked.devices = 64;
    asking.question.asked.global_batch = 512;
    const auto estimate = simulator::train(asking.question);
    CHECK(estimate.breakdown.total().value() == Approx(estimate.step_time.value()).epsilon(1e-12));
    const auto stages = static_cast<std::int64_t>(estimate.stages.size());
    CHECK(stages == estimate.plan.pipeline);
    CHECK(estimate.breakdown.forward.value() > 0);
    CHECK(estimate.breakdown.bubble.value() >= 0);
  }
}

TEST_CASE("one stage has no bubble and one device no communication", "[train]") {
  Asking asking("gpt-2-xl", "dgx-a100");
  asking.plan(1, 1, 1, 1, 8);
  const auto estimate = simulator::train(asking.question);
  CHECK(estimate.breakdown.bubble == Seconds(0));
  CHECK(estimate.breakdown.tensor_comm_exposed == Seconds(0));
  CHECK(estimate.breakdown.data_comm_exposed == Seconds(0));
  CHECK(estimate.breakdown.pipeline_comm_exposed == Seconds(0));
}

TEST_CASE("tensor parallelism of a GPT layer exchanges two all-reduces forward and two backward", "[train]") {
  // Shoeybi et al. 2019, section 3: s b h elements of 2 bytes each time; embedding and head add one each.
  Asking asking("megatron-gpt-22b", "dgx-a100");
  asking.plan(1, 8, 1, 1, 1).question.asked.recompute = plan::Recompute::none();
  asking.question.asked.sequence_parallel = false;
  const auto estimate = simulator::train(asking.question);
  const Bytes message(2048.0 * 6144 * 2);
  const Seconds once =
      parallel::cost(parallel::Collective::all_reduce, message, {8, 1}, asking.system.tiers).time;
  CHECK(estimate.breakdown.tensor_comm_exposed.value() == Approx((4 * 48 + 2) * once.value()).epsilon(1e-9));
}

TEST_CASE("stages of a model with unequal layers are balanced", "[train]") {
  for (const char* model : {"inception-v3", "t5-11b", "deepseek-v3"}) {
    Asking asking(model, "dgx-h100");
    asking.question.asked.devices = 256;
    asking.question.asked.pipeline = 4;
    asking.question.asked.global_batch = 1024;
    asking.question.asked.micro_batch = 1;
    const auto estimate = simulator::train(asking.question);
    double most = 0;
    double sum = 0;
    for (const simulator::StageTime& stage : estimate.stages) {
      most = std::max(most, stage.busy().value());
      sum += stage.busy().value();
    }
    INFO(model);
    CHECK(most < 1.25 * sum / 4);
  }
}

TEST_CASE("an invalid plan is refused with the constraint and the nearest valid values", "[train]") {
  Asking asking("gpt-3-175b", "dgx-a100");
  asking.plan(1, 7, 1, 1, 1536);
  CHECK_THROWS_WITH(simulator::train(asking.question),
                    Catch::Contains("tensor 7 does not divide 96 heads; nearest: 6 or 8"));
  asking.plan(5, 8, 1, 1, 1536);
  CHECK_THROWS_WITH(simulator::train(asking.question),
                    Catch::Contains("global batch 1536 is not a multiple of data 5"));
}

TEST_CASE("a change that helps makes the step shorter when it is made", "[train]") {
  Asking asking("gpt-3-175b", "dgx-a100");
  asking.plan(16, 8, 8, 1, 1536);
  const auto now = simulator::train(asking.question);
  const auto changes = simulator::changes_that_help(asking.question, now);
  REQUIRE(!changes.empty());
  for (const simulator::Change& change : changes) CHECK(change.step_time < now.step_time);
  CHECK(std::is_sorted(changes.begin(), changes.end(),
                       [](const auto& a, const auto& b) { return a.step_time < b.step_time; }));
}
