#include "memwall/workload/lower.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

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

void check_options(const LoweringOptions& options) {
  const auto check = [](std::string_view what, std::int64_t value, std::int64_t least) {
    if (value >= least && static_cast<double>(value) <= largest_exact_count) return;
    throw config::BadInput({std::string(what), 0, 0},
                           fmt::format("{} where a whole number from {} to 2^53 is expected", value, least));
  };
  check("--batch", options.batch, 1);
  if (!(options.imbalance >= 1))
    throw config::BadInput({"--imbalance", 0, 0},
                           fmt::format("{:g} where 1 or more is expected", options.imbalance));
  if (options.context_length) check("--context-length", *options.context_length, 0);
}

/// The names of "cyclic definition: a -> b -> a" in alphabetical order; empty for any other text.
std::string circle_of(std::string_view text) {
  constexpr std::string_view begin = "cyclic definition: ";
  constexpr std::string_view arrow = " -> ";
  if (!text.starts_with(begin)) return {};
  std::set<std::string_view> names;
  for (text.remove_prefix(begin.size()); !text.empty();) {
    const std::size_t end = std::min(text.find(arrow), text.size());
    names.insert(text.substr(0, end));
    text.remove_prefix(std::min(end + arrow.size(), text.size()));
  }
  return fmt::format("{}", fmt::join(names, arrow));
}

/// Every dimension must have a value, used or not: a typing mistake in one must not wait for its first use.
void check_dimensions(const Workload& workload, const Scope& scope) {
  config::Problems problems;
  std::set<std::string> circles;
  for (const Entry& dimension : workload.dimensions.entries) {
    try {
      static_cast<void>(scope.value(dimension.key, dimension.where));
    } catch (const config::BadInput& error) {
      for (const config::Problem& problem : error.problems()) {
        // A circle is found from each of its names, and told once.
        const std::string circle = circle_of(problem.what);
        if (circle.empty() || circles.insert(circle).second) problems.add(problem.where, problem.what);
      }
    }
  }
  problems.throw_if_any();
}

struct Inputs {
  TensorId first = none;
  std::int64_t sequence = 0;  ///< of the first input that is not read once; 0 where none has one
};

Inputs make_inputs(const Workload& workload, const Scope& scope, Builder& builder) {
  Inputs inputs;
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
    Tensor tensor;
    tensor.name = entry.key;
    tensor.shape = shape;
    tensor.type = type != nullptr && type->text == "index" ? ElementType::index : ElementType::activation;
    if (shape.elements() > largest_exact_count) {
      throw config::BadInput(entry.where, fmt::format("input '{}' has more than 2^53 elements", entry.key));
    }
    const TensorId id = builder.input(std::move(tensor), once);
    builder.named[entry.key] = id;
    if (inputs.first == none) inputs.first = id;
  }
  return inputs;
}

/// Decides which operators that ask to overwrite their input may: nobody else reads that memory or keeps it.
class InPlace {
 public:
  explicit InPlace(Trace& trace) : trace_(trace), uses_(trace.tensors.size(), 0), inside_(uses_) {
    for (const Operator& op : trace_.operators) {
      for (const auto* ids : {&op.reads, &op.kept}) {
        for (const TensorId id : *ids) use(id, op.repeat);
      }
    }
    for (const Repeat& repeat : trace_.repeats) use(repeat.carry_initial, none);
    for (const TensorId id : trace_.outputs) use(id, none);
    for (const Operator& op : trace_.operators) {
      for (const TensorId id : op.writes) owned_.push_back(trace_.tensor(id).storage == id ? id : none);
    }
    std::erase(owned_, none);
    std::ranges::sort(owned_);
  }

  void settle() {
    for (Operator& op : trace_.operators) {
      if (!op.in_place) continue;
      op.in_place = may_overwrite(op.reads.front(), op.repeat);
      if (op.in_place) trace_.tensor(op.writes.front()).storage = trace_.root(op.reads.front());
    }
  }

 private:
  void use(TensorId id, int repeat) {
    const TensorId root = trace_.root(id);
    ++uses_[static_cast<std::size_t>(root)];
    if (repeat != none && trace_.tensor(root).repeat == repeat) ++inside_[static_cast<std::size_t>(root)];
  }

