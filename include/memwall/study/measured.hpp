#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "memwall/config/problem.hpp"
#include "memwall/footprint/asked.hpp"
#include "memwall/units/quantity.hpp"
#include "memwall/workload/lower.hpp"

/// Measured training runs as data: a CSV file with a row a run, or a row a figure of a run. docs/formats.md
/// describes the columns.
namespace memwall::study {

/// What a file of measured runs leaves unsaid, by the columns that it has.
struct RunTemplate {
  std::string name;
  std::vector<std::string> columns;
  std::string workload;  ///< empty: rows must name one
  std::string recipe;
  std::string optimizer;
  bool flash_attention = false;
  bool fuse_elementwise = false;
  footprint::Asked plan;
  config::Location where;
};

struct RunTemplates {
  std::vector<RunTemplate> templates;
  std::vector<std::pair<std::string, std::string>> dimensions;  ///< columns, and the dimensions that they set
};

/// What was measured of a run.
enum class Metric {
  fits,                        ///< 1: it ran; 0: it ran out of memory
  allocated,                   ///< standing state of a device between steps, GiB
  reserved,                    ///< high-water mark of a device's allocator, GiB
  peak,                        ///< most bytes of tensors at once on the fullest device, GiB
  step_time,                   ///< s
  token_rate,                  ///< tokens/s of one device
  flops_rate,                  ///< FLOP/s of one device, what is recomputed counted
  layer_activations,           ///< kept by the transformer layers alone, GiB
  layer_states,                ///< weights, gradients and optimizer of the layers' matrices alone, GiB
  layer_activations_relative,  ///< the first of the two, percent of the same plan without sequence
                               ///< parallelism and recomputation
};

struct Measured {
  Metric metric;
  std::string name;  ///< of its column, or as the file's column `metric` has it
  std::string unit;  ///< as the file has it
  double value = 0;  ///< in that unit
  double scale = 1;  ///< what one unit is in SI base units; 1 for shares, rates of tokens and truths
  config::Location where;
};

struct MeasuredRun {
  config::Location where;
  std::string set;
  std::string name;
  std::string workload;
  workload::LoweringOptions lowering;
  std::string recipe;
  std::string optimizer;
  footprint::Asked plan;
  std::optional<Bytes> reserve;
  std::int64_t stage = 0;  ///< the pipeline stage of the device whose bytes were measured
  std::vector<Measured> measured;
};

struct MeasuredFile {
  std::string file;
  std::string template_name;
  std::vector<MeasuredRun> runs;
  std::vector<std::string> unused_columns;
};

/// Both throw BadInput with every mistake, BadFile for a file that cannot be read.
[[nodiscard]] RunTemplates read_run_templates(const std::filesystem::path& file);
[[nodiscard]] MeasuredFile read_measured(const std::filesystem::path& file, const RunTemplates& templates);

}  // namespace memwall::study
