#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/command.hpp"
#include "cli/common.hpp"
#include "memwall/study/study.hpp"
#include "memwall/workload/counts.hpp"

namespace memwall::cli {
namespace {

const std::vector<std::string> kinds = {"workloads", "accelerators", "systems",
                                        "recipes",   "optimizers",   "studies"};

const Syntax& syntax() {
  static const Syntax syntax{
      "list",
      "Lists what the catalog holds.",
      {{"KIND", fmt::format("one of {}", fmt::join(kinds, ", "))}},
      format_options(),
      {"memwall list workloads", "memwall list accelerators --format csv", "memwall list studies"}};
  return syntax;
}

using results::Show;

results::Table workloads(const Catalogs& catalogs) {
  results::Table table{
      "workloads",
      "",
      {results::text_column("id", "what commands call it"), results::text_column("name", "in full"),
       results::text_column("domain", "vision, language ..."), results::text_column("released", "date"),
       results::real_column("parameters", "", "computed from its layers"),
       results::text_column("published", "parameters as published")}};
  for (const std::string& id : catalogs.workloads.ids()) {
    const workload::Workload model = catalogs.workloads.workload(id);
    const workload::Counts counts = workload::count(workload::lower(model, {}));
    table.add_row(
        {id, model.name, model.domain, model.released, counts.parameters, model.published_parameters});
  }
  return table;
}

/// The highest peak of a unit, in any format.
std::string best_peak(const hardware::Accelerator& device, hardware::Unit unit, hardware::Format format) {
  const auto* peak = device.peak(unit, format);
  return peak == nullptr ? "" : to_text(peak->value);
}

results::Table accelerators(const Catalogs& catalogs) {
  results::Table table{
      "accelerators",
      "",
      {results::text_column("id", "what commands call it"), results::text_column("name", "in full"),
       results::text_column("aliases", "short names"), results::text_column("released", "date"),
       results::text_column("matrix_bf16", "peak of the matrix unit"),
       results::text_column("vector_fp32", "peak of the vector unit"),
       results::text_column("memory", "main memory"), results::text_column("bandwidth", "of main memory")}};
  for (const hardware::Accelerator& device : catalogs.hardware.all_accelerators()) {
    const hardware::MemoryLevel& memory = device.main_memory();
    std::string matrix = best_peak(device, hardware::Unit::matrix, hardware::Format::bf16);
    if (matrix.empty()) matrix = best_peak(device, hardware::Unit::matrix, hardware::Format::fp16);
    table.add_row(
        {device.id, device.name, fmt::format("{}", fmt::join(device.aliases, ", ")), device.released, matrix,
         best_peak(device, hardware::Unit::vector, hardware::Format::fp32),
         memory.capacity ? to_text(memory.capacity->value) + " " + memory.technology : memory.technology,
         memory.bandwidth ? to_text(memory.bandwidth->value) : ""});
  }
  table.columns[4].heading = "matrix bf16/fp16";
  return table;
}

results::Table systems(const Catalogs& catalogs) {
  results::Table table{
      "systems",
      "",
      {results::text_column("id", "what commands call it"), results::text_column("name", "in full"),
       results::text_column("accelerator", "its devices"),
       results::integer_column("devices_a_node", "", "devices in a node", Show::plain),
       results::text_column("tiers", "networks, innermost first")}};
  for (const hardware::System& system : catalogs.hardware.all_systems()) {
    std::vector<std::string> tiers;
    for (const hardware::Tier& tier : system.tiers) {
      tiers.push_back(fmt::format("{} {}{}", tier.name, to_text(tier.bandwidth.value),
                                  tier.size > 0 ? fmt::format(" x {}", tier.size) : ""));
    }
    table.add_row({system.id, system.name, system.accelerator.id, system.node.devices,
                   fmt::format("{}", fmt::join(tiers, ", "))});
  }
  return table;
}

std::string shown(Bytes bytes) { return fmt::format("{:g}", bytes.value()); }

results::Table recipes(const Catalogs& catalogs) {
  results::Table table{
      "recipes",
      "",
      {results::text_column("id", "what commands call it"), results::text_column("name", "in full"),
       results::text_column("weight", "bytes an element"),
       results::text_column("activation", "bytes an element"),
       results::text_column("gradient", "bytes an element"),
       results::text_column("master", "bytes an element")}};
  for (const std::string& id : catalogs.recipes.recipe_ids()) {
    const plan::Recipe recipe = catalogs.recipes.recipe(id);
    table.add_row({id, recipe.name, shown(recipe.weight), shown(recipe.activation), shown(recipe.gradient),
                   shown(recipe.master)});
  }
  return table;
}

results::Table optimizers(const Catalogs& catalogs) {
  results::Table table{
      "optimizers",
      "",
      {results::text_column("id", "what commands call it"), results::text_column("name", "in full"),
       results::text_column("states", "bytes a parameter")}};
  for (const std::string& id : catalogs.recipes.optimizer_ids()) {
    const plan::Optimizer optimizer = catalogs.recipes.optimizer(id);
    std::vector<std::string> states;
    for (const plan::OptimizerState& state : optimizer.states)
      states.push_back(fmt::format("{} {} B{}", state.name, shown(state.bytes),
                                   state.factored   ? " a row and column"
                                   : state.row_wise ? " a row"
                                                    : ""));
    table.add_row({id, optimizer.name, fmt::format("{}", fmt::join(states, ", "))});
  }
  return table;
}

/// A study of trends has no grid, and for a reader no points rather than none of them.
results::Table studies(Format format) {
  const bool read = format == Format::table;
  results::Table table{
      "studies",
      "",
      {results::text_column("id", "what commands call it"), results::text_column("name", "in full"),
       results::text_column("subject", "what it works out: grid or trends"),
       read ? results::real_column("points", "", "of its grid")
            : results::integer_column("points", "", "of its grid", Show::plain)}};
  for (const std::string& id : study_ids()) {
    const study::Study study = study::read_study(study_file(id));
    const bool none = read && study.trends;
    table.add_row({id, study.name, study.trends ? "trends" : "grid",
                   none ? results::Cell(std::numeric_limits<double>::quiet_NaN()) : study.points()});
  }
  return table;
}

}  // namespace

int run_list(const std::vector<std::string>& arguments) {
  const Values values = parse(syntax(), arguments);
  if (values.help()) return print(help_text(syntax())), exit_yes;
  const std::string kind = values.positional(0);
  if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
    throw config::BadInput(Values::named("KIND"), fmt::format("'{}' is no kind of thing; expected one of {}",
                                                              kind, fmt::join(kinds, ", ")));
  }
  const Format format = format_of(values);
  const Catalogs catalogs = open_catalogs();
  if (kind == "workloads") print(workloads(catalogs), format);
  if (kind == "accelerators") print(accelerators(catalogs), format);
  if (kind == "systems") print(systems(catalogs), format);
  if (kind == "recipes") print(recipes(catalogs), format);
  if (kind == "optimizers") print(optimizers(catalogs), format);
  if (kind == "studies") print(studies(format), format);
  return exit_yes;
}

}  // namespace memwall::cli
