#include "memwall/parallel/overlap.hpp"

#include <algorithm>

namespace memwall::parallel {

Seconds exposed(const Buckets& buckets, Seconds computation, bool overlap) {
  if (buckets.count <= 0) return Seconds(0);
  const auto count = static_cast<double>(buckets.count);
  const Seconds all = count * buckets.each;
  if (!overlap) return all;
  // The last bucket is ready when the pass ends; the first one after 1 / count of it, and from then on the
  // link may be busy all the time.
  return std::max(buckets.each, all - (count - 1) / count * computation);
}

}  // namespace memwall::parallel
