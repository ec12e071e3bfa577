#include "memwall/parallel/group.hpp"

#include <algorithm>

namespace memwall::parallel {
namespace {

std::int64_t divided_up(std::int64_t n, std::int64_t by) { return (n + by - 1) / by; }

}  // namespace

std::int64_t Group::members_within(std::int64_t devices) const {
  if (size <= 1 || stride >= devices) return 1;
  const std::int64_t pattern = period > 0 ? period : size * stride;
  if (devices % pattern == 0) return size;
  if (pattern % devices == 0 && devices % stride == 0) return std::min(size, devices / stride);
  const std::int64_t blocks = std::min(size, (span() - 2) / devices + 2);
  return divided_up(size, blocks);
}

std::int64_t Group::groups_within(std::int64_t devices) const {
  return divided_up(devices, members_within(devices));
}

}  // namespace memwall::parallel
