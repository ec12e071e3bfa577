#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "memwall/hardware/system.hpp"
#include "memwall/plan/recipe_book.hpp"
#include "memwall/study/measured.hpp"
#include "memwall/workload/library.hpp"

/// Measured runs held against what memwall says of them.
namespace memwall::study {

/// One measured figure and ours, in the file's unit.
struct Comparison {
  std::string set;
  std::string name;  ///< of the case
  Metric metric;
  std::string metric_name;
  std::string unit;
  double measured = 0;
  double ideal = 0;
  std::optional<double> expected;

  /// (ours - measured) / measured, of `expected` where there is one; of a truth ours - measured.
  [[nodiscard]] double error() const;
};

/// A case, or one of its figures, that could not be compared.
struct Refused {
  std::string set;
  std::string name;
  std::string why;
};

/// How far off one metric is over all its comparisons; errors are parts of 1.
struct MetricSummary {
  std::string name;
  std::int64_t count = 0;
  double mean_error = 0;    ///< of the errors' sizes
  double median_error = 0;  ///< of the errors' sizes
  double worst_error = 0;   ///< the largest size
  double bias = 0;          ///< mean of the errors with their signs
};

struct FitSummary {
  std::int64_t cases = 0;
  std::int64_t false_fits = 0;   ///< said to fit, ran out of memory
  std::int64_t missed_fits = 0;  ///< said not to fit, ran

  [[nodiscard]] double accuracy() const {
    return 1 - static_cast<double>(false_fits + missed_fits) / static_cast<double>(cases);
  }
};

struct Validation {
  std::int64_t cases = 0;  ///< runs of the file
  std::vector<Comparison> comparisons;
  std::vector<Refused> invalid_plans;  ///< plans that break a rule: not compared
  std::vector<Refused> unanswered;     ///< figures that memwall has none for
  std::optional<FitSummary> fit;       ///< where the file says what ran
  std::vector<MetricSummary> metrics;  ///< in the order of their first comparison
};

struct ValidateQuestion {
  const hardware::System* system = nullptr;
  std::optional<std::string> recipe;  ///< of every run, whatever the file says
  std::optional<std::string> optimizer;
  std::optional<bool> flash_attention;
  std::optional<Bytes> reserve;
};

/// Works every run out. A metric whose definition is narrower than the whole model (what the layers alone
/// keep) is followed by the same of the whole model, named with `_whole_model`. Throws BadInput for an
/// unknown workload or recipe, a dimension that a workload lacks, or a device whose memory is unknown;
/// BadFile.
[[nodiscard]] Validation validate(const MeasuredFile& file, const ValidateQuestion& question,
                                  const workload::Library& workloads, const plan::RecipeBook& recipes);

/// Sums comparisons up: of each metric, and of fits.
void summarize(Validation& validation);

}  // namespace memwall::study
