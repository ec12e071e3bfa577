#pragma once

#include <cstdint>
#include <random>
#include <string>

/// Small random models in the layer language, the same for the same seed.
namespace memwall::footprint {

/// A model of `iterations` equal blocks between an embedding and a loss. With `written_out` the repeat has an
/// index, which no layer uses and which makes lowering write every iteration out.
std::string random_model(std::uint32_t seed, int iterations, bool written_out);

}  // namespace memwall::footprint
