#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "cli/options.hpp"
#include "cli/trends_tables.hpp"
#include "memwall/units/text.hpp"

namespace memwall::cli {
namespace {

/// `3.03`, `413`, `1,460`: three digits.
std::string factor_text(double factor) {
  if (factor < 1000) return fmt::format("{:.3g}", factor);
  const double step = std::pow(10, std::floor(std::log10(factor)) - 2);
  return factor < 1e12 ? count_text(std::round(factor / step) * step) : fmt::format("{:.3g}", factor);
}

std::string interval(const study::Ratio& rate) {
  return fmt::format("{}x ({} to {})", factor_text(rate.rate), factor_text(rate.low), factor_text(rate.high));
}

const Growth* find(const std::vector<Growth>& growths, std::string_view series, std::string_view selection) {
  const auto found = std::ranges::find_if(growths, [&](const Growth& growth) {
    return growth.series == series && growth.selection == selection;
  });
  return found == growths.end() ? nullptr : &*found;
}

std::string span_of(const Growth& growth) {
  return fmt::format("{:.0f} to {:.0f}", std::floor(growth.from), std::floor(growth.to));
}

/// How a later fit compares with the paper's, where the difference is more than chance would make it.
std::string against(const Growth& now, const Growth& then) {
  if (!now.fit || !then.fit) return "";
  const study::Ratio ratio = study::ratio_of(*now.fit, *then.fit);
  if (ratio.low > 1) return ": faster";
  if (ratio.high < 1) return ": slower";
  return ": no different, as far as these points tell";
}

/// The sentence of one series.
std::string sentence(const study::TrendSeries& series, const std::vector<Growth>& growths) {
  const Growth* paper = find(growths, series.name, "paper");
  const Growth* all = find(growths, series.name, "all");
  const Growth* leaders = find(growths, series.name, "leaders");
  std::string text;
  if (paper != nullptr && !series.claim.empty()) {
    text = fmt::format("published {}x; the paper's {} points give {}, {}", series.claim, paper->fit->points,
                       interval(paper->rate), *paper->reproduced ? "reproduced" : "not the same digits");
  } else if (paper != nullptr) {
    text = fmt::format("the paper's {} points give {}", paper->fit->points, interval(paper->rate));
  }
  if (all != nullptr) {
    text += fmt::format("{}the catalog's {} of {} give {}{}", text.empty() ? "" : "; ", all->fit->points,
                        span_of(*all), interval(all->rate), paper != nullptr ? against(*all, *paper) : "");
  }
  if (leaders != nullptr) {
    text += fmt::format("{}the best of each family and year {}", text.empty() ? "" : "; ",
                        interval(leaders->rate));
  }
  return text.empty() ? "" : fmt::format("{}: {}.\n", series.title, text);
}

/// Growth of a ratio, as a clause; empty where that line was not asked for.
std::string clause(const std::vector<Growth>& growths, std::string_view series, std::string_view selection,
                   std::string_view words) {
  const Growth* growth = find(growths, series, selection);
  return growth == nullptr ? "" : fmt::format("{} {}", words, interval(growth->rate));
}

std::string joined_clauses(std::initializer_list<std::string> clauses) {
  std::string text;
  for (const std::string& part : clauses) {
    if (!part.empty()) text += (text.empty() ? "" : ", ") + part;
  }
  return text;
}

/// What a fit over the last years says of the wall.
std::string verdict(const Growth& recent) {
  if (recent.rate.low > 1) return "it grows";
  if (recent.rate.high < 1) return "it shrinks";
  return "these points cannot tell growth from none";
}

std::string wall(const std::vector<Growth>& growths) {
  const std::string dram = "peak_flops / dram_bandwidth", link = "peak_flops / interconnect_bandwidth";
  std::string text;
  const auto line = [&](const std::string& clauses, std::string_view subject) {
    if (!clauses.empty()) text += fmt::format("{}: {}.\n", subject, clauses);
  };
  line(joined_clauses({clause(growths, dram, "paper", "over the paper's points"),
                       clause(growths, dram, "all", "over the catalog's")}),
       "Compute against DRAM bandwidth");
  line(joined_clauses({clause(growths, link, "paper", "over the paper's points"),
                       clause(growths, link, "all", "over the catalog's")}),
       "Compute against a link's lane");
  for (const auto& [series, subject] : {std::pair("balance", "FLOP for each byte of one and the same device"),
                                        std::pair("balance_any_format", "The same, fp8 and fp4 counted")}) {
    line(joined_clauses({clause(growths, series, "all", "from the first device on"),
                         clause(growths, series, "all since 2017", "since 2017"),
                         clause(growths, series, "all since 2022", "since 2022")}),
         subject);
  }
  const Growth* wide = find(growths, "balance", "all since 2022");
  const Growth* narrow = find(growths, "balance_any_format", "all since 2022");
  if (wide != nullptr && narrow != nullptr)
    text +=
        fmt::format("Since 2022, at 16 bits: {}; with fp8 and fp4: {}.\n", verdict(*wide), verdict(*narrow));
  return text.empty() ? text : "Does the wall still grow? (per two years, 95 % confidence)\n" + text;
}

}  // namespace

std::string conclusions(const study::Trends& trends, const std::vector<Growth>& growths) {
  std::string text;
  for (const study::TrendSeries& series : trends.series) {
    const std::string told = sentence(series, growths);
    if (!told.empty()) text += wrapped(told, 2) + "\n";
  }
  const std::string answer = wall(growths);
  return "\n" + text + (answer.empty() ? "" : "\n" + answer);
}

}  // namespace memwall::cli
