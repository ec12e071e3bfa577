#include <cmath>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/common.hpp"

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

footprint::Asked asked_of(const Values& values) {
  footprint::Asked asked;
  asked.devices = values.count("devices");
  asked.data = values.count("data");
  asked.tensor = values.count("tensor");
  asked.pipeline = values.count("pipeline");
  asked.context = values.count("context");
  asked.expert = values.count("expert");
  asked.sequence_parallel = values.on_off("sequence-parallel");
  if (const auto zero = values.choice("zero", {"0", "1", "2", "3"})) asked.zero = zero->front() - '0';
  asked.micro_batch = values.count("micro-batch");
  if (const auto batch = values.count("batch")) {
    if (asked.micro_batch && *asked.micro_batch != *batch)
      throw config::BadInput(Values::place("batch"), "is the same as --micro-batch, which is given too");
    asked.micro_batch = batch;
  }
  asked.global_batch = values.count("global-batch");
  if (const auto name = values.choice("recompute", plan::recompute_names()))
    asked.recompute = plan::recompute_named(*name);
  asked.interleave = values.count("interleave");
  if (const auto name = values.choice("schedule", plan::schedule_names()))
    asked.schedule = plan::schedule_named(*name);
  double devices = 1;
  for (const auto& degree : {asked.data, asked.tensor, asked.pipeline, asked.context})
    devices *= static_cast<double>(degree.value_or(1));
  if (devices > largest_exact_count)
    throw config::BadInput({"memwall fit", 0, 0},
                           fmt::format("data x tensor x pipeline x context are {:g} devices", devices));
  return asked;
}

/// What only a backward pass or an optimizer has, and inference therefore cannot be asked for.
void check_phase(const footprint::Asked& asked, workload::Phase phase) {
  if (phase == workload::Phase::training) return;
  const auto refuse = [](const char* option, const char* what) {
    throw config::BadInput(Values::place(option), fmt::format("{}; inference has none", what));
  };
  if (asked.zero.value_or(0) > 0) refuse("zero", "divides what training remembers");
  if (asked.recompute.value_or(plan::Recompute::none) != plan::Recompute::none)
    refuse("recompute", "is for a backward pass");
}

/// Optimizers and recipes with fewer bytes than those asked for, for changes that might help.
void add_alternatives(const Catalogs& catalogs, footprint::FitQuestion& question) {
  for (const char* name : {"adam-8bit", "adafactor", "sgd"}) {
    if (question.model.optimizer.id != name)
      question.other_optimizers.push_back(catalogs.recipes.optimizer(name));
  }
  for (const char* name : {"mixed", "bf16"}) {
    if (question.model.recipe.id != name) question.other_recipes.push_back(catalogs.recipes.recipe(name));
  }
}

Json plan_json(const plan::Plan& plan, const Values& values, const footprint::FitQuestion& question) {
  return {{"devices", plan.devices()},
          {"data", plan.data},
          {"tensor", plan.tensor},
          {"pipeline", plan.pipeline},
          {"context", plan.context},
          {"expert", plan.expert},
          {"sequence_parallel", plan.sequence_parallel},
          {"zero", plan.zero},
          {"micro_batch", plan.micro_batch},
          {"global_batch", plan.global_batch},
          {"recompute", plan::to_text(plan.recompute)},
          {"interleave", plan.interleave},
          {"schedule", plan::to_text(plan.schedule)},
          {"recipe", question.model.recipe.id},
          {"optimizer", question.model.optimizer.id},
          {"attention", values.text("attention").value_or("standard")},
          {"fuse", values.text("fuse").value_or("none")}};
}

/// Every category in whole bytes; the total is their sum.
footprint::Footprint in_whole_bytes(footprint::Footprint f) {
  for (Bytes* bytes :
       {&f.weights, &f.gradients, &f.optimizer, &f.activations, &f.inputs, &f.cache, &f.workspace})
    *bytes = Bytes(whole(*bytes));
  if (f.total().value() > largest_exact_count)
    throw config::BadInput({"memwall fit", 0, 0}, "a device would hold more than 2^53 bytes");
  return f;
}

Json footprint_json(const footprint::Footprint& f) {
  return {{"weights", number(f.weights.value())},     {"gradients", number(f.gradients.value())},
          {"optimizer", number(f.optimizer.value())}, {"activations", number(f.activations.value())},
          {"inputs", number(f.inputs.value())},       {"cache", number(f.cache.value())},
          {"workspace", number(f.workspace.value())}, {"total", number(f.total().value())}};
}

