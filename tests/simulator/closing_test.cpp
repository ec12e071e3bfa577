#include <catch2/catch.hpp>

#include "memwall/hardware/catalog.hpp"
#include "memwall/parallel/collective.hpp"
#include "memwall/plan/recipe_book.hpp"
#include "memwall/simulator/train.hpp"
#include "memwall/workload/library.hpp"

/// What replicas exchange and the optimizer takes, by hand arithmetic.
using namespace memwall;

namespace {

const std::vector<std::filesystem::path> roots{MEMWALL_SOURCE_DIR};

/// Trains a model of the catalog under a plan that is fixed but for what `change` changes.
template <class Change>
simulator::TrainEstimate trained(const char* model, const char* system_name, Change change) {
  const workload::Workload workload = workload::Library(roots).workload(model);
  const hardware::System system = hardware::Catalog(roots).system(system_name);
  const plan::RecipeBook book(roots);
  simulator::TrainQuestion question;
  question.model = {&workload, {}, book.recipe("mixed"), book.optimizer("adam"), {}};
  question.system = &system;
  question.asked.data = question.asked.tensor = question.asked.pipeline = 1;
  question.asked.expert = 1;
  question.asked.micro_batch = 1;
  question.asked.zero = 0;
  question.asked.recompute = plan::Recompute::none();
  change(question);
  return simulator::train(question);
}

Seconds exchange(parallel::Collective collective, double bytes, parallel::Group group) {
  const hardware::System system = hardware::Catalog(roots).system("dgx-a100");
  return parallel::cost(collective, Bytes(bytes), group, system.tiers).time;
}

constexpr double gpt_2_xl_parameters = 1'557'611'200;

}  // namespace

TEST_CASE("without overlap ZeRO 0 waits for an all-reduce of four bytes a parameter", "[train]") {
  const auto estimate = trained("gpt-2-xl", "dgx-a100", [](simulator::TrainQuestion& q) {
    q.asked.data = 8;
    q.asked.global_batch = 64;
    q.asked.overlap = plan::Overlap{.data = false};
  });
  const Seconds expected = exchange(parallel::Collective::all_reduce, 4 * gpt_2_xl_parameters, {8, 1});
  CHECK(estimate.breakdown.data_comm_exposed.value() == Approx(expected.value()).epsilon(1e-6));
}

TEST_CASE("ZeRO 2 scatters the gradients of every micro-batch and gathers the weights once", "[train]") {
  const auto estimate = trained("gpt-2-xl", "dgx-a100", [](simulator::TrainQuestion& q) {
    q.asked.data = 8;
    q.asked.zero = 2;
    q.asked.global_batch = 64;  // eight micro-batches on each replica
    q.asked.overlap = plan::Overlap{.data = false};
  });
  const Seconds scatter = exchange(parallel::Collective::reduce_scatter, 4 * gpt_2_xl_parameters, {8, 1});
  const Seconds gather = exchange(parallel::Collective::all_gather, 2 * gpt_2_xl_parameters, {8, 1});
  CHECK(estimate.breakdown.data_comm_exposed.value() == Approx((8 * scatter + gather).value()).epsilon(1e-6));
}

TEST_CASE("devices that divide the sequence sum their gradients too", "[train]") {
  const auto estimate = trained("gpt-2-xl", "dgx-a100", [](simulator::TrainQuestion& q) {
    q.asked.context = 8;
    q.asked.global_batch = 8;
    q.asked.overlap = plan::Overlap{.data = false};
  });
  const Seconds expected = exchange(parallel::Collective::all_reduce, 4 * gpt_2_xl_parameters, {8, 1});
  CHECK(estimate.breakdown.data_comm_exposed.value() == Approx(expected.value()).epsilon(1e-6));
}

TEST_CASE("hybrid sharding scatters and gathers in its group and sums each part over the groups", "[train]") {
  const auto estimate = trained("gpt-2-xl", "dgx-a100", [](simulator::TrainQuestion& q) {
    q.asked.data = 16;
    q.asked.zero = 1;
    q.asked.zero_group = 8;
    q.asked.global_batch = 64;
    q.asked.overlap = plan::Overlap{.data = false};
  });
  const Seconds scatter = exchange(parallel::Collective::reduce_scatter, 4 * gpt_2_xl_parameters, {8, 1});
  const Seconds sum = exchange(parallel::Collective::all_reduce, 4 * gpt_2_xl_parameters / 8, {2, 8});
  const Seconds gather = exchange(parallel::Collective::all_gather, 2 * gpt_2_xl_parameters, {8, 1});
  CHECK(estimate.breakdown.data_comm_exposed.value() ==
        Approx((scatter + sum + gather).value()).epsilon(1e-6));
}

