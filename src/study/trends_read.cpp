#include <fmt/format.h>

#include "memwall/config/fields.hpp"
#include "memwall/study/trends.hpp"

namespace memwall::study {
namespace {

using config::Fields;
using config::Node;
using config::Problems;

const std::vector<Node>& items_of(Fields& fields, std::string_view key) {
  static const std::vector<Node> nothing;
  const Node* list = fields.required(key);
  if (list == nullptr) return nothing;
  if (list->is_sequence()) return list->items;
  fields.problems().add(list->where, fmt::format("{} is {}; expected a list", key, config::describe(*list)));
  return nothing;
}

double year_of(const std::string& date, const config::Location& where, Problems& problems) {
  if (const auto year = fractional_year(date)) return *year;
  problems.add(where, fmt::format("'{}' is no date; expected one such as 2022-09-20, 2022-09 or 2022", date));
  return 0;
}

TrendPoint read_point(const Node& node, const std::string& series, const std::string& source,
                      Problems& problems) {
  Fields fields(node, problems, "point");
  TrendPoint point;
  point.series = series;
  point.set = paper_set;
  point.source = source;
  point.date = fields.required_text("date");
  point.year = year_of(point.date, node.where, problems);
  point.value = fields.number("value").value_or(0);
  if (!(point.value > 0)) problems.add(node.where, "value: expected a number above 0");
  const auto name = fields.text("name"), taken_for = fields.text("taken_for");
  if (name.has_value() == taken_for.has_value())
    problems.add(node.where, "expected either name (as the plot has it) or taken_for (where it has none)");
  point.name = name.value_or(taken_for.value_or(""));
  point.labelled = name.has_value();
  fields.finish();
  return point;
}

void read_series(const config::Entry& entry, Trends& trends, Problems& problems) {
  Fields fields(entry.value, problems, fmt::format("series '{}'", entry.key));
  TrendSeries series;
  series.name = entry.key;
  series.title = fields.required_text("title");
  series.unit = fields.text("unit").value_or("");
  const auto claim = fields.number("claim");
  if (claim && !(*claim > 0))
    problems.add(fields.optional("claim")->where, "claim: expected a factor above 0, as printed");
  series.claim = fields.text("claim").value_or("");
  series.claimed_in = fields.text("claimed_in").value_or("");
  series.method = fields.text("method").value_or("");
  for (const Node& node : items_of(fields, "points"))
    trends.points.push_back(read_point(node, series.name, trends.source, problems));
  fields.finish();
  trends.series.push_back(std::move(series));
}

std::optional<double> bytes_of(Fields& fields, std::string_view key) {
  const auto bytes = fields.quantity<Bytes>(key);
  return bytes ? std::optional(bytes->value()) : std::nullopt;
}

/// As plotted, or the name of a workload to add.
MemoryBar read_bar(const Node& node, Problems& problems) {
  Fields fields(node, problems, "bar");
  MemoryBar bar;
  bar.where = node.where;
  if (const auto workload = fields.text("workload")) {
    bar.workload = *workload;
    bar.set = catalog_set;
    fields.finish();
    return bar;
  }
  bar.model = fields.required_text("model");
  bar.date = fields.required_text("released");
  static_cast<void>(year_of(bar.date, node.where, problems));
  bar.weights = bytes_of(fields, "weights");
  bar.optimizer = bytes_of(fields, "optimizer");
  bar.activations = bytes_of(fields, "activations");
  bar.limit = bytes_of(fields, "limit");
  if (!bar.weights || !bar.optimizer || !bar.activations || !bar.limit)
    problems.add(node.where, "expected weights, optimizer, activations and limit, in bytes");
  fields.finish();
  return bar;
}

}  // namespace

Trends read_trends(const std::filesystem::path& file) {
  const Node root = config::read_yaml(file);
  Problems problems;
  Fields fields(root, problems, "trends");
  Trends trends;
  trends.source = fields.required_text("source");
  if (const Node* series = fields.required("series"); series != nullptr && !series->is_map()) {
    problems.add(series->where, fmt::format("series is {}; expected a map", config::describe(*series)));
  } else if (series != nullptr) {
    for (const config::Entry& entry : series->entries) read_series(entry, trends, problems);
  }
  trends.left_out = fields.texts("leave_out");
  for (const Node& node : items_of(fields, "memory")) trends.memory.push_back(read_bar(node, problems));
  fields.finish();
  problems.throw_if_any();
  return trends;
}

}  // namespace memwall::study
