#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

/// How fast a quantity grows: the straight line through its logarithm over time, and how sure that line is.
namespace memwall::study {

/// `2022-09-20` as a year with its fraction (2022 + 262/365, the start of the day); `2022-09` is the middle
/// of the month and `2022` the middle of the year. Nothing for any other text or a day that does not exist.
[[nodiscard]] std::optional<double> fractional_year(std::string_view date);

/// When `date` begins: of a year its first day, of a month too. Nothing where it is none.
[[nodiscard]] std::optional<double> beginning_of(std::string_view date);

/// A value, above 0, and when it was.
struct Sample {
  double year = 0;
  double value = 0;
};

/// The least-squares line of log10(value) on the year. All factors are per two years, as the field quotes
/// them.
struct Fit {
  std::size_t points = 0;
  double from = 0;  ///< years of the first and the last sample
  double to = 0;
  double rate = 1;  ///< the factor by which the value grows in two years
  double low = 1;   ///< its interval of 95 % confidence (Student's t with points - 2 degrees of freedom)
  double high = 1;
  double rate_sigma =
      1;              ///< one standard error of the rate, a factor: rate / rate_sigma to rate * rate_sigma
  double spread = 1;  ///< one standard deviation of the samples about the line, a factor
  double value_from = 0;  ///< the line's value at `from` and at `to`
  double value_to = 0;

  /// Years in which the value doubles; negative: halves. Infinite for a rate of 1.
  [[nodiscard]] double doubling_years() const;
};

/// Nothing for fewer than three samples or samples of one moment.
[[nodiscard]] std::optional<Fit> fit_growth(std::span<const Sample> samples);

/// Growth of one quantity against another's, per two years.
struct Ratio {
  double rate = 1;
  double low = 1;  ///< 95 %
  double high = 1;
  double rate_sigma = 1;
};

/// The rates' ratio. The two fits are taken for independent: variances of the logarithms add, and the degrees
/// of freedom are those of Welch and Satterthwaite (1946), rounded down.
[[nodiscard]] Ratio ratio_of(const Fit& above, const Fit& below);

/// Student's t: the half-width, in standard errors, of the two-sided interval of the confidence wanted
/// (0.95).
[[nodiscard]] double student_t(double wanted, std::size_t degrees_of_freedom);

}  // namespace memwall::study
