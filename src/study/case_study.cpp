#include "memwall/study/case_study.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "memwall/config/fields.hpp"
#include "memwall/roofline/kernel.hpp"

namespace memwall::study {
namespace {

using workload::Operator;
using workload::OperatorKind;
using workload::Phase;
using workload::Trace;

/// "encoder.attention" of "encoder.attention.scores".
std::string layer_of(const Operator& op) { return op.name.substr(0, op.name.rfind('.')); }

bool is_core(const Operator& op) { return op.attention_core || op.kind == OperatorKind::attention; }

/// Tells classes apart by structure: an attention layer is one with scores, a block one with such a layer.
class Classes {
 public:
  explicit Classes(const Trace& trace) {
    for (const Operator& op : trace.operators) {
      if (!is_core(op)) continue;
      layers_.insert(layer_of(op));
      blocks_.insert(op.segment);
    }
  }

  [[nodiscard]] OperatorClass of(const Operator& op) const {
    if (op.head) return OperatorClass::head;
    if (op.matmuls.empty()) return OperatorClass::other;
    if (is_core(op)) return OperatorClass::attention_products;
    if (layers_.contains(layer_of(op))) return OperatorClass::attention_projections;
    return blocks_.contains(op.segment) ? OperatorClass::feed_forward : OperatorClass::other;
  }

 private:
  std::set<std::string> layers_;
  std::set<int> blocks_;
};

plan::Recipe recipe_of(Bytes element) {
  plan::Recipe recipe;
  recipe.activation = element;
  recipe.weight = element;
  return recipe;
}

Demands sum(const Demands& a, const Demands& b) {
  Demands result = a;
  for (std::size_t i = 0; i < result.size(); ++i) {
    result[i].flops += b[i].flops;
    result[i].bytes += b[i].bytes;
  }
  return result;
}

/// `count` terms whose mean is that of `a` and `b`.
Demands mean_times(const Demands& a, const Demands& b, double count) {
  Demands result = sum(a, b);
  for (Demand& demand : result) {
    demand.flops *= count / 2;
    demand.bytes *= count / 2;
  }
  return result;
}

bool equal(const Demands& a, const Demands& b) {
  const auto near = [](double x, double y) {
    return std::fabs(x - y) <= 1e-12 * std::max(std::fabs(x), std::fabs(y));
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](const Demand& x, const Demand& y) {
    return near(x.flops, y.flops) && near(x.bytes, y.bytes);
  });
}

workload::DimensionChange length_of(std::int64_t sequence) {
  return {"sequence", config::make_scalar(std::to_string(sequence), {"sequence", 0, 0})};
}

/// The demands of decode steps that find 0, 1, ... tokens in the cache.
class Decoding {
 public:
  Decoding(const workload::Workload& model, std::int64_t sequence, Bytes element)
      : model_(model), sequence_(sequence), element_(element) {}

  /// All steps from `first` to `last`. What a step needs grows in a straight line with the cache (until a
  /// window is full), so that few steps need be lowered: a stretch whose middle lies on the line between its
  /// ends is one such line, any other is halved.
  [[nodiscard]] Demands steps(std::int64_t first, std::int64_t last) const {
    return steps(first, step(first), last, step(last));
  }

 private:
  [[nodiscard]] Demands step(std::int64_t cached) const {
    workload::LoweringOptions options;
    options.phase = Phase::decode;
    options.context_length = cached;
    options.dimensions = {length_of(sequence_)};
    return demands_of(workload::lower(model_, options), element_);
  }

  [[nodiscard]] Demands steps(std::int64_t first, const Demands& at_first, std::int64_t last,
                              const Demands& at_last) const {
    const std::int64_t count = last - first + 1;
    if (count == 1) return at_first;
    if (count == 2) return sum(at_first, at_last);
    // An odd distance has no middle: take one step off.
    if (count % 2 == 0) return sum(at_first, steps(first + 1, step(first + 1), last, at_last));
    const std::int64_t middle = first + (last - first) / 2;
    const Demands at_middle = step(middle);
    if (count == 3) return sum(sum(at_first, at_middle), at_last);
    if (equal(mean_times(at_first, at_last, 1), at_middle))
      return mean_times(at_first, at_last, static_cast<double>(count));
    return sum(steps(first, at_first, middle, at_middle), steps(middle + 1, step(middle + 1), last, at_last));
  }

