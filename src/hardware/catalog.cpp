#include "memwall/hardware/catalog.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "hardware/document.hpp"
#include "hardware/schema.hpp"
#include "memwall/config/suggest.hpp"

namespace memwall::hardware {
namespace {

namespace fs = std::filesystem;
using config::BadInput;
using config::Location;
using config::Node;

std::string folder_of(Subject subject) { return subject == Subject::system ? "systems" : "accelerators"; }

bool is_path(std::string_view name) {
  return name.ends_with(".yaml") || name.find('/') != std::string_view::npos;
}

bool is_file(const fs::path& file) {
  std::error_code ignored;
  return fs::is_regular_file(file, ignored);
}

/// The file of a path that was written in a file of the folder `beside`.
fs::path resolved(std::string_view name, const fs::path& beside) {
  const fs::path path(name);
  return path.is_absolute() ? path : beside / path;
}

/// The file of an id in the first root that has it.
std::optional<fs::path> file_of_id(const std::vector<fs::path>& roots, Subject subject, std::string_view id) {
  for (const fs::path& root : roots) {
    fs::path file = root / "hardware" / folder_of(subject) / (std::string(id) + ".yaml");
    if (is_file(file)) return file;
  }
  return std::nullopt;
}

/// The file of an id or an alias.
std::optional<fs::path> file_of_name(const Catalog& catalog, Subject subject, std::string_view name) {
  if (auto file = file_of_id(catalog.roots(), subject, name)) return file;
  const auto alias = catalog.aliases().find(name);
  if (alias == catalog.aliases().end()) return std::nullopt;
  return file_of_id(catalog.roots(), subject, alias->second);
}

std::vector<std::string> ids_in(const std::vector<fs::path>& roots, Subject subject) {
  std::set<std::string> ids;
  for (const fs::path& root : roots) {
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(root / "hardware" / folder_of(subject), missing)) {
      if (entry.path().extension() == ".yaml") ids.insert(entry.path().stem().string());
    }
  }
  return {ids.begin(), ids.end()};
}

/// Ids and aliases, for suggestions.
std::vector<std::string> known_names(const Catalog& catalog, Subject subject) {
  const std::vector<std::string> ids = ids_in(catalog.roots(), subject);
  std::vector<std::string> names = ids;
  for (const auto& [alias, id] : catalog.aliases()) {
    if (std::ranges::binary_search(ids, id)) names.push_back(alias);
  }
  return names;
}

std::string accelerator_named_in(const Node& tree) {
  const Node* accelerator = tree.find("accelerator");
  return accelerator != nullptr && accelerator->is_scalar() ? accelerator->text : std::string();
}

[[noreturn]] void refuse_system(std::string_view name, const std::string& device, const Location& asked_at) {
  throw BadInput(asked_at, "'" + std::string(name) + "' is a system, not an accelerator; its devices are '" +
                               device + "'");
}

fs::path accelerator_file(const Catalog& catalog, std::string_view name, const Location& asked_at,
                          const fs::path& beside) {
  if (is_path(name)) return resolved(name, beside);
  if (auto file = file_of_name(catalog, Subject::accelerator, name)) return *file;
  if (file_of_name(catalog, Subject::system, name)) {
    refuse_system(name, accelerator_named_in(catalog.system_document(name).tree), asked_at);
  }
  throw BadInput(asked_at, "no accelerator '" + std::string(name) + "' in the catalog" +
                               config::suggestion(name, known_names(catalog, Subject::accelerator)));
}

fs::path system_file(const Catalog& catalog, std::string_view name, const Location& asked_at,
                     const fs::path& beside) {
  if (is_path(name)) return resolved(name, beside);
  if (auto file = file_of_name(catalog, Subject::system, name)) return *file;
  std::vector<std::string> known = known_names(catalog, Subject::system);
  const std::vector<std::string> devices = known_names(catalog, Subject::accelerator);
  known.insert(known.end(), devices.begin(), devices.end());
  throw BadInput(asked_at, "no system or accelerator '" + std::string(name) + "' in the catalog" +
                               config::suggestion(name, known));
}

/// Whether a file, or what it extends, is a system's.
bool describes_system(const Catalog& catalog, const fs::path& file, int depth = 0) {
  constexpr int deepest = 8;
  const Node tree = config::read_yaml(file);
  for (const auto key : {"accelerator", "tiers", "node"}) {
    if (tree.find(key) != nullptr) return true;
  }
  const Node* extends = tree.find("extends");
  if (extends == nullptr || !extends->is_scalar() || depth == deepest) return false;
  if (!is_path(extends->text)) return file_of_name(catalog, Subject::system, extends->text).has_value();
  return describes_system(catalog, resolved(extends->text, file.parent_path()), depth + 1);
}

/// Whether a name that a system is asked for means a bare accelerator.
bool means_accelerator(const Catalog& catalog, std::string_view name) {
  if (is_path(name)) return !describes_system(catalog, fs::path(name));
  return !file_of_name(catalog, Subject::system, name) && file_of_name(catalog, Subject::accelerator, name);
}

void read_aliases(const fs::path& file, std::map<std::string, std::string, std::less<>>& aliases) {
  for (const config::Entry& entry : config::read_yaml(file).entries) {
    if (!entry.value.is_scalar()) {
      throw BadInput(entry.value.where,
                     "alias '" + entry.key + "': expected an id, found " + config::describe(entry.value));
    }
    aliases.emplace(entry.key, entry.value.text);
  }
}

}  // namespace

