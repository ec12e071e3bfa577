#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "memwall/hardware/accelerator.hpp"
#include "memwall/plan/recipe.hpp"
#include "memwall/roofline/roofline.hpp"
#include "memwall/workload/lower.hpp"

namespace memwall::roofline {

/// A device from the YAML of its file.
hardware::Accelerator device_of(const std::string& yaml);

/// An H100 SXM5 with its datasheet's figures, L2 and what the SMs hold: 989.4 TFLOP/s in bf16 on the matrix
/// unit, 66.9 TFLOP/s in fp32 on the vector unit, 3.35 TB/s.
hardware::Accelerator h100();

/// 16-bit weights and activations, fp32 gradients and master weights.
plan::Recipe mixed();

/// Two fp32 moments and 13 FLOPs a parameter.
plan::Optimizer adam();

/// Lowers a model given by its `inputs:` and `layers:` (and other keys of a workload's file).
workload::Trace trace_of(const std::string& yaml, const workload::LoweringOptions& options = {});

/// The kernel of that name. Fails the test where there is none.
const Kernel& find(const std::vector<Kernel>& kernels, std::string_view name);

std::vector<std::string> names_of(const std::vector<Kernel>& kernels);

/// Sums over all kernels, repeats counted.
double matrix_flops(const std::vector<Kernel>& kernels);

/// "name content bytes" of each access, in order.
std::vector<std::string> accesses(const std::vector<Access>& list);

/// What BadInput says that `action` throws; "nothing" where it does not.
template <class Action>
std::string complaint(Action action) {
  try {
    action();
  } catch (const config::BadInput& error) {
    return error.what();
  }
  return "nothing";
}

}  // namespace memwall::roofline
