#pragma once

#include <filesystem>
#include <string>

namespace memwall {

/// What is said of a bad input: reads tests/bad/<kind>/<case>.yaml as what its folder holds (workloads are
/// lowered, too, as a first line `# lower: {phase: , batch: , context: , set: {name: value}}` says). Paths
/// are told from the folder on; "nothing" where nobody complains.
std::string complaint_about(const std::filesystem::path& file);

}  // namespace memwall
