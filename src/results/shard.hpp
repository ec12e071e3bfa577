#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "memwall/results/writer.hpp"
#include "results/hdf5_table.hpp"

/// The rows of some points, as a result file of its own inside NAME.partial.
namespace memwall::results {

struct Shard {
  Points points;
  std::filesystem::path file;
  std::vector<hdf5::Extent> extents;  ///< by table
};

/// `points-000000000000-000000000999.h5`: the first and the last.
[[nodiscard]] std::string shard_name(Points points);

/// The points that a file's name says; nothing for another name.
[[nodiscard]] std::optional<Points> shard_points(const std::string& name);

/// Makes the shard of those rows in a folder, whole or not at all. Errors name `owner`.
Shard write_shard(const std::filesystem::path& folder, const std::filesystem::path& owner, Points points,
                  const Header& header, const std::vector<Table>& rows);

/// What the shard in `file` holds. Throws BadFile or Failure where it cannot be read, or is not of this
/// fingerprint and these tables.
[[nodiscard]] Shard inspect_shard(const std::filesystem::path& file, Points points,
                                  const std::string& fingerprint, const std::vector<Table>& tables);

}  // namespace memwall::results
