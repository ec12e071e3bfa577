#include "memwall/plan/overlap.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace memwall::plan {

std::string to_text(const Overlap& overlap) {
  const std::pair<bool, const char*> switches[] = {{overlap.data, "data"},
                                                   {overlap.pipeline, "pipeline"},
                                                   {overlap.tensor, "tensor"},
                                                   {overlap.expert, "expert"},
                                                   {overlap.context, "context"}};
  std::vector<std::string> on;
  for (const auto& [is_on, name] : switches) {
    if (is_on) on.emplace_back(name);
  }
  if (on.size() == std::size(switches)) return "all";
  return on.empty() ? "none" : fmt::format("{}", fmt::join(on, ","));
}

const std::vector<std::string>& overlap_names() {
  static const std::vector<std::string> names = {"data", "pipeline", "tensor", "expert", "context"};
  return names;
}

}  // namespace memwall::plan
