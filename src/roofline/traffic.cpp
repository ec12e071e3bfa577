#include "memwall/roofline/traffic.hpp"

#include <algorithm>
#include <cmath>

namespace memwall::roofline {

Bytes least_traffic(const Product& product, Bytes inside) {
  const double squared =
      product.left.value() * product.right.value() * product.result.value() / inside.value();
  return Bytes(product.flops().value() * std::sqrt(squared));
}

Bytes operand_bytes(const Product& product) {
  const workload::Matmul& p = product.matmul;
  return p.groups * (p.m * p.k * product.left + p.k * p.n * product.right + p.m * p.n * product.result);
}

Bytes surplus(const Product& product, Bytes inside) {
  return std::max(Bytes(0), least_traffic(product, inside) - operand_bytes(product));
}

Recurrence recurrence(const Kernel& kernel) {
  Recurrence result;
  for (const Product& product : kernel.products) {
    if (product.rounds <= 1) continue;
    const workload::Matmul& p = product.matmul;
    result.weights += p.groups / product.rounds * p.k * p.n * product.right;
    result.rounds = std::max(result.rounds, product.rounds);
  }
  return result;
}

Bytes recurrence_surplus(const Recurrence& recurrence, Bytes inside) {
  return (recurrence.rounds - 1) * std::max(Bytes(0), recurrence.weights - inside);
}

Bytes attention_surplus(const AttentionStream& stream, Bytes inside) {
  const Bytes rows = stream.rows * stream.row;
  const Bytes keys = stream.keys * stream.key;
  const Bytes streamed = stream.executed * (rows / inside) * keys;
  return stream.groups * std::max(Bytes(0), streamed - std::max(rows, keys));
}

Bytes reread(const Kernel& kernel, Bytes inside) {
  Bytes sum = recurrence_surplus(recurrence(kernel), inside);
  for (const Product& product : kernel.products) {
    if (product.rounds <= 1) sum += surplus(product, inside);
  }
  if (kernel.attention) sum += attention_surplus(*kernel.attention, inside);
  return sum;
}

Bytes traffic(const Kernel& kernel, std::optional<Bytes> inside) {
  if (!inside) return kernel.touched();
  return kernel.touched() + reread(kernel, *inside);
}

}  // namespace memwall::roofline
