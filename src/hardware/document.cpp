#include "hardware/document.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "hardware/sources.hpp"

namespace memwall::hardware {
namespace {

namespace fs = std::filesystem;
using config::BadInput;
using config::Node;

/// A chain of `extends` that is longer is a mistake.
constexpr std::size_t most_files = 8;

/// Not inherited by what extends a file: they say which thing this is, and how it was checked.
constexpr std::array<std::string_view, 4> own_keys = {"id", "name", "notes", "compared_with"};

void erase(Node& map, std::string_view key) {
  std::erase_if(map.entries, [&](const config::Entry& entry) { return entry.key == key; });
}

/// Lays `over` on `base`: where both have a map the keys are merged, all else takes the place of what was
/// there.
void merge(Node& base, const Node& over) {
  if (!base.is_map() || !over.is_map()) {
    base = over;
    return;
  }
  base.where = over.where;
  for (const config::Entry& entry : over.entries) {
    if (Node* below = base.find(entry.key)) {
      merge(*below, entry.value);
    } else {
      base.entries.push_back(entry);
    }
  }
}

fs::path real_path(const fs::path& file) {
  std::error_code ignored;
  fs::path real = fs::weakly_canonical(file, ignored);
  return ignored ? file : real;
}

/// Refuses a chain of files, each extended by the one before, that ends in `next` for the second time.
void check_chain(const std::vector<fs::path>& chain, const fs::path& next, const config::Location& asked_at) {
  const bool again = std::ranges::find(chain, next) != chain.end();
  if (!again && chain.size() < most_files) return;
  std::string way;
  for (const fs::path& link : chain) way += link.stem().string() + " -> ";
  way += next.stem().string();
  throw BadInput(asked_at, again
                               ? "extends: goes round in a circle: " + way
                               : "extends: more than " + std::to_string(most_files) + " files deep: " + way);
}

Document load(const fs::path& file, Subject subject, const FindFile& find, std::vector<fs::path>& chain) {
  chain.push_back(real_path(file));
  Document document{.id = file.stem().string(), .tree = config::read_yaml(file), .files = {file.string()}};
  const Node* extends = document.tree.find("extends");
  if (extends == nullptr) {
    spell_out_sources(document.tree, subject);
    return document;
  }
  if (!extends->is_scalar() || extends->text.empty()) {
    throw BadInput(extends->where, "extends: expected a name, found " + config::describe(*extends));
  }
  const fs::path base_file = find(extends->text, extends->where, file.parent_path());
  check_chain(chain, real_path(base_file), extends->where);
  erase(document.tree, "extends");
  spell_out_sources(document.tree, subject);

  Document base = load(base_file, subject, find, chain);
  for (const std::string_view key : own_keys) erase(base.tree, key);
  merge(base.tree, document.tree);
  document.tree = std::move(base.tree);
  document.files.insert(document.files.end(), base.files.begin(), base.files.end());
  return document;
}

}  // namespace

Document load_document(const fs::path& file, Subject subject, const FindFile& find) {
  std::vector<fs::path> chain;
  return load(file, subject, find, chain);
}

}  // namespace memwall::hardware
