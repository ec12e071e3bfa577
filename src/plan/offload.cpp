#include "memwall/plan/offload.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace memwall::plan {
namespace {

/// In the order of their names.
constexpr std::array<bool Offload::*, 3> parts = {&Offload::weights, &Offload::optimizer,
                                                  &Offload::activations};

}  // namespace

const std::vector<std::string>& offload_names() {
  static const std::vector<std::string> names = {"weights", "optimizer", "activations"};
  return names;
}

std::vector<std::string> names_of(const Offload& offload) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (offload.*parts[i]) names.push_back(offload_names()[i]);
  }
  return names;
}

std::string to_text(const Offload& offload) {
  return offload.any() ? fmt::format("{}", fmt::join(names_of(offload), ",")) : "none";
}

std::optional<Offload> offload_named(std::string_view list) {
  Offload offload;
  if (list == "none") return offload;
  if (list == "all") return Offload{true, true, true};
  const std::vector<std::string>& names = offload_names();
  while (true) {
    const std::size_t comma = list.find(',');
    const auto name = std::ranges::find(names, list.substr(0, comma));
    if (name == names.end()) return std::nullopt;
    offload.*parts[static_cast<std::size_t>(name - names.begin())] = true;
    if (comma == std::string_view::npos) return offload;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace memwall::plan
