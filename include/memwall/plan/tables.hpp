#pragma once

#include <cstdint>
#include <vector>

#include "memwall/units/quantity.hpp"
#include "memwall/workload/trace.hpp"

/// Tables of a recommender: which device has which, and the gradients of the rows that a step touches.
namespace memwall::plan {

/// The device of each table, where every device has some of them: the heaviest first, each to the device that
/// has least (Graham 1969; the greedy placement of Mudigere et al. 2022, arXiv:2104.05158). A table weighs
/// its share of all rows, of all look-ups and of all tables: what it takes to hold, to read and to send.
[[nodiscard]] std::vector<std::size_t> placed(const std::vector<workload::Table>& tables,
                                              std::int64_t devices);

/// A table, or a device's part of one, whose gradient has only the rows that were looked up.
struct SparseTable {
  double rows = 0;
  double width = 0;
  double lookups = 0;   ///< in one micro-batch
  double count = 1;     ///< equal ones: those of a repeat's iterations
  bool routed = false;  ///< divided by expert parallelism

  /// Elements of the rows that so many micro-batches touch.
  [[nodiscard]] double touched(double micro_batches) const;
  /// Their gradient: the rows, and the number of each (int64).
  [[nodiscard]] Bytes gradient(double micro_batches, Bytes element) const;
  [[nodiscard]] double elements() const { return count * rows * width; }
};

inline constexpr Bytes row_number{8};

/// All of a trace, as its gathers look them up.
[[nodiscard]] std::vector<SparseTable> sparse_tables(const workload::Trace& trace);

}  // namespace memwall::plan
