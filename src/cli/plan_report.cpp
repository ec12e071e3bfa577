#include "cli/plan_report.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "memwall/plan/words.hpp"

namespace memwall::cli {

namespace {

/// A knob's option: its name with dashes.
std::string option_of(std::string name) {
  std::ranges::replace(name, '_', '-');
  return name;
}

void read(const Values& values, const char* name, std::optional<std::int64_t>& value) {
  value = values.count(option_of(name));
}

void read(const Values& values, const char* name, std::optional<double>& value) {
  value = values.number(option_of(name));
}

void read(const Values& values, const char* name, std::optional<bool>& value) {
  value = values.on_off(option_of(name));
}

template <class Word>
void read(const Values& values, const char* name, std::optional<Word>& value) {
  const std::string option = option_of(name);
  if (const auto text = values.text(option)) plan::read_word(*text, Values::place(option), value.emplace());
}

Json json_of(std::int64_t value) { return value; }
Json json_of(double value) { return number(value); }
Json json_of(int value) { return value; }
Json json_of(bool value) { return value; }

template <class Word>
Json json_of(const Word& word) {
  return std::string(to_text(word));
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
  footprint::each_knob([&](const char* name, auto wish, auto) { read(values, name, asked.*wish); });
  if (const auto batch = values.count("batch")) {
    if (asked.micro_batch && *asked.micro_batch != *batch)
      throw config::BadInput(Values::place("batch"), "is the same as --micro-batch, which is given too");
    asked.micro_batch = batch;
    asked.batch_follows_micro_batch = true;
  }
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
  const plan::Plan usual;
  std::string text = fmt::format("data {} x tensor {} x pipeline {}", plan.data, plan.tensor, plan.pipeline);
  if (plan.context > 1)
    text += fmt::format(" x context {} ({})", plan.context, plan::to_text(plan.context_exchange));
  if (plan.expert > 1) text += fmt::format(", expert {} (imbalance {:g})", plan.expert, plan.imbalance);
  if (plan.sequence_parallel) text += ", sequence parallel";
  text += fmt::format(", zero {}", plan.zero);
  if (plan.zero_ways() < plan.replicas()) text += fmt::format(" in groups of {}", plan.zero_ways());
  text += fmt::format(", recompute {}, micro-batch {}, global batch {}", plan::to_text(plan.recompute),
                      plan.micro_batch, plan.global_batch);
  if (plan.interleave > 1) text += fmt::format(", interleave {}", plan.interleave);
  if (plan.pipeline > 1) text += fmt::format(", {}", plan::to_text(plan.schedule));
  if (plan.offload.any()) {
    text +=
        fmt::format(", offload {} to {}", plan::to_text(plan.offload), hardware::to_text(plan.offload_to));
  }
  if (plan.overlap != usual.overlap) text += fmt::format(", overlap {}", plan::to_text(plan.overlap));
  return text;
}

Json plan_json(const plan::Plan& plan, const footprint::Model& model) {
  Json json = {{"devices", plan.devices()}};
  footprint::each_knob([&](const char* name, auto, auto value) { json[name] = json_of(plan.*value); });
  if (plan.zero_group == 0) json["zero_group"] = plan.data;
  json["recipe"] = model.recipe.id;
  json["optimizer"] = model.optimizer.id;
  json["attention"] = model.lowering.flash_attention ? "flash" : "standard";
  json["fuse"] = model.lowering.fuse_elementwise ? "elementwise" : "none";
  return json;
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
