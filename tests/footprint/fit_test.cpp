#include <catch2/catch.hpp>

#include <cmath>

#include "footprint/models.hpp"
#include "memwall/footprint/fit.hpp"
#include "memwall/hardware/catalog.hpp"

// Does it fit: answers against published runs, hand arithmetic and an independent check of every plan.

using namespace memwall;
using namespace memwall::footprint;
using plan::Plan;

namespace {

const hardware::System& system_named(const std::string& name) {
  static std::map<std::string, hardware::System> known;
  const auto found = known.find(name);
  if (found != known.end()) return found->second;
  return known.emplace(name, hardware::Catalog({MEMWALL_SOURCE_DIR}).system(name)).first->second;
}

/// A question about a model of the catalog; it must outlive the answer's asking.
struct Question {
  workload::Workload workload;
  FitQuestion question;

  Question(const std::string& model, const std::string& system, const Asked& asked = {},
           const char* r = "mixed", const char* o = "adam")
      : workload(workload::catalog().workload(model)) {
    question.model = {&workload, {}, recipe(r), optimizer(o)};
    question.system = &system_named(system);
    question.asked = asked;
  }
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  [[nodiscard]] Fit answer() const { return fit(question); }
};

Fit ask(const std::string& model, const std::string& system, const Asked& asked = {}) {
  return Question(model, system, asked).answer();
}

/// Every rule of a plan, written a second time: what is wrong with it, or nothing.
std::string mistakes(const Plan& p, const Question& q) {
  const workload::Trace trace = lower(q.workload, {});
  std::string wrong;
  const auto expect = [&wrong](bool right, const char* rule) {
    if (!right) wrong += std::string(wrong.empty() ? "" : ", ") + rule;
  };
  expect(p.data >= 1 && p.tensor >= 1 && p.pipeline >= 1 && p.context >= 1 && p.expert >= 1, "degrees");
  expect(p.micro_batch >= 1 && p.global_batch % (p.data * p.micro_batch) == 0, "batch");
  expect(p.zero == 0 || p.data > 1, "zero");
  expect(!p.sequence_parallel || p.tensor > 1, "sequence parallelism");
  expect(p.data % p.expert == 0, "expert group");
  for (const workload::Operator& op : trace.operators) {
    if (op.kind == workload::OperatorKind::attention || op.attention_core) {
      expect(std::fmod(op.division_parts, static_cast<double>(p.tensor)) == 0, "heads");
    }
  }
  for (const workload::Weight& weight : trace.weights)
    expect(std::fmod(weight.experts, static_cast<double>(p.expert)) == 0 || weight.experts == 1, "experts");
  for (const workload::TensorId id : trace.inputs) {
    const auto sequence = trace.tensor(id).shape.find(workload::AxisKind::sequence);
    if (sequence && trace.inputs.size() == 1)
      expect(*sequence % (p.context * (p.sequence_parallel ? p.tensor : 1)) == 0, "sequence");
  }
  double units = 0;
  for (std::size_t i = 0; i < trace.operators.size(); ++i) {
    const int repeat = trace.operators[i].repeat;
    const bool first = repeat == workload::none ||
                       trace.repeats[static_cast<std::size_t>(repeat)].first == static_cast<int>(i);
    if (first) units += trace.count_of(trace.operators[i]);
  }
  expect(static_cast<double>(p.pipeline * p.interleave) <= units, "stages");
  const auto& tiers = q.question.system->tiers;
  expect(p.tensor == 1 || (!tiers.empty() && (tiers.front().size == 0 || p.tensor <= tiers.front().size)),
         "innermost tier");
  const std::int64_t node = std::max<std::int64_t>(1, q.question.system->node.devices);
  expect(p.devices() <= node || p.devices() % node == 0, "whole nodes");
  const std::int64_t reach = q.question.system->reach();
  expect(reach == 0 || p.devices() <= reach, "reach");
  return wrong;
}

}  // namespace

