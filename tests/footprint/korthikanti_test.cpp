#include <catch2/catch.hpp>

#include "footprint/models.hpp"
#include "memwall/plan/words.hpp"
#include "reference/csv.hpp"

// Korthikanti et al. 2022, "Reducing Activation Recomputation in Large Transformer Models"
// (arXiv:2205.05198): kept activations of a GPT block in 16-bit with dropout. A block's own input is counted
// with it, its output is not.

using namespace memwall;
using namespace memwall::footprint;
using plan::Recompute;

namespace {

const std::vector<Gpt> shapes = {{2, 64, 4, 32, 1},          {2, 128, 8, 48, 3},
                                 {3, 1024, 16, 512, 2},      {96, 12288, 96, 2048, 1},  // GPT-3 175B
                                 {105, 20480, 128, 2048, 1},                            // MT-NLG 530B
                                 {128, 25600, 160, 2048, 1}};

double kept(const Gpt& gpt, std::int64_t tensor, bool sequence_parallel, Recompute recompute) {
  const workload::Trace trace =
      plan::shard(gpt_trace(gpt), {.tensor = tensor, .sequence_parallel = sequence_parallel});
  return walk(plan::mark_recomputed(layers_of(trace, 1), recompute), recipe("mixed")).kept.value();
}

Recompute recompute_of(const reference::Row& row) {
  Recompute recompute;
  plan::read_word(row.at("recompute"), {"training_measured.csv", 0, 0}, recompute);
  return recompute;
}

}  // namespace

TEST_CASE("A GPT block keeps s b h (34 + 5 a s / h) bytes (equation 1)", "[footprint][korthikanti]") {
  for (const Gpt& g : shapes) {
    INFO("h " << g.h << " a " << g.a << " s " << g.s << " b " << g.b);
    CHECK(kept(g, 1, false, Recompute::none()) == g.s * g.b * g.h * 34 + 5 * g.a * g.s * g.s * g.b);
  }
}

TEST_CASE("Tensor parallelism divides all but 10 s b h of a block (table 2)", "[footprint][korthikanti]") {
  for (const Gpt& g : shapes) {
    const double sbh = g.s * g.b * g.h;
    const double scores = 5 * g.a * g.s * g.s * g.b;
    for (const double t : {2.0, 4.0}) {
      INFO("h " << g.h << " a " << g.a << " s " << g.s << " b " << g.b << " t " << t);
      const auto ways = static_cast<std::int64_t>(t);
      CHECK(kept(g, ways, false, Recompute::none()) == sbh * 10 + sbh * 24 / t + scores / t);
      CHECK(kept(g, ways, true, Recompute::none()) == sbh * 34 / t + scores / t);
      CHECK(kept(g, ways, false, Recompute::selective()) == sbh * 10 + sbh * 24 / t);
      CHECK(kept(g, ways, true, Recompute::selective()) == sbh * 34 / t);
      CHECK(kept(g, ways, false, Recompute::full()) == 2 * sbh);
      CHECK(kept(g, ways, true, Recompute::full()) == 2 * sbh / t);
    }
  }
}

TEST_CASE("Without dropout a block keeps s b h (32 + 4 a s / h) bytes", "[footprint][korthikanti]") {
  // Equation 1 less the masks: 2 s b h of the two dropouts, a s^2 b of the attention's, and 2 a s^2 b of what
  // the attention's dropout puts out, which without it is the softmax' output, already kept.
  const Gpt g{2, 128, 8, 48, 3};
  const workload::Trace trace = workload::catalog_trace(
      "gpt-2-xl", {.batch = 3,
                   .dimensions = {workload::set("layers", "2"), workload::set("hidden", "128"),
                                  workload::set("heads", "8"), workload::set("sequence", "48"),
                                  workload::set("dropout", "0")}});
  CHECK(walk(layers_of(trace, 1), recipe("mixed")).kept.value() ==
        g.s * g.b * g.h * 32 + 2 * g.a * g.s * g.s * g.b);
}

TEST_CASE("Kept activations of all layers are those of one times their number", "[footprint][korthikanti]") {
  for (const double l : {2.0, 3.0, 4.0, 7.0, 96.0}) {
    const Gpt g{l, 64, 4, 32, 2};
    const workload::Trace all = layers_of(gpt_trace(g), static_cast<std::int64_t>(l));
    for (const Recompute& recompute : {Recompute::none(), Recompute::selective(), Recompute::full()}) {
      INFO("layers " << l << " recompute " << plan::to_text(recompute));
      CHECK(walk(plan::mark_recomputed(all, recompute), recipe("mixed")).kept.value() ==
            l * kept(g, 1, false, recompute));
    }
  }
}

