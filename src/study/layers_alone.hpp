#pragma once

#include <cstdint>

#include "memwall/footprint/profile.hpp"
#include "memwall/plan/plan.hpp"

/// A model's repeated layers without what stands before and behind them: how publications on transformers
/// count.
namespace memwall::study {

/// Bytes of activations that the layers of the first stage keep, all micro-batches in flight and, with
/// interleaving, all chunks added: Korthikanti et al. 2022 (arXiv:2205.05198), section 4.2.3 and equation 5,
/// without embeddings and head.
[[nodiscard]] Bytes layer_activations(const footprint::Model& model, const plan::Plan& plan);

/// Bytes of weights, gradients and optimizer of the layers' matrices on one device (no biases, no norms).
[[nodiscard]] Bytes layer_states(const footprint::Model& model, const plan::Plan& plan);

}  // namespace memwall::study
