#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/plan/recipe.hpp"

/// The catalog of recipes and optimizers: recipes/<id>.yaml and optimizers/<id>.yaml.
namespace memwall::plan {

/// Opens one file by name; a name that ends in .yaml or holds a '/' is a path. Throws BadInput for an unknown
/// name (at `asked_at`, with the nearest known) and mistakes in a file, BadFile for one that cannot be read.
class RecipeBook {
 public:
  explicit RecipeBook(std::vector<std::filesystem::path> roots) : roots_(std::move(roots)) {}

  [[nodiscard]] Recipe recipe(std::string_view name,
                              const config::Location& asked_at = {"--recipe", 0, 0}) const;
  [[nodiscard]] Optimizer optimizer(std::string_view name,
                                    const config::Location& asked_at = {"--optimizer", 0, 0}) const;

  [[nodiscard]] std::filesystem::path recipe_file(std::string_view name,
                                                  const config::Location& asked_at) const;
  [[nodiscard]] std::filesystem::path optimizer_file(std::string_view name,
                                                     const config::Location& asked_at) const;

  /// In alphabetical order.
  [[nodiscard]] std::vector<std::string> recipe_ids() const;
  [[nodiscard]] std::vector<std::string> optimizer_ids() const;

 private:
  std::vector<std::filesystem::path> roots_;
};

}  // namespace memwall::plan
