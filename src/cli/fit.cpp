#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/common.hpp"
#include "cli/plan_report.hpp"

namespace memwall::cli {
namespace {

const Syntax& syntax() {
  static const Syntax syntax{
      "fit",
      "Answers whether a model fits on a system: the valid plan with the most headroom, the bytes of its "
      "fullest device, the "
      "smallest number of devices that fits and, where it does not fit, by how much and what would help. "
      "Exits with 0 for "
      "yes and 1 for no.",
      {{"MODEL", "a workload of the catalog, or the path of a file"},
       {"SYSTEM", "a system or accelerator of the catalog, or the path of a file"}},
      joined({{{"phase", "training|prefill|decode", "what must fit (default: training)"}},
              plan_options(),
              recipe_options(),
              workload_options(),
              format_options()}),
      {"memwall fit gpt-3-175b dgx-a100 --devices 1024", "memwall fit gpt-3-175b dgx-a100 --devices 8",
       "memwall fit vgg-19 v100 --devices 1 --batch 64 --recipe fp32 --optimizer momentum --recompute none",
       "memwall fit llama-3-70b dgx-h100 --phase decode --global-batch 64 --context-length 8192"}};
  return syntax;
}

/// What only a backward pass or an optimizer has, and inference therefore cannot be asked for.
void check_phase(const footprint::Asked& asked, workload::Phase phase) {
  if (phase == workload::Phase::training) return;
  const auto refuse = [](const char* option, const char* what) {
    throw config::BadInput(Values::place(option), fmt::format("{}; inference has none", what));
  };
  if (asked.zero.value_or(0) > 0) refuse("zero", "divides what training remembers");
  if (asked.recompute.value_or(plan::Recompute::none()) != plan::Recompute::none())
    refuse("recompute", "is for a backward pass");
  if (asked.offload.value_or(plan::Offload{}).any()) refuse("offload", "is for what training remembers");
}

/// Optimizers and recipes with fewer bytes than those asked for, for changes that might help: those of them
/// that the catalog has.
void add_alternatives(const Catalogs& catalogs, footprint::FitQuestion& question) {
  const auto in = [](const std::vector<std::string>& ids, const char* name) {
    return std::ranges::find(ids, name) != ids.end();
  };
  for (const char* name : {"adam-8bit", "adafactor", "sgd"}) {
    if (question.model.optimizer.id != name && in(catalogs.recipes.optimizer_ids(), name))
      question.other_optimizers.push_back(catalogs.recipes.optimizer(name));
  }
  for (const char* name : {"mixed", "bf16"}) {
    if (question.model.recipe.id != name && in(catalogs.recipes.recipe_ids(), name))
      question.other_recipes.push_back(catalogs.recipes.recipe(name));
  }
}

Json json_of(const footprint::Fit& fit, const footprint::FitQuestion& question) {
  Json json{{"workload", question.model.workload->id},
            {"system", question.system->id},
            {"phase", workload::to_text(question.model.lowering.phase)},
            {"fits", fit.fits},
            {"devices", fit.plan.devices()}};
  json["plan"] = plan_json(fit.plan, question.model);
  json["footprint_bytes"] = footprint_json(fit.footprint);
  json["stage"] = fit.footprint.stage;
  json["moment"] = fit.footprint.moment;
  json["capacity_bytes"] = number(fit.capacity.value());
  json["headroom_bytes"] = number(fit.headroom().value());
  json["host_bytes"] = number(fit.footprint.node_offloaded.value());
  json["host_capacity_bytes"] = fit.node_capacity ? Json(number(fit.node_capacity->value())) : Json(nullptr);
  json["smallest_devices"] = fit.smallest_devices ? Json(*fit.smallest_devices) : Json(nullptr);
  json["suggestions"] = Json::array();
  for (const footprint::Suggestion& s : fit.suggestions) {
    json["suggestions"].push_back({{"change", s.change},
                                   {"fits", s.fits},
                                   {"headroom_bytes", number(std::floor(s.headroom.value()))},
                                   {"host_short_bytes", number(std::ceil(s.node_short.value()))}});
  }
  json["rules"] = fit.rules;
  json["plans_compared"] = fit.plans;
  return json;
}

results::Table footprint_table(const footprint::Fit& fit) {
  using results::Show;
  results::Table table{"footprint",
                       "",
                       {results::text_column("category", "what the bytes are"),
                        results::real_column("bytes", "B", "on the fullest device, or node", Show::quantity),
                        results::real_column("share", "", "of its capacity", Show::percent)}};
  const auto add = [&](const char* name, Bytes bytes) { table.add_row({name, bytes, bytes / fit.capacity}); };
  add("weights", fit.footprint.weights);
  add("gradients", fit.footprint.gradients);
  add("optimizer", fit.footprint.optimizer);
  add("activations", fit.footprint.activations);
  add("inputs", fit.footprint.inputs);
  if (fit.footprint.cache > Bytes(0)) add("cache", fit.footprint.cache);
  add("workspace", fit.footprint.workspace);
  add("total", fit.footprint.total());
  add("capacity", fit.capacity);
  add("headroom", fit.headroom());
  if (fit.node_capacity) {
    const Bytes node = *fit.node_capacity;
    const Bytes held = fit.footprint.node_offloaded;
    table.add_row({"node total", held, held / node});
    table.add_row({"node capacity", node, 1.0});
    table.add_row({"node headroom", node - held, (node - held) / node});
  }
  return table;
}

/// The category with most bytes.
std::string largest_category(const footprint::Footprint& f) {
  const std::array<std::pair<const char*, Bytes>, 6> all = {{{"weights", f.weights},
                                                             {"gradients", f.gradients},
                                                             {"optimizer states", f.optimizer},
                                                             {"activations", f.activations},
                                                             {"the cache", f.cache},
                                                             {"workspace", f.workspace}}};
  const auto* most = all.data();
  for (const auto& entry : all) {
    if (entry.second > most->second) most = &entry;
  }
  return most->first;
}

std::string smallest_text(const footprint::Fit& fit, const hardware::System& system) {
  if (fit.smallest_devices) return fmt::format("{} devices", *fit.smallest_devices);
  if (system.reach() == 0) return "no number of devices helps";
  return fmt::format("none up to the {} devices that '{}' joins", system.reach(), system.id);
}

std::string answer_text(const footprint::Fit& fit, const footprint::FitQuestion& question) {
  const std::string devices = fmt::format("{} x {}", fit.plan.devices(), question.system->accelerator.name);
  std::string text = fmt::format("{} on {} ({}): {}\n\n", question.model.workload->name,
                                 question.system->name, devices, fit.fits ? "fits" : "does not fit");
  text += "plan      " + plan_text(fit.plan) + "\n";
  if (fit.headroom() >= Bytes(0)) {
    text += fmt::format("headroom  {} of {} on the fullest device (stage {})\n", to_text(fit.headroom()),
                        to_text(fit.capacity), fit.footprint.stage);
  } else {
    text += fmt::format("short by  {} on the fullest device (stage {}); most of it is {}\n",
                        to_text(-fit.headroom()), fit.footprint.stage, largest_category(fit.footprint));
  }
  if (fit.node_capacity) text += "node      " + node_text(fit.footprint, fit.plan, *fit.node_capacity) + "\n";
  text += fmt::format("smallest  {}\n", smallest_text(fit, *question.system));
  if (!fit.footprint.moment.empty()) text += "fullest   " + fit.footprint.moment + "\n";
  return text + "\n";
}

std::string afterword(const footprint::Fit& fit) {
  std::string text;
  if (!fit.suggestions.empty()) text += "\nwhat would help, one change at a time:\n";
  for (const footprint::Suggestion& s : fit.suggestions) {
    const bool room = s.headroom >= Bytes(0);
    text += fmt::format("  {:<41} {} {}", s.change, room ? "fits, headroom" : "still short by",
                        to_text(room ? s.headroom : -s.headroom));
    text += s.node_short > Bytes(0) ? fmt::format(", but the node lacks {}\n", to_text(s.node_short)) : "\n";
  }
  if (!fit.fits && fit.smallest_devices)
    text += fmt::format("  {:<41} fits\n", fmt::format("--devices {}", *fit.smallest_devices));
  text += fmt::format("\nrules ({} plans compared):\n", fit.plans);
  for (const std::string& rule : fit.rules) text += "  - " + rule + "\n";
  return text;
}

}  // namespace

int run_fit(const std::vector<std::string>& arguments) {
  const Values values = parse(syntax(), arguments);
  if (values.help()) return print(help_text(syntax())), exit_yes;
  const Format format = format_of(values);
  const Catalogs catalogs = open_catalogs();
  const workload::Phase phase = whole_phase_of(values);
  const workload::Workload model = catalogs.workloads.workload(values.positional(0), Values::named("MODEL"));
  const Changes changes = changes_of(values, model);
  const hardware::System system =
      catalogs.hardware.system(values.positional(1), changes.hardware, Values::named("SYSTEM"));
  footprint::FitQuestion question;
  question.model = {&model, lowering_of(values, model, changes, phase),
                    catalogs.recipes.recipe(values.text("recipe").value_or("mixed")),
                    catalogs.recipes.optimizer(values.text("optimizer").value_or("adam"))};
  question.system = &system;
  question.asked = asked_of(values);
  check_phase(question.asked, phase);
  question.reserve = values.quantity<Bytes>("reserve");
  add_alternatives(catalogs, question);

  footprint::Fit fit = footprint::fit(question);
  fit.footprint = in_whole_bytes(fit.footprint);
  fit.capacity = Bytes(std::floor(fit.capacity.value()));
  if (format == Format::json) {
    print(json_of(fit, question));
  } else {
    if (format == Format::table) print(answer_text(fit, question));
    print(footprint_table(fit), format);
    if (format == Format::table) print(afterword(fit));
  }
  return fit.fits ? exit_yes : exit_no;
}

}  // namespace memwall::cli
