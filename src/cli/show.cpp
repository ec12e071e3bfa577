#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/command.hpp"
#include "cli/common.hpp"
#include "memwall/config/suggest.hpp"
#include "memwall/roofline/machine.hpp"
#include "memwall/workload/counts.hpp"

namespace memwall::cli {
namespace {

const Syntax& syntax() {
  static const Syntax syntax{
      "show",
      "Shows one thing of the catalog in full: a workload's facts, dimensions and counts; a device's or "
      "system's figures, each with its provenance and source; the bytes of a recipe or an optimizer.",
      {{"NAME", "a workload, accelerator, system, recipe or optimizer, or the path of a file"}},
      joined({{{"set", "KEY=VALUE", "a change, as often as you like: memory.HBM.bandwidth=2x, or layers=48",
                Option::Kind::many}},
              format_options()}),
      {"memwall show nvidia-h100-sxm", "memwall show dgx-a100", "memwall show gpt-3-175b --set layers=48",
       "memwall show mixed"}};
  return syntax;
}

using results::Show;

results::Table facts(std::string name, std::string title) {
  return {std::move(name),
          std::move(title),
          {results::text_column("fact", "what it is"), results::text_column("value", "with its unit"),
           results::text_column("provenance", "how it is known"),
           results::text_column("source", "where it is published")}};
}

template <class Q>
void add(results::Table& table, const std::string& what, const std::optional<hardware::Figure<Q>>& figure) {
  if (figure)
    table.add_row({what, to_text(figure->value), hardware::name_of(figure->provenance), figure->source});
}

void add_text(results::Table& table, const std::string& what, const std::string& value) {
  if (!value.empty()) table.add_row({what, value, "", ""});
}

void add_device(results::Table& table, const hardware::Accelerator& device) {
  add_text(table, "accelerator", fmt::format("{} ({})", device.name, device.id));
  add_text(table, "aliases", fmt::format("{}", fmt::join(device.aliases, ", ")));
  add_text(table, "released", device.released);
  for (const hardware::Format format : hardware::all_formats) {
    for (const hardware::Unit unit : {hardware::Unit::matrix, hardware::Unit::vector}) {
      const auto* peak = device.peak(unit, format);
      if (peak != nullptr)
        add(table, fmt::format("compute.{}.{}", hardware::name_of(unit), hardware::name_of(format)),
            std::optional(*peak));
    }
  }
  if (device.units)
    add_text(table, "units", fmt::format("{} {}", device.units->count.value, device.units->name));
  for (const hardware::MemoryLevel& level : device.levels) {
    const std::string per = level.per_unit ? " a unit" : "";
    const std::string name = fmt::format("memory.{}", level.name);
    add(table, name + ".capacity" + per, level.capacity);
    add(table, name + ".bandwidth" + per, level.bandwidth);
    if (!level.bandwidth) add_text(table, name + ".bandwidth" + per, "unknown: this level is no resource");
  }
  add(table, "reserve", device.reserve);
  add(table, "context", device.context);
  if (const auto usable = device.usable_memory()) add_text(table, "usable memory", to_text(*usable));
  if (device.link)
    add(table, "link.bandwidth (" + device.link->name + ")", std::optional(device.link->bandwidth));
  if (device.host) add(table, "host.bandwidth (" + device.host->name + ")", device.host->bandwidth);
  add(table, "power", device.power);
  add(table, "price", device.price);
  for (const roofline::Ridge& ridge : roofline::ridges(device)) {
    add_text(table,
             fmt::format("ridge {} {} / {}", hardware::name_of(ridge.unit), hardware::name_of(ridge.format),
                         ridge.level),
             to_text(ridge.intensity));
  }
  add_text(table, "notes", device.notes);
}

results::Table device_facts(const hardware::Accelerator& device) {
  results::Table table = facts("accelerator", "");
  add_device(table, device);
  return table;
}

results::Table system_facts(const hardware::System& system) {
  results::Table table = facts("system", "");
  add_text(table, "system", fmt::format("{} ({})", system.name, system.id));
  add_text(table, "released", system.released);
  add_text(table, "devices a node", fmt::format("{}", system.node.devices));
  for (const hardware::Tier& tier : system.tiers) {
    add_text(table, "tiers." + tier.name,
             fmt::format("{}{}", hardware::name_of(tier.topology),
                         tier.size > 0 ? fmt::format(", {} devices", tier.size) : ", no limit"));
    add(table, "tiers." + tier.name + ".bandwidth", std::optional(tier.bandwidth));
    add(table, "tiers." + tier.name + ".latency", tier.latency);
  }
  add(table, "node.memory", system.node.memory);
  add(table, "node.link_bandwidth", system.node.link_bandwidth);
  add_text(table, "node.storage", system.node.storage.drives);
  add(table, "node.storage.capacity", system.node.storage.capacity);
  add(table, "node.storage.bandwidth", system.node.storage.bandwidth);
  add(table, "node.storage.write_bandwidth", system.node.storage.write_bandwidth);
  add_text(table, "notes", system.notes);
  add_device(table, system.accelerator);
  return table;
}

results::Table workload_facts(const workload::Workload& model, const Changes& changes) {
  workload::LoweringOptions options;
  options.dimensions = changes.dimensions;
  const workload::Counts counts = workload::count(workload::lower(model, options));
  results::Table table = facts("workload", "");
  table.columns.resize(2);
  const auto add_row = [&](const std::string& what, const std::string& value) {
    if (!value.empty()) table.add_row({what, value});
  };
  add_row("workload", fmt::format("{} ({})", model.name, model.id));
  add_row("domain", model.domain);
  add_row("released", model.released);
  add_row("source", model.source);
  add_row("parameters", count_text(counts.parameters));
  add_row("published", model.published_parameters);
  add_row("features a sample", count_text(counts.features));
  add_row("forward a sample", to_text(counts.forward_flops) + " (without heads)");
  add_row("heads", to_text(counts.head_flops));
  for (const auto& [name, value] : workload::dimension_values(model, options))
    add_row("dimension " + name, fmt::format("{:g}", value));
  const auto fact = [&](const char* what, const std::optional<double>& value) {
    if (value) add_row(fmt::format("training {}", what), fmt::format("{:g}", *value));
  };
  fact("batch", model.training.batch);
  fact("device batch", model.training.device_batch);
  fact("samples", model.training.samples);
  fact("tokens", model.training.tokens);
  fact("epochs", model.training.epochs);
  add_row("training optimizer", model.training.optimizer);
  add_row("training recipe", model.training.recipe);
  add_row("notes", model.notes);
  return table;
}

std::string joined_formats(const std::vector<hardware::Format>& formats) {
  return hardware::joined_names(formats) + (formats.size() > 1 ? " (the first that a device has)" : "");
}

std::string bytes_each(Bytes bytes) {
  return bytes > Bytes(0) ? fmt::format("{:g} B", bytes.value()) : std::string("none");
}

/// What the recipe's framework holds beside tensors, where the file says so.
void add_framework_facts(const plan::Recipe& recipe, results::Table& table) {
  const auto add = [&](const char* what, Bytes bytes) {
    if (bytes > Bytes(0)) table.add_row({what, bytes < Bytes(1024) ? bytes_each(bytes) : to_text(bytes)});
  };
  const auto add_number = [&](const char* what, double value) {
    if (value > 0) table.add_row({what, fmt::format("{:g}", value)});
  };
  add("gathered under ZeRO 1 and 2", recipe.gathered_whole);
  add("and of a device's share", recipe.gathered_share);
  add_number("sequence buffers", recipe.sequence_buffers);
  add("copy of a logit", recipe.loss_copy);
  add("workspace of libraries", recipe.library_workspace);
  add_number("holes for each byte kept", recipe.allocator_overhead);
}

results::Table recipe_facts(const plan::Recipe& recipe) {
  results::Table table = facts("recipe", "");
  table.columns.resize(2);
  table.add_row({"recipe", fmt::format("{} ({})", recipe.name, recipe.id)});
  table.add_row({"products in", joined_formats(recipe.matrix)});
  table.add_row({"element-wise work in", joined_formats(recipe.vector)});
  table.add_row({"an activation", bytes_each(recipe.activation)});
  table.add_row({"a weight", bytes_each(recipe.weight)});
  table.add_row({"its gradient", bytes_each(recipe.gradient)});
  table.add_row({"its master copy", bytes_each(recipe.master)});
  table.add_row({"more under data parallelism", bytes_each(recipe.gradient_bucket)});
  add_framework_facts(recipe, table);
  table.add_row({"source", recipe.source});
  return table;
}

results::Table optimizer_facts(const plan::Optimizer& optimizer) {
  results::Table table = facts("optimizer", "");
  table.columns.resize(2);
  table.add_row({"optimizer", fmt::format("{} ({})", optimizer.name, optimizer.id)});
  for (const plan::OptimizerState& state : optimizer.states) {
    const char* each = state.factored   ? " a row and column of each matrix"
                       : state.row_wise ? " a row of tables with sparse gradients, a parameter elsewhere"
                                        : " a parameter";
    table.add_row({"state " + state.name, bytes_each(state.bytes) + each});
  }
  table.add_row({"update", fmt::format("{:g} FLOP a parameter", optimizer.flops_per_parameter)});
  table.add_row({"source", optimizer.source});
  return table;
}

bool contains(const std::vector<std::string>& all, const std::string& name) {
  return std::ranges::find(all, name) != all.end();
}

enum class Kind { workload, system, accelerator, recipe, optimizer };

/// What a file describes, from the keys that only its kind has; one that only extends another is of its kind.
Kind kind_of_file(const Catalogs& catalogs, const std::string& path) {
  const config::Node tree = config::read_yaml(path);
  const auto has = [&](std::initializer_list<const char*> keys) {
    return std::ranges::any_of(keys, [&](const char* key) { return tree.find(key) != nullptr; });
  };
  if (has({"layers", "dimensions", "inputs", "blocks", "domain"})) return Kind::workload;
  if (has({"tiers", "node", "accelerator"})) return Kind::system;
  if (has({"matrix", "activation"})) return Kind::recipe;
  if (has({"states", "flops_per_parameter"})) return Kind::optimizer;
  if (const config::Node* base = tree.find("extends"); base != nullptr) {
    if (contains(catalogs.workloads.ids(), base->text)) return Kind::workload;
    if (contains(catalogs.hardware.system_ids(), base->text)) return Kind::system;
  }
  return Kind::accelerator;
}

/// What the catalog calls so. Throws BadInput with the nearest name where nothing is.
Kind kind_of_name(const Catalogs& catalogs, const std::string& name) {
  const auto& aliases = catalogs.hardware.aliases();
  const auto alias = aliases.find(name);
  const std::string id = alias == aliases.end() ? name : alias->second;
  const std::vector<std::pair<Kind, std::vector<std::string>>> all = {
      {Kind::workload, catalogs.workloads.ids()},
      {Kind::system, catalogs.hardware.system_ids()},
      {Kind::accelerator, catalogs.hardware.accelerator_ids()},
      {Kind::recipe, catalogs.recipes.recipe_ids()},
      {Kind::optimizer, catalogs.recipes.optimizer_ids()},
  };
  std::vector<std::string> known;
  for (const auto& [kind, ids] : all) {
    if (contains(ids, id)) return kind;
    known.insert(known.end(), ids.begin(), ids.end());
  }
  for (const auto& [short_name, target] : aliases) known.push_back(short_name);
  throw config::BadInput(Values::named("NAME"), fmt::format("nothing in the catalog is named '{}'{}", name,
                                                            config::suggestion(name, known)));
}

void refuse_changes(const Values& values, std::string_view what) {
  if (values.has("set"))
    throw config::BadInput(Values::place("set"),
                           fmt::format("changes hardware or a workload, and this is {}", what));
}

results::Table facts_of(const Catalogs& catalogs, Kind kind, const std::string& name, const Values& values) {
  const config::Location at = Values::named("NAME");
  switch (kind) {
    case Kind::workload: {
      const workload::Workload model = catalogs.workloads.workload(name, at);
      const Changes changes = changes_of(values, model);
      refuse_hardware_changes(changes);
      return workload_facts(model, changes);
    }
    case Kind::system:
      return system_facts(catalogs.hardware.system(name, hardware_changes_of(values), at));
    case Kind::accelerator:
      return device_facts(catalogs.hardware.accelerator(name, hardware_changes_of(values), at));
    case Kind::recipe:
      refuse_changes(values, "a recipe");
      return recipe_facts(catalogs.recipes.recipe(name, at));
    case Kind::optimizer:
      refuse_changes(values, "an optimizer");
      return optimizer_facts(catalogs.recipes.optimizer(name, at));
  }
  return facts("nothing", "");
}

/// The table with its long texts, which would make a column as wide as themselves, wrapped below it: a long
/// value under its fact's name, a long source under a number.
void print_readably(const results::Table& table) {
  constexpr std::size_t longest = 60;
  const auto text = [&](std::size_t column, std::size_t row) -> const std::string& {
    return std::get<std::vector<std::string>>(table.columns[column].values)[row];
  };
  results::Table narrow = table.schema();
  std::string below;
  std::vector<std::string> sources;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    if (text(1, row).size() > longest) {
      below += "\n" + text(0, row) + ":\n  " + wrapped(text(1, row), 2) + "\n";
      continue;
    }
    std::vector<results::Cell> cells;
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
      if (text(column, row).size() <= longest) {
        cells.emplace_back(text(column, row));
        continue;
      }
      auto known = std::ranges::find(sources, text(column, row));
      if (known == sources.end()) known = sources.insert(known, text(column, row));
      cells.emplace_back(fmt::format("[{}]", known - sources.begin() + 1));
    }
    narrow.add_row(cells);
  }
  print(narrow, Format::table);
  print(below);
  for (std::size_t i = 0; i < sources.size(); ++i)
    print(fmt::format("\n[{}] {}\n", i + 1, wrapped(sources[i], 4)));
}

}  // namespace

int run_show(const std::vector<std::string>& arguments) {
  const Values values = parse(syntax(), arguments);
  if (values.help()) return print(help_text(syntax())), exit_yes;
  const Format format = format_of(values);
  const Catalogs catalogs = open_catalogs();
  const std::string name = values.positional(0);
  const bool is_path = name.ends_with(".yaml") || name.find('/') != std::string::npos;
  const Kind kind = is_path ? kind_of_file(catalogs, name) : kind_of_name(catalogs, name);
  const results::Table table = facts_of(catalogs, kind, name, values);
  format == Format::table ? print_readably(table) : print(table, format);
  return exit_yes;
}

}  // namespace memwall::cli
