#include "memwall/workload/trace.hpp"

namespace memwall::workload {

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
