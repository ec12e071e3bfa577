#pragma once

#include <cstdint>

#include "memwall/units/quantity.hpp"

/// Communication of data parallelism behind the computation that it may hide under.
namespace memwall::parallel {

/// Gradients that become ready bucket by bucket while a backward pass runs, or weights that are gathered
/// bucket by bucket before a forward pass needs them.
struct Buckets {
  std::int64_t count = 1;
  Seconds each;  ///< one bucket's collective
};

/// What is left to wait for after `computation`, the pass that the buckets belong to, evenly divided over
/// them: max(each, count x each - (count - 1) / count x computation); all of it without overlap. With many
/// buckets this is max(0, communication - computation).
[[nodiscard]] Seconds exposed(const Buckets& buckets, Seconds computation, bool overlap);

}  // namespace memwall::parallel
