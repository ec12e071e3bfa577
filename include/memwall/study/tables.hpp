#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/study/published.hpp"

/// A publication's tables worked out from layers: published, ours, difference, verdict.
namespace memwall::study {

enum class Verdict {
  reproduced,       ///< equal at the published digits
  within_rounding,  ///< off by at most `rounding_tolerance`: the published value, or what went into it, was
                    ///< rounded
  erratum,          ///< the published value is wrong, for a stated reason
  not_derivable,    ///< no stated facts give it, for a stated reason
  unexplained,      ///< off by more, and nobody knows why: a fault
  unpublished       ///< the publication has no such cell
};

[[nodiscard]] std::string_view to_text(Verdict verdict);

inline constexpr double rounding_tolerance = 0.04;

/// Significant digits of a number as printed: zeros at the end count only after a decimal point. `11000` has
/// two, `1.40` three, `0.07` one.
[[nodiscard]] int significant_digits(std::string_view printed);

/// Whether `value`, rounded to the digits of `printed`, is that number.
[[nodiscard]] bool rounds_to(double value, std::string_view printed);

/// The verdict of the difference alone: reproduced, within_rounding or unexplained.
[[nodiscard]] Verdict verdict_of(double ours, std::string_view printed);

/// One cell. `published` and `ours` are in `unit`.
struct TableCell {
  std::string table;
  std::string model;
  std::string workload;
  std::string metric;
  std::string unit;
  std::optional<double> published;
  std::string printed;  ///< the published value with its digits
  std::optional<double> ours;
  Verdict verdict = Verdict::unpublished;
  std::string explanation;

  /// (ours - published) / published
  [[nodiscard]] std::optional<double> relative_difference() const;
};

/// Every cell of the publication, in its order. A reason counts only where it explains something: where ours
/// is off by more than the tolerance or missing, or the published parts contradict the cell; and what it says
/// the value equals must give it. Throws BadInput for a reason that belongs to no published value.
[[nodiscard]] std::vector<TableCell> published_cells(const Publication& publication,
                                                     const std::vector<Reason>& reasons, Subjects& subjects);

/// The same metrics of a model that the publication does not have.
[[nodiscard]] std::vector<TableCell> unpublished_cells(const Publication& publication,
                                                       const std::string& workload, Subjects& subjects);

}  // namespace memwall::study
