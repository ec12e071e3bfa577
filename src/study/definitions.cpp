#include "memwall/study/definitions.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "memwall/config/suggest.hpp"
#include "memwall/footprint/footprint.hpp"
#include "memwall/footprint/walk.hpp"
#include "memwall/units/text.hpp"

namespace memwall::study {
namespace {

using workload::Operator;
using workload::OperatorKind;

double parameters(const Subject& subject) { return subject.counts.parameters; }

double inference(const Subject& subject) {
  return subject.counts.forward_flops.value() / subject.trace.batch;
}

double heads(const Subject& subject) { return subject.counts.head_flops.value() / subject.trace.batch; }

/// Backward needs two products for each of the forward pass, one for each operand's gradient.
std::optional<double> trained(const Subject& subject, double forward) {
  const std::optional<double> samples = subject.samples();
  if (!samples) return std::nullopt;
  return 3 * forward * *samples;
}

/// 6 N D (Kaplan et al. 2020, arXiv:2001.08361, section 2.1): every parameter multiplied for every token.
std::optional<double> trained_by_parameters(const Subject& subject) {
  const std::optional<double> tokens = subject.tokens();
  if (!tokens) return std::nullopt;
  return 6 * parameters(subject) * *tokens;
}

double kept(const Subject& subject) { return footprint::walk(subject.trace, subject.recipe).kept.value(); }

double optimizer_states(const Subject& subject) {
  const footprint::Footprint standing =
      footprint::standing(footprint::count_parameters(subject.trace), {}, subject.recipe, subject.optimizer,
                          workload::Phase::training);
  return standing.optimizer.value();
}

double feature_bytes(const Subject& subject) {
  return subject.counts.features * subject.trace.batch * subject.recipe.activation.value();
}

/// Elements of the batch that heads put out, and of the loss' log-softmax.
double head_outputs(const Subject& subject, const Operator& op) {
  if (op.kind == OperatorKind::loss) {
    return op.reads.empty() ? 0 : subject.trace.tensor(op.reads.front()).shape.elements();
  }
  return op.head ? op.features : 0;
}

/// Features, and what normalizations, heads and the loss put out: with two norms a layer 12sh + as^2 and, for
/// V words, 2sV.
double output_bytes(const Subject& subject) {
  double elements = subject.counts.features * subject.trace.batch;
  for (const Operator& op : subject.trace.operators) {
    double more = head_outputs(subject, op);
    if (op.kind == OperatorKind::normalization)
      more += subject.trace.tensor(op.writes.front()).shape.elements();
    elements += more * subject.trace.count_of(op);
  }
  return elements * subject.recipe.activation.value();
}

std::string key_of(const Settings& settings) {
  std::string key = settings.workload;
  for (const workload::DimensionChange& change : settings.dimensions)
    key += fmt::format("|{}={}", change.name, change.value.text);
  if (settings.batch) key += fmt::format("|batch {}", *settings.batch);
  if (settings.recipe) key += "|recipe " + *settings.recipe;
  if (settings.optimizer) key += "|optimizer " + *settings.optimizer;
  if (settings.samples) key += fmt::format("|samples {}", *settings.samples);
  return key;
}

std::optional<double> sequence_of(const workload::Workload& model, const workload::LoweringOptions& options) {
  for (const auto& [name, value] : workload::dimension_values(model, options)) {
    if (name == "sequence") return value;
  }
  return std::nullopt;
}

template <class Q>
std::optional<double> one(std::string_view unit) {
  try {
    return parse_quantity<Q>(fmt::format("1 {}", unit)).value();
  } catch (const BadQuantity&) {
    return std::nullopt;
  }
}

std::optional<double> one_count(std::string_view unit) {
  try {
    const double value = parse_number(unit);
    return value > 0 ? std::optional(value) : std::nullopt;
  } catch (const BadQuantity&) {
    return std::nullopt;
  }
}

}  // namespace

Settings changed(Settings base, const Settings& change) {
  if (!change.workload.empty()) base.workload = change.workload;
  for (const workload::DimensionChange& dimension : change.dimensions) {
    const auto same = std::find_if(base.dimensions.begin(), base.dimensions.end(),
                                   [&](const auto& other) { return other.name == dimension.name; });
    if (same != base.dimensions.end()) {
      *same = dimension;
    } else {
      base.dimensions.push_back(dimension);
    }
  }
  if (change.batch) base.batch = change.batch;
  if (change.recipe) base.recipe = change.recipe;
  if (change.optimizer) base.optimizer = change.optimizer;
  if (change.samples) base.samples = change.samples;
  if (change.where.line > 0) base.where = change.where;
  return base;
}

std::optional<double> Subject::samples() const {
  if (samples_setting) return samples_setting;
  const workload::Training& training = model.training;
  if (training.samples) return training.samples;
  if (training.epochs && training.dataset) return *training.epochs * *training.dataset;
  if (training.tokens && sequence) return *training.tokens / *sequence;
  return std::nullopt;
}

std::optional<double> Subject::tokens() const {
  if (!samples_setting && model.training.tokens) return model.training.tokens;
  const std::optional<double> seen = samples();
  if (!seen || !sequence) return std::nullopt;
  return *seen * *sequence;
}

const Subject& Subjects::of(const Settings& settings) {
  const std::string key = key_of(settings);
  if (const auto found = known_.find(key); found != known_.end()) return found->second;
  Subject subject;
  subject.model = workloads_.workload(settings.workload, settings.where);
  const workload::Training& training = subject.model.training;
  workload::LoweringOptions options;
  options.batch = settings.batch.value_or(static_cast<std::int64_t>(training.device_batch.value_or(1)));
  options.dimensions = settings.dimensions;
  subject.trace = workload::lower(subject.model, options);
  subject.counts = workload::count(subject.trace);
  subject.recipe = recipes_.recipe(settings.recipe.value_or(training.recipe), settings.where);
  subject.optimizer = recipes_.optimizer(settings.optimizer.value_or(training.optimizer), settings.where);
  subject.sequence = sequence_of(subject.model, options);
  subject.samples_setting = settings.samples;
  return known_.emplace(key, std::move(subject)).first->second;
}

const std::vector<Definition>& definitions() {
  using S = const Subject&;
  using R = std::optional<double>;
  static const std::vector<Definition> all = {
      {"parameters", Measure::count, "all weights, shared ones once", [](S s) -> R { return parameters(s); }},
      {"features", Measure::count,
       "elements put out by convolutions, linear layers and attention products, a sample",
       [](S s) -> R { return s.counts.features; }},
      {"multiply_accumulates", Measure::count, "of the forward pass without heads, a sample",
       [](S s) -> R { return inference(s) / 2; }},
      {"inference_flops", Measure::flops,
       "2 for each multiply-accumulate of the forward pass without heads, a sample",
       [](S s) -> R { return inference(s); }},
      {"inference_flops_with_heads", Measure::flops, "the same with heads",
       [](S s) -> R { return inference(s) + heads(s); }},
      {"training_flops", Measure::flops, "3 x inference_flops x samples seen in training",
       [](S s) -> R { return trained(s, inference(s)); }},
      {"training_flops_with_heads", Measure::flops,
       "3 x inference_flops_with_heads x samples seen in training",
       [](S s) -> R { return trained(s, inference(s) + heads(s)); }},
      {"training_flops_by_parameters", Measure::flops, "6 x parameters x tokens seen in training",
       [](S s) -> R { return trained_by_parameters(s); }},
      {"weights", Measure::bytes, "parameters in the recipe's weight format",
       [](S s) -> R { return parameters(s) * s.recipe.weight.value(); }},
      {"optimizer_states", Measure::bytes, "what the optimizer remembers, with the recipe's master weights",
       [](S s) -> R { return optimizer_states(s); }},
      {"kept_activations", Measure::bytes,
       "tensors kept for the backward pass, each once, without the model's inputs",
       [](S s) -> R { return kept(s); }},
      {"feature_activations", Measure::bytes, "features of the batch in the recipe's activation format",
       [](S s) -> R { return feature_bytes(s); }},
      {"output_activations", Measure::bytes,
       "feature_activations and what normalizations, heads and the loss put out, in the same format",
       [](S s) -> R { return output_bytes(s); }},
  };
  return all;
}

const Definition& definition_named(std::string_view name, const config::Location& asked_at) {
  std::vector<std::string> known;
  for (const Definition& definition : definitions()) {
    if (definition.name == name) return definition;
    known.push_back(definition.name);
  }
  throw config::BadInput(asked_at,
                         fmt::format("'{}' is no definition{}", name, config::suggestion(name, known)));
}

double unit_value(std::string_view unit, Measure measure, const config::Location& asked_at) {
  std::optional<double> value;
  std::string_view example = "1e6";
  if (measure == Measure::count) value = one_count(unit);
  if (measure == Measure::flops) {
    value = one<Flops>(unit);
    example = "GFLOP";
  }
  if (measure == Measure::bytes) {
    value = one<Bytes>(unit);
    example = "GiB";
  }
  if (value) return *value;
  throw config::BadInput(
      asked_at, fmt::format("unit '{}' does not measure it; expected one such as {}", unit, example));
}

}  // namespace memwall::study
