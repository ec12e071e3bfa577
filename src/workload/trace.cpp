#include "memwall/workload/trace.hpp"

#include <algorithm>

namespace memwall::workload {

double touched_rows(const std::vector<Table>& tables, double executions) {
  double sum = 0;
  for (const Table& table : tables) sum += std::min(table.rows, executions * table.lookups);
  return sum;
}

bool is_border(OperatorKind kind) {
  return kind == OperatorKind::enter_tensor || kind == OperatorKind::leave_tensor ||
         kind == OperatorKind::enter_tables || kind == OperatorKind::leave_tables;
}

std::string_view to_text(OperatorKind kind) {
  switch (kind) {
    case OperatorKind::matmul:
      return "matmul";
    case OperatorKind::linear:
      return "linear";
    case OperatorKind::convolution:
      return "convolution";
    case OperatorKind::attention:
      return "attention";
    case OperatorKind::recurrent:
      return "recurrent";
    case OperatorKind::scan:
      return "scan";
    case OperatorKind::normalization:
      return "normalization";
    case OperatorKind::activation:
      return "activation";
    case OperatorKind::softmax:
      return "softmax";
    case OperatorKind::dropout:
      return "dropout";
    case OperatorKind::elementwise:
      return "elementwise";
    case OperatorKind::pool:
      return "pool";
    case OperatorKind::gather:
      return "gather";
    case OperatorKind::copy:
      return "copy";
    case OperatorKind::loss:
      return "loss";
    case OperatorKind::dispatch:
      return "dispatch";
    case OperatorKind::combine:
      return "combine";
    case OperatorKind::enter_tensor:
      return "enter_tensor";
    case OperatorKind::leave_tensor:
      return "leave_tensor";
    case OperatorKind::enter_tables:
      return "enter_tables";
    case OperatorKind::leave_tables:
      return "leave_tables";
  }
  return "?";
}

std::string_view to_text(Phase phase) {
  switch (phase) {
    case Phase::training:
      return "training";
    case Phase::prefill:
      return "prefill";
    case Phase::decode:
      return "decode";
  }
  return "?";
}

}  // namespace memwall::workload
