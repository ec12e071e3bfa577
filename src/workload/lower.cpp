#include "memwall/workload/lower.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "memwall/config/scope.hpp"
#include "memwall/config/suggest.hpp"
#include "memwall/units/text.hpp"
#include "workload/builder.hpp"
#include "workload/structure.hpp"

namespace memwall::workload {
namespace {

using config::Entry;
using config::Node;
using config::Scope;

Scope dimension_scope(const Workload& workload, const LoweringOptions& options) {
  Scope scope;
  config::Problems problems;
  for (const Entry& dimension : workload.dimensions.entries) scope.define(dimension.key, dimension.value);
  for (const DimensionChange& change : options.dimensions) {
    if (!scope.knows(change.name)) {
      problems.add(change.value.where,
                   fmt::format("workload '{}' has no dimension '{}'{}", workload.id, change.name,
                               config::suggestion(change.name, scope.names())));
      continue;
    }
    scope.override_value(change.name, change.value);
  }
  problems.throw_if_any();
  return scope;
}

/// Every dimension must have a value, used or not: a typing mistake in one must not wait for its first use.
void check_dimensions(const Workload& workload, const Scope& scope) {
  config::Problems problems;
  for (const Entry& dimension : workload.dimensions.entries) {
    try {
      static_cast<void>(scope.value(dimension.key, dimension.where));
    } catch (const config::BadInput& error) {
      for (const config::Problem& problem : error.problems()) problems.add(problem.where, problem.what);
    }
  }
  problems.throw_if_any();
}

struct Inputs {
  TensorId first = none;
  std::set<TensorId> once;    ///< read once, before a decoder starts
  std::int64_t sequence = 0;  ///< of the first input that is not read once; 0 where none has one
};

Inputs make_inputs(const Workload& workload, const Scope& scope, Builder& builder) {
  Inputs inputs;
  Trace& trace = builder.trace();
  for (const Entry& entry : workload.inputs.entries) {
    const bool once = entry.value.find("once") != nullptr && scope.number(*entry.value.find("once")) != 0;
    Shape shape{{AxisKind::batch, builder.options().batch}};
    for (const auto& [key, axis] :
         {std::pair{"feature", AxisKind::feature}, std::pair{"sequence", AxisKind::sequence},
          std::pair{"height", AxisKind::height}, std::pair{"width", AxisKind::width}}) {
      const Node* extent = entry.value.find(key);
      if (extent == nullptr) continue;
      std::int64_t length = scope.count(*extent, fmt::format("input '{}': {}", entry.key, key));
      if (axis == AxisKind::sequence && !once) {
        if (inputs.sequence == 0) inputs.sequence = length;
        if (builder.decoding()) length = 1;
      }
      shape = shape.with(axis, length);
    }
    const Node* type = entry.value.find("type");
    const auto id = static_cast<TensorId>(trace.tensors.size());
    Tensor tensor;
    tensor.name = entry.key;
    tensor.shape = shape;
    tensor.type = type != nullptr && type->text == "index" ? ElementType::index : ElementType::activation;
    tensor.storage = id;
    tensor.input = true;
    if (shape.elements() > largest_exact_count) {
      throw config::BadInput(entry.where, fmt::format("input '{}' has more than 2^53 elements", entry.key));
    }
    trace.tensors.push_back(std::move(tensor));
    trace.inputs.push_back(id);
    builder.named[entry.key] = id;
    if (inputs.first == none) inputs.first = id;
    if (once) inputs.once.insert(id);
  }
  return inputs;
}

/// An operator that asks to overwrite its input may, where nobody else reads that input and nobody keeps it.
void settle_in_place(Trace& trace) {
  std::vector<int> uses(trace.tensors.size(), 0);
  const auto use = [&](TensorId id) { ++uses[static_cast<std::size_t>(id)]; };
  for (const Operator& op : trace.operators) {
    for (const TensorId id : op.reads) use(id);
    for (const TensorId id : op.kept) use(id);
  }
  for (const Repeat& repeat : trace.repeats) use(repeat.carry_initial);
  for (Operator& op : trace.operators) {
    if (!op.in_place) continue;
    const Tensor& input = trace.tensor(op.reads.front());
    const bool own = input.storage == op.reads.front() && !input.input;
    const bool carried = std::any_of(trace.repeats.begin(), trace.repeats.end(),
                                     [&](const Repeat& r) { return r.carry_in == op.reads.front(); });
    op.in_place = own && !carried && uses[static_cast<std::size_t>(op.reads.front())] == 1;
    if (op.in_place) trace.tensor(op.writes.front()).storage = op.reads.front();
  }
}

/// A decode step runs only what depends on the new token; what it reads of the rest stands in the cache.
void drop_what_ran_before(Trace& trace, const std::set<TensorId>& once) {
  std::vector<bool> fresh(trace.tensors.size(), false);
  // A view has no operator of its own: it is as fresh as what it shows.
  const auto is_fresh = [&](TensorId id) {
    while (!fresh[static_cast<std::size_t>(id)] && trace.tensor(id).storage != id)
      id = trace.tensor(id).storage;
    return static_cast<bool>(fresh[static_cast<std::size_t>(id)]);
  };
  for (const TensorId id : trace.inputs) fresh[static_cast<std::size_t>(id)] = once.count(id) == 0;
  std::vector<Operator> remaining;
  std::vector<int> new_index;
  std::size_t next_repeat = 0;
  for (std::size_t i = 0; i < trace.operators.size(); ++i) {
    while (next_repeat < trace.repeats.size() && trace.repeats[next_repeat].first == static_cast<int>(i)) {
      const Repeat& repeat = trace.repeats[next_repeat++];
      fresh[static_cast<std::size_t>(repeat.carry_in)] = is_fresh(repeat.carry_initial);
    }
    new_index.push_back(static_cast<int>(remaining.size()));
    Operator& op = trace.operators[i];
    const bool runs = std::any_of(op.reads.begin(), op.reads.end(),
                                  [&](TensorId id) { return is_fresh(id) || trace.tensor(id).cache; });
    if (!runs) continue;
    for (const TensorId id : op.writes) fresh[static_cast<std::size_t>(id)] = true;
    remaining.push_back(std::move(op));
  }
  new_index.push_back(static_cast<int>(remaining.size()));
  for (Repeat& repeat : trace.repeats) {
    repeat.first = new_index[static_cast<std::size_t>(repeat.first)];
    repeat.last = new_index[static_cast<std::size_t>(repeat.last)];
  }
  trace.operators = std::move(remaining);
  for (const Operator& op : trace.operators) {
    for (const TensorId id : op.reads) {
      Tensor& tensor = trace.tensor(trace.root(id));
      if (!is_fresh(id) && !tensor.input) tensor.cache = true;
    }
  }
}

void check_size(const Workload& workload, const Trace& trace) {
  double parameters = 0;
  for (const Weight& weight : trace.weights) parameters += weight.elements() * trace.count_of(weight);
  if (parameters > largest_exact_count) {
    throw config::BadInput(workload.layers.where,
                           fmt::format("workload '{}' has more than 2^53 parameters", workload.id));
  }
}

}  // namespace

Trace lower(const Workload& workload, const LoweringOptions& given) {
  LoweringOptions options = given;
  const Scope scope = dimension_scope(workload, options);
  check_dimensions(workload, scope);

  // The context's default is the sequence, known only from the inputs.
  Builder builder(options);
  Inputs inputs = make_inputs(workload, scope, builder);
  if (options.phase == Phase::decode && !options.context_length) {
    options.context_length = inputs.sequence;
    builder = Builder(options);
    inputs = make_inputs(workload, scope, builder);
  }
  if (options.phase == Phase::decode && inputs.sequence == 0) {
    throw config::BadInput(
        workload.inputs.where,
        fmt::format("workload '{}' has no sequence to decode; use another phase", workload.id));
  }
  const TensorId output = Structure(workload, builder, scope).list(workload.layers, scope, inputs.first);
  Trace& trace = builder.trace();
  trace.outputs.push_back(output);
  if (options.phase == Phase::decode) {
    const bool generates =
        std::any_of(trace.tensors.begin(), trace.tensors.end(), [](const Tensor& t) { return t.cache; }) ||
        std::any_of(trace.operators.begin(), trace.operators.end(),
                    [](const Operator& op) { return op.kind == OperatorKind::recurrent; });
    if (!generates) {
      throw config::BadInput(
          workload.layers.where,
          fmt::format("workload '{}' generates nothing token by token: it has no causal attention and no "
                      "recurrence; use phase prefill",
                      workload.id));
    }
    drop_what_ran_before(trace, inputs.once);
  }
  settle_in_place(trace);
  check_size(workload, trace);
  return std::move(trace);
}

std::vector<std::pair<std::string, double>> dimension_values(const Workload& workload,
                                                             const LoweringOptions& options) {
  const Scope scope = dimension_scope(workload, options);
  check_dimensions(workload, scope);
  std::vector<std::pair<std::string, double>> values;
  for (const Entry& dimension : workload.dimensions.entries) {
    values.emplace_back(dimension.key, scope.value(dimension.key, dimension.where));
  }
  return values;
}

}  // namespace memwall::workload
