#include "workload/builder.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "memwall/units/text.hpp"

namespace memwall::workload {

std::string Builder::path() const { return fmt::format("{}", fmt::join(path_, ".")); }

namespace {

/// The name, or the name with the first number that makes it new; it is taken from then on.
std::string take_unique(std::set<std::string>& taken, const std::string& name) {
  if (taken.insert(name).second) return name;
  for (int number = 2;; ++number) {
    std::string candidate = fmt::format("{}_{}", name, number);
    if (taken.insert(candidate).second) return candidate;
  }
}

}  // namespace

std::string Builder::unique(const std::string& name) { return take_unique(names_, name); }

void Builder::push_name(const std::string& name) {
  const std::string above = path();
  const std::string whole = take_unique(paths_, above.empty() ? name : fmt::format("{}.{}", above, name));
  path_.push_back(above.empty() ? whole : whole.substr(above.size() + 1));
}

TensorId Builder::tensor(const Layer& layer, std::string_view role, Shape shape, ElementType type) {
  if (shape.elements() > largest_exact_count) {
    layer.fail(fmt::format("its output {} times batch {} has more than 2^53 elements", to_text(shape),
                           options_.batch));
  }
  const auto id = static_cast<TensorId>(trace_.tensors.size());
  Tensor made;
  made.name = role.empty() ? path() : fmt::format("{}.{}", path(), role);
  made.shape = std::move(shape);
  made.type = type;
  made.storage = id;
  made.repeat = repeat;
  trace_.tensors.push_back(std::move(made));
  return id;
}

WeightId Builder::weight(const Layer& layer, std::string_view role, Weight made) {
  if (reuse != nullptr) {
    const WeightId id = reuse->at(reuse_next++);
    if (trace_.weight(id).elements() != made.elements())
      layer.fail("shared weights need the same shape in every iteration");
    return id;
  }
  const std::string given = layer.text("weights", "");
  const std::string key = fmt::format("{}.{}", given, role);
  if (!given.empty()) {
    if (const auto found = weight_sets.find(key); found != weight_sets.end()) {
      const Weight& other = trace_.weight(found->second);
      if (other.elements() != made.elements()) {
        layer.fail(fmt::format("weights '{}' ({}) have {} elements there and {} here", given, role,
                               count_text(other.elements()), count_text(made.elements())));
      }
      if (record != nullptr) record->push_back(found->second);
      return found->second;
    }
  }
  if (made.elements() > largest_exact_count) layer.fail("its weights have more than 2^53 elements");
  const auto id = static_cast<WeightId>(trace_.weights.size());
  made.name = fmt::format("{}.{}", given.empty() ? path() : given, role);
  made.repeat = shared_weights ? none : repeat;
  if (experts) made.experts = experts->experts;
  trace_.weights.push_back(std::move(made));
  if (!given.empty()) weight_sets.emplace(key, id);
  if (record != nullptr) record->push_back(id);
  return id;
}

Operator& Builder::add(const Layer&, std::string_view role, Operator op) {
  op.name = unique(role.empty() ? path() : fmt::format("{}.{}", path(), role));
  op.segment = segment;
  op.repeat = repeat;
  op.head = op.head || head;
  const bool gradient =
      !op.weights.empty() || std::any_of(op.reads.begin(), op.reads.end(),
                                         [this](TensorId id) { return trace_.tensor(id).needs_gradient; });
  for (const TensorId id : op.writes) {
    const ElementType type = trace_.tensor(id).type;
    trace_.tensor(id).needs_gradient =
        gradient && (type == ElementType::activation || type == ElementType::fp32);
  }
  if (!gradient) op.kept.clear();
  trace_.operators.push_back(std::move(op));
  return trace_.operators.back();
}

TensorId Builder::elementwise(const Layer& layer, std::string_view role, OperatorKind kind, TensorId input,
                              VectorWork work, std::vector<TensorId> kept) {
  const TensorId output = tensor(layer, role, shape(input));
  trace_.tensor(output).divided = trace_.tensor(input).divided;
  trace_.tensor(output).parts = trace_.tensor(input).parts;
  Operator op;
  op.kind = kind;
  op.reads = {input};
  op.writes = {output};
  op.kept = std::move(kept);
  op.vector = work;
  if (op.vector.over == none) op.vector.over = output;
  add(layer, role, std::move(op));
  return output;
}

TensorId Builder::view(const Layer& layer, TensorId input, Shape shape) {
  const TensorId id = tensor(layer, "view", std::move(shape), trace_.tensor(input).type);
  const Tensor& source = trace_.tensor(input);
  Tensor& result = trace_.tensor(id);
  result.storage = input;
  result.divided = source.divided;
  result.parts = source.parts;
  result.needs_gradient = source.needs_gradient;
  return id;
}

TensorId Builder::enter_tensor(const Layer& layer, TensorId input) {
  if (const auto found = entered_.find(input); found != entered_.end()) return found->second;
  const TensorId id = view(layer, input, shape(input));
  trace_.tensor(id).gathered_from = input;
  Operator op;
  op.kind = OperatorKind::enter_tensor;
  op.reads = {input};
  op.writes = {id};
  add(layer, "enter", std::move(op));
  entered_.emplace(input, id);
  return id;
}

TensorId Builder::leave_tensor(const Layer& layer, TensorId partial) {
  const TensorId id = view(layer, partial, shape(partial));
  Operator op;
  op.kind = OperatorKind::leave_tensor;
  op.reads = {partial};
  op.writes = {id};
  add(layer, "leave", std::move(op));
  return id;
}

Builder::Mark Builder::mark() const {
  return {trace_.tensors.size(),
          trace_.weights.size(),
          trace_.operators.size(),
          trace_.repeats.size(),
          trace_.outputs.size(),
          segments_,
          weight_sets,
          entered_,
          names_,
          paths_};
}

void Builder::return_to(const Mark& mark) {
  trace_.tensors.resize(mark.tensors);
  trace_.weights.resize(mark.weights);
  trace_.operators.resize(mark.operators);
  trace_.repeats.resize(mark.repeats);
  trace_.outputs.resize(mark.outputs);
  segments_ = mark.segments;
  weight_sets = mark.weight_sets;
  entered_ = mark.entered;
  names_ = mark.names;
  paths_ = mark.paths;
}

}  // namespace memwall::workload
