#include "memwall/plan/recipe_book.hpp"

#include <set>
#include <system_error>

#include "memwall/config/suggest.hpp"

namespace memwall::plan {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> ids_in(const std::vector<fs::path>& roots, const char* folder) {
  std::set<std::string> ids;
  for (const fs::path& root : roots) {
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(root / folder, missing)) {
      if (entry.path().extension() == ".yaml") ids.insert(entry.path().stem().string());
    }
  }
  return {ids.begin(), ids.end()};
}

fs::path file_of(const std::vector<fs::path>& roots, const char* folder, const char* what,
                 std::string_view name, const config::Location& asked_at) {
  if (name.ends_with(".yaml") || name.find('/') != std::string_view::npos) return name;
  for (const fs::path& root : roots) {
    fs::path file = root / folder / (std::string(name) + ".yaml");
    std::error_code ignored;
    if (fs::is_regular_file(file, ignored)) return file;
  }
  throw config::BadInput(asked_at, "no " + std::string(what) + " '" + std::string(name) + "' in the catalog" +
                                       config::suggestion(name, ids_in(roots, folder)));
}

}  // namespace

fs::path RecipeBook::recipe_file(std::string_view name, const config::Location& asked_at) const {
  return file_of(roots_, "recipes", "recipe", name, asked_at);
}

fs::path RecipeBook::optimizer_file(std::string_view name, const config::Location& asked_at) const {
  return file_of(roots_, "optimizers", "optimizer", name, asked_at);
}

Recipe RecipeBook::recipe(std::string_view name, const config::Location& asked_at) const {
  return read_recipe(config::read_yaml(recipe_file(name, asked_at)));
}

Optimizer RecipeBook::optimizer(std::string_view name, const config::Location& asked_at) const {
  return read_optimizer(config::read_yaml(optimizer_file(name, asked_at)));
}

std::vector<std::string> RecipeBook::recipe_ids() const { return ids_in(roots_, "recipes"); }

std::vector<std::string> RecipeBook::optimizer_ids() const { return ids_in(roots_, "optimizers"); }

}  // namespace memwall::plan
