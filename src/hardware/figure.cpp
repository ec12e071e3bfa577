#include "memwall/hardware/figure.hpp"

#include "hardware/names.hpp"

namespace memwall::hardware {
namespace {

constexpr std::array<std::string_view, 6> names = {"datasheet", "published", "measured",
                                                   "fitted",    "family",    "assumed"};

}  // namespace

std::string_view name_of(Provenance provenance) { return names[static_cast<std::size_t>(provenance)]; }

std::optional<Provenance> provenance_named(std::string_view name) {
  return enumerator_named<Provenance>(names, name);
}

std::vector<std::string> provenance_names() { return all_of(names); }

}  // namespace memwall::hardware