  const workload::Workload& model_;
  std::int64_t sequence_;
  Bytes element_;
};

std::optional<CaseModel> read_model(const config::Node& node, config::Problems& problems) {
  config::Fields fields(node, problems, "model of the case study");
  CaseModel model;
  model.where = node.where;
  model.workload = fields.required_text("workload");
  const std::string phase = fields.required_text("phase");
  fields.finish();
  if (phase == "prefill" || phase == "decode") {
    model.phase = phase == "decode" ? Phase::decode : Phase::prefill;
    return model;
  }
  problems.add(node.where, fmt::format("phase: '{}' is none; expected prefill or decode", phase));
  return std::nullopt;
}

const std::vector<config::Node>& list_of(config::Fields& fields, std::string_view key) {
  static const std::vector<config::Node> none;
  const config::Node* list = fields.required(key);
  if (list == nullptr) return none;
  if (list->is_sequence() && !list->items.empty()) return list->items;
  fields.problems().add(list->where, fmt::format("{}: expected a list of at least one", key));
  return none;
}

std::int64_t read_sequence(const config::Node& node, config::Problems& problems) {
  try {
    const double value = parse_number(node.text);
    if (value >= 1 && value <= 1e9 && value == std::floor(value)) return static_cast<std::int64_t>(value);
  } catch (const BadQuantity&) {
    // Reported below like every other value that is no length.
  }
  problems.add(node.where,
               fmt::format("sequences: {}; expected a whole number from 1", config::describe(node)));
  return 1;
}

}  // namespace

std::string_view to_text(OperatorClass which) {
  switch (which) {
    case OperatorClass::attention_projections:
      return "attention projections";
    case OperatorClass::attention_products:
      return "attention products";
    case OperatorClass::feed_forward:
      return "feed-forward";
    case OperatorClass::other:
      return "other";
    case OperatorClass::head:
      return "head";
  }
  return "";
}

Demand total(const Demands& demands) {
  Demand all;
  for (std::size_t i = 0; i < demands.size(); ++i) {
    if (i == static_cast<std::size_t>(OperatorClass::head)) continue;
    all.flops += demands[i].flops;
    all.bytes += demands[i].bytes;
  }
  return all;
}

Demands demands_of(const Trace& trace, Bytes element) {
  const Classes classes(trace);
  Demands demands(operator_class_count);
  for (const roofline::Kernel& kernel :
       roofline::kernels(trace, roofline::Pass::forward, recipe_of(element))) {
    const Operator& op = trace.operators[static_cast<std::size_t>(kernel.operators.front())];
    Demand& demand = demands[static_cast<std::size_t>(classes.of(op))];
    demand.flops += kernel.count * (kernel.matrix() + kernel.vector()).value();
    demand.bytes += kernel.count * kernel.touched().value();
  }
  return demands;
}

Demands demands_of(const workload::Workload& model, Phase phase, std::int64_t sequence, Bytes element) {
  if (phase == Phase::decode) return Decoding(model, sequence, element).steps(0, sequence - 1);
  workload::LoweringOptions options;
  options.phase = phase;
  options.dimensions = {length_of(sequence)};
  return demands_of(workload::lower(model, options), element);
}

CaseStudy read_case_study(const std::filesystem::path& file) {
  const config::Node root = config::read_yaml(file);
  config::Problems problems;
  config::Fields fields(root, problems, "case study");
  CaseStudy study;
  study.source = fields.required_text("source");
  study.element = fields.quantity<Bytes>("element").value_or(Bytes(1));
  if (!(study.element > Bytes(0)))
    problems.add(fields.optional("element")->where, "element: expected more than 0 B");
  for (const config::Node& item : list_of(fields, "sequences"))
    study.sequences.push_back(read_sequence(item, problems));
  for (const config::Node& item : list_of(fields, "models")) {
    if (auto model = read_model(item, problems)) study.models.push_back(std::move(*model));
  }
  fields.finish();
  problems.throw_if_any();
  return study;
}

}  // namespace memwall::study
