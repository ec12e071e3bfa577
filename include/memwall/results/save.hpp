#pragma once

#include <filesystem>
#include <string_view>

#include "memwall/results/file.hpp"

namespace memwall::results {

/// Writes a text file (CSV, JSON, a timeline) whole or not at all: under a temporary name beside it, flushed
/// and renamed. Throws BadFile with the system's reason.
void save_text(const std::filesystem::path& file, std::string_view text,
               Existing existing = Existing::refuse);

}  // namespace memwall::results
