#include "roofline/helpers.hpp"

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include "memwall/hardware/reader.hpp"

namespace memwall::roofline {

hardware::Accelerator device_of(const std::string& yaml) {
  return hardware::read_accelerator(config::parse_yaml("kind: gpu\n" + yaml, "device.yaml"), "device");
}

hardware::Accelerator h100() {
  return device_of(R"(
name: H100
source: H100 datasheet
provenance: datasheet
units: {name: SM, count: 132}
compute:
  matrix: {bf16: 989.4 TFLOP/s}
  vector: {fp32: 66.9 TFLOP/s}
memory:
  main: HBM
  HBM: {capacity: 80 GiB, bandwidth: 3.35 TB/s}
  L2: {capacity: 50 MiB}
  shared: {capacity: 228 KiB, per: unit}
  registers: {capacity: 256 KiB, per: unit}
)");
}

plan::Recipe mixed() {
  return plan::read_recipe(config::parse_yaml(R"(
id: mixed
source: test
matrix: [bf16, fp16]
vector: [fp32]
activation: 2 B
weight: 2 B
gradient: 4 B
master: 4 B
)",
                                              "mixed.yaml"));
}

plan::Optimizer adam() {
  return plan::read_optimizer(config::parse_yaml(R"(
id: adam
source: test
states:
  first_moment: {bytes: 4 B}
  second_moment: {bytes: 4 B}
flops_per_parameter: 13
)",
                                                 "adam.yaml"));
}

workload::Trace trace_of(const std::string& yaml, const workload::LoweringOptions& options) {
  const std::string head =
      "id: model\nname: model\nfamily: test\ndomain: language\nreleased: 2020\nsource: test\n";
  return workload::lower(workload::read_workload(config::parse_yaml(head + yaml, "model.yaml")), options);
}

const Kernel& find(const std::vector<Kernel>& kernels, std::string_view name) {
  for (const Kernel& kernel : kernels) {
    if (kernel.name == name) return kernel;
  }
  FAIL("no kernel is named " << name);
  return kernels.front();
}

std::vector<std::string> names_of(const std::vector<Kernel>& kernels) {
  std::vector<std::string> names;
  for (const Kernel& kernel : kernels) names.push_back(kernel.name);
  return names;
}

double matrix_flops(const std::vector<Kernel>& kernels) {
  double sum = 0;
  for (const Kernel& kernel : kernels) sum += kernel.count * kernel.matrix().value();
  return sum;
}

std::vector<std::string> accesses(const std::vector<Access>& list) {
  std::vector<std::string> lines;
  for (const Access& access : list) {
    lines.push_back(fmt::format("{} {} {}", access.name, to_text(access.content), access.bytes().value()));
  }
  return lines;
}

}  // namespace memwall::roofline