Catalog::Catalog(std::vector<fs::path> roots) : roots_(std::move(roots)) {
  for (const fs::path& root : roots_) {
    const fs::path aliases = root / "hardware" / "aliases.yaml";
    if (is_file(aliases)) read_aliases(aliases, aliases_);
    const fs::path defaults = root / "hardware" / "defaults.yaml";
    if (is_file(defaults)) defaults_.merge(read_defaults(config::read_yaml(defaults)));
  }
}

Document Catalog::accelerator_document(std::string_view name, const Location& asked_at) const {
  const FindFile find = [this](const std::string& base, const Location& where, const fs::path& beside) {
    return accelerator_file(*this, base, where, beside);
  };
  Document document = load_document(accelerator_file(*this, name, asked_at, {}), Subject::accelerator, find);
  if (document.tree.find("accelerator") != nullptr) {
    refuse_system(name, accelerator_named_in(document.tree), asked_at);
  }
  return document;
}

Document Catalog::system_document(std::string_view name, const Location& asked_at) const {
  const FindFile find = [this](const std::string& base, const Location& where, const fs::path& beside) {
    return system_file(*this, base, where, beside);
  };
  return load_document(system_file(*this, name, asked_at, {}), Subject::system, find);
}

Accelerator Catalog::accelerator(std::string_view name, std::span<const Change> changes,
                                 const Location& asked_at) const {
  Document document = accelerator_document(name, asked_at);
  for (const Change& change : changes) apply(document.tree, change);
  Accelerator device = read_accelerator(document.tree, document.id, defaults_);
  device.files = std::move(document.files);
  device.aliases = aliases_of(device.id);
  return device;
}

System Catalog::system(std::string_view name, std::span<const Change> changes,
                       const Location& asked_at) const {
  if (means_accelerator(*this, name)) return system_of(accelerator(name, changes, asked_at));

  Document document = system_document(name, asked_at);
  std::vector<Change> of_device;
  for (const Change& change : changes) {
    if (concerns_system(change)) {
      apply(document.tree, change);
    } else {
      of_device.push_back(change);
    }
  }
  const Node* named = document.tree.find("accelerator");
  Accelerator device;
  if (named != nullptr && named->is_scalar()) {
    const std::string path = is_path(named->text)
                                 ? resolved(named->text, fs::path(named->where.file).parent_path()).string()
                                 : named->text;
    device = accelerator(path, of_device, named->where);
  }
  System system = read_system(document.tree, document.id, std::move(device));
  system.files = std::move(document.files);
  system.files.insert(system.files.end(), system.accelerator.files.begin(), system.accelerator.files.end());
  system.aliases = aliases_of(system.id);
  return system;
}

std::vector<std::string> Catalog::accelerator_ids() const { return ids_in(roots_, Subject::accelerator); }

std::vector<std::string> Catalog::system_ids() const { return ids_in(roots_, Subject::system); }

std::vector<Accelerator> Catalog::all_accelerators() const {
  std::vector<Accelerator> all;
  for (const std::string& id : accelerator_ids()) all.push_back(accelerator(id));
  return all;
}

std::vector<System> Catalog::all_systems() const {
  std::vector<System> all;
  for (const std::string& id : system_ids()) all.push_back(system(id));
  return all;
}

std::vector<std::string> Catalog::aliases_of(std::string_view id) const {
  std::vector<std::string> names;
  for (const auto& [alias, target] : aliases_) {
    if (target == id) names.push_back(alias);
  }
  return names;
}

}  // namespace memwall::hardware
