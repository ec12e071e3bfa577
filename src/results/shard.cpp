#include "results/shard.hpp"

#include <fmt/format.h>

#include <charconv>

#include "results/disk.hpp"
#include "results/hdf5_file.hpp"
#include "results/hdf5_header.hpp"

namespace memwall::results {
namespace {

constexpr std::string_view prefix = "points-";
constexpr std::string_view suffix = ".h5";

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string shard_name(Points points) {
  return fmt::format("{}{:012}-{:012}{}", prefix, points.first, points.first + points.count - 1, suffix);
}

std::optional<Points> shard_points(const std::string& name) {
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return std::nullopt;
  const std::string_view range =
      std::string_view(name).substr(prefix.size(), name.size() - prefix.size() - suffix.size());
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = number(range.substr(0, dash));
  const auto last = number(range.substr(dash + 1));
  if (!first || !last || *first < 0 || *last < *first) return std::nullopt;
  const Points points{*first, *last - *first + 1};
  return shard_name(points) == name ? std::optional(points) : std::nullopt;
}

Shard write_shard(const std::filesystem::path& folder, const std::filesystem::path& owner, Points points,
                  const Header& header, const std::vector<Table>& rows) {
  Shard shard{points, folder / shard_name(points), {}};
  std::filesystem::path temporary = shard.file;
  temporary += ".tmp";
  {
    hdf5::NewFile file(temporary, owner);
    file.fill([&] {
      hdf5::write_origin(file.id(), header.origin, header.fingerprint);
      hdf5::write_attribute(file.id(), "first_point", points.first);
      hdf5::write_attribute(file.id(), "points", points.count);
      hdf5::write_inputs(file.id(), {});
      for (const Table& table : rows) {
        shard.extents.emplace_back(table);
        hdf5::NewTable(file.id(), table, shard.extents.back()).append(table);
      }
    });
    file.close();
  }
  disk::publish(temporary, shard.file, Existing::replace);
  return shard;
}

Shard inspect_shard(const std::filesystem::path& file, Points points, const std::string& fingerprint,
                    const std::vector<Table>& tables) {
  const hdf5::Handle handle = hdf5::open_file(file);
  const hid_t id = handle.id();
  hdf5::expect_format(id);
  if (hdf5::read_text_attribute(id, "fingerprint") != fingerprint) throw hdf5::Failure("is of other inputs");
  if (hdf5::read_integer_attribute(id, "first_point") != points.first ||
      hdf5::read_integer_attribute(id, "points") != points.count) {
    throw hdf5::Failure("is about other points than its name says");
  }
  Shard shard{points, file, {}};
  for (const Table& table : tables) {
    hdf5::Outline stored = hdf5::outline(id, table.name);
    if (!same_schema(stored.schema, table)) throw hdf5::Failure("has other columns in '" + table.name + "'");
    shard.extents.push_back(std::move(stored.extent));
  }
  return shard;
}

}  // namespace memwall::results
