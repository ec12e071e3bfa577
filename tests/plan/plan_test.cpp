#include <catch2/catch.hpp>

#include "memwall/plan/plan.hpp"
#include "memwall/plan/stages.hpp"
#include "workload/models.hpp"

// What a model allows, and every rule that a plan may break.

using namespace memwall;
using namespace memwall::plan;

namespace {

Limits limits(const std::string& id) {
  const workload::Trace trace = workload::catalog_trace(id);
  Limits found = limits_of(trace);
  found.cut_points = unit_count(unit_runs(trace));
  return found;
}

std::string broken(const Plan& plan, const std::string& id) {
  std::string text;
  for (const std::string& rule : violations(plan, limits(id))) text += (text.empty() ? "" : "; ") + rule;
  return text;
}

}  // namespace

TEST_CASE("A model's limits are its heads, key-value heads, experts and sequence", "[plan]") {
  const Limits gpt = limits("gpt-3-175b");
  CHECK(gpt.heads == std::vector<std::int64_t>{96});
  CHECK(gpt.kv_heads.empty());
  CHECK(gpt.experts.empty());
  CHECK(gpt.sequence == 2048);
  CHECK(gpt.shardable);
  CHECK(gpt.cut_points > 96);

  const Limits llama = limits("llama-3-70b");
  CHECK(llama.heads == std::vector<std::int64_t>{64});
  CHECK(llama.kv_heads == std::vector<std::int64_t>{8});

  CHECK(limits("mixtral-8x7b").experts == std::vector<std::int64_t>{8});

  const Limits resnet = limits("resnet-50");
  CHECK_FALSE(resnet.shardable);
  CHECK(resnet.sequence == 0);
}

TEST_CASE("A plan of ones is valid for every model of the catalog", "[plan]") {
  for (const std::string& id : workload::catalog().ids()) {
    INFO(id);
    CHECK(broken({}, id).empty());
  }
}

TEST_CASE("Plans that were run are valid", "[plan]") {
  // Korthikanti et al. 2022, table 3: 175B on 64 devices, 8-way tensor and pipeline, 3 chunks.
  CHECK(broken({.tensor = 8, .pipeline = 8, .sequence_parallel = true, .global_batch = 64, .interleave = 3},
               "gpt-3-175b")
            .empty());
  // Narayanan et al. 2021, table 1: 1008B on 3,072 devices.
  CHECK(broken({.data = 6, .tensor = 8, .pipeline = 64, .global_batch = 3072}, "megatron-gpt-1008b").empty());
  // Tensor parallelism wider than the key-value heads holds them more than once.
  CHECK(broken({.tensor = 16}, "llama-3-8b").empty());
}

TEST_CASE("Each rule that a plan breaks is told with the nearest values that keep it", "[plan]") {
  CHECK(broken({.tensor = 7}, "gpt-3-175b") == "tensor 7 does not divide 96 heads; nearest: 6 or 8");
  CHECK(broken({.tensor = 2}, "resnet-50") ==
        "tensor 2: the model has no layer that tensor parallelism divides; use 1");
  // Grouped-query attention has both numbers of heads to keep.
  CHECK(broken({.tensor = 12}, "llama-3-70b") ==
        "tensor 12 does not divide 64 heads; nearest: 8 or 16; tensor 12 neither divides 8 key-value heads "
        "nor is a "
        "multiple of them");
  CHECK(broken({.sequence_parallel = true}, "gpt-3-175b") ==
        "sequence parallelism needs tensor parallelism of 2 or more");
  CHECK(broken({.context = 3}, "gpt-3-175b") ==
        "a sequence of 2048 is not divided by 3 (sequence x context parallelism); nearest: 2 or 4");
  CHECK(broken({.context = 2}, "resnet-50") ==
        "the model has no sequence for sequence or context parallelism to divide");
  CHECK(broken({.data = 3, .global_batch = 8}, "gpt-3-175b") ==
        "global batch 8 is not a multiple of data 3 x micro-batch 1 = 3; nearest global batch: 6 or 9; "
        "nearest data x micro-batch: 2 or 4");
  CHECK(broken({.pipeline = 8, .global_batch = 12, .interleave = 2}, "gpt-3-175b") ==
        "interleaving needs micro-batches (12) in a multiple of the pipeline's 8 stages");
  CHECK(broken({.interleave = 2}, "gpt-3-175b") == "interleaving needs a pipeline of 2 stages or more");
  CHECK(broken({.pipeline = 1000, .global_batch = 1000}, "gpt-3-175b")
            .starts_with("1000 stages are more than the "));
  CHECK(broken({.data = 2, .expert = 2, .global_batch = 2}, "gpt-3-175b") ==
        "the model has no experts and no tables (embedding_bag with shard: table, row or column) for expert "
        "parallelism to divide");
  CHECK(broken({.data = 3, .expert = 3, .global_batch = 3}, "mixtral-8x7b") ==
        "expert 3 does not divide 8 experts; nearest: 2 or 4");
  CHECK(broken({.data = 2, .expert = 4, .global_batch = 2}, "mixtral-8x7b") ==
        "expert 4 does not divide data 2, whose group it is taken from");
  CHECK(broken({.zero = 1}, "gpt-3-175b") == "zero 1 divides states over data parallelism, and data is 1");
}

TEST_CASE("Degrees and batches below one, or beyond reason, are told and end in no division by zero",
          "[plan]") {
  CHECK(broken({.data = 0}, "gpt-3-175b") == "data 0: expected 1 or more");
  CHECK(broken({.tensor = -2}, "gpt-3-175b") == "tensor -2: expected 1 or more");
  CHECK(broken({.pipeline = 0, .expert = 0}, "gpt-3-175b") ==
        "pipeline 0: expected 1 or more; expert 0: expected 1 or more");
  CHECK(broken({.micro_batch = 0}, "gpt-3-175b") == "micro-batch 0: expected 1 or more");
  CHECK(broken({.global_batch = 0}, "gpt-3-175b") == "global batch 0: expected 1 or more");
  CHECK(broken({.zero = 4}, "gpt-3-175b") == "zero 4: expected 0 to 3");
  CHECK(broken({.data = std::int64_t{1} << 62}, "gpt-3-175b") ==
        "data 4611686018427387904: expected at most 2147483648");
}

TEST_CASE("Devices are the product of degrees, expert parallelism not among them", "[plan]") {
  Plan plan;
  plan.data = 6;
  plan.tensor = 8;
  plan.pipeline = 64;
  plan.context = 2;
  plan.expert = 3;
  plan.micro_batch = 4;
  plan.global_batch = 48;
  CHECK(plan.devices() == 6 * 8 * 64 * 2);
  CHECK(plan.micro_batches() == 2);
}
