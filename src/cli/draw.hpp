#pragma once

#include <filesystem>

#include "memwall/study/study.hpp"

/// Drawing is left to a program of its own, tools/plot.
namespace memwall::cli {

/// Draws a figure from a result file (or a timeline) into `output`. Returns an exit code; what is wrong the
/// drawing program has said. Throws BadFile where that cannot be started.
[[nodiscard]] int draw_figure(const study::FigureEntry& figure, const std::filesystem::path& results,
                              const std::filesystem::path& output);

}  // namespace memwall::cli