TEST_CASE("GPT-3 175B trains on 1,024 A100 80GB, as GPT-3's like did, and on 8 it does not",
          "[footprint][fit]") {
  const Fit many = ask("gpt-3-175b", "dgx-a100-640", {.devices = 1024});
  CHECK(many.fits);
  CHECK(many.plan.devices() == 1024);
  CHECK(many.headroom() > Bytes(0));
  const Fit few = ask("gpt-3-175b", "dgx-a100-640", {.devices = 8});
  CHECK_FALSE(few.fits);
  CHECK(few.headroom() < Bytes(0));
  CHECK_FALSE(few.suggestions.empty());
}

TEST_CASE("The fewest A100 80GB that hold GPT-3 175B are five nodes", "[footprint][fit]") {
  // 174,604,259,328 parameters x 18 bytes are 3.14e12, and a device has less than 80 GiB: at least 37
  // devices, in nodes of 8 at least 40.
  const Fit any = ask("gpt-3-175b", "dgx-a100-640");
  CHECK(174604259328.0 * 18 / (80 * gib) > 36);
  CHECK(174604259328.0 * 18 / any.capacity.value() > 37);
  REQUIRE(any.smallest_devices.has_value());
  CHECK(*any.smallest_devices == 40);
  CHECK(any.fits);
  CHECK_FALSE(ask("gpt-3-175b", "dgx-a100-640", {.devices = 32}).fits);
}

TEST_CASE("Runs that were made fit as they were made", "[footprint][fit]") {
  // Korthikanti et al. 2022, table 3, on A100 80GB: selective recomputation with sequence parallelism.
  CHECK(ask("megatron-gpt-22b", "selene",
            {.data = 1,
             .tensor = 8,
             .pipeline = 1,
             .sequence_parallel = true,
             .micro_batch = 4,
             .global_batch = 4,
             .recompute = plan::Recompute::selective()})
            .fits);
  CHECK(ask("gpt-3-175b", "selene",
            {.data = 1,
             .tensor = 8,
             .pipeline = 8,
             .sequence_parallel = true,
             .micro_batch = 1,
             .global_batch = 64,
             .recompute = plan::Recompute::selective(),
             .interleave = 3})
            .fits);
  CHECK(ask("megatron-gpt-529.6b", "selene",
            {.data = 1,
             .tensor = 8,
             .pipeline = 35,
             .sequence_parallel = true,
             .micro_batch = 1,
             .global_batch = 280,
             .recompute = plan::Recompute::selective(),
             .interleave = 3})
            .fits);
  CHECK(ask("megatron-gpt-1008b", "selene",
            {.data = 1,
             .tensor = 8,
             .pipeline = 64,
             .sequence_parallel = true,
             .micro_batch = 1,
             .global_batch = 512,
             .recompute = plan::Recompute::selective()})
            .fits);
  // The paper's figure 1: without recomputation and sequence parallelism none of them does.
  CHECK_FALSE(ask("megatron-gpt-22b", "selene",
                  {.data = 1,
                   .tensor = 8,
                   .pipeline = 1,
                   .sequence_parallel = false,
                   .micro_batch = 4,
                   .global_batch = 4,
                   .recompute = plan::Recompute::none()})
                  .fits);
  CHECK_FALSE(ask("gpt-3-175b", "selene",
                  {.data = 1,
                   .tensor = 8,
                   .pipeline = 8,
                   .sequence_parallel = false,
                   .micro_batch = 1,
                   .global_batch = 64,
                   .recompute = plan::Recompute::none(),
                   .interleave = 3})
                  .fits);
}

TEST_CASE("A plan fits to the byte", "[footprint][fit]") {
  const Asked asked{.data = 1,
                    .tensor = 1,
                    .pipeline = 1,
                    .zero = 0,
                    .micro_batch = 1,
                    .global_batch = 1,
                    .recompute = plan::Recompute::none()};
  Question q("gpt-2-small", "dgx-a100-640", asked);
  const Bytes total = q.answer().footprint.total();
  const Bytes nominal = system_named("dgx-a100-640").accelerator.main_memory().capacity->value;

  q.question.reserve = nominal - total;
  CHECK(q.answer().fits);
  CHECK(q.answer().headroom() == Bytes(0));
  q.question.reserve = nominal - total + Bytes(1);
  CHECK_FALSE(q.answer().fits);
  CHECK(q.answer().headroom() == Bytes(-1));
}

