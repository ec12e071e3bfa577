#include "memwall/results/save.hpp"

#include <unistd.h>

#include "results/disk.hpp"

namespace memwall::results {

void save_text(const std::filesystem::path& file, std::string_view text, Existing existing) {
  disk::expect_free(file, existing);
  std::filesystem::path temporary = file;
  temporary += "." + std::to_string(::getpid()) + ".tmp";
  try {
    disk::write_text(temporary, file, text);
    disk::publish(temporary, file, existing);
  } catch (...) {
    disk::remove_quietly(temporary);
    throw;
  }
}

}  // namespace memwall::results
