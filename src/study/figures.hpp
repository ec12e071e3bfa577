#pragma once

#include <vector>

#include "memwall/config/node.hpp"
#include "memwall/study/study.hpp"

namespace memwall::study {

/// The figures that a study asks for; none where the list is not there. Mistakes go to `problems`.
[[nodiscard]] std::vector<FigureEntry> read_figures(const config::Node* list, config::Problems& problems);

}  // namespace memwall::study
