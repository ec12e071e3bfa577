#pragma once

#include <array>
#include <filesystem>
#include <string>

#include "hardware/schema.hpp"
#include "hardware/sources.hpp"
#include "memwall/config/document.hpp"

/// Reading a device's or system's file with all that it extends.
namespace memwall::hardware {

/// The file of a name that was written at `asked_at` in a file of the folder `beside`.
using FindFile = decltype(config::DocumentRules::find);

/// Reads `file`, follows `extends` with `find`, spells out each file's sources and merges the trees.
[[nodiscard]] inline config::Document load_document(const std::filesystem::path& file, Subject subject,
                                                    const FindFile& find) {
  // They say which thing a file is, and how it was checked.
  static constexpr std::array<std::string_view, 4> own_keys = {"id", "name", "notes", "compared_with"};
  return config::load_document(
      file, {find, own_keys, [subject](config::Node& tree) { spell_out_sources(tree, subject); }});
}

}  // namespace memwall::hardware
