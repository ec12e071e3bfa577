#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "memwall/hardware/figure.hpp"
#include "memwall/units/quantity.hpp"

/// Generations of memories and links, for trends: what no single device tells.
namespace memwall::hardware {

struct Technology {
  std::string id;
  std::string name;
  std::string
      kind;  ///< memories: "DRAM", "DDR", "GDDR", "HBM", "LPDDR"; links: "host", "scale-up", "scale-out"
  std::string date;          ///< the year of its standard or first product
  double rate = 0;           ///< transfers per second of one pin or lane; 0 where nobody publishes it
  BytesPerSecond bandwidth;  ///< of a module, device or stack; of a link per direction, all its lanes added
  std::string source;
  Provenance provenance = Provenance::assumed;
};

/// hardware/memory_technologies.yaml and hardware/interconnects.yaml of the first root that has them, in the
/// order of the file. Throw BadInput for a mistake in the file and BadFile where none has it.
[[nodiscard]] std::vector<Technology> memory_technologies(const std::vector<std::filesystem::path>& roots);
[[nodiscard]] std::vector<Technology> interconnects(const std::vector<std::filesystem::path>& roots);

}  // namespace memwall::hardware
