#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/config/node.hpp"

/// A file together with what it `extends`.
namespace memwall::config {

/// A file's tree with all that it extends merged in.
struct Document {
  std::string id;  ///< the file's name without .yaml
  Node tree;
  std::vector<std::string> files;  ///< its own first, then what it extends
};

/// How files of one kind are found and merged.
struct DocumentRules {
  /// The file of a name that stands at `asked_at` in a file of the folder `beside`.
  std::function<std::filesystem::path(const std::string& name, const Location& asked_at,
                                      const std::filesystem::path& beside)>
      find;
  /// Top-level keys that are not inherited: they say which thing a file is.
  std::span<const std::string_view> own_keys;
  /// Called on each file's own tree before it is merged; may be empty.
  std::function<void(Node&)> prepare;
};

/// Reads `file` and, where it says `extends: NAME`, lays its tree on the other file's: maps are merged, all
/// else takes the place of what was there. Throws BadInput for a circle, a chain of more than 8 files or a
/// name that is none; BadFile for a file that cannot be read.
[[nodiscard]] Document load_document(const std::filesystem::path& file, const DocumentRules& rules);

}  // namespace memwall::config
