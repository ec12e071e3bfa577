#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/config/node.hpp"
#include "memwall/footprint/fit.hpp"
#include "memwall/hardware/what_if.hpp"
#include "memwall/workload/lower.hpp"

/// A study: a grid of models, systems and phases in one YAML file, or growth over the years, and the figures
/// to draw from it.
namespace memwall::study {

/// A model of the grid, with what is changed of it.
struct ModelEntry {
  std::string name;
  std::vector<workload::DimensionChange> dimensions;
  std::optional<std::int64_t> batch;  ///< samples on a device; empty: the workload's device batch, or 1
  std::string recipe;
  std::string optimizer;
  config::Location where;
};

/// A system (or bare accelerator) of the grid, with what is changed of it.
struct SystemEntry {
  std::string name;
  std::string label;  ///< its name, and its changes where there are any
  std::vector<hardware::Change> changes;
  config::Location where;
};

/// What `memwall plot` can draw.
inline constexpr std::array<std::string_view, 10> figure_kinds = {
    "roofline",         "memory-wall", "fit-matrix",       "case-study",       "timeline",
    "hardware-scaling", "model-size",  "training-compute", "memory-breakdown", "balance"};

/// A column of a two-column page, or the page.
inline constexpr std::array<std::string_view, 2> figure_widths = {"column", "page"};

struct FigureEntry {
  std::string kind;                  ///< of `figure_kinds`
  std::string output;                ///< a file name without folder; the ending says the format
  std::vector<std::string> select;   ///< "column=value"
  std::optional<std::string> title;  ///< in place of the figure's own; empty text: none
  std::string width;                 ///< of `figure_widths`; empty: the default
};

/// Growth over the years in place of a grid, as `memwall trends` fits it.
struct TrendsEntry {
  std::vector<std::string> points;  ///< names of selections (memwall/study/trends.hpp); empty: all
  std::optional<double> since;      ///< year, included
  std::optional<double> until;      ///< year, not included
};

struct Study {
  std::string id;
  std::string name;
  std::string description;
  std::optional<TrendsEntry> trends;  ///< where there is one, the grid is empty
  std::vector<ModelEntry> models;
  std::vector<SystemEntry> systems;
  std::vector<workload::Phase> phases;
  footprint::Asked plan;  ///< what is fixed for every point
  bool flash_attention = false;
  bool fuse_elementwise = false;
  std::vector<FigureEntry> figures;
  std::string file;  ///< where it was read from
  std::string text;  ///< verbatim

  [[nodiscard]] std::int64_t points() const {
    return static_cast<std::int64_t>(models.size() * systems.size() * phases.size());
  }
};

/// Reads a study (docs/formats.md). Throws BadInput with every mistake, BadFile for a file that cannot be
/// read.
[[nodiscard]] Study read_study(const std::filesystem::path& file);

}  // namespace memwall::study
