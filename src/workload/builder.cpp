#include "workload/builder.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "memwall/units/text.hpp"

namespace memwall::workload {

std::string Builder::path() const { return fmt::format("{}", fmt::join(path_, ".")); }

std::string Names::take(const std::string& name) {
  int& asked = asked_[name];
  std::string taken = name;
  while (asked++ > 0) {
    taken = fmt::format("{}_{}", name, asked);
    if (asked_.try_emplace(taken, 1).second) break;
  }
  order_.push_back(taken);
  return taken;
}

void Names::forget_from(std::size_t first) {
  for (std::size_t i = first; i < order_.size(); ++i) asked_.erase(order_[i]);
  order_.resize(first);
}

TensorId Builder::input(Tensor tensor, bool once) {
  const auto id = static_cast<TensorId>(trace_.tensors.size());
  tensor.storage = id;
  tensor.input = true;
  trace_.tensors.push_back(std::move(tensor));
  once_.push_back(once ? 1 : 0);
  trace_.inputs.push_back(id);
  return id;
}

std::string Builder::unique(const std::string& name) { return names_.take(name); }

void Builder::push_name(const std::string& name) {
  const std::string above = path();
  const std::string whole = paths_.take(above.empty() ? name : fmt::format("{}.{}", above, name));
  path_.push_back(above.empty() ? whole : whole.substr(above.size() + 1));
}

TensorId Builder::tensor(const Layer& layer, std::string_view role, Shape shape, ElementType type) {
  if (shape.elements() > largest_exact_count) {
    layer.fail(fmt::format("its output {} times batch {} has more than 2^53 elements", to_text(shape),
                           options_.batch));
  }
  if (trace_.tensors.size() > 4 * most_operators) too_large(layer);
  const auto id = static_cast<TensorId>(trace_.tensors.size());
  Tensor made;
  made.name = role.empty() ? path() : fmt::format("{}.{}", path(), role);
  made.shape = std::move(shape);
  made.type = type;
  made.storage = id;
  made.repeat = repeat;
  trace_.tensors.push_back(std::move(made));
  once_.push_back(0);
  return id;
}

void Builder::too_large(const Layer& layer) {
  layer.fail(
      fmt::format("written out, the model has more than {} operators; repeat equal blocks so that they fold",
                  most_operators));
}

bool Builder::once(TensorId id) const { return once_[static_cast<std::size_t>(trace_.root(id))] != 0; }

/// One use that makes a gradient of every row makes the sum one.
void Builder::use_again(WeightId id, const Weight& made) {
  Weight& weight = trace_.weights[static_cast<std::size_t>(id)];
  weight.sparse = weight.sparse && made.sparse;
}

WeightId Builder::weight(const Layer& layer, std::string_view role, Weight made) {
  if (reuse != nullptr) {
    if (reuse_next >= reuse->size()) layer.fail("shared weights need the same layers in every iteration");
    const WeightId id = (*reuse)[reuse_next++];
    if (trace_.weight(id).elements() != made.elements())
      layer.fail("shared weights need the same shape in every iteration");
    use_again(id, made);
    if (record != nullptr) record->push_back(id);
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
      use_again(found->second, made);
      if (record != nullptr) record->push_back(found->second);
      return found->second;
    }
  }
  if (made.elements() > largest_exact_count) layer.fail("its weights have more than 2^53 elements");
  const auto id = static_cast<WeightId>(trace_.weights.size());
  made.name = fmt::format("{}.{}", given.empty() ? path() : given, role);
  made.repeat = shared_weights ? none : repeat;
  made.routed = made.routed || experts.has_value();
  if (experts) made.experts = experts->experts;
  trace_.weights.push_back(std::move(made));
  if (!given.empty()) weight_sets.emplace(key, id);
  if (record != nullptr) record->push_back(id);
  return id;
}

Operator& Builder::add(const Layer& layer, std::string_view role, Operator op) {
  if (trace_.operators.size() >= most_operators) too_large(layer);
  op.name = unique(role.empty() ? path() : fmt::format("{}.{}", path(), role));
  op.segment = segment;
  op.repeat = repeat;
  op.head = op.head || head;
  const bool gradient =
      !op.weights.empty() || std::any_of(op.reads.begin(), op.reads.end(),
                                         [this](TensorId id) { return trace_.tensor(id).needs_gradient; });
  const bool done_before = !op.reads.empty() && std::all_of(op.reads.begin(), op.reads.end(),
                                                            [this](TensorId id) { return once(id); });
  for (const TensorId id : op.writes) {
    set_once(id, done_before);
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

TensorId Builder::alias(const Layer& layer, std::string_view role, TensorId input, Shape shape) {
  const TensorId id = tensor(layer, role, std::move(shape), trace_.tensor(input).type);
  const Tensor& source = trace_.tensor(input);
  Tensor& result = trace_.tensor(id);
  result.storage = trace_.root(input);
  result.divided = source.divided;
  result.parts = source.parts;
  result.needs_gradient = source.needs_gradient;
  return id;
}

TensorId Builder::view(const Layer& layer, TensorId input, Shape shape) {
  return alias(layer, "view", input, std::move(shape));
}

TensorId Builder::part(const Layer& layer, std::string_view role, TensorId whole, std::int64_t features) {
  return alias(layer, role, whole, shape(whole).with(AxisKind::feature, features));
}

TensorId Builder::enter_tensor(const Layer& layer, TensorId input) {
  if (const auto found = entered.find(input); found != entered.end()) return found->second;
  const TensorId id = view(layer, input, shape(input));
  trace_.tensor(id).gathered_from = input;
  Operator op;
  op.kind = OperatorKind::enter_tensor;
  op.reads = {input};
  op.writes = {id};
  add(layer, "enter", std::move(op));
  entered.emplace(input, id);
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

std::int64_t product_of(const Layer& layer, std::string_view what,
                        std::initializer_list<std::int64_t> factors) {
  double product = 1;
  for (const std::int64_t factor : factors) product *= static_cast<double>(factor);
  if (product > largest_exact_count) layer.fail(fmt::format("{} is more than 2^53", what));
  return static_cast<std::int64_t>(product);
}

Builder::Mark Builder::mark() const {
  return {trace_.tensors.size(),
          trace_.weights.size(),
          trace_.operators.size(),
          trace_.repeats.size(),
          trace_.outputs.size(),
          segments_,
          weight_sets,
          entered,
          names_.size(),
          paths_.size(),
          record == nullptr ? 0 : record->size(),
          reuse_next};
}

void Builder::return_to(const Mark& mark) {
  trace_.tensors.resize(mark.tensors);
  once_.resize(mark.tensors);
  trace_.weights.resize(mark.weights);
  trace_.operators.resize(mark.operators);
  trace_.repeats.resize(mark.repeats);
  trace_.outputs.resize(mark.outputs);
  segments_ = mark.segments;
  weight_sets = mark.weight_sets;
  entered = mark.entered;
  names_.forget_from(mark.names);
  paths_.forget_from(mark.paths);
  if (record != nullptr) record->resize(mark.recorded);
  reuse_next = mark.reuse_next;
}

}  // namespace memwall::workload
