#include <catch2/catch.hpp>

#include "memwall/config/problem.hpp"
#include "memwall/hardware/catalog.hpp"
#include "memwall/plan/recipe_book.hpp"
#include "memwall/simulator/train.hpp"
#include "memwall/workload/library.hpp"

// A step whose weights, states or activations live in the host's memory, by hand arithmetic.

using namespace memwall;
using simulator::TrainEstimate;

namespace {

const std::vector<std::filesystem::path> roots{MEMWALL_SOURCE_DIR};

constexpr double parameters = 1'557'611'200;  // GPT-2 XL
constexpr double host_link = 15.75e9;         // DGX A100: half of a PCIe 4.0 x16, B/s

/// GPT-2 XL on one device of a DGX A100, but for what `change` changes.
template <class Change>
TrainEstimate trained(Change change) {
  const workload::Workload workload = workload::Library(roots).workload("gpt-2-xl");
  hardware::System system = hardware::Catalog(roots).system("dgx-a100");
  const plan::RecipeBook book(roots);
  simulator::TrainQuestion question;
  question.model = {&workload, {}, book.recipe("mixed"), book.optimizer("adam"), {}};
  question.asked.data = question.asked.tensor = question.asked.pipeline = 1;
  question.asked.micro_batch = question.asked.global_batch = 1;
  question.asked.zero = 0;
  question.asked.recompute = plan::Plan{}.recompute;
  change(question, system);
  question.system = &system;
  return simulator::train(question);
}

TrainEstimate offloading(const plan::Offload& offload) {
  return trained([&](auto& question, auto&) { question.asked.offload = offload; });
}

}  // namespace

TEST_CASE("An offloaded optimizer's update takes as long as its states need to pass", "[train][offload]") {
  // Master weights and moments, 4 + 8 bytes a parameter, come in while as many go out. The update itself
  // moves 30 bytes a parameter at 2,039 GB/s, hidden behind that.
  const TrainEstimate with = offloading({.optimizer = true});
  const double update = 30 * parameters / 2.039e12;
  CHECK(with.breakdown.optimizer.value() == Approx(update).epsilon(1e-6));
  CHECK(with.breakdown.offload_exposed.value() == Approx(12 * parameters / host_link - update).epsilon(1e-6));
}

TEST_CASE("A step with offloaded weights waits for the link, pass by pass", "[train][offload]") {
  const TrainEstimate without = trained([](auto&, auto&) {});
  const TrainEstimate with = offloading({.weights = true});
  // One micro-batch. Forward: 2 bytes a parameter in. Backward: 2 in, and 4 of the gradient out, which is
  // longer. Update: 4 of the gradient in while 2 of the weights go out. Before the first pass, one of 52
  // blocks: 48 layers, two tables, a norm and the head.
  const double forward = 2 * parameters / host_link - without.breakdown.forward.value();
  const double backward = 4 * parameters / host_link - without.breakdown.backward.value();
  const double update = 4 * parameters / host_link - 30 * parameters / 2.039e12;
  const double first = 2 * parameters / host_link / 52;
  REQUIRE(forward > 0);
  REQUIRE(backward > 0);
  CHECK(with.breakdown.offload_exposed.value() == Approx(forward + backward + update + first).epsilon(1e-6));
  CHECK(with.step_time.value() ==
        Approx(without.step_time.value() + forward + backward + update + first).epsilon(1e-6));
}

TEST_CASE("Gradients that add up outside come in for all micro-batches but the first", "[train][offload]") {
  // Four micro-batches: each backward pass takes 2 + 3/4 of 4 bytes a parameter in, 4 out. On a link that
  // writes four times as fast, what comes in is longer.
  const auto with_drives = [](bool offload) {
    return trained([&](auto& question, auto& system) {
      question.asked.global_batch = 4;
      question.asked.offload = plan::Offload{.weights = offload};
      question.asked.offload_to = hardware::OuterMemory::storage;
      system.node.storage.bandwidth->value = BytesPerSecond(8 * 1e9);
      system.node.storage.write_bandwidth.emplace().value = BytesPerSecond(8 * 4e9);
    });
  };
  const TrainEstimate without = with_drives(false);
  const TrainEstimate with = with_drives(true);
  const double forward = 4 * 2 * parameters / 1e9 - without.breakdown.forward.value();
  const double backward = 4 * 5 * parameters / 1e9 - without.breakdown.backward.value();
  const double update = 4 * parameters / 1e9 - 30 * parameters / 2.039e12;
  const double first = 2 * parameters / 1e9 / 52;
  CHECK(with.breakdown.offload_exposed.value() == Approx(forward + backward + update + first).epsilon(1e-6));
}

