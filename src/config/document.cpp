#include "memwall/config/document.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace memwall::config {
namespace {

namespace fs = std::filesystem;

/// A chain of `extends` that is longer is a mistake.
constexpr std::size_t most_files = 8;

void erase(Node& map, std::string_view key) {
  std::erase_if(map.entries, [&](const Entry& entry) { return entry.key == key; });
}

void merge(Node& base, const Node& over) {
  if (!base.is_map() || !over.is_map()) {
    base = over;
    return;
  }
  base.where = over.where;
  for (const Entry& entry : over.entries) {
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

/// Refuses a chain of files, each extended by the one before, that is too long or ends in `next` a second
/// time.
void check_chain(const std::vector<fs::path>& chain, const fs::path& next, const Location& asked_at) {
  const bool again = std::ranges::find(chain, next) != chain.end();
  if (!again && chain.size() < most_files) return;
  std::string way;
  for (const fs::path& link : chain) way += link.stem().string() + " -> ";
  way += next.stem().string();
  throw BadInput(asked_at, again
                               ? "extends: cyclic definition: " + way
                               : "extends: more than " + std::to_string(most_files) + " files deep: " + way);
}

Document load(const fs::path& file, const DocumentRules& rules, std::vector<fs::path>& chain) {
  chain.push_back(real_path(file));
  Document document{.id = file.stem().string(), .tree = read_yaml(file), .files = {file.string()}};
  const Node* extends = document.tree.find("extends");
  if (extends == nullptr) {
    if (rules.prepare) rules.prepare(document.tree);
    return document;
  }
  if (!extends->is_scalar() || extends->text.empty()) {
    throw BadInput(extends->where, "extends: expected a name, found " + describe(*extends));
  }
  const fs::path base_file = rules.find(extends->text, extends->where, file.parent_path());
  check_chain(chain, real_path(base_file), extends->where);
  erase(document.tree, "extends");
  if (rules.prepare) rules.prepare(document.tree);

  Document base = load(base_file, rules, chain);
  for (const std::string_view key : rules.own_keys) erase(base.tree, key);
  merge(base.tree, document.tree);
  document.tree = std::move(base.tree);
  document.files.insert(document.files.end(), base.files.begin(), base.files.end());
  return document;
}

}  // namespace

Document load_document(const fs::path& file, const DocumentRules& rules) {
  std::vector<fs::path> chain;
  return load(file, rules, chain);
}

}  // namespace memwall::config
