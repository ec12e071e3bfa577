#include "memwall/study/study.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "memwall/config/fields.hpp"
#include "memwall/config/suggest.hpp"
#include "memwall/study/growth.hpp"
#include "memwall/study/trends.hpp"
#include "study/figures.hpp"

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

std::optional<double> read_date(Fields& fields, std::string_view key) {
  const auto text = fields.text(key);
  if (!text) return std::nullopt;
  const auto year = beginning_of(*text);
  if (!year) {
    fields.problems().add(
        fields.optional(key)->where,
        fmt::format("{}: '{}' is no date; expected one such as 2017, 2017-06 or 2017-06-21", key, *text));
  }
  return year;
}

TrendsEntry read_trends_entry(const Node& node, Problems& problems) {
  TrendsEntry trends;
  Fields fields(node, problems, "trends");
  trends.points = fields.texts("points");
  for (const std::string& name : trends.points) {
    if (std::ranges::find(selection_names(), name) == selection_names().end())
      problems.add(
          fields.optional("points")->where,
          fmt::format("points: no points '{}'{}", name, config::suggestion(name, selection_names())));
  }
  trends.since = read_date(fields, "since");
  trends.until = read_date(fields, "until");
  if (trends.since && trends.until && *trends.since >= *trends.until)
    problems.add(node.where, "until: is not after since, so that no point is left");
  fields.finish();
  return trends;
}

void read_grid(const Node& node, Problems& problems, Study& study) {
  Fields grid(node, problems, "grid");
  ModelEntry common;
  common.recipe = grid.text("recipe").value_or("mixed");
  common.optimizer = grid.text("optimizer").value_or("adam");
  common.batch = grid.positive_integer("batch");
  study.flash_attention = is_second(grid, "attention", "standard", "flash");
  study.fuse_elementwise = is_second(grid, "fuse", "none", "elementwise");
  study.models = read_list<ModelEntry>(grid, "models", problems,
                                       [&](const Node& item) { return read_model(item, common, problems); });
  study.systems = read_list<SystemEntry>(grid, "systems", problems,
                                         [&](const Node& item) { return read_system(item, problems); });
  study.phases = read_phases(grid, problems);
  grid.finish();
}

/// What the study works out: a grid, or trends in its place.
void read_subject(Fields& fields, Study& study) {
  const Node* trends = fields.optional("trends");
  const Node* plan = fields.optional("plan");
  const Node* grid = fields.optional("grid");
  if (trends == nullptr && grid == nullptr)
    fields.problems().add(fields.node().where, "study: has neither grid nor trends; expected one of them");
  if (trends != nullptr) {
    study.trends = read_trends_entry(*trends, fields.problems());
    for (const Node* other : {grid, plan}) {
      if (other != nullptr)
        fields.problems().add(other->where,
                              fmt::format("a study of trends has no {}; leave it out, or trends",
                                          other == grid ? "grid" : "plan"));
    }
    return;
  }
  if (plan != nullptr) study.plan = footprint::read_asked(*plan, fields.problems());
  if (grid != nullptr) read_grid(*grid, fields.problems(), study);
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
  const bool is_name =
      study.id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
      std::string::npos;
  if (!study.id.empty() && (!is_name || study.id.front() == '.'))
    problems.add(fields.optional("id")->where,
                 fmt::format("id: '{}' names files; expected letters, digits, '-', '_' and '.'", study.id));
  study.name = fields.text("name").value_or(study.id);
  study.description = fields.text("description").value_or("");
  read_subject(fields, study);
  study.figures = read_figures(fields.optional("figures"), problems);
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
