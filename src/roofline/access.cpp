#include "roofline/access.hpp"

#include <algorithm>

namespace memwall::roofline {
namespace {

using workload::ElementType;
using workload::Operator;
using workload::Tensor;
using workload::TensorId;
using workload::Trace;

Content content_of(const Trace& trace, TensorId id) {
  const Tensor& tensor = trace.tensor(id);
  if (tensor.cache || trace.tensor(trace.root(id)).cache) return Content::cache;
  switch (tensor.type) {
    case ElementType::index:
      return Content::index;
    case ElementType::mask:
      return Content::mask;
    case ElementType::fp32:
      return Content::statistic;
    case ElementType::activation:
      break;
  }
  return tensor.input ? Content::input : Content::activation;
}

}  // namespace

Kernel kernel_of(const Trace& trace, int index, Pass pass, std::string name) {
  const Operator& op = trace.operators[static_cast<std::size_t>(index)];
  Kernel kernel;
  kernel.name = std::move(name);
  kernel.layer = op.name;
  kernel.operators = {index};
  kernel.kind = op.kind;
  kernel.pass = pass;
  kernel.count = trace.count_of(op);
  return kernel;
}

std::vector<TensorId> distinct(const std::vector<TensorId>& ids) {
  std::vector<TensorId> result;
  for (const TensorId id : ids) {
    if (std::ranges::find(result, id) == result.end()) result.push_back(id);
  }
  return result;
}

Access tensor_access(const Trace& trace, TensorId id, const plan::Recipe& recipe) {
  const Tensor& tensor = trace.tensor(id);
  return {tensor.name, content_of(trace, id), tensor.shape.elements(),
          plan::element_bytes(tensor.type, recipe), id};
}

double weight_part(const Trace& trace, const Operator& op) {
  if (op.weight_elements_read < 0) return 1;
  double all = 0;
  for (const workload::WeightId id : op.weights) all += trace.weight(id).elements();
  return all > 0 ? op.weight_elements_read / all : 0;
}

std::vector<Access> weight_accesses(const Trace& trace, const Operator& op, const plan::Recipe& recipe) {
  std::vector<Access> accesses;
  const double part = weight_part(trace, op);
  for (const workload::WeightId id : op.weights) {
    const workload::Weight& weight = trace.weight(id);
    const double elements = weight.elements() * part;
    if (elements > 0) {
      accesses.push_back({weight.name, Content::weight, elements, recipe.weight, workload::none});
    }
  }
  return accesses;
}

std::vector<ElementWork> element_work(const Trace& trace, const Operator& op, double each) {
  if (op.vector.over == workload::none || each == 0) return {};
  const Tensor& over = trace.tensor(op.vector.over);
  return {{over.name, each, over.shape.elements()}};
}

double spread(const Trace& trace, const Operator& op) {
  if (op.kind != workload::OperatorKind::convolution || op.matmuls.empty() || op.reads.empty()) return 1;
  const workload::Matmul& product = op.matmuls.front();
  const double windows = product.groups * product.m * product.k;
  return std::min(1.0, trace.tensor(op.reads.front()).shape.elements() / windows);
}

bool has_work(const Kernel& kernel) {
  return !kernel.products.empty() || !kernel.elements.empty() || kernel.touched() > Bytes(0);
}

}  // namespace memwall::roofline
