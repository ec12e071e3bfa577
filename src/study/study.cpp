#include "memwall/study/study.hpp"

#include <fmt/format.h>

#include "memwall/config/fields.hpp"
#include "memwall/config/suggest.hpp"

namespace memwall::study {
namespace {

using config::Fields;
using config::Node;
using config::Problems;

/// A study beyond this is a slip of the grid: its rows alone would fill a disk.
constexpr double most_points = 1e8;

std::vector<std::pair<std::string, Node>> changes_in(Fields& fields) {
  std::vector<std::pair<std::string, Node>> changes;
  const Node* set = fields.optional("set");
  if (set == nullptr || set->is_null()) return changes;
  if (!set->is_map()) {
    fields.problems().add(set->where, "set is " + config::describe(*set) + "; expected a map of changes");
    return changes;
  }
  for (const config::Entry& entry : set->entries) {
    if (entry.value.is_scalar()) {
      changes.emplace_back(entry.key, entry.value);
    } else {
      fields.problems().add(entry.value.where, fmt::format("set: {} is {}; expected a value", entry.key,
                                                           config::describe(entry.value)));
    }
  }
  return changes;
}

std::optional<ModelEntry> read_model(const Node& node, const ModelEntry& common, Problems& problems) {
  ModelEntry model = common;
  model.where = node.where;
  if (node.is_scalar()) {
    model.name = node.text;
    return model;
  }
  Fields fields(node, problems, "model of the grid");
  model.name = fields.required_text("model");
  model.batch = fields.positive_integer("batch");
  if (!model.batch) model.batch = common.batch;
  model.recipe = fields.text("recipe").value_or(common.recipe);
  model.optimizer = fields.text("optimizer").value_or(common.optimizer);
  for (auto& [name, value] : changes_in(fields)) model.dimensions.push_back({name, value});
  fields.finish();
  return model;
}

std::optional<SystemEntry> read_system(const Node& node, Problems& problems) {
  SystemEntry system;
  system.where = node.where;
  if (node.is_scalar()) {
    system.name = system.label = node.text;
    return system;
  }
  Fields fields(node, problems, "system of the grid");
  system.name = system.label = fields.required_text("system");
  for (const auto& [path, value] : changes_in(fields)) {
    system.changes.push_back({path, value.text, value.where});
    system.label += fmt::format(" {}={}", path, value.text);
  }
  system.label = fields.text("label").value_or(system.label);
  fields.finish();
  return system;
}

template <class Entry, class Read>
std::vector<Entry> read_list(Fields& grid, std::string_view key, Problems& problems, Read read) {
  std::vector<Entry> entries;
  const Node* list = grid.required(key);
  if (list == nullptr) return entries;
  if (!list->is_sequence() || list->items.empty()) {
    problems.add(list->where,
                 fmt::format("{} is {}; expected a list of at least one", key, config::describe(*list)));
    return entries;
  }
  for (const Node& item : list->items) {
    if (auto entry = read(item)) entries.push_back(std::move(*entry));
  }
  return entries;
}

std::vector<workload::Phase> read_phases(Fields& grid, Problems& problems) {
  std::vector<workload::Phase> phases;
  for (const std::string& word : grid.texts("phases")) {
    bool known = false;
    for (const auto phase : {workload::Phase::training, workload::Phase::prefill, workload::Phase::decode}) {
      if (workload::to_text(phase) != word) continue;
      phases.push_back(phase);
      known = true;
    }
    if (!known)
      problems.add(grid.optional("phases")->where,
                   fmt::format("phases: '{}' is no phase; expected training, prefill or decode", word));
  }
  if (phases.empty()) phases.push_back(workload::Phase::training);
  return phases;
}

/// Whether a field that has two words has the second; the first is the default.
bool is_second(Fields& fields, std::string_view key, std::string_view first, std::string_view second) {
  const auto word = fields.text(key);
  if (word && *word != first && *word != second) {
    fields.problems().add(fields.optional(key)->where,
                          fmt::format("{}: '{}' is not known; expected {} or {}", key, *word, first, second));
  }
  return word.value_or(std::string(first)) == second;
}

std::vector<FigureEntry> read_figures(const Node* node, Problems& problems) {
  std::vector<FigureEntry> figures;
  if (node == nullptr) return figures;
  if (!node->is_sequence()) {
    problems.add(node->where, "figures is " + config::describe(*node) + "; expected a list");
    return figures;
  }
  for (const Node& item : node->items) {
    Fields fields(item, problems, "figure");
    FigureEntry figure;
    figure.kind = fields.required_text("kind");
    figure.output = fields.required_text("output");
    figure.title = fields.text("title").value_or("");
    if (const Node* select = fields.optional("select"); select != nullptr && !select->is_map()) {
      problems.add(select->where,
                   "select is " + config::describe(*select) + "; expected a map of columns to values");
    } else if (select != nullptr) {
      for (const config::Entry& entry : select->entries) {
        const std::vector<Node> one{entry.value};
        for (const Node& value : entry.value.is_sequence() ? entry.value.items : one)
          figure.select.push_back(entry.key + "=" + value.text);
      }
    }
    fields.finish();
    figures.push_back(std::move(figure));
  }
  return figures;
}

}  // namespace

Study read_study(const std::filesystem::path& file) {
  Study study;
  study.file = file.string();
  study.text = config::read_text(file);
  const Node root = config::parse_yaml(study.text, study.file);
  Problems problems;
  Fields fields(root, problems, "study");
  study.id = fields.required_text("id");
  study.name = fields.text("name").value_or(study.id);
  study.description = fields.text("description").value_or("");
  if (const Node* plan = fields.optional("plan"); plan != nullptr)
    study.plan = footprint::read_asked(*plan, problems);
  study.figures = read_figures(fields.optional("figures"), problems);
  if (const Node* node = fields.required("grid"); node != nullptr) {
    Fields grid(*node, problems, "grid");
    ModelEntry common;
    common.recipe = grid.text("recipe").value_or("mixed");
    common.optimizer = grid.text("optimizer").value_or("adam");
    common.batch = grid.positive_integer("batch");
    study.flash_attention = is_second(grid, "attention", "standard", "flash");
    study.fuse_elementwise = is_second(grid, "fuse", "none", "elementwise");
    study.models = read_list<ModelEntry>(
        grid, "models", problems, [&](const Node& item) { return read_model(item, common, problems); });
    study.systems = read_list<SystemEntry>(grid, "systems", problems,
                                           [&](const Node& item) { return read_system(item, problems); });
    study.phases = read_phases(grid, problems);
    grid.finish();
  }
  fields.finish();
  const double points = static_cast<double>(study.models.size()) * static_cast<double>(study.systems.size()) *
                        static_cast<double>(study.phases.size());
  if (points > most_points)
    problems.add(root.where,
                 fmt::format("the grid has {:.3g} points; expected at most {:.0g}", points, most_points));
  problems.throw_if_any();
  return study;
}

}  // namespace memwall::study