Json json_of(const footprint::Fit& fit, const Values& values, const footprint::FitQuestion& question) {
  Json json{{"workload", question.model.workload->id},
            {"system", question.system->id},
            {"phase", workload::to_text(question.model.lowering.phase)},
            {"fits", fit.fits},
            {"devices", fit.plan.devices()}};
  json["plan"] = plan_json(fit.plan, values, question);
  json["footprint_bytes"] = footprint_json(fit.footprint);
  json["stage"] = fit.footprint.stage;
  json["moment"] = fit.footprint.moment;
  json["capacity_bytes"] = number(fit.capacity.value());
  json["headroom_bytes"] = number(fit.headroom().value());
  json["smallest_devices"] = fit.smallest_devices ? Json(*fit.smallest_devices) : Json(nullptr);
  json["suggestions"] = Json::array();
  for (const footprint::Suggestion& s : fit.suggestions) {
    json["suggestions"].push_back(
        {{"change", s.change}, {"fits", s.fits}, {"headroom_bytes", number(std::floor(s.headroom.value()))}});
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
                        results::real_column("bytes", "B", "on the fullest device", Show::quantity),
                        results::real_column("share", "", "of the capacity", Show::percent)}};
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
  return table;
}

std::string plan_text(const plan::Plan& plan) {
  std::string text = fmt::format("data {} x tensor {} x pipeline {}", plan.data, plan.tensor, plan.pipeline);
  if (plan.context > 1) text += fmt::format(" x context {}", plan.context);
  if (plan.expert > 1) text += fmt::format(", expert {}", plan.expert);
  if (plan.sequence_parallel) text += ", sequence parallel";
  text += fmt::format(", zero {}, recompute {}, micro-batch {}, global batch {}", plan.zero,
                      plan::to_text(plan.recompute), plan.micro_batch, plan.global_batch);
  if (plan.interleave > 1) text += fmt::format(", interleave {}", plan.interleave);
  if (plan.pipeline > 1) text += fmt::format(", {}", plan::to_text(plan.schedule));
  return text;
}

/// The category with most bytes.
std::string largest_category(const footprint::Footprint& f) {
  const std::pair<const char*, Bytes> all[] = {
      {"weights", f.weights},         {"gradients", f.gradients}, {"optimizer states", f.optimizer},
      {"activations", f.activations}, {"the cache", f.cache},     {"workspace", f.workspace}};
  const auto* most = &all[0];
  for (const auto& entry : all) {
    if (entry.second > most->second) most = &entry;
  }
  return most->first;
}

std::string answer_text(const footprint::Fit& fit, const footprint::FitQuestion& question) {
  const std::string devices = fmt::format("{} x {}", fit.plan.devices(), question.system->accelerator.name);
  std::string text = fmt::format("{} on {} ({}): {}\n\n", question.model.workload->name,
                                 question.system->name, devices, fit.fits ? "fits" : "does not fit");
  text += "plan      " + plan_text(fit.plan) + "\n";
  if (fit.fits) {
    text += fmt::format("headroom  {} of {} on the fullest device (stage {})\n", to_text(fit.headroom()),
                        to_text(fit.capacity), fit.footprint.stage);
  } else {
    text += fmt::format("short by  {} on the fullest device (stage {}); most of it is {}\n",
                        to_text(-fit.headroom()), fit.footprint.stage, largest_category(fit.footprint));
  }
  text +=
      fmt::format("smallest  {}\n", fit.smallest_devices ? fmt::format("{} devices", *fit.smallest_devices)
                                                         : "no number of devices helps");
  if (!fit.footprint.moment.empty()) text += "fullest   " + fit.footprint.moment + "\n";
  return text + "\n";
}

std::string afterword(const footprint::Fit& fit) {
  std::string text;
  if (!fit.suggestions.empty()) text += "\nwhat would help, one change at a time:\n";
  for (const footprint::Suggestion& s : fit.suggestions) {
    text += fmt::format("  {:<34} {} {}\n", s.change, s.fits ? "fits, headroom" : "still short by",
                        to_text(s.fits ? s.headroom : -s.headroom));
  }
  if (!fit.fits && fit.smallest_devices)
    text += fmt::format("  {:<34} fits\n", fmt::format("--devices {}", *fit.smallest_devices));
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
    print(json_of(fit, values, question));
  } else {
    if (format == Format::table) print(answer_text(fit, question));
    print(footprint_table(fit), format);
    if (format == Format::table) print(afterword(fit));
  }
  return fit.fits ? exit_yes : exit_no;
}

}  // namespace memwall::cli
