#pragma once

#include <vector>

#include "roofline/access.hpp"

namespace memwall::roofline {

/// The kernels that compute every gradient that is needed, from the last operator to the first.
[[nodiscard]] std::vector<Draft> backward_drafts(const workload::Trace& trace, const plan::Recipe& recipe);

}  // namespace memwall::roofline
