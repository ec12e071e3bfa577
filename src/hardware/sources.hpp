#pragma once

#include "hardware/schema.hpp"
#include "memwall/config/node.hpp"

/// Every figure with its own source, so that trees can be merged and changed without one figure taking
/// another's.
namespace memwall::hardware {

/// Turns each figure of the tree into `{value, source, provenance}`. What a figure does not say is taken from
/// the nearest map around it that does; without any the source is the file's name and the provenance
/// `assumed`.
void spell_out_sources(config::Node& tree, Subject subject);

}  // namespace memwall::hardware
