#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/config/document.hpp"
#include "memwall/hardware/accelerator.hpp"
#include "memwall/hardware/reader.hpp"
#include "memwall/hardware/system.hpp"
#include "memwall/hardware/what_if.hpp"

/// The hardware catalog: one file a device (hardware/accelerators) and one a system (hardware/systems).
namespace memwall::hardware {

using config::Document;

/// Opens devices and systems by name: one file each, nothing else is parsed.
///
/// A name is an id (the file's name without .yaml), an alias of hardware/aliases.yaml, or, where it ends in
/// .yaml or holds a '/', the path of a file. A file may say `extends: NAME`: the other file's tree, with the
/// maps of this one merged in and its scalars and sequences in their place. `id`, `name` and `notes` are not
/// inherited. Of several roots the first that has the file wins.
/// Functions throw BadInput for an unknown name (at `asked_at`, with the nearest known), a circle of
/// `extends` and a mistake in a file, and BadFile for one that cannot be read. Nothing changes after
/// construction, so that threads may share a catalog.
class Catalog {
 public:
  /// Reads hardware/aliases.yaml and hardware/defaults.yaml of each root, where they are.
  explicit Catalog(std::vector<std::filesystem::path> roots);

  /// The device of that name, with `changes` made in its tree.
  [[nodiscard]] Accelerator accelerator(std::string_view name, std::span<const Change> changes = {},
                                        const config::Location& asked_at = {}) const;

  /// The system of that name, or the bare accelerator as a system. Changes of `tiers.`, `node.`,
  /// `accelerator` and `max_devices` are the system's, all others its device's.
  [[nodiscard]] System system(std::string_view name, std::span<const Change> changes = {},
                              const config::Location& asked_at = {}) const;

  /// The merged tree of a device's or a system's file.
  [[nodiscard]] Document accelerator_document(std::string_view name,
                                              const config::Location& asked_at = {}) const;
  [[nodiscard]] Document system_document(std::string_view name, const config::Location& asked_at = {}) const;

  /// Ids in alphabetical order, from the names of the files.
  [[nodiscard]] std::vector<std::string> accelerator_ids() const;
  [[nodiscard]] std::vector<std::string> system_ids() const;

  /// Every device or system, read; for listings.
  [[nodiscard]] std::vector<Accelerator> all_accelerators() const;
  [[nodiscard]] std::vector<System> all_systems() const;

  /// Alias to id, of every root.
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& aliases() const { return aliases_; }

  /// The aliases of an id, in alphabetical order.
  [[nodiscard]] std::vector<std::string> aliases_of(std::string_view id) const;

  [[nodiscard]] const std::vector<std::filesystem::path>& roots() const { return roots_; }

 private:
  std::vector<std::filesystem::path> roots_;
  std::map<std::string, std::string, std::less<>> aliases_;
  Defaults defaults_;
};

}  // namespace memwall::hardware