TEST_CASE("Copies of activations behind longer passes cost nothing, shorter passes wait for them",
          "[train][offload]") {
  const auto gpipe = [](const plan::Offload& offload, double bandwidth) {
    return trained([&](auto& question, auto& system) {
      question.asked.global_batch = 4;
      question.asked.schedule = plan::Schedule::gpipe;
      question.asked.offload = offload;
      system.node.link_bandwidth->value = BytesPerSecond(bandwidth);
      system.node.memory_bandwidth.reset();
    });
  };
  const TrainEstimate without = gpipe({}, 1e9);
  const double kept = without.footprint.activations.value() / 4;
  const double f = without.breakdown.forward.value() / 4;
  const double b = without.breakdown.backward.value() / 4;

  const TrainEstimate hidden = gpipe({.activations = true}, kept / (0.9 * f));
  CHECK(hidden.breakdown.offload_exposed.value() == Approx(0).margin(1e-12));
  CHECK(hidden.step_time.value() == Approx(without.step_time.value()).epsilon(1e-12));
  CHECK(hidden.footprint.activations.value() == Approx(3 * kept));
  CHECK(hidden.footprint.offloaded.value() == Approx(3 * kept));

  // Copies of c, longer than any pass: F0 ends at f, F1 at 2f. F2 waits for the copy of F0, until f + c, F3
  // for that of F1, until f + 2c. B0 comes in when F3 begins, until f + 3c; then B1 until f + 4c, B2 until f
  // + 5c, B3 until f + 6c, and ends at f + 6c + b. Of that 4f + 4b is work.
  const double c = 3 * (f + b);
  const TrainEstimate exposed = gpipe({.activations = true}, kept / c);
  CHECK(exposed.breakdown.offload_exposed.value() == Approx(6 * c - 3 * f - 3 * b).epsilon(1e-9));
}

TEST_CASE("A link of no limit hides everything, and the parts still add up", "[train][offload]") {
  for (const plan::Schedule schedule :
       {plan::Schedule::one_f_one_b, plan::Schedule::gpipe, plan::Schedule::zero_bubble}) {
    const auto with = [&](bool offload, double times) {
      return trained([&](auto& question, auto& system) {
        question.asked.pipeline = 6;
        question.asked.global_batch = 12;
        question.asked.data = 1;
        question.asked.schedule = schedule;
        question.asked.offload =
            plan::Offload{.weights = offload, .optimizer = offload, .activations = offload};
        system.node.devices = 6;
        system.node.link_bandwidth->value *= times;
        system.node.memory_bandwidth.reset();
      });
    };
    const TrainEstimate without = with(false, 1);
    const TrainEstimate unlimited = with(true, 1e12);
    CHECK(unlimited.step_time.value() == Approx(without.step_time.value()).epsilon(1e-9));
    CHECK(unlimited.breakdown.offload_exposed.value() == Approx(0).margin(1e-9));
    const TrainEstimate real = with(true, 1);
    CHECK(real.step_time > without.step_time);
    CHECK(real.breakdown.offload_exposed.value() > 0);
    CHECK(real.breakdown.total().value() == Approx(real.step_time.value()).epsilon(1e-12));
    CHECK(with(true, 2).step_time < real.step_time);
  }
}

TEST_CASE("Offload is refused where nothing is known of a host", "[train][offload]") {
  CHECK_THROWS_AS(trained([](auto& question, auto& system) {
                    question.asked.offload = plan::Offload{.optimizer = true};
                    system.node.memory.reset();
                  }),
                  config::BadInput);
}
