#include "memwall/hardware/catalog_root.hpp"

#include <cstdlib>
#include <string>
#include <system_error>

#include "memwall/config/problem.hpp"
#include "memwall_build.hpp"

namespace memwall::hardware {
namespace {

namespace fs = std::filesystem;

bool holds_catalog(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_directory(folder / "hardware" / "accelerators", ignored);
}

std::vector<fs::path> named_roots(const std::string& list) {
  std::vector<fs::path> roots;
  std::size_t begin = 0;
  while (begin <= list.size()) {
    const std::size_t end = std::min(list.find(':', begin), list.size());
    const std::string folder = list.substr(begin, end - begin);
    begin = end + 1;
    if (folder.empty()) continue;
    if (!holds_catalog(folder)) {
      throw config::BadFile(folder, "named by MEMWALL_DATA, holds no hardware/accelerators");
    }
    roots.emplace_back(folder);
  }
  return roots;
}

/// The folder of the running program, or nothing.
fs::path program_folder() {
  std::error_code unknown;
  const fs::path program = fs::read_symlink("/proc/self/exe", unknown);
  return unknown ? fs::path() : program.parent_path();
}

}  // namespace

std::vector<fs::path> catalog_roots() {
  if (const char* named = std::getenv("MEMWALL_DATA"); named != nullptr && *named != '\0') {
    std::vector<fs::path> roots = named_roots(named);
    if (!roots.empty()) return roots;
  }
  const fs::path here = program_folder();
  std::vector<fs::path> candidates;
  if (!here.empty()) candidates = {here / "../..", here / build::data_from_program};
  // A build folder that stands elsewhere than in its checkout.
  candidates.emplace_back(build::source_folder);
  for (const fs::path& candidate : candidates) {
    if (holds_catalog(candidate)) return {candidate.lexically_normal()};
  }
  throw config::BadFile("hardware/accelerators",
                        "not found beside the program; set MEMWALL_DATA to the folder that holds hardware/");
}

}  // namespace memwall::hardware
