#include <algorithm>
#include <cmath>
#include <iterator>

#include "memwall/study/trends.hpp"

namespace memwall::study {
namespace {

constexpr std::string_view table = "memory";

/// Puts the cells of one model into its bar.
void fill(MemoryBar& bar, const std::vector<TableCell>& cells) {
  for (const TableCell& cell : cells) {
    if (cell.table != table || !cell.ours) continue;
    const double bytes = *cell.ours * unit_value(cell.unit, Measure::bytes, bar.where);
    if (cell.metric == "parameter_memory") bar.weights = bytes;
    if (cell.metric == "optimizer_memory") bar.optimizer = bytes;
    if (cell.metric == "activation_memory") bar.activations = bytes;
  }
}

/// The largest memory of a device up to the end of a year.
void limit_by(MemoryBar& bar, const Trends& trends) {
  const double end = std::floor(fractional_year(bar.date).value_or(0)) + 1;
  for (const TrendPoint& point : trends.points) {
    if (point.series != "accelerator_memory" || point.set != catalog_set || point.year >= end) continue;
    if (bar.limit && *bar.limit >= point.value) continue;
    bar.limit = point.value;
    bar.limit_name = point.name;
  }
}

/// The bar beside a plotted one.
MemoryBar worked_out(const MemoryBar& plotted, const std::vector<TableCell>& cells) {
  MemoryBar bar = plotted;
  bar.set = catalog_set;
  bar.weights = bar.optimizer = bar.activations = std::nullopt;
  std::vector<TableCell> mine;
  std::ranges::copy_if(cells, std::back_inserter(mine),
                       [&](const TableCell& cell) { return cell.model == plotted.model; });
  if (mine.empty())
    throw config::BadInput(plotted.where, "no row '" + plotted.model + "' in the published memory table");
  fill(bar, mine);
  return bar;
}

}  // namespace

void add_memory(Trends& trends, Publication publication, std::vector<Reason> reasons, Subjects& subjects) {
  std::erase_if(publication.rows, [](const PublishedRow& row) { return row.table != table; });
  std::erase_if(reasons, [](const Reason& reason) { return reason.table != table; });
  const std::vector<TableCell> cells = published_cells(publication, reasons, subjects);
  std::vector<MemoryBar> bars;
  for (const MemoryBar& bar : trends.memory) {
    if (!bar.model.empty()) {
      bars.push_back(bar);
      bars.push_back(worked_out(bar, cells));
      continue;
    }
    Settings settings;
    settings.workload = bar.workload;
    settings.where = bar.where;
    const workload::Workload& model = subjects.of(settings).model;
    MemoryBar added = bar;
    added.model = model.name;
    added.date = model.released;
    fill(added, unpublished_cells(publication, bar.workload, subjects));
    limit_by(added, trends);
    bars.push_back(std::move(added));
  }
  trends.memory = std::move(bars);
}

}  // namespace memwall::study
