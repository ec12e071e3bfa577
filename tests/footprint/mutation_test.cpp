#include <catch2/catch.hpp>

#include <random>

#include "footprint/models.hpp"

// Workload files with random mistakes: each is lowered, divided and walked, or refused; nothing else happens.

using namespace memwall;

namespace {

using Random = std::mt19937;

std::size_t below(Random& random, std::size_t n) { return n == 0 ? 0 : random() % n; }

/// What a mutation puts in: extremes, kinds, options and punctuation.
const std::vector<std::string> pieces = {"0",        "-1",       "1",         "2",         "7",
                                         "1e300",    "1/0",      "2^53",      "2^52",      "0.5",
                                         "nan",      "inf",      "true",      "[]",        "{}",
                                         "[",        "}",        ": ",        ", ",        "\n",
                                         "\n  - ",   "null",     "''",        "layers",    "hidden",
                                         "sequence", "repeat",   "index",     "block",     "when",
                                         "from",     "as",       "shard",     "column",    "row",
                                         "residual", "parallel", "concat",    "attention", "linear",
                                         "conv",     "select",   "flatten",   "relu",      "slice",
                                         "experts",  "top_k",    "embedding", "head",      "weights",
                                         "memory",   "join",     "mul",       "axis",      "glu",
                                         "lstm",     "stack",    "matmul",    "transpose", "positions",
                                         "100000",   "max_pool", "scale",     "side",      "shared_weights"};

std::string mutated(std::string text, Random& random) {
  const std::size_t changes = 1 + below(random, 3);
  for (std::size_t change = 0; change < changes; ++change) {
    const std::size_t at = below(random, text.size());
    const std::size_t length = std::min(text.size() - at, below(random, 12));
    switch (below(random, 9)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, pieces[below(random, pieces.size())]);
        break;
      case 2:
        text.replace(at, length, pieces[below(random, pieces.size())]);
        break;
      case 3:
        text.insert(below(random, text.size()), text.substr(at, 4 * length));
        break;
      case 4: {
        // A whole word becomes another.
        const std::size_t begin = text.find_first_of("abcdefghijklmnopqrstuvwxyz_", at);
        if (begin == std::string::npos) break;
        const std::size_t end =
            std::min(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", begin), text.size());
        text.replace(begin, end - begin, pieces[below(random, pieces.size())]);
        break;
      }
      default: {
        // A number becomes another.
        const std::size_t begin = text.find_first_of("0123456789", at);
        if (begin == std::string::npos) break;
        const std::size_t end = std::min(text.find_first_not_of("0123456789.", begin), text.size());
        text.replace(begin, end - begin, std::to_string(below(random, 20)));
      }
    }
  }
  return text;
}

/// Whether the text is a workload; anything but BadInput that is thrown ends the test.
bool survives(const std::string& text) {
  try {
    const workload::Workload model = workload::read_workload(config::parse_yaml(text, "mutated.yaml"));
    const plan::Recipe recipe = footprint::recipe("mixed");
    for (const auto phase : {workload::Phase::training, workload::Phase::prefill, workload::Phase::decode}) {
      const workload::Trace trace = lower(model, {.phase = phase, .batch = 2});
      const footprint::Life life =
          footprint::walk(plan::mark_recomputed(trace, plan::Recompute::full()), recipe);
      CHECK(life.peak >= life.kept);
      const workload::Trace part = plan::shard(trace, {.tensor = 2, .sequence_parallel = true, .expert = 2});
      const std::vector<plan::UnitRun> runs = plan::unit_runs(part);
      const std::int64_t units = plan::unit_count(runs);
      if (units > 1) static_cast<void>(footprint::walk(plan::slice(part, runs, units / 2, units), recipe));
    }
    return true;
  } catch (const config::BadInput&) {
    return false;
  }
}

}  // namespace

TEST_CASE("Mutated workloads are lowered or refused", "[footprint][mutation]") {
  const std::vector<std::string> files = {
      "gpt/gpt-2-xl",          "bert/bert-large", "resnet/resnet-152",
      "llama/llama-4-scout",   "t5/t5-small",     "deepseek/deepseek-v2",
      "mamba/mamba2-2.7b",     "dlrm/dlrm",       "whisper/whisper-large-v2",
      "gemma/gemma-3-4b",      "swin/swin-t",     "seq2seq/seq2seq-lstm",
      "densenet/densenet-201", "elmo/elmo",       "inception/inception-v3"};
  Random random(20260101);
  int lowered = 0;
  int refused = 0;
  for (const std::string& file : files) {
    const std::string original =
        config::read_text(std::string(MEMWALL_SOURCE_DIR) + "/workloads/" + file + ".yaml");
    for (int i = 0; i < 150; ++i) {
      const std::string text = mutated(original, random);
      INFO(file << " mutation " << i << "\n" << text);
      ++(survives(text) ? lowered : refused);
    }
  }
  // Neither a mutation that breaks nothing nor one that breaks all would show anything.
  CHECK(lowered > 150);
  CHECK(refused > 700);
}
