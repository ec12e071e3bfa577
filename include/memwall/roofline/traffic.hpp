#pragma once

#include <optional>

#include "memwall/roofline/kernel.hpp"
#include "memwall/units/quantity.hpp"

/// Bytes that a kernel moves between a memory level and what lies inside it.
///
/// Every access moves once. Operands that do not fit inside are read again; how often at least is known:
/// 2 m n k / sqrt(S) elements for a product with room for S elements (Hong and Kung 1981; Irony, Toledo and
/// Tiskin 2004; the constant 2 by Smith et al. 2019, arXiv:1702.02017). docs/model.md, "Traffic", derives it.
namespace memwall::roofline {

/// The least that a product moves with `inside` bytes of room, in bytes:
/// executed * groups * 2 m n k * sqrt(left * right * result / inside).
[[nodiscard]] Bytes least_traffic(const Product& product, Bytes inside);

/// Operands and result of a product moved once: groups * (left m k + right k n + result m n).
[[nodiscard]] Bytes operand_bytes(const Product& product);

/// What `product` moves beyond its operands once: max(0, least_traffic - operand_bytes).
[[nodiscard]] Bytes surplus(const Product& product, Bytes inside);

/// The weights that a recurrence needs whole in each of its rounds.
struct Recurrence {
  double rounds = 1;
  Bytes weights;
};

/// Of the products that have rounds; one round of nothing where none has.
[[nodiscard]] Recurrence recurrence(const Kernel& kernel);

/// What a recurrence moves again, round after round, of the weights that do not fit:
/// (rounds - 1) * max(0, weights - inside).
[[nodiscard]] Bytes recurrence_surplus(const Recurrence& recurrence, Bytes inside);

/// What fused attention moves beyond its operands once (Dao et al. 2022, theorem 2, with its constant):
/// groups * max(0, executed * rows row * keys key / inside - max(rows row, keys key)).
[[nodiscard]] Bytes attention_surplus(const AttentionStream& stream, Bytes inside);

/// Everything that a kernel moves beyond its accesses once.
[[nodiscard]] Bytes reread(const Kernel& kernel, Bytes inside);

/// Bytes moved between a level and what is inside it: accesses once, plus what is read again. Without
/// `inside` (nobody says what is there) accesses once.
[[nodiscard]] Bytes traffic(const Kernel& kernel, std::optional<Bytes> inside);

}  // namespace memwall::roofline
