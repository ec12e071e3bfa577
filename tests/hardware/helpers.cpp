#include "hardware/helpers.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace memwall::hardware {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "memwall-hardware-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void TemporaryFolder::write(const std::string& name, const std::string& text) const {
  const fs::path file = path_ / name;
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

std::string complaint(const std::function<void()>& action) {
  try {
    action();
  } catch (const config::BadInput& error) {
    return error.what();
  } catch (const config::BadFile& error) {
    return error.what();
  }
  return "nothing";
}

std::string complaint_in(const TemporaryFolder& folder, const std::function<void()>& action) {
  std::string text = complaint(action);
  const std::string prefix = folder.path().string() + "/";
  for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
    text.erase(at, prefix.size());
  }
  return text;
}

}  // namespace memwall::hardware
