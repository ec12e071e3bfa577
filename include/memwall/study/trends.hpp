#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/config/problem.hpp"
#include "memwall/hardware/catalog.hpp"
#include "memwall/study/growth.hpp"
#include "memwall/study/published.hpp"
#include "memwall/study/tables.hpp"

/// Growth over the years of what devices offer and models ask: the points of "AI and Memory Wall" and those
/// of the catalog, fitted alike. docs/trends.md has every series.
namespace memwall::study {

/// Where a point comes from.
inline constexpr std::string_view paper_set = "paper";
inline constexpr std::string_view catalog_set = "catalog";

struct TrendPoint {
  std::string series;
  std::string name;
  std::string date;  ///< as given: a day, a month or a year
  double year = 0;
  double value = 0;  ///< in the series' unit
  std::string_view set = catalog_set;
  std::string group;     ///< family of the device or model, kind of the link
  bool leader = false;   ///< of its group and year the first to reach the highest value
  bool labelled = true;  ///< whether the source names it; else the name is what we take it for
  std::string source;
};

struct TrendSeries {
  std::string name;   ///< "peak_flops"
  std::string title;  ///< "Peak FLOP/s"
  std::string unit;   ///< empty for counts
  std::string claim;  ///< the published factor per two years, as printed; empty where none is
  std::string claimed_in;
  std::string method;  ///< how the claim comes out of the paper's points
  std::string rule;    ///< which points the catalog gives
};

/// What training takes by part and the memory of the GPU of its time, in bytes. What is not known is empty.
struct MemoryBar {
  std::string model;     ///< a row of the published tables; empty for one that memwall adds
  std::string workload;  ///< of the catalog, where `model` is empty
  std::string date;
  std::string_view set = paper_set;
  std::optional<double> weights, optimizer, activations, limit;
  std::string limit_name;
  config::Location where;
};

struct Trends {
  std::string source;  ///< of the paper's points
  std::vector<TrendSeries> series;
  std::vector<TrendPoint> points;
  std::vector<std::string> left_out;  ///< workloads that were never trained
  std::vector<MemoryBar> memory;

  /// The series of that name; null where there is none.
  [[nodiscard]] const TrendSeries* find(std::string_view name) const;
};

/// The paper's points and claims (studies/ai-and-memory-wall/points.yaml). Throws BadInput with every
/// mistake, BadFile for a file that cannot be read.
[[nodiscard]] Trends read_trends(const std::filesystem::path& file);

/// Adds what the catalog's devices, memories and links give, and what its workloads do (their parameters,
/// operations of training, FLOPs for each byte). What has no date is passed over. Throw what reading the
/// catalog throws.
void add_hardware(Trends& trends, const hardware::Catalog& catalog);
void add_workloads(Trends& trends, const workload::Library& workloads, Subjects& subjects);

/// Works out the bars that name a row of the published tables or a workload. The limit of what the paper has
/// not is the largest accelerator memory up to the end of the model's year, among the points added before.
void add_memory(Trends& trends, Publication publication, std::vector<Reason> reasons, Subjects& subjects);

/// Which points a fit is over.
struct Selection {
  std::string name;  ///< "paper", "all", "leaders", "all since 2017"
  std::string_view set = catalog_set;
  bool leaders = false;
  std::optional<double> since{};  ///< year, included
  std::optional<double> until{};  ///< year, not included
};

/// The names that a user can ask for: "paper", "all", "leaders", and "both" for paper and all.
[[nodiscard]] const std::vector<std::string>& selection_names();

/// Those of these names (of none: all), over the years from `since` to `until`.
[[nodiscard]] std::vector<Selection> selections(const std::vector<std::string>& names,
                                                std::optional<double> since, std::optional<double> until);

struct TrendFit {
  std::string series;
  Selection selection;
  Fit fit;
};

/// The fit of a series over a selection; nothing where it has too few points.
[[nodiscard]] std::optional<TrendFit> fit_of(const Trends& trends, std::string_view series,
                                             const Selection& selection);

/// Whether the claim, with the digits that it has, is what the fit gives. Nothing where there is no claim.
[[nodiscard]] std::optional<bool> reproduces(const TrendSeries& series, const Fit& fit);

}  // namespace memwall::study