TEST_CASE("Flash attention keeps queries, keys, values, output and one number a row",
          "[footprint][korthikanti]") {
  // 34 s b h of equation 1 keeps Q, K and V (6 s b h) and the output (2 s b h) already; of the scores an fp32
  // logarithm a row and head stays: 4 a s b.
  const Gpt g{2, 128, 8, 48, 3};
  const workload::Trace trace = workload::catalog_trace(
      "gpt-2-xl", {.batch = 3,
                   .flash_attention = true,
                   .dimensions = {workload::set("layers", "2"), workload::set("hidden", "128"),
                                  workload::set("heads", "8"), workload::set("sequence", "48")}});
  CHECK(walk(layers_of(trace, 1), recipe("mixed")).kept.value() ==
        g.s * g.b * g.h * 34 + 4 * g.a * g.s * g.b);
}

TEST_CASE("The sixteen bars of figure 1: activations, parameters and optimizer of the first stage",
          "[footprint][korthikanti]") {
  int bars = 0;
  for (const reference::Row& row : reference::table("training_measured.csv")) {
    if (row.at("set") != "korthikanti-figure1") continue;
    INFO(row.at("model") << " " << row.at("metric") << " " << row.at("recompute"));
    const auto at = [&row](const char* column) { return reference::number(row, column); };
    const double layers = at("layers"), t = at("tensor"), p = at("pipeline"), v = at("interleave");
    if (row.at("metric") == "parameters_and_optimizer_memory") {
      // 18 bytes for each of the 12 l h^2 weights of the layers' matrices.
      plan::Plan plan;
      plan.tensor = static_cast<std::int64_t>(t);
      StageParameters parameters;
      parameters.shared = 12 * layers * at("hidden") * at("hidden") / (t * p);
      const Footprint standing_bytes =
          standing(parameters, plan, recipe("mixed"), optimizer("adam"), workload::Phase::training);
      CHECK(standing_bytes.total().value() / gib == Approx(at("value")).epsilon(1e-3));
      ++bars;
      continue;
    }
    plan::Plan plan;
    plan.tensor = static_cast<std::int64_t>(t);
    plan.pipeline = static_cast<std::int64_t>(p);
    plan.interleave = static_cast<std::int64_t>(v);
    plan.micro_batch = static_cast<std::int64_t>(at("micro_batch"));
    plan.global_batch = static_cast<std::int64_t>(at("global_batch"));
    plan.sequence_parallel = row.at("sequence_parallel") == "yes";
    plan.recompute = recompute_of(row);
    const workload::Trace trace =
        plan::shard(gpt_trace({layers, at("hidden"), at("heads"), at("sequence"), at("micro_batch")}),
                    {.tensor = plan.tensor, .sequence_parallel = plan.sequence_parallel});
    const auto chunk_layers = static_cast<std::int64_t>(layers / (p * v));
    const Bytes chunk =
        walk(plan::mark_recomputed(layers_of(trace, chunk_layers), plan.recompute), recipe("mixed")).kept;
    std::int64_t passes = 0;
    for (std::int64_t i = 0; i < plan.interleave; ++i) passes += in_flight(plan, 0, i);
    CHECK(static_cast<double>(passes) * chunk.value() / gib == Approx(at("value")).epsilon(1e-3));
    ++bars;
  }
  CHECK(bars == 16);
}

TEST_CASE("Figure 7: kept activations relative to tensor parallelism alone", "[footprint][korthikanti]") {
  for (const reference::Row& row : reference::table("training_measured.csv")) {
    if (row.at("set") != "korthikanti-figure7") continue;
    INFO(row.at("model") << " " << row.at("sequence_parallel") << " " << row.at("recompute"));
    const auto at = [&row](const char* column) { return reference::number(row, column); };
    const Gpt g{2, at("hidden"), at("heads"), at("sequence"), at("micro_batch")};
    const auto tensor = static_cast<std::int64_t>(at("tensor"));
    const double relative = kept(g, tensor, row.at("sequence_parallel") == "yes", recompute_of(row)) /
                            kept(g, tensor, false, Recompute::none());
    // Read off a bar chart: to a fifth of a percent.
    CHECK(100 * relative == Approx(at("value")).margin(0.2));
  }
}