TEST_CASE("The search finds a plan exactly where the least footprint is at most the capacity",
          "[footprint][fit]") {
  // Whatever the best plan on 16 devices takes: with that much memory they fit, with a byte less they do not.
  Question q("gpt-2-xl", "dgx-a100-640", {.devices = 16});
  const Bytes least = q.answer().footprint.total();
  const Bytes nominal = system_named("dgx-a100-640").accelerator.main_memory().capacity->value;
  q.question.reserve = nominal - least;
  CHECK(q.answer().fits);
  q.question.reserve = nominal - least + Bytes(1);
  CHECK_FALSE(q.answer().fits);
}

TEST_CASE("Every plan that the search returns keeps every rule, and fits where it says so",
          "[footprint][fit]") {
  int fitting = 0;
  for (const std::string model : {"gpt-2-xl", "gpt-3-175b", "llama-3-70b", "mixtral-8x7b", "resnet-152",
                                  "dlrm-mlperf-v2", "t5-11b", "mamba2-2.7b"}) {
    for (const std::string system :
         {"dgx-a100-640", "dgx-h100", "tpu-v4-pod", "gb200-nvl72", "nvidia-v100-sxm2-32gb"}) {
      for (const std::optional<std::int64_t> devices :
           std::initializer_list<std::optional<std::int64_t>>{std::nullopt, 1, 288}) {
        INFO(model << " on " << system << " devices " << devices.value_or(-1));
        Question q(model, system, {.devices = devices});
        q.question.find_smallest = !devices;
        Fit found;
        try {
          found = q.answer();
        } catch (const config::BadInput&) {
          continue;  // a number that the system is not bought in
        }
        CHECK(mistakes(found.plan, q).empty());
        if (devices) CHECK(found.plan.devices() == *devices);
        CHECK(found.fits == (found.footprint.total() <= found.capacity));
        CHECK(found.capacity <= q.question.system->accelerator.main_memory().capacity->value);
        if (found.fits) {
          CHECK(found.suggestions.empty());
          ++fitting;
        }
        if (!devices && found.smallest_devices) CHECK(found.plan.devices() == *found.smallest_devices);
        // What the plan takes is what it takes when asked for alone.
        Profiler profiler(q.question.model);
        CHECK(profiler.footprint(found.plan).total() == found.footprint.total());
      }
    }
  }
  CHECK(fitting > 30);
}

TEST_CASE("The smallest number of devices is the first that fits, tried one after another",
          "[footprint][fit]") {
  for (const auto& [model, system] :
       std::vector<std::pair<std::string, std::string>>{{"gpt-2-xl", "nvidia-v100-sxm2-16gb"},
                                                        {"gpt-2-xl", "dgx-1-v100"},
                                                        {"gpt-neox-20b", "dgx-a100-640"},
                                                        {"llama-2-13b", "dgx-h100"},
                                                        {"llama-3-70b", "dgx-h100"},
                                                        {"mixtral-8x7b", "gb200-nvl72"},
                                                        {"t5-11b", "tpu-v3-pod"}}) {
    INFO(model << " on " << system);
    const Question q(model, system);
    const std::int64_t node = std::max<std::int64_t>(1, q.question.system->node.devices);
    const std::int64_t reach = q.question.system->reach();
    std::optional<std::int64_t> first;
    for (std::int64_t n = 1; !first && n <= 256 && (reach == 0 || n <= reach); n += n < node ? 1 : node) {
      Question one(model, system, {.devices = n});
      one.question.find_smallest = false;
      try {
        if (one.answer().fits) first = n;
      } catch (const config::BadInput&) {
        continue;  // no valid plan for so many
      }
    }
    CHECK(q.answer().smallest_devices == first);
  }
}

TEST_CASE("Interleaving is asked for and still finds the smallest number of devices", "[footprint][fit]") {
  const Fit found = ask("gpt-3-175b", "dgx-a100-640", {.interleave = 3});
  REQUIRE(found.smallest_devices.has_value());
  CHECK(*found.smallest_devices >= 40);
  CHECK(found.plan.interleave == 3);
  CHECK(found.plan.pipeline > 1);
  CHECK(found.fits);
}

