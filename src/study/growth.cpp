#include "memwall/study/growth.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

namespace memwall::study {
namespace {

constexpr double confidence = 0.95;
constexpr double years = 2;  ///< that all factors are of

std::optional<int> digits(std::string_view text, std::size_t count) {
  int value = 0;
  if (text.size() != count) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool all = error == std::errc() && end == text.data() + text.size() && text.front() != '-';
  return all ? std::optional(value) : std::nullopt;
}

bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int days_of(int year, int month) {
  static constexpr std::array<int, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return days[static_cast<std::size_t>(month - 1)] + (month == 2 && is_leap(year) ? 1 : 0);
}

double year_at(int year, int month, double days_into_month) {
  double days = days_into_month;
  for (int before = 1; before < month; ++before) days += days_of(year, before);
  return year + days / (is_leap(year) ? 366 : 365);
}

/// Probability that |t| is below `t` (Abramowitz and Stegun 26.7.3 and 26.7.4, exact for whole degrees of
/// freedom).
double two_sided(double t, std::size_t degrees) {
  const double angle = std::atan2(t, std::sqrt(static_cast<double>(degrees)));
  const double cosine = std::cos(angle), square = cosine * cosine;
  const bool odd = degrees % 2 == 1;
  // 1 + 1/2 c^2 + 1·3/(2·4) c^4 + ... up to c^(n-2); odd: c + 2/3 c^3 + 2·4/(3·5) c^5 + ...
  double term = odd ? cosine : 1, sum = degrees > 1 ? term : 0;
  for (std::size_t power = odd ? 3 : 2; power + 2 <= degrees; power += 2) {
    const auto p = static_cast<double>(power);
    term *= square * (p - 1) / p;
    sum += term;
  }
  if (!odd) return std::sin(angle) * sum;
  return 2 / std::numbers::pi * (angle + std::sin(angle) * sum);
}

/// The slope's standard error in log10 per year, back from the factor.
double error_of(const Fit& fit) { return std::log10(fit.rate_sigma) / years; }

double factor(double slope) { return std::pow(10, years * slope); }

}  // namespace

std::optional<double> fractional_year(std::string_view date) {
  const auto year = digits(date.substr(0, std::min<std::size_t>(4, date.size())), 4);
  if (!year) return std::nullopt;
  if (date.size() == 4) return *year + 0.5;
  if (date.size() != 7 && date.size() != 10) return std::nullopt;
  const auto month = digits(date.substr(5, 2), 2);
  if (date[4] != '-' || !month || *month < 1 || *month > 12) return std::nullopt;
  const int days = days_of(*year, *month);
  if (date.size() == 7) return year_at(*year, *month, 0.5 * days);
  const auto day = digits(date.substr(8, 2), 2);
  if (date[7] != '-' || !day || *day < 1 || *day > days) return std::nullopt;
  return year_at(*year, *month, *day - 1);
}

std::optional<double> beginning_of(std::string_view date) {
  const std::string_view rest = date.size() == 4 ? "-01-01" : date.size() == 7 ? "-01" : "";
  return fractional_year(std::string(date) + std::string(rest));
}

double student_t(double wanted, std::size_t degrees_of_freedom) {
  double low = 0, high = 1;
  while (two_sided(high, degrees_of_freedom) < wanted) high *= 2;
  for (int step = 0; step < 100; ++step) {
    const double middle = 0.5 * (low + high);
    (two_sided(middle, degrees_of_freedom) < wanted ? low : high) = middle;
  }
  return high;
}

double Fit::doubling_years() const {
  const double growth = std::log2(rate);
  return growth == 0 ? std::numeric_limits<double>::infinity() : years / growth;
}

std::optional<Fit> fit_growth(std::span<const Sample> samples) {
  if (samples.size() < 3) return std::nullopt;
  const auto count = static_cast<double>(samples.size());
  double mean_year = 0, mean_log = 0;
  for (const Sample& sample : samples) {
    mean_year += sample.year / count;
    mean_log += std::log10(sample.value) / count;
  }
  double xx = 0, xy = 0;
  for (const Sample& sample : samples) {
    xx += (sample.year - mean_year) * (sample.year - mean_year);
    xy += (sample.year - mean_year) * (std::log10(sample.value) - mean_log);
  }
  if (xx == 0) return std::nullopt;
  const double slope = xy / xx;
  double residuals = 0;
  for (const Sample& sample : samples) {
    const double residual = std::log10(sample.value) - mean_log - slope * (sample.year - mean_year);
    residuals += residual * residual;
  }
  const double deviation = std::sqrt(residuals / (count - 2));
  const double error = deviation / std::sqrt(xx);
  const double reach = student_t(confidence, samples.size() - 2) * error;
  const auto [first, last] = std::ranges::minmax_element(samples, {}, &Sample::year);
  Fit fit;
  fit.points = samples.size();
  fit.from = first->year;
  fit.to = last->year;
  fit.rate = factor(slope);
  fit.low = factor(slope - reach);
  fit.high = factor(slope + reach);
  fit.rate_sigma = factor(error);
  fit.spread = std::pow(10, deviation);
  fit.value_from = std::pow(10, mean_log + slope * (fit.from - mean_year));
  fit.value_to = std::pow(10, mean_log + slope * (fit.to - mean_year));
  return fit;
}

Ratio ratio_of(const Fit& above, const Fit& below) {
  const double a = std::pow(error_of(above), 2), b = std::pow(error_of(below), 2);
  const double slope = std::log10(above.rate / below.rate) / years;
  const double error = std::sqrt(a + b);
  const double spread =
      a * a / static_cast<double>(above.points - 2) + b * b / static_cast<double>(below.points - 2);
  // Without any scatter there is nothing to be unsure of.
  const double degrees = spread > 0 ? (a + b) * (a + b) / spread : 1;
  const double reach = error > 0 ? student_t(confidence, static_cast<std::size_t>(degrees)) * error : 0;
  return {factor(slope), factor(slope - reach), factor(slope + reach), factor(error)};
}

}  // namespace memwall::study
