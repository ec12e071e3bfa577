#include "memwall/plan/shard.hpp"

#include <algorithm>
#include <cmath>

#include "memwall/plan/tables.hpp"

namespace memwall::plan {
namespace {

using workload::AxisKind;
using workload::MatmulDivision;
using workload::Operator;
using workload::OperatorKind;
using workload::Shape;
using workload::Table;
using workload::TableDivision;
using workload::Tensor;
using workload::TensorId;
using workload::Trace;
using workload::Weight;

/// What one device has of `extent`, which falls into `parts` indivisible ones: those of the fullest device,
/// in whole elements.
double part_of(double extent, double parts, std::int64_t ways) {
  if (parts <= 0) parts = extent;
  const double held = std::ceil(parts / static_cast<double>(ways));
  return parts == extent ? held : std::ceil(extent * held / parts);
}

std::int64_t whole_part(std::int64_t extent, double parts, std::int64_t ways) {
  return static_cast<std::int64_t>(part_of(static_cast<double>(extent), parts, ways));
}

/// Divides the tensors of a trace and tells how an operator's rows shrink with them.
class Sharding {
 public:
  Sharding(const Trace& trace, const Degrees& degrees)
      : result_(trace), degrees_(degrees), whole_(trace.tensors.size(), false) {
    for (const TensorId id : trace.inputs) mark_whole(id);
    for (const Operator& op : trace.operators) {
      // A gathered sequence, and partial sums before they are reduced, are whole along the sequence.
      if (op.kind == OperatorKind::enter_tensor) mark_whole(op.writes.front());
      if (op.kind == OperatorKind::leave_tensor) mark_whole(op.reads.front());
      if (op.kind == OperatorKind::leave_tables && degrees.expert > 1) mark_whole(op.reads.front());
    }
  }

  Trace run() {
    const Trace before = result_;
    for (std::size_t i = 0; i < result_.tensors.size(); ++i) divide(result_.tensors[i], whole_[i]);
    if (degrees_.sequence_parallel) separate_gathered();
    if (degrees_.expert > 1) separate_tables();
    for (Operator& op : result_.operators) divide(op, before);
    for (Weight& weight : result_.weights) divide(weight);
    for (Operator& op : result_.operators) divide_tables(op, before);
    return std::move(result_);
  }

 private:
  void mark_whole(TensorId id) { whole_[static_cast<std::size_t>(id)] = true; }

  void divide(Tensor& tensor, bool whole) const {
    if (tensor.divided) {
      const std::int64_t extent = tensor.shape.extent(*tensor.divided);
      tensor.shape = tensor.shape.with(*tensor.divided, whole_part(extent, tensor.parts, degrees_.tensor));
    }
    const auto sequence = tensor.shape.find(AxisKind::sequence);
    if (!sequence) return;
    std::int64_t ways = degrees_.context;
    if (degrees_.sequence_parallel && !tensor.divided && !whole) ways *= degrees_.tensor;
    tensor.shape = tensor.shape.with(AxisKind::sequence, whole_part(*sequence, 0, ways));
  }

  /// With sequence parallelism a gathered tensor and a reduced one are no views of what they came from.
  void separate_gathered() {
    for (const Operator& op : result_.operators) {
      if (op.kind != OperatorKind::enter_tensor && op.kind != OperatorKind::leave_tensor) continue;
      result_.tensor(op.writes.front()).storage = op.writes.front();
    }
  }

  /// What devices send each other of divided tables is no view of what they had.
  void separate_tables() {
    for (const Operator& op : result_.operators) {
      if (op.kind != OperatorKind::enter_tables && op.kind != OperatorKind::leave_tables) continue;
      result_.tensor(op.writes.front()).storage = op.writes.front();
    }
  }

  /// The look-ups of a gather on one device, and the tensors between the devices.
  void divide_tables(Operator& op, const Trace& before) {
    if (op.tables.empty()) return;
    Weight& weight = result_.weights[static_cast<std::size_t>(op.weights.front())];
    const TensorId output = op.writes.front();
    const auto positions = [&](const Trace& trace) {
      return static_cast<double>(trace.tensor(output).shape.find(AxisKind::sequence).value_or(1));
    };
    const double tensor = weight.parts > 0 ? static_cast<double>(degrees_.tensor) : 1;
    for (Table& table : op.tables) {
      table.rows = std::ceil(table.rows / tensor);
      table.lookups = std::ceil(table.lookups / tensor * positions(result_) / positions(before));
    }
    if (degrees_.expert > 1 && op.table_division != TableDivision::whole)
      spread_tables(op, weight, before.weight(op.weights.front()).rest);
    op.weight_elements_read = touched_rows(op.tables) * weight.rest;
  }

