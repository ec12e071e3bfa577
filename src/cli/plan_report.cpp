#include "cli/plan_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "memwall/config/suggest.hpp"

namespace memwall::cli {

namespace {

/// Throws BadInput for a list with a word that is not known.
plan::Offload offload_of(const std::string& list) {
  if (const auto offload = plan::offload_named(list)) return *offload;
  throw config::BadInput(
      Values::place("offload"),
      fmt::format("'{}' is neither all nor none nor a list of {}{}", list,
                  fmt::join(plan::offload_names(), ", "), config::suggestion(list, plan::offload_names())));
}

/// What a plan's file fixes; nothing where none is given.
footprint::Asked asked_in_file(const Values& values) {
  const auto file = values.text("plan");
  if (!file) return {};
  config::Problems problems;
  footprint::Asked asked = footprint::read_asked(config::read_yaml(*file), problems);
  problems.throw_if_any();
  return asked;
}

}  // namespace

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
    asked.batch_follows_micro_batch = true;
  }
  asked.global_batch = values.count("global-batch");
  if (const auto name = values.choice("recompute", plan::recompute_names()))
    asked.recompute = plan::recompute_named(*name);
  asked.interleave = values.count("interleave");
  if (const auto name = values.choice("schedule", plan::schedule_names()))
    asked.schedule = plan::schedule_named(*name);
  if (const auto name = values.choice("cut", plan::cut_names())) asked.cut = plan::cut_named(*name);
  if (const auto list = values.text("offload")) asked.offload = offload_of(*list);
  if (const auto name = values.choice("offload-to", hardware::outer_memory_names()))
    asked.offload_to = hardware::outer_memory_named(*name);
  asked = footprint::joined(asked, asked_in_file(values));
  double devices = 1;
  for (const auto& degree : {asked.data, asked.tensor, asked.pipeline, asked.context})
    devices *= static_cast<double>(degree.value_or(1));
  if (devices > largest_exact_count)
    throw config::BadInput({"plan", 0, 0},
                           fmt::format("data x tensor x pipeline x context are {:g} devices", devices));
  return asked;
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
  if (plan.offload.any()) {
    text +=
        fmt::format(", offload {} to {}", plan::to_text(plan.offload), hardware::to_text(plan.offload_to));
  }
  return text;
}

Json plan_json(const plan::Plan& plan, const footprint::Model& model) {
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
          {"cut", plan::to_text(plan.cut)},
          {"offload", plan::to_text(plan.offload)},
          {"offload_to", hardware::to_text(plan.offload_to)},
          {"recipe", model.recipe.id},
          {"optimizer", model.optimizer.id},
          {"attention", model.lowering.flash_attention ? "flash" : "standard"},
          {"fuse", model.lowering.fuse_elementwise ? "elementwise" : "none"}};
}

Json footprint_json(const footprint::Footprint& f) {
  return {{"weights", number(f.weights.value())},     {"gradients", number(f.gradients.value())},
          {"optimizer", number(f.optimizer.value())}, {"activations", number(f.activations.value())},
          {"inputs", number(f.inputs.value())},       {"cache", number(f.cache.value())},
          {"workspace", number(f.workspace.value())}, {"total", number(f.total().value())}};
}

std::string node_text(const footprint::Footprint& f, const plan::Plan& plan, Bytes capacity) {
  const Bytes left = capacity - f.node_offloaded;
  return fmt::format("{} of {} of the fullest node's {}: {} {}", to_text(f.node_offloaded), to_text(capacity),
                     hardware::to_text(plan.offload_to), left >= Bytes(0) ? "fits, headroom" : "short by",
                     to_text(left >= Bytes(0) ? left : -left));
}

/// Every category in whole bytes; the total is their sum.
footprint::Footprint in_whole_bytes(footprint::Footprint f) {
  for (Bytes* bytes : {&f.weights, &f.gradients, &f.optimizer, &f.activations, &f.inputs, &f.cache,
                       &f.workspace, &f.node_offloaded})
    *bytes = Bytes(whole(*bytes));
  if (f.total().value() > largest_exact_count)
    throw config::BadInput({"plan", 0, 0}, "a device would hold more than 2^53 bytes");
  return f;
}

}  // namespace memwall::cli
