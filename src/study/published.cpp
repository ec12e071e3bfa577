#include "memwall/study/published.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "memwall/config/fields.hpp"
#include "memwall/config/suggest.hpp"

namespace memwall::study {
namespace {

using config::Fields;
using config::Node;
using config::Problems;

/// Runs `check` and puts what it complains of to the other mistakes.
template <class Check>
void collecting(Problems& problems, Check check) {
  try {
    check();
  } catch (const config::BadInput& error) {
    for (const config::Problem& problem : error.problems()) problems.add(problem.where, problem.what);
  }
}

void read_dimensions(const Node& set, Settings& settings, Problems& problems) {
  if (!set.is_map()) {
    problems.add(set.where, "set is " + config::describe(set) + "; expected a map of dimensions");
    return;
  }
  for (const config::Entry& entry : set.entries) {
    if (entry.value.is_scalar()) {
      settings.dimensions.push_back({entry.key, entry.value});
    } else {
      problems.add(entry.value.where,
                   fmt::format("set: {} is {}; expected a value", entry.key, config::describe(entry.value)));
    }
  }
}

Settings read_settings(const Node* node, Problems& problems) {
  Settings settings;
  if (node == nullptr) return settings;
  Fields fields(*node, problems, "settings");
  settings.where = node->where;
  settings.batch = fields.positive_integer("batch");
  settings.recipe = fields.text("recipe");
  settings.optimizer = fields.text("optimizer");
  settings.samples = fields.number("samples");
  if (settings.samples && !(*settings.samples > 0))
    problems.add(fields.optional("samples")->where, "samples: expected a number above 0");
  if (const Node* set = fields.optional("set"); set != nullptr) read_dimensions(*set, settings, problems);
  fields.finish();
  return settings;
}

Aside read_aside(const Node& node, Problems& problems) {
  Fields fields(node, problems, "quantity");
  Aside aside;
  aside.of = fields.required_text("of");
  aside.definition = fields.text("definition");
  aside.unit = fields.text("unit");
  aside.settings = read_settings(fields.optional("settings"), problems);
  aside.settings.where = node.where;
  aside.settings.workload = fields.text("workload").value_or("");
  if (aside.definition)
    collecting(problems, [&] { static_cast<void>(definition_named(*aside.definition, node.where)); });
  fields.finish();
  return aside;
}

/// The items of a list, none where the key is absent.
std::vector<const Node*> items_of(Fields& fields, std::string_view key) {
  std::vector<const Node*> items;
  const Node* list = fields.optional(key);
  if (list == nullptr) return items;
  if (!list->is_sequence()) {
    fields.problems().add(list->where,
                          fmt::format("{} is {}; expected a list", key, config::describe(*list)));
    return items;
  }
  for (const Node& item : list->items) items.push_back(&item);
  return items;
}

std::vector<Aside> read_asides(Fields& fields, std::string_view key) {
  std::vector<Aside> asides;
  for (const Node* item : items_of(fields, key)) asides.push_back(read_aside(*item, fields.problems()));
  return asides;
}

Metric read_metric(const config::Entry& entry, Problems& problems) {
  Fields fields(entry.value, problems, fmt::format("metric '{}'", entry.key));
  Metric metric;
  metric.name = entry.key;
  metric.where = entry.where;
  metric.table = fields.text("table").value_or("");
  metric.unit = fields.required_text("unit");
  metric.definition = fields.text("definition").value_or("");
  metric.sum_of = fields.texts("sum_of");
  fields.finish();
  if (metric.definition.empty() == metric.sum_of.empty()) {
    problems.add(entry.where,
                 fmt::format("metric '{}' needs a definition or a sum_of, and not both", entry.key));
    return metric;
  }
  if (!metric.definition.empty())
    collecting(problems, [&] { static_cast<void>(definition_named(metric.definition, entry.where)); });
  return metric;
}

std::vector<Metric> read_metrics(const Node* node, Problems& problems) {
  std::vector<Metric> metrics;
  if (node == nullptr) return metrics;
  if (!node->is_map()) {
    problems.add(node->where, "metrics is " + config::describe(*node) + "; expected a map");
    return metrics;
  }
  for (const config::Entry& entry : node->entries) metrics.push_back(read_metric(entry, problems));
  return metrics;
}

/// The number as it is printed; reports what is none.
double printed_number(const Node& node, Problems& problems) {
  try {
    const double value = node.is_scalar() ? parse_number(node.text) : 0;
    if (value > 0) return value;
  } catch (const BadQuantity&) {
    // Reported below like every other value that is no figure.
  }
  problems.add(node.where,
               "published is " + config::describe(node) + "; expected a number above 0, as printed");
  return 1;
}

/// A cell is its published value alone, or a map with it.
PublishedCell read_cell(const config::Entry& entry, PublishedCell cell, Problems& problems) {
  cell.where = entry.where;
  if (entry.value.is_scalar()) {
    cell.value = printed_number(entry.value, problems);
    cell.published = entry.value.text;
    return cell;
  }
  Fields fields(entry.value, problems, fmt::format("cell '{}'", entry.key));
  if (const Node* published = fields.required("published"); published != nullptr) {
    cell.value = printed_number(*published, problems);
    cell.published = published->text;
  }
  cell.note = fields.text("note").value_or("");
  cell.metric.unit = fields.text("unit").value_or(cell.metric.unit);
  if (const auto definition = fields.text("definition")) {
    cell.metric.definition = *definition;
    cell.metric.sum_of.clear();
    collecting(problems, [&] { static_cast<void>(definition_named(*definition, entry.value.where)); });
  }
  cell.settings = changed(cell.settings, read_settings(fields.optional("settings"), problems));
  cell.beside = read_asides(fields, "beside");
  fields.finish();
  return cell;
}

void read_cells(const Node& node, const Publication& publication, const std::optional<std::string>& unit,
                PublishedRow& row, Problems& problems) {
  if (!node.is_map()) {
    problems.add(node.where, "cells is " + config::describe(node) + "; expected a map of metrics");
    return;
  }
  std::vector<std::string> names;
  names.reserve(publication.metrics.size());
  for (const Metric& metric : publication.metrics) names.push_back(metric.name);
  for (const config::Entry& entry : node.entries) {
    const auto metric = std::find_if(publication.metrics.begin(), publication.metrics.end(),
                                     [&](const Metric& known) { return known.name == entry.key; });
    if (metric == publication.metrics.end()) {
      problems.add(entry.where,
                   fmt::format("'{}' is no metric{}", entry.key, config::suggestion(entry.key, names)));
      continue;
    }
    PublishedCell cell;
    cell.metric = *metric;
    if (unit) cell.metric.unit = *unit;
    cell.settings = row.settings;
    row.cells.push_back(read_cell(entry, std::move(cell), problems));
  }
}

PublishedRow read_row(const Node& node, const Publication& publication, Problems& problems) {
  Fields fields(node, problems, "row");
  PublishedRow row;
  row.table = fields.required_text("table");
  row.model = fields.required_text("model");
  Settings settings = read_settings(fields.optional("settings"), problems);
  settings.workload = fields.required_text("workload");
  settings.where = node.where;
  row.settings = changed(publication.settings, settings);
  const std::optional<std::string> unit = fields.text("unit");
  if (const Node* cells = fields.required("cells"); cells != nullptr)
    read_cells(*cells, publication, unit, row, problems);
  fields.finish();
  return row;
}

Reason read_reason(const Node& node, Reason::Kind kind, Problems& problems) {
  Fields fields(node, problems, kind == Reason::Kind::erratum ? "erratum" : "entry of not_derivable");
  Reason reason;
  reason.kind = kind;
  reason.where = node.where;
  reason.table = fields.required_text("table");
  reason.model = fields.required_text("model");
  reason.metric = fields.required_text("metric");
  reason.published = fields.required_text("published");
  reason.text = fields.required_text("reason");
  reason.beside = read_asides(fields, "beside");
  if (const Node* equals = fields.optional("equals"); equals != nullptr)
    reason.equals = read_aside(*equals, problems);
  reason.parts = fields.texts("parts");
  fields.finish();
  return reason;
}

}  // namespace

Publication read_publication(const std::filesystem::path& file) {
  const Node root = config::read_yaml(file);
  Problems problems;
  Fields fields(root, problems, "publication");
  Publication publication;
  publication.source = fields.required_text("source");
  publication.settings = read_settings(fields.optional("settings"), problems);
  publication.metrics = read_metrics(fields.required("metrics"), problems);
  static_cast<void>(fields.required("rows"));
  for (const Node* row : items_of(fields, "rows"))
    publication.rows.push_back(read_row(*row, publication, problems));
  fields.finish();
  problems.throw_if_any();
  return publication;
}

std::vector<Reason> read_reasons(const std::filesystem::path& file) {
  const Node root = config::read_yaml(file);
  Problems problems;
  Fields fields(root, problems, "list of errata");
  std::vector<Reason> reasons;
  for (const Node* item : items_of(fields, "errata"))
    reasons.push_back(read_reason(*item, Reason::Kind::erratum, problems));
  for (const Node* item : items_of(fields, "not_derivable"))
    reasons.push_back(read_reason(*item, Reason::Kind::not_derivable, problems));
  fields.finish();
  problems.throw_if_any();
  return reasons;
}

}  // namespace memwall::study
