#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A number of the hardware together with where it comes from, so that an assumption never looks like a
/// measurement.
namespace memwall::hardware {

/// How a figure is known, surest first.
enum class Provenance {
  datasheet,  ///< the vendor's own figure, compared with the vendor's document or a copy of it
  published,  ///< papers, press, other simulators' tables
  measured,   ///< read off or measured on the device itself
  fitted,     ///< fitted to measurements
  family,     ///< known for a sibling of the device
  assumed,    ///< believed, compared with nothing; also every what-if
};

/// "datasheet", "published", ...: how YAML and reports spell it.
[[nodiscard]] std::string_view name_of(Provenance provenance);

/// The provenance of that name.
[[nodiscard]] std::optional<Provenance> provenance_named(std::string_view name);

/// The names of all provenances, for suggestions.
[[nodiscard]] std::vector<std::string> provenance_names();

/// A value, how it is known, from what source, and the key path that holds it ("memory.HBM.bandwidth").
template <class Q>
struct Figure {
  Q value{};
  Provenance provenance = Provenance::assumed;
  std::string source;
  std::string where;
};

}  // namespace memwall::hardware