TEST_CASE("stages that hold the same table sum its gradient, and nothing else", "[train]") {
  const auto estimate = trained("gpt-2-xl", "dgx-a100", [](simulator::TrainQuestion& q) {
    q.asked.pipeline = 4;
    q.asked.global_batch = 8;
  });
  // The embedding, 50,257 x 1,600, is the head of the last of four stages too.
  const Seconds expected = exchange(parallel::Collective::all_reduce, 4.0 * 50257 * 1600, {2, 3});
  CHECK(estimate.breakdown.data_comm_exposed.value() == Approx(expected.value()).epsilon(1e-9));
}

TEST_CASE("a ring passes keys and values on, and comes round twice more for gradients", "[train]") {
  const auto context = [](plan::ContextExchange exchange, bool overlap) {
    return trained("gpt-2-xl", "dgx-a100",
                   [=](simulator::TrainQuestion& q) {
                     q.asked.context = 8;
                     q.asked.context_exchange = exchange;
                     q.asked.global_batch = 1;
                     q.asked.overlap = plan::Overlap{.context = overlap};
                   })
        .breakdown.context_comm_exposed;
  };
  // 48 layers, keys and values of 1,024 / 8 tokens x 1,600 x 2 bytes.
  const double part = 128 * 1600 * 2;
  const Seconds send = exchange(parallel::Collective::send_receive, part, {8, 1});
  const Seconds gather = exchange(parallel::Collective::all_gather, 8 * part, {8, 1});
  const Seconds scatter = exchange(parallel::Collective::reduce_scatter, 8 * part, {8, 1});
  using plan::ContextExchange;
  CHECK(context(ContextExchange::ring, false).value() ==
        Approx((48 * 2 * 7 * 3.0 * send).value()).epsilon(1e-9));
  CHECK(context(ContextExchange::gather, false).value() ==
        Approx((48 * 2.0 * (2.0 * gather + scatter)).value()).epsilon(1e-9));
  CHECK(context(ContextExchange::gather, true) == context(ContextExchange::gather, false));
  CHECK(context(ContextExchange::ring, true) < context(ContextExchange::ring, false));
}

TEST_CASE("experts that are visited unevenly take the tokens of the most loaded device", "[train]") {
  const auto comm = [](double imbalance) {
    return trained(
               "mixtral-8x7b", "dgx-a100",
               [=](simulator::TrainQuestion& q) {
                 q.model.lowering.dimensions = {{"sequence", config::make_scalar("1024", {"test", 0, 0})}};
                 q.asked.data = q.asked.expert = 8;
                 q.asked.global_batch = 8;
                 q.asked.imbalance = imbalance;
               })
        .breakdown.expert_comm_exposed;
  };
  // 32 layers; 1,024 tokens visit two experts each with 4,096 x 2 bytes: there and back, and so their
  // gradients.
  for (const double imbalance : {1.0, 1.5}) {
    const Seconds once = exchange(parallel::Collective::all_to_all, imbalance * 2 * 1024 * 4096 * 2, {8, 1});
    CHECK(comm(imbalance).value() == Approx((32 * 4.0 * once).value()).epsilon(1e-9));
  }
}

TEST_CASE("with ZeRO 1 a device updates as many parameters whatever the expert parallelism", "[train]") {
  // Mixtral 8x7B: experts are held by data / expert replicas and divided over them; expert / data of 1 /
  // expert.
  std::vector<double> seconds;
  for (const std::int64_t expert : {1, 2, 4, 8}) {
    seconds.push_back(trained("mixtral-8x7b", "dgx-h100", [expert](simulator::TrainQuestion& q) {
                        q.asked.data = 8;
                        q.asked.expert = expert;
                        q.asked.zero = 1;
                        q.asked.global_batch = 8;
                      }).breakdown.optimizer.value());
  }
  for (const double time : seconds) CHECK(time == Approx(seconds.front()).epsilon(1e-6));
}

TEST_CASE("the optimizer of a stage updates what the stage holds", "[train]") {
  // 30 bytes a parameter move: 4 gradient, 4 + 4 master, 8 + 8 moments, 2 weight.
  const auto whole =
      trained("gpt-2-xl", "dgx-a100", [](simulator::TrainQuestion& q) { q.asked.global_batch = 8; });
  const double bandwidth = 2.039e12;  // A100 80 GB SXM datasheet, B/s
  CHECK(whole.breakdown.optimizer.value() == Approx(30 * gpt_2_xl_parameters / bandwidth).epsilon(1e-6));
  const auto staged = trained("gpt-2-xl", "dgx-a100", [](simulator::TrainQuestion& q) {
    q.asked.pipeline = 8;
    q.asked.global_batch = 8;
  });
  // 48 layers of 30.7 M and tables of 82 M over eight stages: none holds a fifth of the model.
  CHECK(staged.breakdown.optimizer < 0.2 * whole.breakdown.optimizer);
}
