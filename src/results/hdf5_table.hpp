#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "memwall/results/table.hpp"
#include "results/hdf5.hpp"

/// Tables as groups of datasets.
namespace memwall::results::hdf5 {

/// The group of the YAML files, which is no table.
inline constexpr const char* inputs_group = "inputs";

/// How much a table will hold: HDF5 wants to know the width of text columns before the first row.
struct Extent {
  std::size_t rows = 0;
  std::vector<std::size_t> widths;  ///< by column, bytes of the longest text; 0 for other columns

  Extent() = default;
  explicit Extent(const Table& table);
  void add(const Extent& more);
};

/// A property list for groups and for links that keep their order and for whole paths of groups.
[[nodiscard]] Handle ordered_group();

/// A table in a file, filled from its first row to its last.
class NewTable {
 public:
  NewTable(hid_t file, const Table& schema, const Extent& extent);
  void append(const Table& rows);

 private:
  struct NewColumn {
    Handle dataset;
    Handle type;  ///< of its values in memory, for text and truths
  };

  static NewColumn create_column(hid_t group, const Column& column, std::size_t rows, std::size_t width);

  Handle group_;
  std::vector<NewColumn> columns_;
  hsize_t filled_ = 0;
};

/// What stands in a group or file, in the order in which it was made.
[[nodiscard]] std::vector<std::string> names_in(hid_t group);

/// Tables of a file, in order.
[[nodiscard]] std::vector<std::string> table_names(hid_t file);

/// A table's columns without its rows, and how much it holds.
struct Outline {
  Table schema;
  Extent extent;
};
[[nodiscard]] Outline outline(hid_t file, const std::string& table);

[[nodiscard]] Table read_table(hid_t file, const std::string& table);

}  // namespace memwall::results::hdf5
