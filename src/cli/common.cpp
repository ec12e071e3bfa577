#include "cli/common.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>

#include "memwall/hardware/catalog_root.hpp"
#include "memwall/results/csv.hpp"
#include "memwall/results/json.hpp"
#include "memwall/results/text.hpp"

namespace memwall::cli {

Catalogs open_catalogs() {
  const std::vector<std::filesystem::path> roots = hardware::catalog_roots();
  return {hardware::Catalog(roots), workload::Library(roots), plan::RecipeBook(roots)};
}

std::vector<Option> format_options() {
  return {{"format", "table|json|csv", "how to print the answer (default: table)"}};
}

std::vector<Option> workload_options() {
  return {
      {"batch", "B", "samples that one device works on at a time (default: 1)"},
      {"sequence", "S", "tokens of each sequence (default: the workload's own)"},
      {"context-length", "S", "tokens that a decode step finds in the cache (default: the sequence)"},
      {"dropout", "P", "probability that the dimension 'dropout' is set to (default: the workload's own)"},
      {"attention", "standard|flash",
       "separate scores, softmax and context, or one kernel (default: standard)"},
      {"fuse", "none|elementwise", "whether element-wise operators join the one before (default: none)"},
      {"set", "KEY=VALUE",
       "a change, as often as you like: a figure of the hardware (memory.HBM.bandwidth=2x, "
       "compute.matrix.bf16=1.5 PFLOP/s, memory.HBM.capacity=+40 GiB) or a dimension of the workload "
       "(layers=48)",
       Option::Kind::many},
  };
}

std::vector<Option> recipe_options() {
  return {{"recipe", "NAME", "number formats: a file of recipes/ (default: mixed)"},
          {"optimizer", "NAME", "what the optimizer remembers: a file of optimizers/ (default: adam)"}};
}

std::vector<Option> plan_options() {
  using Kind = Option::Kind;
  return {
      {"devices", "N", "number of devices (default: the smallest that fits)"},
      {"data", "N", "data parallelism (default: open)", Kind::value, "dp"},
      {"tensor", "N", "tensor parallelism (default: open)", Kind::value, "tp"},
      {"pipeline", "N", "pipeline stages (default: open)", Kind::value, "pp"},
      {"context", "N", "context parallelism: the sequence divided (default: 1)", Kind::value, "cp"},
      {"expert", "N", "expert parallelism, inside data parallelism (default: open)", Kind::value, "ep"},
      {"sequence-parallel", "on|off", "sequence parallelism between tensor-parallel regions (default: open)",
       Kind::flag},
      {"zero", "0..3", "ZeRO stage: what data parallelism divides (default: open)"},
      {"micro-batch", "B", "samples of one pass on one replica (default: 1; --batch is the same)"},
      {"global-batch", "B", "samples of one step on all replicas (default: the workload's own)"},
      {"recompute", "none|selective|full", "what the backward pass runs again (default: open)"},
      {"interleave", "N", "chunks of the model on each pipeline stage (default: 1)"},
      {"schedule", "1f1b|gpipe", "order of forward and backward passes (default: 1f1b)"},
      {"reserve", "BYTES", "memory of a device that the runtime keeps (default: the catalog's figure)"},
  };
}

std::vector<Option> joined(std::initializer_list<std::vector<Option>> groups) {
  std::vector<Option> all;
  for (const auto& group : groups) all.insert(all.end(), group.begin(), group.end());
  return all;
}

Format format_of(const Values& values) {
  const std::string word = values.choice("format", {"table", "json", "csv"}).value_or("table");
  return word == "json" ? Format::json : word == "csv" ? Format::csv : Format::table;
}

Changes changes_of(const Values& values) {
  Changes changes;
  for (const std::string& text : values.texts("set")) {
    const hardware::Change change = hardware::parse_change(text, {"--set " + text, 0, 0});
    const bool of_hardware = change.path.find('.') != std::string::npos || change.path == "compute";
    if (of_hardware) {
      changes.hardware.push_back(change);
    } else {
      changes.dimensions.push_back({change.path, config::make_scalar(change.text, change.where)});
    }
  }
  return changes;
}

workload::LoweringOptions lowering_of(const Values& values, const workload::Workload& workload,
                                      const Changes& changes, workload::Phase phase) {
  workload::LoweringOptions options;
  options.phase = phase;
  options.batch = values.count("batch").value_or(1);
  options.context_length = values.count("context-length", 0);
  options.flash_attention = values.choice("attention", {"standard", "flash"}) == "flash";
  options.fuse_elementwise = values.choice("fuse", {"none", "elementwise"}) == "elementwise";
  options.dimensions = changes.dimensions;
  for (const char* name : {"sequence", "dropout"}) {
    const auto given = values.text(name);
    if (!given) continue;
    if (workload.dimensions.find(name) == nullptr) {
      throw config::BadInput(Values::place(name),
                             fmt::format("workload '{}' has no dimension '{}'", workload.id, name));
    }
    options.dimensions.push_back({name, config::make_scalar(*given, Values::place(name))});
  }
  return options;
}

PhaseChoice phase_of(const Values& values) {
  using roofline::Pass;
  const std::string word =
      values.choice("phase", {"training", "forward", "backward", "optimizer", "prefill", "decode"})
          .value_or("training");
  if (word == "prefill") return {workload::Phase::prefill, {}, word};
  if (word == "decode") return {workload::Phase::decode, {}, word};
  if (word == "forward") return {workload::Phase::training, {Pass::forward}, word};
  if (word == "backward") return {workload::Phase::training, {Pass::backward}, word};
  if (word == "optimizer") return {workload::Phase::training, {Pass::optimizer}, word};
  return {workload::Phase::training, {}, word};
}

Priced price(const Catalogs& catalogs, const Values& values) {
  const Changes changes = changes_of(values);
  Priced priced;
  priced.phase = phase_of(values);
  priced.workload = catalogs.workloads.workload(values.positional(0));
  priced.device =
      catalogs.hardware.accelerator(values.positional(1), changes.hardware, {values.positional(1), 0, 0});
  priced.recipe = catalogs.recipes.recipe(values.text("recipe").value_or("mixed"));
  priced.optimizer = catalogs.recipes.optimizer(values.text("optimizer").value_or("adam"));
  priced.lowering = lowering_of(values, priced.workload, changes, priced.phase.phase);
  priced.trace = workload::lower(priced.workload, priced.lowering);
  const auto fusion =
      priced.lowering.fuse_elementwise ? roofline::Fusion::elementwise : roofline::Fusion::none;
  std::vector<roofline::Kernel> kernels =
      roofline::phase_kernels(priced.trace, priced.recipe, &priced.optimizer, fusion);
  const auto& passes = priced.phase.passes;
  if (!passes.empty()) {
    std::erase_if(kernels, [&](const roofline::Kernel& kernel) {
      return std::find(passes.begin(), passes.end(), kernel.pass) == passes.end();
    });
  }
  priced.roofline = roofline::roofline(roofline::make_machine(priced.device, priced.recipe),
                                       priced.phase.phase, std::move(kernels));
  return priced;
}

void print(const std::string& text) {
  // A reader that has seen enough (head) closes the pipe; that is no mistake worth a message.
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void print(const results::Table& table, Format format) {
  switch (format) {
    case Format::table:
      print(results::to_text(table));
      break;
    case Format::json:
      print(results::to_json(table));
      break;
    case Format::csv:
      print(results::to_csv(table));
      break;
  }
}

void print(const Json& json) { print(json.dump(2) + "\n"); }

Json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  if (std::floor(value) == value && std::fabs(value) <= largest_exact_count)
    return static_cast<std::int64_t>(value);
  return value;
}

}  // namespace memwall::cli
