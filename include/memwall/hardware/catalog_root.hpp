#pragma once

#include <filesystem>
#include <vector>

/// Where the catalog is.
namespace memwall::hardware {

/// The folders that hold hardware/, workloads/ and the rest, first one first:
/// those named by the environment variable MEMWALL_DATA (separated by ':') where it is set; else the first
/// that holds hardware/accelerators of `../..` (a build folder in a checkout) and `../share/memwall` (an
/// installation), both seen from the folder of the running program.
/// Throws BadFile where a named folder holds no hardware/accelerators, or where none is found.
[[nodiscard]] std::vector<std::filesystem::path> catalog_roots();

}  // namespace memwall::hardware