TEST_CASE("More devices, more memory, and smaller elements never need more devices", "[footprint][fit]") {
  const auto smallest = [](const std::string& model, const std::string& system, const char* r,
                           const char* o) {
    return Question(model, system, {}, r, o).answer().smallest_devices.value_or(0);
  };
  CHECK(smallest("gpt-3-175b", "dgx-a100-320", "mixed", "adam") >
        smallest("gpt-3-175b", "dgx-a100-640", "mixed", "adam"));
  CHECK(smallest("gpt-3-175b", "dgx-a100-640", "bf16", "adam") <
        smallest("gpt-3-175b", "dgx-a100-640", "mixed", "adam"));
  CHECK(smallest("gpt-3-175b", "dgx-a100-640", "mixed", "sgd") <
        smallest("gpt-3-175b", "dgx-a100-640", "mixed", "adam"));
}

TEST_CASE("What would help is told with how far it helps, the best first", "[footprint][fit]") {
  Question q("gpt-3-175b", "dgx-a100-640", {.devices = 16, .zero = 0, .recompute = plan::Recompute::none()});
  q.question.other_optimizers = {optimizer("sgd")};
  q.question.other_recipes = {recipe("bf16")};
  const Fit found = q.answer();
  REQUIRE_FALSE(found.fits);
  REQUIRE(found.suggestions.size() >= 3);
  for (std::size_t i = 1; i < found.suggestions.size(); ++i)
    CHECK(found.suggestions[i - 1].headroom >= found.suggestions[i].headroom);
  for (const Suggestion& suggestion : found.suggestions) {
    CHECK(suggestion.headroom > found.headroom());
    CHECK(suggestion.fits == (suggestion.headroom >= Bytes(0)));
  }
}

TEST_CASE("Questions without an answer are refused with what is wrong", "[footprint][fit]") {
  const auto complaint = [](const Asked& asked) {
    return workload::complaint([&] { static_cast<void>(ask("gpt-3-175b", "dgx-a100-640", asked)); });
  };
  CHECK(complaint({.devices = 12}) ==
        "--devices: 12 devices are no whole number of nodes of 8; nearest: 8 or 16");
  CHECK(complaint({.devices = 0}) == "plan: devices 0: expected 1 to 2147483648");
  CHECK(complaint({.tensor = 0}) == "plan: tensor 0: expected 1 to 2147483648");
  CHECK(complaint({.context = -1}) == "plan: context -1: expected 1 to 2147483648");
  CHECK(complaint({.micro_batch = 0}) == "plan: micro-batch 0: expected 1 to 2147483648");
  CHECK(complaint({.zero = 7}) == "plan: zero 7: expected 0 to 3");
  CHECK(complaint({.data = 1 << 20, .tensor = 1 << 20, .pipeline = 1 << 20}) ==
        "plan: data x tensor x pipeline x context is 1152921504606846976; expected at most 2147483648");
  CHECK(complaint({.devices = 8, .tensor = 5}) ==
        "plan: no valid plan for 8 devices: tensor 5 does not divide 96 heads; nearest: 4 or 6; tensor 5 "
        "does not "
        "divide 8 devices; nearest number of devices: 5 or 10");
  CHECK(complaint({.data = 1, .tensor = 7, .pipeline = 1})
            .starts_with("plan: no valid plan for 7 devices: tensor 7"));
  Question q("gpt-2-small", "dgx-a100-640");
  q.question.reserve = Bytes(80 * gib);
  CHECK(workload::complaint([&] {
          static_cast<void>(q.answer());
        }).starts_with("--reserve: a reserve of 80.00 GiB is not within the 80.00 GiB of"));
}

TEST_CASE("Inference needs its weights and its cache", "[footprint][fit]") {
  // Llama 3 70B in 16-bit: 141 GB of weights, two 80 GB devices.
  Question q("llama-3-70b", "dgx-h100", {.global_batch = 1});
  q.question.model.lowering.phase = workload::Phase::decode;
  const Fit found = q.answer();
  CHECK(found.fits);
  CHECK(found.smallest_devices == 2);
  CHECK(found.footprint.gradients == Bytes(0));
  CHECK(found.footprint.optimizer == Bytes(0));
  CHECK(found.footprint.activations == Bytes(0));
  CHECK(found.footprint.weights >= Bytes(70553706496.0 * 2 / 2));
  CHECK(found.footprint.cache > Bytes(0));
}
