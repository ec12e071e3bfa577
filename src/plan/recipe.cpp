#include "memwall/plan/recipe.hpp"

#include <fmt/format.h>

#include "memwall/config/fields.hpp"
#include "memwall/config/suggest.hpp"

namespace memwall::plan {
namespace {

using config::Fields;
using config::Node;
using config::Problems;

std::vector<hardware::Format> formats(Fields& fields, std::string_view key) {
  std::vector<hardware::Format> result;
  const Node* node = fields.required(key);
  static_cast<void>(fields.texts(key));  // tells what is no sequence of texts
  if (node == nullptr || !node->is_sequence()) return result;
  if (node->items.empty()) fields.problems().add(node->where, fmt::format("{} names no number format", key));
  for (const Node& item : node->items) {
    if (!item.is_scalar()) continue;
    if (const auto format = hardware::format_named(item.text)) {
      result.push_back(*format);
    } else {
      fields.problems().add(item.where, fmt::format("{}: '{}' is no number format{}", key, item.text,
                                                    config::suggestion(item.text, hardware::format_names())));
    }
  }
  return result;
}

bool is_number(const std::string& text) {
  try {
    static_cast<void>(parse_number(text));
    return true;
  } catch (const BadQuantity&) {
    return false;
  }
}

/// Bytes of one element: more than 0 where required, and no more than a double double's 16.
Bytes element_size(Fields& fields, std::string_view key, bool required) {
  const Node* node = required ? fields.required(key) : fields.optional(key);
  if (node == nullptr) return Bytes(0);
  if (node->is_scalar() && is_number(node->text)) {
    fields.problems().add(node->where,
                          fmt::format("{}: '{}' needs a unit: write {} B", key, node->text, node->text));
    return Bytes(1);
  }
  const Bytes bytes = fields.quantity<Bytes>(key).value_or(Bytes(1));
  if (bytes < Bytes(0) || bytes > Bytes(16) || (required && bytes == Bytes(0))) {
    fields.problems().add(node->where, fmt::format("{}: {} bytes an element; expected {} 0 up to 16", key,
                                                   bytes.value(), required ? "more than" : "from"));
  }
  return bytes;
}

/// A number from 0 up to `most`; 0 where absent.
double within(Fields& fields, std::string_view key, double most) {
  const Node* node = fields.optional(key);
  const double value = fields.number(key).value_or(0);
  if (value < 0 || value > most)
    fields.problems().add(node->where, fmt::format("{} is {}; expected 0 up to {}", key, value, most));
  return value;
}

}  // namespace

Bytes element_bytes(workload::ElementType type, const Recipe& recipe) {
  switch (type) {
    case workload::ElementType::activation:
      return recipe.activation;
    case workload::ElementType::index:
      return Bytes(8);
    case workload::ElementType::mask:
      return Bytes(1);
    case workload::ElementType::fp32:
      return Bytes(4);
  }
  return Bytes(0);
}

Bytes tensor_bytes(const workload::Tensor& tensor, const Recipe& recipe) {
  return tensor.shape.elements() * element_bytes(tensor.type, recipe);
}

Recipe read_recipe(const Node& root) {
  Problems problems;
  Fields fields(root, problems, "recipe");
  Recipe recipe;
  recipe.id = fields.required_text("id");
  recipe.name = fields.text("name").value_or(recipe.id);
  recipe.source = fields.required_text("source");
  recipe.matrix = formats(fields, "matrix");
  recipe.vector = formats(fields, "vector");
  recipe.activation = element_size(fields, "activation", true);
  recipe.weight = element_size(fields, "weight", true);
  recipe.gradient = element_size(fields, "gradient", true);
  recipe.master = element_size(fields, "master", false);
  recipe.gradient_bucket = element_size(fields, "gradient_bucket", false);
  recipe.gathered_whole = element_size(fields, "gathered_whole", false);
  recipe.gathered_share = element_size(fields, "gathered_share", false);
  recipe.sequence_buffers = within(fields, "sequence_buffers", 16);
  recipe.loss_copy = element_size(fields, "loss_copy", false);
  recipe.library_workspace = fields.quantity<Bytes>("library_workspace").value_or(Bytes(0));
  if (recipe.library_workspace < Bytes(0))
    problems.add(fields.optional("library_workspace")->where, "library_workspace is below 0");
  recipe.allocator_overhead = within(fields, "allocator_overhead", 4);
  fields.finish();
  problems.throw_if_any();
  return recipe;
}

Optimizer read_optimizer(const Node& root) {
  Problems problems;
  Fields fields(root, problems, "optimizer");
  Optimizer optimizer;
  optimizer.id = fields.required_text("id");
  optimizer.name = fields.text("name").value_or(optimizer.id);
  optimizer.source = fields.required_text("source");
  optimizer.flops_per_parameter = fields.number("flops_per_parameter").value_or(0);
  if (optimizer.flops_per_parameter < 0)
    problems.add(fields.optional("flops_per_parameter")->where, "flops_per_parameter is below 0");
  const Node* states = fields.optional("states");
  fields.finish();
  if (states != nullptr && !states->is_map() && !states->is_null()) {
    problems.add(states->where,
                 "states is " + config::describe(*states) + "; expected a map of names to bytes");
    states = nullptr;
  }
  for (const config::Entry& entry : states == nullptr ? std::vector<config::Entry>{} : states->entries) {
    Fields state(entry.value, problems, fmt::format("state '{}'", entry.key));
    OptimizerState read{entry.key, element_size(state, "bytes", true),
                        state.boolean("factored").value_or(false), state.boolean("row_wise").value_or(false)};
    if (read.factored && read.row_wise)
      problems.add(entry.where, fmt::format("state '{}' is factored and row_wise; expected one", entry.key));
    state.finish();
    optimizer.states.push_back(std::move(read));
  }
  problems.throw_if_any();
  return optimizer;
}

}  // namespace memwall::plan