  [[nodiscard]] bool owned(TensorId id) const { return std::ranges::binary_search(owned_, id); }

  [[nodiscard]] bool may_overwrite(TensorId id, int repeat) const {
    const auto carried =
        std::ranges::find_if(trace_.repeats, [id](const Repeat& r) { return r.carry_in == id; });
    if (carried != trace_.repeats.end()) {
      // What the first iteration overwrites was made before, what all others do by the one before.
      return uses_[static_cast<std::size_t>(id)] == 1 && owned(carried->carry_initial) &&
             uses_[static_cast<std::size_t>(carried->carry_initial)] == 1 && owned(carried->carry_out) &&
             inside_[static_cast<std::size_t>(carried->carry_out)] == 0;
    }
    // What stands outside of a repeat is read by every iteration, and its output by the next one.
    const bool again = repeat != none && (trace_.tensor(id).repeat != repeat ||
                                          trace_.repeats[static_cast<std::size_t>(repeat)].carry_out == id);
    return owned(id) && !again && uses_[static_cast<std::size_t>(id)] == 1;
  }

  Trace& trace_;
  std::vector<int> uses_;        ///< of each root: reads and keeps
  std::vector<int> inside_;      ///< those of its own repeat's operators
  std::vector<TensorId> owned_;  ///< tensors that an operator made in memory of their own
};

/// A decode step runs only what depends on the new token; what it reads of the rest stands in the cache.
void drop_what_ran_before(Builder& builder) {
  Trace& trace = builder.trace();
  std::vector<Operator> remaining;
  std::vector<int> new_index;
  for (Operator& op : trace.operators) {
    new_index.push_back(static_cast<int>(remaining.size()));
    // An operator that reads nothing stands for weights, which stay.
    const bool ran_before = !op.reads.empty() && std::all_of(op.reads.begin(), op.reads.end(),
                                                             [&](TensorId id) { return builder.once(id); });
    if (!ran_before) remaining.push_back(std::move(op));
  }
  new_index.push_back(static_cast<int>(remaining.size()));
  for (Repeat& repeat : trace.repeats) {
    repeat.first = new_index[static_cast<std::size_t>(repeat.first)];
    repeat.last = new_index[static_cast<std::size_t>(repeat.last)];
  }
  trace.operators = std::move(remaining);
  std::erase_if(trace.outputs, [&](TensorId id) { return builder.once(id); });
  for (const Operator& op : trace.operators) {
    for (const TensorId id : op.reads) {
      Tensor& tensor = trace.tensor(trace.root(id));
      if (builder.once(id) && !tensor.input) tensor.cache = true;
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

Trace lower(const Workload& workload, const LoweringOptions& options) {
  LoweringOptions settled = options;
  check_options(settled);
  const Scope scope = dimension_scope(workload, settled);
  check_dimensions(workload, scope);

  // The context's default is the sequence, known only from the inputs.
  Builder builder(settled);
  Inputs inputs = make_inputs(workload, scope, builder);
  if (settled.phase == Phase::decode && !settled.context_length) {
    settled.context_length = inputs.sequence;
    builder = Builder(settled);
    inputs = make_inputs(workload, scope, builder);
  }
  if (settled.phase == Phase::decode && inputs.sequence == 0) {
    throw config::BadInput(
        workload.inputs.where,
        fmt::format("workload '{}' has no sequence to decode; use another phase", workload.id));
  }
  const TensorId output = Structure(workload, builder, scope).list(workload.layers, scope, inputs.first);
  Trace& trace = builder.trace();
  trace.outputs.push_back(output);
  if (settled.phase == Phase::decode) {
    const bool generates =
        std::any_of(trace.tensors.begin(), trace.tensors.end(), [](const Tensor& t) { return t.cache; });
    if (!generates) {
      throw config::BadInput(
          workload.layers.where,
          fmt::format("workload '{}' generates nothing token by token: it has no causal attention and no "
                      "recurrence; use phase prefill",
                      workload.id));
    }
    drop_what_ran_before(builder);
  }
  InPlace(trace).settle();
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
