#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "memwall/study/definitions.hpp"

/// A publication's tables as data: its cells as printed and how each is derived, and the list of those that
/// are wrong or underivable. docs/tables.md describes the two files.
namespace memwall::study {

/// A quantity stated beside a cell's: what it does not say is as the cell's row has it.
struct Aside {
  std::string of;  ///< a phrase: "without dropout"
  std::optional<std::string> definition;
  std::optional<std::string> unit;
  Settings settings;
};

/// What a column of a table is, unless a cell says otherwise: a definition, or the sum of other metrics of
/// the row.
struct Metric {
  std::string name;
  std::string table;  ///< empty: the table is named after the model's domain
  std::string unit;
  std::string definition;           ///< empty for a sum
  std::vector<std::string> sum_of;  ///< names of metrics
  config::Location where;
};

struct PublishedCell {
  Metric metric;
  std::string published;  ///< as printed: its digits say how far it was rounded
  double value = 0;       ///< the same as a number
  Settings settings;
  std::string note;
  std::vector<Aside> beside;
  config::Location where;
};

struct PublishedRow {
  std::string table;
  std::string model;  ///< as the publication names it
  Settings settings;
  std::vector<PublishedCell> cells;
};

struct Publication {
  std::string source;
  Settings settings;  ///< of every cell
  std::vector<Metric> metrics;
  std::vector<PublishedRow> rows;
};

/// Why a published value is wrong, or why none can be derived.
struct Reason {
  enum class Kind { erratum, not_derivable };

  Kind kind = Kind::erratum;
  std::string table;
  std::string model;
  std::string metric;
  std::string published;           ///< the value that it explains, as printed
  std::string text;                ///< the reason, a phrase
  std::optional<Aside> equals;     ///< another quantity, which gives the published value
  std::vector<std::string> parts;  ///< metrics of the row whose published values add up to something else
  std::vector<Aside> beside;
  config::Location where;
};

/// Both throw BadInput with every mistake, BadFile for a file that cannot be read.
[[nodiscard]] Publication read_publication(const std::filesystem::path& file);
[[nodiscard]] std::vector<Reason> read_reasons(const std::filesystem::path& file);

}  // namespace memwall::study
