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
      "system's figures, each "
      "with its provenance and source.",
      {{"NAME", "a workload, accelerator or system, or the path of a file"}},
      joined({{{"set", "KEY=VALUE", "a change, as often as you like: memory.HBM.bandwidth=2x, or layers=48",
                Option::Kind::many}},
              format_options()}),
      {"memwall show nvidia-h100-sxm", "memwall show dgx-a100", "memwall show gpt-3-175b --set layers=48"}};
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

bool contains(const std::vector<std::string>& all, const std::string& name) {
  return std::find(all.begin(), all.end(), name) != all.end();
}

}  // namespace

int run_show(const std::vector<std::string>& arguments) {
  const Values values = parse(syntax(), arguments);
  if (values.help()) return print(help_text(syntax())), exit_yes;
  const Format format = format_of(values);
  const Catalogs catalogs = open_catalogs();
  const Changes changes = changes_of(values);
  const std::string name = values.positional(0);
  const config::Location asked_at{name, 0, 0};
  const bool is_path = name.ends_with(".yaml") || name.find('/') != std::string::npos;

  if (is_path ? config::read_yaml(name).find("layers") != nullptr
              : contains(catalogs.workloads.ids(), name)) {
    print(workload_facts(catalogs.workloads.workload(name), changes), format);
    return exit_yes;
  }
  const auto& aliases = catalogs.hardware.aliases();
  const auto alias = aliases.find(name);
  const std::string id = alias == aliases.end() ? name : alias->second;
  const std::vector<std::string> systems = catalogs.hardware.system_ids();
  const std::vector<std::string> devices = catalogs.hardware.accelerator_ids();
  if (contains(systems, id) ||
      (is_path && !contains(devices, id) && config::read_yaml(name).find("tiers") != nullptr)) {
    print(system_facts(catalogs.hardware.system(name, changes.hardware, asked_at)), format);
    return exit_yes;
  }
  if (!is_path && !contains(devices, id)) {
    std::vector<std::string> known = catalogs.workloads.ids();
    known.insert(known.end(), systems.begin(), systems.end());
    known.insert(known.end(), devices.begin(), devices.end());
    for (const auto& [short_name, target] : aliases) known.push_back(short_name);
    throw config::BadInput({"memwall show", 0, 0}, fmt::format("nothing in the catalog is named '{}'{}", name,
                                                               config::suggestion(name, known)));
  }
  print(device_facts(catalogs.hardware.accelerator(name, changes.hardware, asked_at)), format);
  return exit_yes;
}

}  // namespace memwall::cli
