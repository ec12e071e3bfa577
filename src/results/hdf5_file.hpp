#pragma once

#include <filesystem>
#include <memory>

#include "results/hdf5.hpp"

namespace memwall::results::hdf5 {

/// A new file under a temporary name.
class NewFile {
 public:
  /// `owner` is the file that errors name. Throws BadFile with the system's reason.
  NewFile(std::filesystem::path file, std::filesystem::path owner);
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  /// Removes the file unless it was closed.
  ~NewFile();

  [[nodiscard]] hid_t id() const { return file_.id(); }

  /// Throws BadFile where something could not be written so far.
  void expect_no_error() const;

  /// Runs what writes into it. Its Failure becomes BadFile, with the system's reason where there is one.
  template <class Write>
  void fill(Write&& write) const {
    try {
      write();
    } catch (const Failure& failure) {
      refuse(failure);
    }
    expect_no_error();
  }

  /// Closes and flushes it to disk. Throws BadFile, and the file is removed, where any of it failed.
  void close();

 private:
  [[noreturn]] void refuse(const Failure& failure) const;

  std::filesystem::path path_;
  std::filesystem::path owner_;
  std::unique_ptr<int> error_;  ///< an errno; stays in place for the driver. Before file_, to outlive it
  Handle file_;
  bool closed_ = false;
};

/// Opens a file for reading. Throws BadFile.
[[nodiscard]] Handle open_file(const std::filesystem::path& file);

}  // namespace memwall::results::hdf5
