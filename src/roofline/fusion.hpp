#pragma once

#include <vector>

#include "roofline/access.hpp"

namespace memwall::roofline {

/// Joins element-wise kernels to the kernel of the operator just before them (in the pass's order) that makes
/// their input, where nothing else reads that input: it is then neither written nor read, unless the backward
/// pass needs it.
[[nodiscard]] std::vector<Kernel> fuse(const workload::Trace& trace, Pass pass, std::vector<Draft> drafts);

}  // namespace memwall::roofline
