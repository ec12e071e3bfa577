#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "memwall/config/node.hpp"
#include "memwall/hardware/catalog.hpp"

namespace memwall::hardware {

/// The catalog of this checkout.
inline Catalog shipped_catalog() { return Catalog({MEMWALL_SOURCE_DIR}); }

/// A tree from YAML text, said to stand in `file`.
inline config::Node tree_of(const std::string& yaml, const std::string& file = "x.yaml") {
  return config::parse_yaml(yaml, file);
}

/// A folder that is gone when the test is over.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Writes a file below the folder and makes the folders on the way.
  void write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

/// What BadInput or BadFile says that `action` throws; "nothing" where it throws neither.
std::string complaint(const std::function<void()>& action);

/// As complaint, without the path of `folder` before each place.
std::string complaint_in(const TemporaryFolder& folder, const std::function<void()>& action);

}  // namespace memwall::hardware
