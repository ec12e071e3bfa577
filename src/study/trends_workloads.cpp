#include <algorithm>
#include <utility>

#include "memwall/study/case_study.hpp"
#include "study/trends_points.hpp"

namespace memwall::study {
namespace {

using workload::Operator;
using workload::OperatorKind;
using workload::Phase;

/// Of activations and weights, where intensities are counted: 16-bit formats, as the peaks that they meet.
constexpr Bytes element(2);

constexpr CatalogSeries transformer_parameters{"transformer_parameters", "Transformer parameters", "",
                                               "every language model with attention: all its weights, those "
                                               "of every expert too, counted from its layers"};
constexpr CatalogSeries vision_parameters{"vision_parameters", "Parameters of vision models", "",
                                          "every vision model: all its weights"};
constexpr CatalogSeries recommender_parameters{"recommender_parameters", "Parameters of recommenders", "",
                                               "every recommender: all its weights, tables included"};
constexpr CatalogSeries training_compute{
    "training_compute", "Training compute of Transformers", "FLOP",
    "every language model with attention whose training is known: 3 x forward pass with heads x samples"};
constexpr CatalogSeries other_training_compute{"other_training_compute", "Training compute of other models",
                                               "FLOP", "every other model whose training is known, likewise"};
constexpr CatalogSeries forward_intensity{
    "forward_intensity", "Intensity of the forward pass", "FLOP/B",
    "every model at the batch that a device is usually given (else 1): FLOPs of all operators but the head's "
    "for each byte, 2 bytes an element, every operator reading its operands and writing its result once"};
constexpr CatalogSeries decode_intensity{
    "decode_intensity", "Intensity of decoding", "FLOP/B",
    "every language model that decodes: likewise for one token of one sequence that fills the context"};

bool has_attention(const workload::Trace& trace) {
  return std::ranges::any_of(trace.operators, [](const Operator& op) {
    return op.attention_core || op.kind == OperatorKind::attention;
  });
}

void add(Trends& trends, const CatalogSeries& series, const workload::Workload& model, double value) {
  TrendPoint point;
  point.series = series.name;
  point.name = model.name;
  point.date = model.released;
  point.value = value;
  point.group = model.family;
  point.source = model.id;
  if (value > 0) add_point(trends, std::move(point));
}

const CatalogSeries* parameters_of(const Subject& subject) {
  const std::string& domain = subject.model.domain;
  if (domain == "language") return has_attention(subject.trace) ? &transformer_parameters : nullptr;
  if (domain == "vision") return &vision_parameters;
  return domain == "recommendation" ? &recommender_parameters : nullptr;
}

double decoding(const workload::Workload& model) {
  if (model.domain != "language") return 0;
  try {
    workload::LoweringOptions options;
    options.phase = Phase::decode;
    return total(demands_of(workload::lower(model, options), element)).intensity();
  } catch (const config::BadInput&) {
    return 0;  // A model that has nothing to decode is no mistake here.
  }
}

}  // namespace

void add_workloads(Trends& trends, const workload::Library& workloads, Subjects& subjects) {
  const auto all = {&transformer_parameters, &vision_parameters, &recommender_parameters, &training_compute,
                    &other_training_compute, &forward_intensity, &decode_intensity};
  for (const CatalogSeries* series : all) declare(trends, *series);
  const Definition& trained = definition_named("training_flops_with_heads", {});
  for (const std::string& id : workloads.ids()) {
    if (std::ranges::find(trends.left_out, id) != trends.left_out.end()) continue;
    Settings settings;
    settings.workload = id;
    const Subject& subject = subjects.of(settings);
    const CatalogSeries* parameters = parameters_of(subject);
    if (parameters != nullptr) add(trends, *parameters, subject.model, subject.counts.parameters);
    const bool transformer = parameters == &transformer_parameters;
    add(trends, transformer ? training_compute : other_training_compute, subject.model,
        trained.derive(subject).value_or(0));
    add(trends, forward_intensity, subject.model, total(demands_of(subject.trace, element)).intensity());
    add(trends, decode_intensity, subject.model, decoding(subject.model));
  }
  for (const CatalogSeries* series : all) mark_leaders(trends, series->name);
}

}  // namespace memwall::study
