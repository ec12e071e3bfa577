#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/config/document.hpp"
#include "memwall/workload/workload.hpp"

/// The catalog of models: one file each, `workloads/<family>/<id>.yaml`.
namespace memwall::workload {

/// Opens workloads by name: one file each (and what it extends), nothing else is parsed.
///
/// A name is an id (the file's name without .yaml) or, where it ends in .yaml or holds a '/', the path of a
/// file. Every function throws BadInput for an unknown name (at `asked_at`, with the nearest known) and
/// mistakes in a file, and BadFile for one that cannot be read.
class Library {
 public:
  explicit Library(std::vector<std::filesystem::path> roots) : roots_(std::move(roots)) {}

  [[nodiscard]] Workload workload(std::string_view name, const config::Location& asked_at = {}) const;

  /// The merged tree of a file, and every file that it came from.
  [[nodiscard]] config::Document document(std::string_view name, const config::Location& asked_at = {}) const;

  /// Ids in alphabetical order, from the names of the files.
  [[nodiscard]] std::vector<std::string> ids() const;

 private:
  [[nodiscard]] std::filesystem::path file_of(const std::string& name, const config::Location& asked_at,
                                              const std::filesystem::path& beside) const;

  std::vector<std::filesystem::path> roots_;
};

}  // namespace memwall::workload
