#include <cmath>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/common.hpp"
#include "cli/plan_report.hpp"
#include "memwall/results/save.hpp"
#include "memwall/simulator/train.hpp"

namespace memwall::cli {
namespace {

const Syntax& syntax() {
  static const Syntax syntax{
      "train",
      "Estimates a training step: its time and where it goes, throughput, MFU and HFU, the footprint of the "
      "fullest stage, the "
      "whole training run, what bounds the step and which changes would help most. Times are ideal: every "
      "kernel at its "
      "roofline, every message at its link's bandwidth. Exits with 1 where the plan does not fit.",
      {{"MODEL", "a workload of the catalog, or the path of a file"},
       {"SYSTEM", "a system or accelerator of the catalog, or the path of a file"}},
      joined({plan_options(),
              {{"search", "degrees|all",
                "what of a plan that is left open is searched: degrees, ZeRO, sequence parallelism and "
                "recomputation, or micro-batch, chunks, schedule, context parallelism and the number of "
                "blocks that run again as well (default: degrees)"},
               {"timeline", "FILE",
                "write the step as Chrome trace events, which Perfetto opens (default: none)"},
               {"price", "USD",
                "of one device for an hour, as in 2.5 USD, for the cost of the run (default: none)"}},
              recipe_options(),
              without(workload_options(), "context-length"),
              format_options()}),
      {"memwall train gpt-3-175b dgx-a100 --devices 1024 --tp 8 --pp 8 --micro-batch 1",
       "memwall train llama-3-70b dgx-h100 --devices 64 --global-batch 1024 --attention flash",
       "memwall train megatron-gpt-22b dgx-a100 --tp 8 --pp 1 --dp 1 --micro-batch 4 --global-batch 4 "
       "--recompute selective"}};
  return syntax;
}

using simulator::TrainEstimate;
using simulator::TrainQuestion;

/// Samples of the whole published training; 0 where it is not known.
double samples_of_training(const workload::Workload& model, double sequence) {
  const workload::Training& training = model.training;
  if (training.samples) return *training.samples;
  if (training.tokens && sequence > 0) return *training.tokens / sequence;
  if (training.epochs && training.dataset) return *training.epochs * *training.dataset;
  return 0;
}

/// The whole training run at this step; all zero where the number of samples is not known.
struct Run {
  double steps = 0;
  Seconds time{0};
  Joules energy{0};  ///< at every device's full power
  Dollars cost{0};
};

Run run_of(const TrainEstimate& estimate, const TrainQuestion& question,
           const std::optional<Dollars>& hourly) {
  Run run;
  const double sequence =
      estimate.samples_per_second > 0 ? estimate.tokens_per_second / estimate.samples_per_second : 0;
  const double samples = samples_of_training(*question.model.workload, sequence);
  run.steps = std::ceil(samples / static_cast<double>(estimate.plan.global_batch));
  run.time = run.steps * estimate.step_time;
  const auto devices = static_cast<double>(estimate.plan.devices());
  if (question.system->accelerator.power)
    run.energy = devices * (question.system->accelerator.power->value * run.time);
  if (hourly) run.cost = devices * run.time.value() / 3600 * *hourly;
  return run;
}

std::vector<std::pair<const char*, Seconds>> parts_of(const simulator::Breakdown& b) {
  return {{"forward", b.forward},
          {"backward", b.backward},
          {"recompute", b.recompute},
          {"optimizer", b.optimizer},
          {"tensor_comm_exposed", b.tensor_comm_exposed},
          {"pipeline_comm_exposed", b.pipeline_comm_exposed},
          {"data_comm_exposed", b.data_comm_exposed},
          {"expert_comm_exposed", b.expert_comm_exposed},
          {"context_comm_exposed", b.context_comm_exposed},
          {"bubble", b.bubble},
          {"offload_exposed", b.offload_exposed}};
}

Json json_of(const TrainEstimate& estimate, const TrainQuestion& question,
             const std::vector<simulator::Change>& changes, const Run& run) {
  Json json{{"workload", question.model.workload->id},
            {"system", question.system->id},
            {"mode", "ideal"},
            {"fits", estimate.fits()}};
  json["step_time_s"] = estimate.step_time.value();
  json["breakdown_s"] = Json::object();
  for (const auto& [name, time] : parts_of(estimate.breakdown)) json["breakdown_s"][name] = time.value();
  json["busiest_stage"] = estimate.busiest_stage;
  json["stages"] = Json::array();
  for (std::size_t i = 0; i < estimate.stages.size(); ++i) {
    json["stages"].push_back({{"micro_batch_s", estimate.stages[i].busy().value()},
                              {"bytes", number(estimate.stage_bytes[i].value())}});
  }
  json["bound"] = estimate.bound;
  json["samples_per_second"] = estimate.samples_per_second;
  json["tokens_per_second"] = estimate.tokens_per_second;
  json["tokens_per_second_per_device"] =
      estimate.tokens_per_second / static_cast<double>(estimate.plan.devices());
  json["mfu"] = estimate.mfu();
  json["hfu"] = estimate.hfu();
  json["model_flops_per_step"] = number(estimate.model_flops.value());
  json["hardware_flops_per_step"] = number(estimate.hardware_flops.value());
  json["plan"] = plan_json(estimate.plan, question.model);
  json["footprint_bytes"] = footprint_json(estimate.footprint);
  json["capacity_bytes"] = number(estimate.capacity.value());
  json["headroom_bytes"] = number((estimate.capacity - estimate.footprint.total()).value());
  json["host_bytes"] = number(estimate.footprint.node_offloaded.value());
  json["host_capacity_bytes"] =
      estimate.node_capacity ? Json(number(estimate.node_capacity->value())) : Json(nullptr);
  if (run.steps > 0) {
    json["training"] = {
        {"steps", number(run.steps)}, {"time_s", run.time.value()}, {"energy_j", run.energy.value()}};
    if (run.cost > Dollars(0)) json["training"]["cost_usd"] = run.cost.value();
  }
  json["changes"] = Json::array();
  for (const simulator::Change& change : changes) {
    json["changes"].push_back({{"change", change.what},
                               {"step_time_s", change.step_time.value()},
                               {"gain", 1 - change.step_time / estimate.step_time},
                               {"fits", change.fits}});
  }
  json["notes"] = estimate.notes;
  json["plans_compared"] = estimate.plans;
  return json;
}

results::Table breakdown_table(const TrainEstimate& estimate) {
  using results::Show;
  results::Table table{"breakdown",
                       "",
                       {results::text_column("part", "where the step's time goes"),
                        results::real_column("time_s", "s", "on the busiest stage", Show::quantity),
                        results::real_column("share", "", "of the step", Show::percent)}};
  for (const auto& [name, time] : parts_of(estimate.breakdown)) {
    if (time > Seconds(0)) table.add_row({name, time, time / estimate.step_time});
  }
  table.add_row({"step", estimate.step_time, 1.0});
  return table;
}

std::string summary_of(const TrainEstimate& estimate, const TrainQuestion& question) {
  std::string text =
      fmt::format("{} on {} ({} x {}), recipe {}, ideal\n\nplan        {}\n", question.model.workload->name,
                  question.system->name, estimate.plan.devices(), question.system->accelerator.name,
                  question.model.recipe.id, plan_text(estimate.plan));
  text += fmt::format("step        {}\n", to_text(estimate.step_time));
  text += fmt::format("throughput  {:.4g} samples/s", estimate.samples_per_second);
  if (estimate.tokens_per_second > 0) {
    text += fmt::format(", {:.4g} tokens/s, {:.4g} a device", estimate.tokens_per_second,
                        estimate.tokens_per_second / static_cast<double>(estimate.plan.devices()));
  }
  text += fmt::format("\nMFU, HFU    {:.1f} %, {:.1f} % of {} a device\n", 100 * estimate.mfu(),
                      100 * estimate.hfu(), to_text(estimate.peak));
  text += fmt::format("bound       {}, on stage {}\n", estimate.bound, estimate.busiest_stage);
  const Bytes headroom = estimate.capacity - estimate.footprint.total();
  const bool room = headroom >= Bytes(0);
  text +=
      fmt::format("memory      {} of {} on stage {}: {} {}\n", to_text(estimate.footprint.total()),
                  to_text(estimate.capacity), estimate.footprint.stage,
                  room ? "fits, headroom" : "does not fit, short by", to_text(room ? headroom : -headroom));
  if (estimate.node_capacity) {
    text += fmt::format("offloaded   {}\n",
                        node_text(estimate.footprint, estimate.plan, *estimate.node_capacity));
  }
  return text + "\n";
}

std::string afterword(const TrainEstimate& estimate, const std::vector<simulator::Change>& changes,
                      const Run& run) {
  std::string text;
  if (run.steps > 0) {
    text += fmt::format("\nwhole training  {} steps, {}", count_text(run.steps), to_text(run.time));
    if (run.energy > Joules(0)) text += fmt::format(", {} at full power", to_text(run.energy));
    if (run.cost > Dollars(0)) text += ", " + to_text(run.cost);
    text += "\n";
  }
  if (!changes.empty()) text += "\nwhat would help most:\n";
  for (const simulator::Change& change : changes) {
    text +=
        fmt::format("  {:<32} step {} ({:.1f} % less){}\n", change.what, to_text(change.step_time),
                    100 * (1 - change.step_time / estimate.step_time), change.fits ? "" : ", does not fit");
  }
  for (const std::string& note : estimate.notes) text += "note: " + note + "\n";
  return text;
}

}  // namespace

int run_train(const std::vector<std::string>& arguments) {
  const Values values = parse(syntax(), arguments);
  if (values.help()) return print(help_text(syntax())), exit_yes;
  const Format format = format_of(values);
  const Catalogs catalogs = open_catalogs();
  const workload::Workload model = catalogs.workloads.workload(values.positional(0), Values::named("MODEL"));
  const Changes changes = changes_of(values, model);
  const hardware::System system =
      catalogs.hardware.system(values.positional(1), changes.hardware, Values::named("SYSTEM"));
  TrainQuestion question;
  question.model = {&model,
                    lowering_of(values, model, changes, workload::Phase::training),
                    catalogs.recipes.recipe(values.text("recipe").value_or("mixed")),
                    catalogs.recipes.optimizer(values.text("optimizer").value_or("adam")),
                    {}};
  question.system = &system;
  question.asked = asked_of(values);
  if (values.choice("search", {"degrees", "all"}) == "all") question.search = simulator::Search::all;
  question.reserve = values.quantity<Bytes>("reserve");
  const auto price = values.quantity<Dollars>("price");
  if (price && *price < Dollars(0)) throw config::BadInput(Values::place("price"), "is below 0");

  TrainEstimate estimate = simulator::train(question);
  estimate.footprint = in_whole_bytes(estimate.footprint);
  estimate.capacity = Bytes(std::floor(estimate.capacity.value()));
  std::vector<simulator::Change> help = simulator::changes_that_help(question, estimate);
  constexpr std::size_t shown = 3;
  if (help.size() > shown) help.resize(shown);
  const Run run = run_of(estimate, question, price);
  if (const auto file = values.text("timeline")) {
    results::save_text(*file, parallel::chrome_trace(simulator::timeline(question, estimate.plan)),
                       results::Existing::replace);
  }
  if (format == Format::json) {
    print(json_of(estimate, question, help, run));
  } else {
    if (format == Format::table) print(summary_of(estimate, question));
    print(breakdown_table(estimate), format);
    if (format == Format::table) print(afterword(estimate, help, run));
  }
  return estimate.fits() ? exit_yes : exit_no;
}

}  // namespace memwall::cli
