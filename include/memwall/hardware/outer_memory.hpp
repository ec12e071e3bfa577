#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/hardware/system.hpp"
#include "memwall/units/quantity.hpp"

/// Memories of a node outside its devices, and the way there.
namespace memwall::hardware {

enum class OuterMemory {
  host,    ///< the processors' main memory
  storage  ///< the node's drives
};

[[nodiscard]] std::string_view to_text(OuterMemory memory);
[[nodiscard]] const std::vector<std::string>& outer_memory_names();

/// One such memory, as the devices of a node share it.
struct OuterRoom {
  Bytes capacity;            ///< of the node
  std::int64_t devices = 1;  ///< that share it
  BytesPerSecond in;         ///< into one device, when all transfer at once
  BytesPerSecond out;        ///< and out of it
};

/// What a system has of it. A device gets the slowest of its own link and its share of the memory's
/// bandwidth. Throws BadInput where the system does not say how large the memory is or how it is reached.
[[nodiscard]] OuterRoom outer_room(const System& system, OuterMemory memory);

/// Whether the system says all that `outer_room` needs.
[[nodiscard]] bool has_outer_memory(const System& system, OuterMemory memory);

}  // namespace memwall::hardware
