#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "memwall/results/file.hpp"
#include "memwall/results/table.hpp"

/// A result file that grows while a study runs, survives being killed, and goes on where it stopped.
///
/// HDF5 1.10 leaves an unreadable file when its writer dies while it is open: metadata lives in the process's
/// cache until the file is closed. So no file is ever open between two calls. What `write` is given becomes a
/// shard, a small result file of its own:
///
///     NAME.partial/points-000000000000-000000000999.h5    rows of points 0 to 999, every table
///     NAME.partial/points-000000001000-000000001999.h5
///     NAME.partial/lock                                   held (flock) by the process that writes
///
/// A shard is written under a temporary name, flushed to disk and then renamed, so it exists whole or not at
/// all, and its name and its attributes say which points it is about: a point's rows are complete exactly
/// when its shard has its name. `finish` copies the shards in order of points, column by column and a shard
/// at a time, into one file inside NAME.partial, flushes it, renames it to NAME and removes the shards.
/// Killed at any moment, either NAME.partial holds some shards, and the next run computes the points that are
/// in none, or NAME is whole. Shards come in any order, so that threads need not wait for one another.
///
/// Writing goes through a driver of memwall's own (src/results/disk_driver.hpp) because HDF5 1.10 cannot
/// close a file on a full disk and then crashes at exit.
namespace memwall::results {

/// Points first, first + 1, ..., first + count - 1.
struct Points {
  std::int64_t first = 0;
  std::int64_t count = 0;
};

class Writer {
 public:
  /// Begins `file`, or goes on where an interrupted run with the same fingerprint stopped. `tables` are those
  /// that grow by points, without rows. Shards that are damaged, of another fingerprint or with other columns
  /// are removed and told in `dropped`.
  /// Throws BadFile where the file exists (unless it may be replaced) or is a folder, its folder cannot be
  /// written to, or another process is writing the same file; std::invalid_argument for tables with rows, of
  /// the same name or named `inputs`.
  Writer(std::filesystem::path file, Header header, const std::vector<Table>& tables,
         Existing existing = Existing::refuse);
  Writer(Writer&&) noexcept;
  Writer& operator=(Writer&&) noexcept;
  /// Without `finish`, leaves all that was written for the next run.
  ~Writer();

  /// Points that are on disk.
  [[nodiscard]] std::int64_t complete_points() const;
  [[nodiscard]] bool is_complete(std::int64_t point) const;
  /// Those of 0, 1, ..., points - 1 that are not, in order and as few ranges as there are.
  [[nodiscard]] std::vector<Points> missing(std::int64_t points) const;

  /// One line for every shard of the interrupted run that was of no use: its file and why.
  [[nodiscard]] const std::vector<std::string>& dropped() const;

  /// Puts the rows of some points on disk: one table for each of the constructor's, in that order. When it
  /// returns they are safe. Each call makes a file and waits for the disk (some milliseconds): give it a
  /// second's worth of points at a time. One thread at a time. Throws BadFile with the system's reason, and
  /// then nothing was written; std::invalid_argument for other columns or a point that is complete.
  void write(Points points, const std::vector<Table>& rows);

  /// Makes the file from all rows and from `more`: tables that do not grow by points. Every point of
  /// 0, 1, ..., points - 1 must be complete and no other (else std::invalid_argument). Throws BadFile with
  /// the system's reason, and then the shards are still there.
  void finish(std::int64_t points, const std::vector<Table>& more = {});

 private:
  class State;
  std::unique_ptr<State> state_;
};

/// The folder in which a file grows: its name with `.partial` added.
[[nodiscard]] std::filesystem::path partial_of(const std::filesystem::path& file);

}  // namespace memwall::results
