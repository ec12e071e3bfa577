#include "memwall/workload/library.hpp"

#include <array>
#include <set>
#include <system_error>

#include "memwall/config/suggest.hpp"

namespace memwall::workload {
namespace {

namespace fs = std::filesystem;

bool is_path(std::string_view name) {
  return name.ends_with(".yaml") || name.find('/') != std::string_view::npos;
}

/// The folders of the families under one root; none where it has no workloads.
std::vector<fs::path> families(const fs::path& root) {
  std::vector<fs::path> folders;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(root / "workloads", missing)) {
    std::error_code ignored;
    if (entry.is_directory(ignored)) folders.push_back(entry.path());
  }
  return folders;
}

}  // namespace

fs::path Library::file_of(const std::string& name, const config::Location& asked_at,
                          const fs::path& beside) const {
  if (is_path(name)) {
    const fs::path path(name);
    return path.is_absolute() ? path : beside / path;
  }
  for (const fs::path& root : roots_) {
    for (const fs::path& folder : families(root)) {
      fs::path file = folder / (name + ".yaml");
      std::error_code ignored;
      if (fs::is_regular_file(file, ignored)) return file;
    }
  }
  throw config::BadInput(asked_at,
                         "no workload '" + name + "' in the catalog" + config::suggestion(name, ids()));
}

config::Document Library::document(std::string_view name, const config::Location& asked_at) const {
  // Facts of one model that another which shares its layers must state itself. Its date is none: the sizes of
  // a model come out together, and one that did not says so.
  static constexpr std::array<std::string_view, 6> own = {"id",    "name",    "source",
                                                          "notes", "extends", "published_parameters"};
  const config::DocumentRules rules{[this](const std::string& base, const config::Location& where,
                                           const fs::path& beside) { return file_of(base, where, beside); },
                                    own, nullptr};
  return config::load_document(
      file_of(std::string(name), asked_at.file.empty() ? config::Location{std::string(name), 0, 0} : asked_at,
              {}),
      rules);
}

Workload Library::workload(std::string_view name, const config::Location& asked_at) const {
  const config::Document found = document(name, asked_at);
  Workload workload = read_workload(found.tree);
  if (workload.id != found.id) {
    const config::Node* id = found.tree.find("id");
    throw config::BadInput(id->where, "id is '" + workload.id + "' in a file named '" + found.id +
                                          ".yaml'; expected the file's name");
  }
  return workload;
}

std::vector<std::string> Library::ids() const {
  std::set<std::string> ids;
  for (const fs::path& root : roots_) {
    for (const fs::path& folder : families(root)) {
      std::error_code missing;
      for (const auto& entry : fs::directory_iterator(folder, missing)) {
        if (entry.path().extension() == ".yaml") ids.insert(entry.path().stem().string());
      }
    }
  }
  return {ids.begin(), ids.end()};
}

}  // namespace memwall::workload
