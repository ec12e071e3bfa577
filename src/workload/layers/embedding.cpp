#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "workload/layers/common.hpp"
#include "workload/layers/table.hpp"

/// Tables of which rows are looked up.
namespace memwall::workload {
namespace {

void require_indices(const Builder& builder, const Layer& layer, TensorId input) {
  if (builder.trace().tensor(input).type != ElementType::index) {
    layer.fail("it looks up integers, and its input is none; give the input type: index");
  }
}

/// Look-ups in a weight's tables.
Operator gather(TensorId input, TensorId output, WeightId weight, std::vector<Table> tables, double width) {
  Operator op;
  op.kind = OperatorKind::gather;
  op.reads = {input};
  op.writes = {output};
  op.weights = {weight};
  op.weight_elements_read = touched_rows(tables) * width;
  op.tables = std::move(tables);
  op.kept = {input};
  op.vector = {0, 1, output};  // backward adds each row of the gradient into its place
  return op;
}

Operator border(OperatorKind kind, TensorId from, TensorId to, TableDivision division) {
  Operator op;
  op.kind = kind;
  op.reads = {from};
  op.writes = {to};
  op.table_division = division;
  return op;
}

/// A layer's tables as it names them, with the look-ups of one sample.
std::vector<Table> tables_of(const Layer& layer, const config::Node& rows) {
  const auto counts = [&](const config::Node& node, std::string_view what) {
    std::vector<double> values;
    if (!node.is_sequence()) values.push_back(static_cast<double>(layer.scope().count(node, what)));
    for (const config::Node& item : node.items)
      values.push_back(static_cast<double>(layer.scope().count(item, what)));
    return values;
  };
  std::vector<Table> tables;
  for (const double each : counts(rows, "embedding_bag")) tables.push_back({each, 1});
  const config::Node* given = layer.find("lookups");
  if (given == nullptr) return tables;
  std::vector<double> lookups = counts(*given, "embedding_bag: lookups");
  if (lookups.size() == 1) lookups.assign(tables.size(), lookups.front());
  if (lookups.size() != tables.size()) {
    layer.fail(
        fmt::format("it has {} tables and {} lookups; expected one a table", tables.size(), lookups.size()));
  }
  for (std::size_t i = 0; i < tables.size(); ++i) tables[i].lookups = lookups[i];
  return tables;
}

TableDivision division_of(const Builder& builder, const Layer& layer, const std::string& shard) {
  const TableDivision division = shard == "table"    ? TableDivision::tables
                                 : shard == "row"    ? TableDivision::rows
                                 : shard == "column" ? TableDivision::columns
                                                     : TableDivision::whole;
  if (division == TableDivision::whole) return division;
  if (builder.experts) layer.fail(fmt::format("shard: {} cannot stand inside experts", shard));
  if (layer.has("weights"))
    layer.fail(fmt::format("shard: {} divides tables that no other layer uses; leave out weights", shard));
  return division;
}

}  // namespace

TensorId lower_embedding(Builder& builder, const Layer& layer, TensorId input) {
  require_indices(builder, layer, input);
  const std::int64_t rows = layer.argument_count();
  const std::int64_t width = layer.count("width");
  const bool sharded = layer.choice("shard", "none", {"none", "vocabulary"}) == "vocabulary";
  const TensorId output = builder.tensor(layer, "", builder.shape(input).with(AxisKind::feature, width));
  Weight table;
  table.divided = static_cast<double>(rows);
  table.rest = static_cast<double>(width);
  table.sparse = layer.flag("sparse_gradient", false);
  if (sharded) table.parts = table.divided;
  const WeightId weight = builder.weight(layer, "weight", table);
  const double lookups = builder.shape(output).elements() / table.rest;
  builder.add(layer, "", gather(input, output, weight, {{table.divided, lookups}}, table.rest));
  return sharded ? builder.leave_tensor(layer, output) : output;
}

TensorId lower_embedding_bag(Builder& builder, const Layer& layer, TensorId input) {
  const config::Node* rows_node = layer.argument();
  if (rows_node == nullptr) layer.fail("it needs the rows of its table, or a list of them");
  require_indices(builder, layer, input);
  const std::int64_t width = layer.count("width");
  std::vector<Table> tables = tables_of(layer, *rows_node);
  const std::string shard = layer.choice("shard", "none", {"none", "vocabulary", "table", "row", "column"});
  const TableDivision division = division_of(builder, layer, shard);

  Weight weight;
  weight.divided = std::accumulate(tables.begin(), tables.end(), 0.0,
                                   [](double sum, const Table& table) { return sum + table.rows; });
  weight.rest = static_cast<double>(width);
  weight.sparse = layer.flag("sparse_gradient", true);
  weight.routed = division != TableDivision::whole;
  if (shard == "vocabulary") weight.parts = weight.divided;

  // A vector is the sum of the rows that were looked up for it in one table.
  const std::int64_t batch = builder.options().batch;
  double each = 0;
  for (Table& table : tables) {
    each += table.lookups / static_cast<double>(tables.size());
    table.lookups *= static_cast<double>(batch);
  }
  Shape shape{{AxisKind::batch, batch}, {AxisKind::feature, width}};
  if (rows_node->is_sequence())
    shape = shape.with(AxisKind::sequence, static_cast<std::int64_t>(tables.size()));

  if (division != TableDivision::whole) {
    const TensorId indices = builder.view(layer, input, builder.shape(input));
    builder.add(layer, "enter", border(OperatorKind::enter_tables, input, indices, division));
    input = indices;
  }
  const TensorId output = builder.tensor(layer, "", shape);
  Operator op =
      gather(input, output, builder.weight(layer, "weight", weight), std::move(tables), weight.rest);
  op.vector = {each, each, output};
  op.table_division = division;
  builder.add(layer, "", std::move(op));
  if (shard == "vocabulary") return builder.leave_tensor(layer, output);
  if (division == TableDivision::whole) return output;
  const TensorId pooled = builder.view(layer, output, shape);
  builder.add(layer, "leave", border(OperatorKind::leave_tables, output, pooled, division));
  return pooled;
}

}  // namespace memwall::workload
