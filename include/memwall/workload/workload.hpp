#pragma once

#include <optional>
#include <string>
#include <vector>

#include "memwall/config/node.hpp"

/// A model as its file describes it: names, facts and layers, nothing evaluated yet.
namespace memwall::workload {

/// Facts of the published training run; all optional.
struct Training {
  std::optional<double> batch;         ///< samples a step over all devices (the global batch)
  std::optional<double> device_batch;  ///< samples a device is usually given
  std::optional<double> samples;       ///< samples seen in the whole training
  std::optional<double> tokens;        ///< or tokens
  std::optional<double> epochs;        ///< or epochs, of
  std::optional<double> dataset;       ///< so many samples
  std::string optimizer = "adam";      ///< a file of optimizers/
  std::string recipe = "mixed";        ///< a file of recipes/
};

struct Workload {
  std::string id;
  std::string name;
  std::string family;
  std::string domain;
  std::string released;
  std::string source;
  std::string notes;
  std::string published_parameters;  ///< an integer, or text such as "8.3B"; empty where none was published
  Training training;

  config::Node dimensions;  ///< map of expressions
  config::Node inputs;      ///< map of maps
  config::Node blocks;      ///< map of maps
  config::Node defaults;    ///< map of maps: options by layer kind
  config::Node layers;      ///< sequence
};

/// Reads a workload's tree (docs/workload-language.md). Throws BadInput with every independent mistake:
/// unknown and missing keys, unknown layer kinds and options, wherever in the file they stand.
[[nodiscard]] Workload read_workload(const config::Node& root);

}  // namespace memwall::workload
