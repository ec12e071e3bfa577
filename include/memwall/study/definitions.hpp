#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/config/problem.hpp"
#include "memwall/plan/recipe_book.hpp"
#include "memwall/workload/counts.hpp"
#include "memwall/workload/library.hpp"
#include "memwall/workload/lower.hpp"

/// What publications print about a model, each quantity as a named function of its layers and of the facts of
/// its training. docs/tables.md has them in words.
namespace memwall::study {

/// A model with what is set of it. What is empty is as the workload's file has it.
struct Settings {
  std::string workload;  ///< of the catalog
  std::vector<workload::DimensionChange> dimensions;
  std::optional<std::int64_t> batch;  ///< samples on a device; empty: the workload's device batch, or 1
  std::optional<std::string> recipe;  ///< number formats of what is stored
  std::optional<std::string> optimizer;
  std::optional<double> samples;  ///< seen in the whole training
  config::Location where;
};

/// `base` with everything that `change` says in its place; dimensions one by one.
[[nodiscard]] Settings changed(Settings base, const Settings& change);

/// What definitions look at: the model under its settings, lowered for training.
struct Subject {
  workload::Workload model;
  workload::Trace trace;
  workload::Counts counts;
  plan::Recipe recipe;
  plan::Optimizer optimizer;
  std::optional<double> sequence;         ///< tokens of a sample, where it has a sequence
  std::optional<double> samples_setting;  ///< Settings::samples

  /// Samples of the whole training: as set; else the file's samples, epochs x dataset, or tokens / sequence.
  [[nodiscard]] std::optional<double> samples() const;
  /// Tokens of the whole training: the file's, or samples x sequence.
  [[nodiscard]] std::optional<double> tokens() const;
};

/// Opens subjects and remembers them. Every call may throw what opening and lowering a workload throw.
class Subjects {
 public:
  Subjects(const workload::Library& workloads, const plan::RecipeBook& recipes)
      : workloads_(workloads), recipes_(recipes) {}

  [[nodiscard]] const Subject& of(const Settings& settings);

 private:
  const workload::Library& workloads_;
  const plan::RecipeBook& recipes_;
  std::map<std::string, Subject> known_;
};

enum class Measure { count, flops, bytes };

/// A quantity by name. `derive` gives it in units of 1, FLOPs or bytes, and nothing where the workload's file
/// lacks a fact that it needs.
struct Definition {
  std::string name;
  Measure measure = Measure::count;
  std::string meaning;  ///< a phrase
  std::optional<double> (*derive)(const Subject&) = nullptr;
};

[[nodiscard]] const std::vector<Definition>& definitions();

/// The definition of that name; throws BadInput at `asked_at` for an unknown one, with the nearest.
[[nodiscard]] const Definition& definition_named(std::string_view name, const config::Location& asked_at);

/// What one `unit` is in units of 1, FLOPs or bytes: `1e6`, `GFLOP`, `GiB`. Throws BadInput at `asked_at` for
/// what is no unit of the measure.
[[nodiscard]] double unit_value(std::string_view unit, Measure measure, const config::Location& asked_at);

}  // namespace memwall::study
