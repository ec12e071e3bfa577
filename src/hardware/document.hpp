#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "hardware/schema.hpp"
#include "memwall/hardware/catalog.hpp"

/// Reading a file with all that it extends.
namespace memwall::hardware {

/// The file of a name that was written at `asked_at` in a file of the folder `beside`.
using FindFile = std::function<std::filesystem::path(
    const std::string& name, const config::Location& asked_at, const std::filesystem::path& beside)>;

/// Reads `file`, follows `extends` with `find`, spells out each file's sources and merges the trees.
/// Throws BadInput for a circle, a chain that is too long or a name that is none.
[[nodiscard]] Document load_document(const std::filesystem::path& file, Subject subject,
                                     const FindFile& find);

}  // namespace memwall::hardware
