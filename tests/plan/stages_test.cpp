#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

#include "footprint/models.hpp"
#include "memwall/workload/counts.hpp"

// Pipeline stages: where they are cut, and what each of them holds.

using namespace memwall;
using namespace memwall::plan;
using workload::set;
using workload::Trace;

namespace {

/// What the most costly stage costs.
double worst(const std::vector<UnitRun>& runs, const std::vector<double>& costs, const Cuts& cuts) {
  std::vector<double> units;
  for (std::size_t i = 0; i < runs.size(); ++i)
    units.insert(units.end(), static_cast<std::size_t>(runs[i].count), costs[i]);
  double most = 0;
  for (std::size_t s = 0; s + 1 < cuts.size(); ++s) {
    double sum = 0;
    for (std::int64_t u = cuts[s]; u < cuts[s + 1]; ++u) sum += units[static_cast<std::size_t>(u)];
    most = std::max(most, sum);
  }
  return most;
}

/// The least that any cut into `stages` parts of `units` reaches, by trying all.
double best_of_all(const std::vector<UnitRun>& runs, const std::vector<double>& costs, std::int64_t stages,
                   Cuts& begun, std::int64_t units) {
  if (static_cast<std::int64_t>(begun.size()) == stages) {
    begun.push_back(units);
    const double cost = worst(runs, costs, begun);
    begun.pop_back();
    return cost;
  }
  double best = std::numeric_limits<double>::infinity();
  for (std::int64_t next = begun.back() + 1; next < units; ++next) {
    begun.push_back(next);
    best = std::min(best, best_of_all(runs, costs, stages, begun, units));
    begun.pop_back();
  }
  return best;
}

Trace gpt() {
  return workload::catalog_trace(
      "gpt-2-xl", {.dimensions = {set("layers", "6"), set("hidden", "64"), set("heads", "4"),
                                  set("vocabulary", "100"), set("sequence", "32"), set("context", "32")}});
}

std::vector<Trace> slices(const Trace& trace, const Cuts& cuts) {
  const std::vector<UnitRun> runs = unit_runs(trace);
  std::vector<Trace> parts;
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) parts.push_back(slice(trace, runs, cuts[i], cuts[i + 1]));
  return parts;
}

double parameters(const Trace& stage) { return footprint::count_parameters(stage).shared; }

std::vector<std::string> outputs(const Trace& stage) {
  std::vector<std::string> names;
  for (const workload::TensorId id : stage.outputs) names.push_back(stage.tensor(id).name);
  return names;
}

/// Costs of work where handing on costs nothing.
UnitCosts without_messages(const std::vector<double>& work) {
  return {work, std::vector<double>(work.size(), 0)};
}

}  // namespace

TEST_CASE("A unit is an operator that stands alone or an iteration of a repeat", "[plan][stages]") {
  const Trace trace = gpt();
  const std::vector<UnitRun> runs = unit_runs(trace);
  std::int64_t operators = 0;
  int repeats = 0;
  for (const UnitRun& run : runs) {
    operators += (run.last - run.first) * run.count;
    if (run.repeat != workload::none) {
      CHECK(run.count == 6);
      ++repeats;
    }
  }
  CHECK(repeats == 1);
  CHECK(unit_count(runs) == static_cast<std::int64_t>(runs.size()) - 1 + 6);
  double all = 0;
  for (const workload::Operator& op : trace.operators) all += trace.count_of(op);
  CHECK(static_cast<double>(operators) == all);
}

TEST_CASE("The most costly stage costs as little as in any cut", "[plan][stages]") {
  std::mt19937 random(7);
  for (int round = 0; round < 400; ++round) {
    std::vector<UnitRun> runs;
    std::vector<double> costs;
    std::int64_t units = 0;
    while (units < 9 && (units == 0 || random() % 4 != 0)) {
      const auto count = static_cast<std::int64_t>(1 + random() % 4);
      runs.push_back({0, 0, count > 1 ? 0 : workload::none, count});
      // Whole and broken costs, and runs that cost nothing.
      costs.push_back(random() % 5 == 0 ? 0
                                        : static_cast<double>(random() % 1000) / (round % 2 == 0 ? 1 : 7.0));
      units += count;
    }
    for (std::int64_t stages = 1; stages <= units; ++stages) {
      const Cuts cuts = cut_stages(runs, without_messages(costs), stages);
      INFO("round " << round << " stages " << stages);
      REQUIRE(cuts.size() == static_cast<std::size_t>(stages) + 1);
      CHECK(cuts.front() == 0);
      CHECK(cuts.back() == units);
      for (std::size_t s = 0; s + 1 < cuts.size(); ++s) CHECK(cuts[s] < cuts[s + 1]);
      Cuts begun{0};
      const double best = best_of_all(runs, costs, stages, begun, units);
      CHECK(worst(runs, costs, cuts) <= best * (1 + 1e-9));
    }
  }
}

