#include "memwall/footprint/asked.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "memwall/config/fields.hpp"
#include "memwall/config/suggest.hpp"

namespace memwall::footprint {
namespace {

/// A word of a known list, as the value that `find` gives it.
template <class Find>
auto named(config::Fields& fields, const char* key, const std::vector<std::string>& known, Find find)
    -> decltype(find(std::string())) {
  const auto word = fields.text(key);
  if (!word) return std::nullopt;
  const auto value = find(*word);
  if (!value) {
    fields.problems().add(fields.optional(key)->where, fmt::format("{}: '{}' is not known{}", key, *word,
                                                                   config::suggestion(*word, known)));
  }
  return value;
}

/// What is offloaded, as text or as a list.
std::optional<plan::Offload> offload(config::Fields& fields) {
  const config::Node* node = fields.optional("offload");
  if (node == nullptr) return std::nullopt;
  std::string list;
  if (node->is_sequence()) {
    for (const config::Node& item : node->items) list += (list.empty() ? "" : ",") + item.text;
    if (node->items.empty()) list = "none";
  } else {
    list = fields.text("offload").value_or("none");
  }
  const auto value = plan::offload_named(list);
  if (!value) {
    fields.problems().add(node->where, fmt::format("offload: '{}' is neither all nor none nor a list of {}{}",
                                                   list, fmt::join(plan::offload_names(), ", "),
                                                   config::suggestion(list, plan::offload_names())));
  }
  return value;
}

std::optional<int> zero_stage(const std::string& word) {
  if (word.size() != 1 || word < "0" || word > "3") return std::nullopt;
  return word.front() - '0';
}

}  // namespace

Asked read_asked(const config::Node& map, config::Problems& problems) {
  config::Fields fields(map, problems, "plan");
  Asked asked;
  asked.devices = fields.positive_integer("devices");
  asked.data = fields.positive_integer("data");
  asked.tensor = fields.positive_integer("tensor");
  asked.pipeline = fields.positive_integer("pipeline");
  asked.context = fields.positive_integer("context");
  asked.expert = fields.positive_integer("expert");
  asked.sequence_parallel = fields.boolean("sequence_parallel");
  asked.zero = named(fields, "zero", {"0", "1", "2", "3"}, zero_stage);
  asked.micro_batch = fields.positive_integer("micro_batch");
  asked.global_batch = fields.positive_integer("global_batch");
  asked.recompute = named(fields, "recompute", plan::recompute_names(), plan::recompute_named);
  asked.interleave = fields.positive_integer("interleave");
  asked.schedule = named(fields, "schedule", plan::schedule_names(), plan::schedule_named);
  asked.cut = named(fields, "cut", plan::cut_names(), plan::cut_named);
  asked.offload = offload(fields);
  asked.offload_to =
      named(fields, "offload_to", hardware::outer_memory_names(), hardware::outer_memory_named);
  fields.finish();
  return asked;
}

Asked joined(const Asked& first, const Asked& second) {
  const auto either = [](const auto& a, const auto& b) { return a ? a : b; };
  Asked all;
  all.devices = either(first.devices, second.devices);
  all.data = either(first.data, second.data);
  all.tensor = either(first.tensor, second.tensor);
  all.pipeline = either(first.pipeline, second.pipeline);
  all.context = either(first.context, second.context);
  all.expert = either(first.expert, second.expert);
  all.sequence_parallel = either(first.sequence_parallel, second.sequence_parallel);
  all.zero = either(first.zero, second.zero);
  all.micro_batch = either(first.micro_batch, second.micro_batch);
  all.global_batch = either(first.global_batch, second.global_batch);
  all.batch_follows_micro_batch = first.batch_follows_micro_batch || second.batch_follows_micro_batch;
  all.recompute = either(first.recompute, second.recompute);
  all.interleave = either(first.interleave, second.interleave);
  all.schedule = either(first.schedule, second.schedule);
  all.cut = either(first.cut, second.cut);
  all.offload = either(first.offload, second.offload);
  all.offload_to = either(first.offload_to, second.offload_to);
  return all;
}

}  // namespace memwall::footprint
