#include "memwall/plan/overlap.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace memwall::plan {
namespace {

/// In the order of their names.
constexpr std::array<bool Overlap::*, 5> switches = {&Overlap::data, &Overlap::pipeline, &Overlap::tensor,
                                                     &Overlap::expert, &Overlap::context};

}  // namespace

const std::vector<std::string>& overlap_names() {
  static const std::vector<std::string> names = {"data", "pipeline", "tensor", "expert", "context"};
  return names;
}

std::string to_text(const Overlap& overlap) {
  std::vector<std::string> on;
  for (std::size_t i = 0; i < switches.size(); ++i) {
    if (overlap.*switches[i]) on.push_back(overlap_names()[i]);
  }
  if (on.size() == switches.size()) return "all";
  return on.empty() ? "none" : fmt::format("{}", fmt::join(on, ","));
}

bool switch_on(Overlap& overlap, const std::string& name) {
  const auto found = std::ranges::find(overlap_names(), name);
  if (found == overlap_names().end()) return false;
  overlap.*switches[static_cast<std::size_t>(found - overlap_names().begin())] = true;
  return true;
}

}  // namespace memwall::plan
