#pragma once

#include <array>
#include <cstddef>

#include "memwall/parallel/collective.hpp"
#include "parallel/level.hpp"

/// Collectives inside one tier.
namespace memwall::parallel {

/// One algorithm's cost, in seconds and bytes.
struct Phase {
  Algorithm algorithm = Algorithm::none;
  double latency = 0;
  double transfer = 0;
  double bytes = 0;  ///< that the busiest device sends

  [[nodiscard]] double time() const { return latency + transfer; }
};

/// A handful of phases, the simplest algorithm first.
class Phases {
 public:
  void add(const Phase& phase) { phases_[count_++] = phase; }
  [[nodiscard]] const Phase* begin() const { return phases_.data(); }
  [[nodiscard]] const Phase* end() const { return phases_.data() + count_; }
  /// The cheapest, of equals the first.
  [[nodiscard]] const Phase& best() const;

 private:
  std::array<Phase, 6> phases_;
  std::size_t count_ = 0;
};

/// Every algorithm for `collective` over the level's members with a buffer of so many bytes.
[[nodiscard]] Phases phases_of(Collective collective, const Level& level, double bytes);

}  // namespace memwall::parallel
