#include "memwall/plan/tables.hpp"

#include <algorithm>
#include <numeric>

namespace memwall::plan {
namespace {

std::vector<double> weights_of(const std::vector<workload::Table>& tables) {
  double rows = 0;
  double lookups = 0;
  for (const workload::Table& table : tables) {
    rows += table.rows;
    lookups += table.lookups;
  }
  std::vector<double> weights;
  for (const workload::Table& table : tables) {
    weights.push_back(table.rows / rows + table.lookups / std::max(lookups, 1.0) +
                      1 / static_cast<double>(tables.size()));
  }
  return weights;
}

}  // namespace

std::vector<std::size_t> placed(const std::vector<workload::Table>& tables, std::int64_t devices) {
  const std::vector<double> weights = weights_of(tables);
  std::vector<std::size_t> order(tables.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return weights[a] > weights[b]; });
  std::vector<double> load(static_cast<std::size_t>(devices), 0);
  std::vector<std::size_t> device_of(tables.size());
  for (const std::size_t table : order) {
    const auto least = std::min_element(load.begin(), load.end());
    *least += weights[table];
    device_of[table] = static_cast<std::size_t>(least - load.begin());
  }
  return device_of;
}

double SparseTable::touched(double micro_batches) const {
  return count * width * std::min(rows, micro_batches * lookups);
}

Bytes SparseTable::gradient(double micro_batches, Bytes element) const {
  return touched(micro_batches) * element + touched(micro_batches) / width * row_number;
}

std::vector<SparseTable> sparse_tables(const workload::Trace& trace) {
  std::vector<SparseTable> found;
  for (const workload::Operator& op : trace.operators) {
    if (op.kind != workload::OperatorKind::gather) continue;
    for (const workload::WeightId id : op.weights) {
      const workload::Weight& weight = trace.weight(id);
      if (!weight.sparse) continue;
      // Iterations that share a table look up more of it, others have one each.
      const double times = trace.count_of(op);
      const bool shared = weight.repeat == workload::none;
      for (const workload::Table& table : op.tables) {
        found.push_back({table.rows, weight.rest, table.lookups * (shared ? times : 1), shared ? 1 : times,
                         weight.routed});
      }
    }
  }
  return found;
}

}  // namespace memwall::plan
