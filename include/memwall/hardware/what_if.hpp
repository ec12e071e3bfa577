#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "memwall/config/node.hpp"

/// Changes to hardware, made in the tree of its file before it is read: `memory.HBM.bandwidth=2x`.
namespace memwall::hardware {

/// One change: the key path, what to do there, and where the user said so.
///
/// `text` is `2x` (times), `+40 GiB` or `-10 GiB` (more, less), `+10%` or `-10%`, or a new value (`1.5
/// PFLOP/s`).
struct Change {
  std::string path;
  std::string text;
  config::Location where;
};

/// Splits `path=text`. Throws BadInput where either is missing.
[[nodiscard]] Change parse_change(std::string_view text, const config::Location& where);

/// Whether the change is one of a system's own figures (`tiers.`, `node.`, ...) and not of its devices.
[[nodiscard]] bool concerns_system(const Change& change);

/// Makes the change in the tree of an accelerator or of a system (told apart by the system's key
/// `accelerator`). A changed figure becomes `{value, provenance: assumed, source: "what-if:
/// memory.HBM.bandwidth=2x (was 3.350 TB/s)"}`. `memory.main` names the main level. A relative change needs a
/// figure there; an absolute one may also fill in a figure that the file leaves unknown. `compute`,
/// `compute.matrix` and `compute.vector` scale every peak below. Throws BadInput at `change.where` for an
/// unknown path (with the nearest known one), a wrong unit, or a result that is negative, not finite, or no
/// whole number where one is needed.
void apply(config::Node& tree, const Change& change);

/// Every path that `apply` accepts in this tree, for suggestions and listings.
[[nodiscard]] std::vector<std::string> known_paths(const config::Node& tree);

}  // namespace memwall::hardware
