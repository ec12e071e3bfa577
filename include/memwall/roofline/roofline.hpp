#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/hardware/figure.hpp"
#include "memwall/roofline/kernel.hpp"
#include "memwall/roofline/machine.hpp"
#include "memwall/roofline/price.hpp"
#include "memwall/units/quantity.hpp"
#include "memwall/workload/trace.hpp"

/// A model on one device, operator by operator: how long, and what bounds it.
namespace memwall::roofline {

struct OperatorTime {
  Kernel kernel;
  Cost cost;  ///< of one execution; it runs Kernel::count times

  [[nodiscard]] Seconds total() const { return kernel.count * cost.time; }
  [[nodiscard]] Flops flops() const { return kernel.count * (kernel.matrix() + kernel.vector()); }
  [[nodiscard]] Bytes bytes() const;  ///< at main memory
};

inline constexpr std::size_t provenance_count = 6;

/// Sums over some operators, repeats counted.
struct Totals {
  std::string name;
  Seconds time;
  Flops matrix;                                           ///< products, as executed
  Flops vector;                                           ///< element-wise
  Bytes bytes;                                            ///< at main memory
  std::vector<Seconds> by_bound;                          ///< time of what each resource bounds
  std::array<Seconds, provenance_count> by_provenance{};  ///< indexed by hardware::Provenance

  /// The resource that bounds most of the time; none where there is none.
  [[nodiscard]] int bound() const;
};

struct Roofline {
  Machine machine;
  workload::Phase phase = workload::Phase::training;
  std::vector<OperatorTime> operators;  ///< in execution order
  Totals total;
  std::vector<std::string> notes;  ///< the machine's, and what this model adds

  /// "HBM", "matrix"; "unknown" for none.
  [[nodiscard]] std::string_view bound_name(int resource) const;
};

/// Prices every kernel, which run one after the other.
[[nodiscard]] Roofline roofline(Machine machine, workload::Phase phase, std::vector<Kernel> kernels,
                                const Pricing& pricing = price_ideal);

/// Folded by layer: the first `depth` names of a kernel's path ("decoder.attention.query" at depth 2 is
/// "decoder.attention"), in order of appearance.
[[nodiscard]] std::vector<Totals> by_layer(const Roofline& roofline, std::size_t depth);

/// Folded by pass and by operator kind, likewise.
[[nodiscard]] std::vector<Totals> by_pass(const Roofline& roofline);
[[nodiscard]] std::vector<Totals> by_kind(const Roofline& roofline);

}  // namespace memwall::roofline