TEST_CASE("A cut goes where less is handed on and neither stage gets fuller", "[plan][stages]") {
  // Four blocks of 3, a head of 5 and a loss of 1; what the head makes takes 9 to send, a block's output 1.
  const std::vector<UnitRun> runs = {{0, 1, 0, 4}, {1, 2, workload::none, 1}, {2, 3, workload::none, 1}};
  // Three stages cost 6 at least: two blocks each, then head and loss.
  CHECK(cut_stages(runs, {{3, 5, 1}, {1, 9, 0}}, 3) == Cuts{0, 2, 4, 6});
  // Four stages: a head alone would send 9, more than any stage works.
  CHECK(cut_stages(runs, {{3, 5, 1}, {1, 9, 0}}, 4) == Cuts{0, 1, 2, 4, 6});
}

TEST_CASE("One stage is the whole model whatever its costs round to", "[plan][stages]") {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::vector<UnitRun> runs;
    std::vector<double> work;
    for (int i = 0; i < 12; ++i) {
      runs.push_back({i, i + 1, workload::none, 1 + static_cast<std::int64_t>(random() % 40)});
      work.push_back(1e-6 * static_cast<double>(random() % 100'000) / 7);
    }
    REQUIRE(cut_stages(runs, without_messages(work), 1) == Cuts{0, unit_count(runs)});
  }
}

TEST_CASE("Equal layers are cut into equal stages", "[plan][stages]") {
  const std::vector<UnitRun> runs = {{0, 1, 0, 96}};
  for (const std::int64_t stages : {1, 2, 8, 32, 96}) {
    const Cuts cuts = cut_stages(runs, without_messages({0.1}), stages);
    for (std::size_t s = 0; s + 1 < cuts.size(); ++s) CHECK(cuts[s + 1] - cuts[s] == 96 / stages);
  }
}

TEST_CASE("A run of 10^12 equal units is cut at once", "[plan][stages]") {
  const Cuts cuts = cut_stages({{0, 1, 0, 1'000'000'000'000}}, without_messages({1.0}), 4);
  REQUIRE(cuts.size() == 5);
  for (std::size_t s = 0; s + 1 < cuts.size(); ++s)
    CHECK(static_cast<double>(cuts[s + 1] - cuts[s]) == Approx(2.5e11).epsilon(1e-9));
}

TEST_CASE("Stages together run every operator as often as the model", "[plan][stages]") {
  const Trace whole = gpt();
  const std::int64_t units = unit_count(unit_runs(whole));
  for (std::int64_t cut = 1; cut < units; ++cut) {
    double operators = 0;
    Flops work;
    for (const Trace& part : slices(whole, {0, cut, units})) {
      for (const workload::Operator& op : part.operators) operators += part.count_of(op);
      work += workload::count(part).forward_flops + workload::count(part).head_flops;
    }
    double all = 0;
    for (const workload::Operator& op : whole.operators) all += whole.count_of(op);
    CHECK(operators == all);
    CHECK(work == workload::count(whole).forward_flops + workload::count(whole).head_flops);
  }
}

TEST_CASE("Stages together hold every parameter once, and a tied table on both its stages",
          "[plan][stages]") {
  const Trace whole = gpt();
  const std::int64_t units = unit_count(unit_runs(whole));
  const double table = 100 * 64;
  for (std::int64_t cut = 1; cut < units; ++cut) {
    double sum = 0;
    for (const Trace& part : slices(whole, {0, cut, units})) sum += parameters(part);
    // The embedding is the first unit; the head is the last but one, before the loss, after which nothing is.
    const bool parted = cut <= units - 2;
    CHECK(sum == parameters(whole) + (parted ? table : 0));
  }
  double sum = 0;
  for (const Trace& part : slices(whole, {0, 5, 6, 9, units})) sum += parameters(part);
  CHECK(sum == parameters(whole) + table);
}

TEST_CASE("Of catalog models, too, the stages' parameters sum to the whole and what is tied",
          "[plan][stages]") {
  for (const std::string id :
       {"bert-base", "t5-small", "resnet-50", "whisper-tiny", "albert-base", "inception-v3", "mixtral-8x7b",
        "mamba2-130m", "gemma-3-4b", "dlrm", "densenet-121"}) {
    INFO(id);
    const Trace whole = workload::catalog_trace(id);
    const std::vector<UnitRun> runs = unit_runs(whole);
    const std::int64_t units = unit_count(runs);
    const std::vector<double> costs(runs.size(), 1.0);
    for (const std::int64_t stages : {2, 3, 7}) {
      const std::vector<Trace> parts = slices(whole, cut_stages(runs, without_messages(costs), stages));
      double sum = 0;
      double tied = 0;
      for (const Trace& part : parts) {
        const footprint::StageParameters held = footprint::count_parameters(part);
        sum += held.shared + held.expert;
      }
      // A weight that operators of several stages use, of no iteration or of one set for all, is on each of
      // them.
      for (std::size_t w = 0; w < whole.weights.size(); ++w) {
        if (whole.weights[w].repeat != workload::none) continue;
        int stages_with = 0;
        for (const Trace& part : parts) {
          stages_with +=
              std::any_of(part.operators.begin(), part.operators.end(), [&](const workload::Operator& op) {
                return std::count(op.weights.begin(), op.weights.end(), static_cast<int>(w)) > 0;
              });
        }
        if (stages_with > 1) tied += (stages_with - 1) * whole.weights[w].elements();
      }
      CHECK(sum == workload::count(whole).parameters + tied);
      CHECK(static_cast<std::int64_t>(parts.size()) == std::min(stages, units));
    }
  }
}

TEST_CASE("Between two blocks one tensor crosses, inside a residual its input does too", "[plan][stages]") {
  const Trace trace = workload::trace_of(
      "inputs: {x: {sequence: 4, feature: 8}}\n"
      "layers:\n"
      "  - {linear: 8, name: first}\n"
      "  - residual: [{linear: 16, name: up}, {linear: 8, name: down}]\n"
      "  - {linear: 2, name: last}\n");
  // Units: first, up, down, add, last.
  REQUIRE(unit_count(unit_runs(trace)) == 5);
  CHECK(outputs(slices(trace, {0, 1, 5})[0]) == std::vector<std::string>{"first"});
  CHECK(outputs(slices(trace, {0, 2, 5})[0]) == std::vector<std::string>{"up", "first"});
  CHECK(outputs(slices(trace, {0, 3, 5})[0]) == std::vector<std::string>{"down", "first"});
  CHECK(outputs(slices(trace, {0, 4, 5})[0]) == std::vector<std::string>{"add"});
  CHECK(outputs(slices(trace, {0, 4, 5})[1]) == std::vector<std::string>{"last"});
  // A stage hands on what only a later one reads.
  CHECK(outputs(slices(trace, {0, 1, 2, 3, 5})[1]) == std::vector<std::string>{"up", "first"});
}

TEST_CASE("An encoder's memory is handed on to the last decoder layer", "[plan][stages]") {
  const Trace trace = workload::catalog_trace("t5-small");
  const std::vector<UnitRun> runs = unit_runs(trace);
  REQUIRE(trace.repeats.size() == 2);
  const std::int64_t units = unit_count(runs);
  std::int64_t decoder = 0;
  for (const UnitRun& run : runs) {
    if (run.repeat == 1) break;
    decoder += run.count;
  }
  const auto carries_memory = [&](const Trace& part) {
    return std::any_of(part.outputs.begin(), part.outputs.end(), [&](workload::TensorId id) {
      // 512 source tokens against 114 target tokens.
      return part.tensor(id).shape.extent(workload::AxisKind::sequence) == 512;
    });
  };
  const std::vector<Trace> parts = slices(trace, {0, decoder, decoder + 2, decoder + 4, decoder + 6, units});
  CHECK(carries_memory(parts[0]));
  CHECK(carries_memory(parts[1]));
  CHECK(carries_memory(parts[2]));
  CHECK_FALSE(carries_memory(parts[3]));
  CHECK_FALSE(carries_memory(parts[4]));
}

TEST_CASE("What stages keep is together what the model keeps", "[plan][stages]") {
  // A chain: a block's input is kept by the stage that reads it alone.
  const Trace whole = gpt();
  const Recipe mixed = footprint::recipe("mixed");
  const std::int64_t units = unit_count(unit_runs(whole));
  for (const Recompute& recompute : {Recompute::none(), Recompute::selective(), Recompute::full()}) {
    const Bytes kept = footprint::walk(mark_recomputed(whole, recompute), mixed).kept;
    for (std::int64_t cut = 4; cut <= 10; ++cut) {
      Bytes sum{0};
      for (const Trace& part : slices(whole, {0, cut, units}))
        sum += footprint::walk(mark_recomputed(part, recompute), mixed).kept;
      CHECK(sum == kept);
    }
  }
}

TEST_CASE("A stage of one iteration and one that begins inside a repeat are walked alike", "[plan][stages]") {
  const Trace whole = gpt();
  const Recipe mixed = footprint::recipe("mixed");
  const std::vector<UnitRun> runs = unit_runs(whole);
  // Embedding, its sum over devices, positions and dropout stand before the six layers.
  REQUIRE(runs[4].repeat != workload::none);
  const footprint::Life first = footprint::walk(slice(whole, runs, 4, 5), mixed);
  const footprint::Life middle = footprint::walk(slice(whole, runs, 6, 7), mixed);
  CHECK(first.kept == middle.kept);
  CHECK(first.peak == middle.peak);
}
