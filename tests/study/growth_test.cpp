#include "memwall/study/growth.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>

using namespace memwall::study;

TEST_CASE("A date is its year and the share of it that has passed", "[study][growth]") {
  CHECK(*fractional_year("2022-01-01") == 2022);
  CHECK(*fractional_year("2022-09-20") ==
        Approx(2022 + 262 / 365.0).epsilon(1e-12));  // 243 days to 1 September
  CHECK(*fractional_year("2020-12-31") == Approx(2020 + 365 / 366.0).epsilon(1e-12));
  CHECK(*fractional_year("2022-09") == Approx(2022 + (243 + 15) / 365.0).epsilon(1e-12));
  CHECK(*fractional_year("2022") == 2022.5);
}

TEST_CASE("What is no date has no year", "[study][growth]") {
  for (const auto* text :
       {"", "20", "202a", "2022-", "2022-13", "2022-00", "2022-9", "2022-02-29", "2022-04-31", "2022-09-2",
        "2022-09-00", "2022/09/20", "2022-09-20T12", "-022", "about 2022"}) {
    INFO(text);
    CHECK_FALSE(fractional_year(text));
  }
  CHECK(fractional_year("2020-02-29"));
}

TEST_CASE("Student's t is that of the printed tables", "[study][growth]") {
  // Abramowitz and Stegun, table 26.10, two-sided 95 %.
  CHECK(student_t(0.95, 1) == Approx(12.706).margin(5e-4));
  CHECK(student_t(0.95, 2) == Approx(4.303).margin(5e-4));
  CHECK(student_t(0.95, 3) == Approx(3.182).margin(5e-4));
  CHECK(student_t(0.95, 4) == Approx(2.776).margin(5e-4));
  CHECK(student_t(0.95, 5) == Approx(2.571).margin(5e-4));
  CHECK(student_t(0.95, 8) == Approx(2.306).margin(5e-4));
  CHECK(student_t(0.95, 35) == Approx(2.030).margin(5e-4));
  CHECK(student_t(0.95, 120) == Approx(1.980).margin(5e-4));
  CHECK(student_t(0.99, 10) == Approx(3.169).margin(5e-4));
}

TEST_CASE("A value that grows tenfold in two years does so without doubt", "[study][growth]") {
  const std::vector<Sample> samples = {{2000, 1}, {2002, 10}, {2004, 100}, {2001, std::sqrt(10.0)}};
  const Fit fit = *fit_growth(samples);
  CHECK(fit.points == 4);
  CHECK(fit.from == 2000);
  CHECK(fit.to == 2004);
  CHECK(fit.rate == Approx(10));
  CHECK(fit.low == Approx(10));
  CHECK(fit.high == Approx(10));
  CHECK(fit.spread == Approx(1));
  CHECK(fit.value_from == Approx(1));
  CHECK(fit.value_to == Approx(100));
  CHECK(fit.doubling_years() == Approx(2 * std::log10(2.0)));  // 0.602 years
}

TEST_CASE("A scattered line is fitted as the textbook does by hand", "[study][growth]") {
  // Logarithms 0, 1, 1, 2 in four years: mean 1 at 2001.5, Sxx = 5, Sxy = 3, so 0.6 a year.
  const std::vector<Sample> samples = {{2000, 1}, {2001, 10}, {2002, 10}, {2003, 100}};
  const Fit fit = *fit_growth(samples);
  CHECK(fit.rate == Approx(std::pow(10, 1.2)));  // 15.8 in two years
  // Residuals -0.1, 0.3, -0.3, 0.1: variance 0.2 / 2, and 0.1 / 5 of the slope.
  CHECK(fit.spread == Approx(std::pow(10, std::sqrt(0.1))));
  CHECK(fit.rate_sigma == Approx(std::pow(10, 2 * std::sqrt(0.02))));
  const double reach = 4.302653 * std::sqrt(0.02);  // t of two degrees of freedom
  CHECK(fit.low == Approx(std::pow(10, 2 * (0.6 - reach))).epsilon(1e-5));
  CHECK(fit.high == Approx(std::pow(10, 2 * (0.6 + reach))).epsilon(1e-5));
  CHECK(fit.value_from == Approx(std::pow(10, 0.1)));
  CHECK(fit.value_to == Approx(std::pow(10, 1.9)));
}

TEST_CASE("A fit does not hang on the order or the unit of its samples", "[study][growth]") {
  const std::vector<Sample> samples = {{2003, 7}, {2001, 2}, {2004, 3}, {2010, 90}};
  std::vector<Sample> other = {{2010, 90e9}, {2004, 3e9}, {2001, 2e9}, {2003, 7e9}};
  const Fit a = *fit_growth(samples), b = *fit_growth(other);
  CHECK(a.rate == Approx(b.rate));
  CHECK(a.low == Approx(b.low));
  CHECK(a.value_to * 1e9 == Approx(b.value_to));
}

TEST_CASE("Two samples, or samples of one moment, have no fit", "[study][growth]") {
  CHECK_FALSE(fit_growth(std::vector<Sample>{{2000, 1}, {2001, 2}}));
  CHECK_FALSE(fit_growth(std::vector<Sample>{{2000, 1}, {2000, 2}, {2000, 3}}));
  CHECK(fit_growth(std::vector<Sample>{{2000, 1}, {2000, 2}, {2001, 3}}));
}

TEST_CASE("A value that halves has a negative doubling time, a constant one none", "[study][growth]") {
  CHECK(fit_growth(std::vector<Sample>{{2000, 4}, {2001, 2}, {2002, 1}})->doubling_years() == Approx(-1));
  Fit still;
  CHECK(still.doubling_years() == std::numeric_limits<double>::infinity());
}

TEST_CASE("Of two rates' ratio the variances add", "[study][growth]") {
  // The hand-fitted line twice: slopes cancel, variance 0.02 + 0.02; Welch: 0.04^2 / (2 * 0.02^2 / 2) = 4
  // degrees.
  const std::vector<Sample> samples = {{2000, 1}, {2001, 10}, {2002, 10}, {2003, 100}};
  const Fit fit = *fit_growth(samples);
  const Ratio ratio = ratio_of(fit, fit);
  CHECK(ratio.rate == Approx(1));
  CHECK(ratio.rate_sigma == Approx(std::pow(10, 2 * 0.2)));
  CHECK(ratio.high == Approx(std::pow(10, 2 * 2.776445 * 0.2)).epsilon(1e-5));
  CHECK(ratio.low == Approx(1 / ratio.high));
}

TEST_CASE("The ratio of rates without scatter is sure", "[study][growth]") {
  const Fit tenfold = *fit_growth(std::vector<Sample>{{2000, 1}, {2002, 10}, {2004, 100}});
  const Fit twofold = *fit_growth(std::vector<Sample>{{2000, 1}, {2002, 2}, {2004, 4}});
  const Ratio ratio = ratio_of(tenfold, twofold);
  CHECK(ratio.rate == Approx(5));
  CHECK(ratio.low == Approx(5));
  CHECK(ratio.high == Approx(5));
}
