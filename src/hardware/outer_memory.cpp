#include "memwall/hardware/outer_memory.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "memwall/config/problem.hpp"

namespace memwall::hardware {
namespace {

/// The figure of the system's file that is missing, with a value to write; empty where none is.
struct Missing {
  std::string_view path;
  std::string_view sample;
};

Missing missing_of(const System& system, OuterMemory memory) {
  if (!system.node.link_bandwidth) return {"node.link_bandwidth", "31.5 GB/s"};
  if (memory == OuterMemory::host && !system.node.memory) return {"node.memory", "1 TiB"};
  if (memory == OuterMemory::storage && !system.node.storage.capacity)
    return {"node.storage.capacity", "15.36 TB"};
  if (memory == OuterMemory::storage && !system.node.storage.bandwidth)
    return {"node.storage.bandwidth", "25 GB/s"};
  return {};
}

[[noreturn]] void refuse(const System& system, OuterMemory memory, const Missing& missing) {
  if (system.id == system.accelerator.id) {
    throw config::BadInput(
        system.where, fmt::format("'{}' stands alone, without the {} that offload needs; name a system of it",
                                  system.id, to_text(memory)));
  }
  throw config::BadInput(
      system.where,
      fmt::format("'{}' does not say its {}, which offload to {} needs; give it with --set {}={}", system.id,
                  missing.path, to_text(memory), missing.path, missing.sample));
}

}  // namespace

std::string_view to_text(OuterMemory memory) { return memory == OuterMemory::host ? "host" : "storage"; }

const std::vector<std::string>& outer_memory_names() {
  static const std::vector<std::string> names = {"host", "storage"};
  return names;
}

OuterRoom outer_room(const System& system, OuterMemory memory) {
  if (const Missing missing = missing_of(system, memory); !missing.path.empty())
    refuse(system, memory, missing);
  const HostNode& node = system.node;
  const BytesPerSecond link = node.link_bandwidth->value;
  const auto share = [&](const Figure<BytesPerSecond>& whole) {
    return std::min(link, whole.value / static_cast<double>(node.devices));
  };
  if (memory == OuterMemory::host) {
    const BytesPerSecond each = node.memory_bandwidth ? share(*node.memory_bandwidth) : link;
    return {node.memory->value, node.devices, each, each};
  }
  const Storage& drives = node.storage;
  return {drives.capacity->value, node.devices, share(*drives.bandwidth),
          share(drives.write_bandwidth ? *drives.write_bandwidth : *drives.bandwidth)};
}

bool has_outer_memory(const System& system, OuterMemory memory) {
  return missing_of(system, memory).path.empty();
}

}  // namespace memwall::hardware
