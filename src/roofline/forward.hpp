#pragma once

#include <vector>

#include "roofline/access.hpp"

namespace memwall::roofline {

/// One kernel an operator that does anything on one device, in execution order.
[[nodiscard]] std::vector<Draft> forward_drafts(const workload::Trace& trace, const plan::Recipe& recipe);

}  // namespace memwall::roofline
