#pragma once

/// FLOPs an element of what the vector unit does, counted by hand from each function's formula; an
/// exponential, a square root, a division or a comparison counts one. docs/model.md, "Work on the vector
/// unit", has the counting.
namespace memwall::workload {

struct VectorCost {
  double forward;
  double backward;
};

namespace vector_cost {

inline constexpr VectorCost relu{1, 1};         ///< max(x, 0)
inline constexpr VectorCost relu6{2, 2};        ///< min(max(x, 0), 6)
inline constexpr VectorCost sigmoid{4, 3};      ///< 1 / (1 + exp(-x)); y (1 - y) g
inline constexpr VectorCost tanh{5, 3};         ///< (exp 2x - 1) / (exp 2x + 1); (1 - y y) g
inline constexpr VectorCost silu{5, 9};         ///< x s(x); g (s + x s (1 - s))
inline constexpr VectorCost gelu{13, 22};       ///< tanh form: 8 for its argument and product, 5 for tanh
inline constexpr VectorCost softplus{3, 5};     ///< log(1 + exp x); g s(x)
inline constexpr VectorCost hardswish{5, 5};    ///< x min(max(x + 3, 0), 6) / 6
inline constexpr VectorCost layer_norm{7, 13};  ///< mean, centre, square, sum, scale, factor, bias
inline constexpr VectorCost rms_norm{4, 9};     ///< square, sum, scale, factor
inline constexpr VectorCost softmax{5, 4};      ///< maximum, subtract, exp, sum, divide; y (g - sum y g)
inline constexpr VectorCost dropout{2, 2};      ///< mask and scale; drawing the mask is not counted
inline constexpr VectorCost rotary{3, 3};       ///< x cos + x' sin
inline constexpr VectorCost add{1, 0};          ///< for each operand after the first
inline constexpr VectorCost multiply{1, 2};
inline constexpr VectorCost log_softmax{6,
                                        3};  ///< softmax and a logarithm a row, pick; exp y, subtract, scale

}  // namespace vector_cost
}  // namespace memwall::workload
