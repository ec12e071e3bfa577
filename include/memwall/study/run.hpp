#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "memwall/hardware/catalog.hpp"
#include "memwall/plan/recipe_book.hpp"
#include "memwall/study/study.hpp"
#include "memwall/workload/library.hpp"

/// Working out the points of a study.
namespace memwall::study {

/// What one point is about. Points are numbered models slowest, phases fastest.
struct PointIndex {
  std::size_t model;
  std::size_t system;
  std::size_t phase;
};
[[nodiscard]] PointIndex point_of(const Study& study, std::int64_t point);

/// How a file is named among the inputs of a result file: a catalog's by its path in the catalog, another by
/// the last three parts of its path.
[[nodiscard]] std::string input_name(const std::filesystem::path& file);

/// A study with every file that it names read: nothing else is read while it runs.
class Prepared;

/// One row of results, by what it is about.
struct EstimateRow {
  std::int64_t point = 0;
  const ModelEntry* model = nullptr;
  const SystemEntry* system_entry = nullptr;
  const workload::Workload* workload = nullptr;
  const hardware::System* system = nullptr;
  workload::Phase phase = workload::Phase::training;
  std::int64_t batch = 1;
  std::int64_t sequence = 0;  ///< 0 where the model has none
  std::string note;           ///< why the point lacks a time or a fit; empty where it has both
  struct Operator {
    std::string name;
    std::string kind;
    std::string pass;
    double count;
    Flops flops;
    Bytes bytes;
    Seconds time;
    std::string bound;
  };
  std::vector<Operator> operators;
  bool timed = false;  ///< whether the numbers below are known
  double parameters = 0;
  Flops forward_flops;
  Flops flops;
  Bytes bytes;
  Seconds time;
  std::string bound;
  std::optional<footprint::Fit> fit;
};

class Prepared {
 public:
  /// Reads models, systems, recipes and optimizers. Throws BadInput with every independent mistake, BadFile.
  Prepared(Study study, const hardware::Catalog& hardware, const workload::Library& workloads,
           const plan::RecipeBook& recipes);

  [[nodiscard]] const Study& study() const { return study_; }
  [[nodiscard]] std::int64_t points() const { return study_.points(); }

  /// One point. A model that lacks the phase, or a device that has no peak for the recipe, gives a skipped
  /// row. Safe to call from several threads.
  [[nodiscard]] EstimateRow evaluate(std::int64_t point) const;

  [[nodiscard]] const std::vector<hardware::System>& systems() const { return systems_; }
  [[nodiscard]] const std::vector<plan::Recipe>& recipes() const { return recipes_; }  ///< one a model

  /// Every YAML file that took part: `input_name` and text.
  struct Input {
    std::string name;
    std::string text;
  };
  [[nodiscard]] const std::vector<Input>& inputs() const { return inputs_; }

 private:
  void add_input(const std::string& file);

  Study study_;
  std::vector<workload::Workload> workloads_;
  std::vector<plan::Recipe> recipes_;
  std::vector<plan::Optimizer> optimizers_;
  std::vector<hardware::System> systems_;
  std::vector<Input> inputs_;
};

}  // namespace memwall::study
