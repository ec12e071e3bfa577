#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "memwall/config/node.hpp"
#include "memwall/hardware/accelerator.hpp"
#include "memwall/hardware/system.hpp"

/// From a file's tree to a device or a system, with every mistake told at its place.
namespace memwall::hardware {

/// What a runtime keeps of main memory where a device's file does not say, by kind of device.
struct RuntimeDefaults {
  double reserve_share = 0;  ///< of the nominal capacity: what the driver does not report
  std::optional<Bytes> context_per_unit;
  std::string source;
  Provenance provenance = Provenance::assumed;
};
using Defaults = std::map<std::string, RuntimeDefaults, std::less<>>;

/// Reads hardware/defaults.yaml. Throws BadInput.
[[nodiscard]] Defaults read_defaults(const config::Node& tree);

/// Reads an accelerator; `id` is the file's name without .yaml. Throws BadInput with every mistake.
[[nodiscard]] Accelerator read_accelerator(const config::Node& tree, const std::string& id,
                                           const Defaults& defaults = {});

/// Reads a system whose devices are `accelerator`. Throws BadInput with every mistake.
[[nodiscard]] System read_system(const config::Node& tree, const std::string& id, Accelerator accelerator);

}  // namespace memwall::hardware
