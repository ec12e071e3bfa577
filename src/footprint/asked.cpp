#include "memwall/footprint/asked.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "memwall/config/fields.hpp"
#include "memwall/plan/words.hpp"

namespace memwall::footprint {
namespace {

void read(config::Fields& fields, const char* name, std::optional<std::int64_t>& value) {
  value = fields.positive_integer(name);
}

void read(config::Fields& fields, const char* name, std::optional<bool>& value) {
  value = fields.boolean(name);
}

void read(config::Fields& fields, const char* name, std::optional<double>& value) {
  value = fields.number(name);
}

std::string listed(const std::vector<std::string>& words) {
  return words.empty() ? "none" : fmt::format("{}", fmt::join(words, ","));
}

/// A knob whose value is a word, or a list of words.
template <class Word>
void read(config::Fields& fields, const char* name, std::optional<Word>& value) {
  const config::Node* node = fields.optional(name);
  if (node == nullptr) return;
  const std::optional<std::string> text =
      node->is_sequence() ? listed(fields.texts(name)) : fields.text(name);
  if (!text) return;
  try {
    plan::read_word(*text, node->where, value.emplace());
  } catch (const config::BadInput& error) {
    value.reset();
    for (const config::Problem& problem : error.problems())
      fields.problems().add(problem.where, fmt::format("{}: {}", name, problem.what));
  }
}

}  // namespace

Asked read_asked(const config::Node& map, config::Problems& problems) {
  config::Fields fields(map, problems, "plan");
  Asked asked;
  asked.devices = fields.positive_integer("devices");
  each_knob([&](const char* name, auto wish, auto) { read(fields, name, asked.*wish); });
  fields.finish();
  return asked;
}

Asked joined(const Asked& first, const Asked& second) {
  Asked all = first;
  if (!all.devices) all.devices = second.devices;
  all.batch_follows_micro_batch = first.batch_follows_micro_batch || second.batch_follows_micro_batch;
  each_knob([&](const char*, auto wish, auto) {
    if (!(all.*wish)) all.*wish = second.*wish;
  });
  return all;
}

Asked fixed(const plan::Plan& plan) {
  Asked asked;
  asked.devices = plan.devices();
  each_knob([&](const char*, auto wish, auto value) { asked.*wish = plan.*value; });
  return asked;
}

plan::Plan completed(const Asked& asked, plan::Plan otherwise) {
  each_knob([&](const char*, auto wish, auto value) {
    if (asked.*wish) otherwise.*value = *(asked.*wish);
  });
  return otherwise;
}

}  // namespace memwall::footprint
