#include "memwall/config/problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "config/quote.hpp"

namespace memwall::config {
namespace {

std::string line_of(const Problem& problem) {
  const std::string place = to_text(problem.where);
  return on_one_line(place.empty() ? problem.what : place + ": " + problem.what);
}

std::string lines_of(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& problem : problems) {
    if (!text.empty()) text += '\n';
    text += line_of(problem);
  }
  return text;
}

auto order_of(const Problem& problem) {
  return std::tie(problem.where.file, problem.where.line, problem.where.column);
}

}  // namespace

std::string to_text(const Location& where) {
  if (where.line == 0) return where.file;
  if (where.column == 0) return fmt::format("{}:{}", where.file, where.line);
  return fmt::format("{}:{}:{}", where.file, where.line, where.column);
}

BadInput::BadInput(std::vector<Problem> problems)
    : problems_(std::move(problems)), text_(lines_of(problems_)) {}

BadInput::BadInput(Location where, std::string what)
    : BadInput(std::vector<Problem>{{std::move(where), std::move(what)}}) {}

BadFile::BadFile(const std::string& file, std::string_view what)
    : text_(on_one_line(file + ": ").append(what)) {}

void Problems::add(const Location& where, std::string what) { problems_.push_back({where, std::move(what)}); }

void Problems::throw_if_any() const {
  if (problems_.empty()) return;
  std::vector<Problem> ordered = problems_;
  std::ranges::stable_sort(ordered,
                           [](const Problem& a, const Problem& b) { return order_of(a) < order_of(b); });
  const auto same = [](const Problem& a, const Problem& b) { return a.where == b.where && a.what == b.what; };
  ordered.erase(std::unique(ordered.begin(), ordered.end(), same), ordered.end());
  throw BadInput(std::move(ordered));
}

}  // namespace memwall::config