  /// Tables divided over the devices of the group, each with the look-ups of all of them: weights are those
  /// of the device that has most rows, look-ups and vectors of those that have most of these.
  void spread_tables(Operator& op, Weight& weight, double width) {
    const auto ways = static_cast<double>(degrees_.expert);
    Tensor& vectors = result_.tensor(op.writes.front());
    const double each_before = vectors.shape.elements();
    const double lookups_before = total(op.tables, &Table::lookups) * width;
    vectors.shape =
        vectors.shape.with(AxisKind::batch, vectors.shape.extent(AxisKind::batch) * degrees_.expert);
    switch (op.table_division) {
      case TableDivision::whole:
        break;
      case TableDivision::tables:
        keep_fullest(op, weight, vectors);
        for (Table& table : op.tables) table.lookups *= ways;
        break;
      case TableDivision::rows:
        for (Table& table : op.tables) table.rows = std::ceil(table.rows / ways);
        weight.divided = total(op.tables, &Table::rows);
        break;
      case TableDivision::columns:
        for (Table& table : op.tables) table.lookups *= ways;
        weight.rest = std::ceil(width / ways);
        vectors.shape = vectors.shape.with(AxisKind::feature, static_cast<std::int64_t>(weight.rest));
        break;
    }
    const double lookups = total(op.tables, &Table::lookups);
    const double each = lookups * weight.rest / vectors.shape.elements() / (lookups_before / each_before);
    op.vector.forward *= each;
    op.vector.backward *= each;
    result_.tensor(op.reads.front()).shape = {{AxisKind::batch, static_cast<std::int64_t>(lookups)}};
  }

  void keep_fullest(Operator& op, Weight& weight, Tensor& vectors) const {
    std::vector<std::vector<Table>> devices(static_cast<std::size_t>(degrees_.expert));
    const std::vector<std::size_t> device_of = placed(op.tables, degrees_.expert);
    for (std::size_t i = 0; i < op.tables.size(); ++i) devices[device_of[i]].push_back(op.tables[i]);
    std::int64_t most = 0;
    weight.divided = 0;
    for (const std::vector<Table>& device : devices) {
      most = std::max(most, static_cast<std::int64_t>(device.size()));
      weight.divided = std::max(weight.divided, total(device, &Table::rows));
    }
    op.tables = *std::max_element(devices.begin(), devices.end(), [](const auto& a, const auto& b) {
      return total(a, &Table::lookups) < total(b, &Table::lookups);
    });
    if (vectors.shape.find(AxisKind::sequence))
      vectors.shape = vectors.shape.with(AxisKind::sequence, whole_part(most, 0, degrees_.context));
  }

  static double total(const std::vector<Table>& tables, double Table::*what) {
    double sum = 0;
    for (const Table& table : tables) sum += table.*what;
    return sum;
  }

  void divide(Operator& op, const Trace& before) const {
    scale_weights_read(op, before);
    if (op.matmuls.empty() || op.writes.empty()) return;
    const auto sequence_before =
        static_cast<double>(before.tensor(op.writes.front()).shape.extent(AxisKind::sequence));
    const auto sequence_now =
        static_cast<double>(result_.tensor(op.writes.front()).shape.extent(AxisKind::sequence));
    for (workload::Matmul& product : op.matmuls) {
      // Recurrences run step by step: their sequence is in the groups, and stays whole.
      if (op.kind != OperatorKind::recurrent) product.m *= sequence_now / sequence_before;
      if (op.division == MatmulDivision::groups)
        product.groups = part_of(product.groups, op.division_parts, degrees_.tensor);
      if (op.division == MatmulDivision::columns)
        product.n = part_of(product.n, op.division_parts, degrees_.tensor);
      if (op.division == MatmulDivision::rows)
        product.k = part_of(product.k, op.division_parts, degrees_.tensor);
    }
    if (const double experts = experts_of(op, before); experts > 1) divide_experts(op, experts);
  }

  /// A device has fewer experts, and as many rows as before: the other devices of the group send it theirs.
  void divide_experts(Operator& op, double experts) const {
    for (workload::Matmul& product : op.matmuls) {
      const double rows = product.groups * product.m;
      product.groups = std::min(product.groups, std::ceil(experts / static_cast<double>(degrees_.expert)));
      product.m = rows / product.groups;
    }
  }

  static double experts_of(const Operator& op, const Trace& before) {
    double experts = 1;
    for (const int id : op.weights) experts = std::max(experts, before.weight(id).experts);
    return experts;
  }

  void scale_weights_read(Operator& op, const Trace& before) const {
    if (op.weight_elements_read <= 0 || !op.tables.empty()) return;
    double all = 0;
    double mine = 0;
    for (const int id : op.weights) {
      all += before.weight(id).elements();
      mine += sharded_elements(before.weight(id), degrees_);
    }
    if (all > 0) op.weight_elements_read *= mine / all;
    // Where only some experts have work, fewer of them on each device means that more of those have some.
    const double experts = experts_of(op, before);
    if (experts == 1 || op.matmuls.empty()) return;
    const double busy = op.matmuls.front().groups;
    const double held = std::ceil(experts / static_cast<double>(degrees_.expert));
    op.weight_elements_read =
        std::min(mine, op.weight_elements_read * (experts / busy) * (std::min(busy, held) / held));
  }

  void divide(Weight& weight) const {
    if (weight.parts > 0) weight.divided = part_of(weight.divided, weight.parts, degrees_.tensor);
    weight.experts = std::ceil(weight.experts / static_cast<double>(degrees_.expert));
  }

  Trace result_;
  Degrees degrees_;
  std::vector<bool> whole_;
};

}  // namespace

double sharded_elements(const Weight& weight, const Degrees& degrees) {
  const double divided =
      weight.parts > 0 ? part_of(weight.divided, weight.parts, degrees.tensor) : weight.divided;
  return std::ceil(weight.experts / static_cast<double>(degrees.expert)) * divided * weight.rest;
}

Trace shard(const Trace& trace, const Degrees& degrees) {
  if (degrees.tensor == 1 && degrees.context == 1 && degrees.expert == 1) return trace;
  return Sharding(trace, degrees).run();
}

}  // namespace memwall::plan
