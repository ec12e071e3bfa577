#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a plan keeps outside the devices between its uses.
namespace memwall::plan {

struct Offload {
  bool weights = false;      ///< and the gradients that add up over micro-batches
  bool optimizer = false;    ///< master weights and the optimizer's states
  bool activations = false;  ///< what micro-batches in flight keep for their backward pass

  [[nodiscard]] bool any() const { return weights || optimizer || activations; }
  bool operator==(const Offload&) const = default;
};

/// "weights", "optimizer", "activations": what an Offload may have, in this order.
[[nodiscard]] const std::vector<std::string>& offload_names();

/// Those of them that it has.
[[nodiscard]] std::vector<std::string> names_of(const Offload& offload);

/// "weights,optimizer", or "none".
[[nodiscard]] std::string to_text(const Offload& offload);

/// Reads what `to_text` writes, in any order, and "all"; nothing where a word is not known.
[[nodiscard]] std::optional<Offload> offload_named(std::string_view list);

}  // namespace memwall::plan
