#include "memwall/results/writer.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "memwall/config/problem.hpp"
#include "results/disk.hpp"
#include "results/hdf5_file.hpp"
#include "results/hdf5_header.hpp"
#include "results/hdf5_table.hpp"
#include "results/shard.hpp"

namespace memwall::results {
namespace {

using std::filesystem::path;

/// Throws std::invalid_argument for tables that cannot stand in one file.
void check_tables(const std::vector<Table>& tables, const std::vector<Table>& more = {}) {
  std::vector<std::string> names{hdf5::inputs_group};
  for (const auto* list : {&tables, &more}) {
    for (const Table& table : *list) {
      table.check();
      if (std::find(names.begin(), names.end(), table.name) != names.end()) {
        throw std::invalid_argument("a result file has one group '" + table.name + "'");
      }
      names.push_back(table.name);
    }
  }
}

/// A folder's files by name, in order.
std::vector<path> files_in(const path& folder) {
  std::vector<path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

class Writer::State {
 public:
  State(path file, Header header, const std::vector<Table>& tables, Existing existing)
      : file_(std::move(file)),
        folder_(partial_of(file_)),
        header_(std::move(header)),
        tables_(tables),
        existing_(existing) {
    check_tables(tables_);
    header_.inputs = hdf5::distinct(header_.inputs);
    if (std::any_of(tables_.begin(), tables_.end(), [](const Table& table) { return table.rows() > 0; })) {
      throw std::invalid_argument("a file begins with tables without rows");
    }
    disk::expect_free(file_, existing_);
    disk::make_folder(folder_);
    lock_ = disk::lock(folder_ / "lock", file_);
    take_up();
  }

  State(const State&) = delete;
  State& operator=(const State&) = delete;

  /// Leaves nothing behind where there is nothing to go on from.
  ~State() {
    if (!finished_ && shards_.empty()) remove_folder();
  }

  [[nodiscard]] const Shard* shard_of(std::int64_t point) const {
    auto after = shards_.upper_bound(point);
    if (after == shards_.begin()) return nullptr;
    const Shard& shard = std::prev(after)->second;
    return point < shard.points.first + shard.points.count ? &shard : nullptr;
  }

  [[nodiscard]] const std::map<std::int64_t, Shard>& shards() const { return shards_; }
  [[nodiscard]] const std::vector<std::string>& dropped() const { return dropped_; }

  void write(Points points, const std::vector<Table>& rows) {
    expect_unfinished();
    expect_new(points);
    expect_rows(rows);
    shards_[points.first] = write_shard(folder_, file_, points, header_, rows);
  }

  void finish(const std::vector<Table>& more) {
    expect_unfinished();
    check_tables(tables_, more);
    const path whole = folder_ / "whole.h5.tmp";
    merge(whole, more);
    disk::publish(whole, file_, existing_);
    finished_ = true;
    for (const auto& [first, shard] : shards_) disk::remove_quietly(shard.file);
    remove_folder();
  }

 private:
  void remove_folder() const {
    disk::remove_quietly(folder_ / "lock");
    disk::remove_quietly(folder_);
  }

  /// Finds the interrupted run's shards; what is of no use is removed.
  void take_up() {
    for (const path& file : files_in(folder_)) {
      if (file.extension() == ".tmp") disk::remove_quietly(file);
      const auto points = shard_points(file.filename().string());
      if (points) take_up(file, *points);
    }
  }

  void take_up(const path& file, Points points) {
    try {
      if (overlaps(points)) throw hdf5::Failure("has points of another file");
      shards_[points.first] = inspect_shard(file, points, header_.fingerprint, tables_);
    } catch (const hdf5::Failure& failure) {
      drop(file, file.string() + ": " + failure.what());
    } catch (const config::BadFile& failure) {
      drop(file, failure.what());
    }
  }

  void drop(const path& file, std::string why) {
    disk::remove_quietly(file);
    dropped_.push_back(std::move(why));
  }

  [[nodiscard]] bool overlaps(Points points) const {
    const auto next = shards_.lower_bound(points.first);
    return shard_of(points.first) != nullptr ||
           (next != shards_.end() && next->first < points.first + points.count);
  }

  void expect_unfinished() const {
    if (finished_) throw std::logic_error("the result file is finished");
  }

  void expect_new(Points points) const {
    if (points.first < 0 || points.count < 1) throw std::invalid_argument("no points to write");
    if (overlaps(points)) throw std::invalid_argument("a point's rows are written once");
  }

  void expect_rows(const std::vector<Table>& rows) const {
    const bool same = std::equal(rows.begin(), rows.end(), tables_.begin(), tables_.end(), same_schema);
    if (!same) throw std::invalid_argument("rows of other tables than the file began with");
    for (const Table& table : rows) table.check();
  }

  [[nodiscard]] hdf5::Extent extent_of(std::size_t table) const {
    hdf5::Extent extent(tables_[table]);
    for (const auto& [first, shard] : shards_) extent.add(shard.extents[table]);
    return extent;
  }

  void merge(const path& whole, const std::vector<Table>& more) const {
    hdf5::NewFile file(whole, file_);
    file.fill([&] { fill(file, more); });
    file.close();
  }

  void fill(const hdf5::NewFile& file, const std::vector<Table>& more) const {
    hdf5::write_origin(file.id(), header_.origin, header_.fingerprint);
    std::vector<hdf5::NewTable> tables;
    for (std::size_t i = 0; i < tables_.size(); ++i) {
      tables.emplace_back(file.id(), tables_[i], extent_of(i));
    }
    for (const auto& [first, shard] : shards_) {
      copy(shard, tables);
      file.expect_no_error();
    }
    tables.clear();
    for (const Table& table : more) {
      hdf5::NewTable(file.id(), table, hdf5::Extent(table)).append(table);
    }
    hdf5::write_inputs(file.id(), header_.inputs);
  }

  void copy(const Shard& shard, std::vector<hdf5::NewTable>& tables) const {
    const hdf5::Handle source = hdf5::open_file(shard.file);
    try {
      for (std::size_t i = 0; i < tables.size(); ++i) {
        tables[i].append(hdf5::read_table(source.id(), tables_[i].name));
      }
    } catch (const hdf5::Failure& failure) {
      throw config::BadFile(shard.file.string(), std::string(failure.what()) +
                                                     "; remove it, and its points will be computed again");
    }
  }

  path file_;
  path folder_;
  Header header_;
  std::vector<Table> tables_;
  Existing existing_;
  disk::Descriptor lock_;
  std::map<std::int64_t, Shard> shards_;  ///< by first point
  std::vector<std::string> dropped_;
  bool finished_ = false;
};

Writer::Writer(path file, Header header, const std::vector<Table>& tables, Existing existing) {
  const hdf5::Quiet quiet;
  state_ = std::make_unique<State>(std::move(file), std::move(header), tables, existing);
}

Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&&) noexcept = default;
Writer::~Writer() = default;

std::int64_t Writer::complete_points() const {
  std::int64_t count = 0;
  for (const auto& [first, shard] : state_->shards()) count += shard.points.count;
  return count;
}

bool Writer::is_complete(std::int64_t point) const { return state_->shard_of(point) != nullptr; }

std::vector<Points> Writer::missing(std::int64_t points) const {
  std::vector<Points> gaps;
  std::int64_t next = 0;
  for (const auto& [first, shard] : state_->shards()) {
    if (first >= points) break;
    if (first > next) gaps.push_back({next, first - next});
    next = first + shard.points.count;
  }
  if (next < points) gaps.push_back({next, points - next});
  return gaps;
}

const std::vector<std::string>& Writer::dropped() const { return state_->dropped(); }

void Writer::write(Points points, const std::vector<Table>& rows) {
  const hdf5::Quiet quiet;
  state_->write(points, rows);
}

void Writer::finish(std::int64_t points, const std::vector<Table>& more) {
  if (complete_points() != points || !missing(points).empty()) {
    throw std::invalid_argument("not all points are written, or more than there are");
  }
  const hdf5::Quiet quiet;
  state_->finish(more);
}

path partial_of(const path& file) { return file.string() + ".partial"; }

}  // namespace memwall::results
