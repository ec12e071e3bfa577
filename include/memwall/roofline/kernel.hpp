#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/plan/recipe.hpp"
#include "memwall/units/quantity.hpp"
#include "memwall/workload/trace.hpp"

/// What a device is given to run: the kernels of each pass, with what they compute, read and write.
namespace memwall::roofline {

enum class Pass { forward, backward, optimizer };

/// Which operators run as one kernel.
enum class Fusion {
  none,
  elementwise  ///< activations, dropout and other element-wise work join the kernel that makes their input
};

/// What the bytes of an access are.
enum class Content {
  activation,
  gradient,  ///< of an activation
  weight,
  weight_gradient,
  master,  ///< the optimizer's wider copy of the weights
  optimizer_state,
  cache,  ///< keys, values and states that stay between decode steps
  index,
  mask,
  statistic,  ///< fp32 whatever the recipe: a loss' log-softmax, a flash kernel's row statistics
  input       ///< the model's own
};

[[nodiscard]] std::string_view to_text(Pass pass);
[[nodiscard]] std::string_view to_text(Fusion fusion);
[[nodiscard]] std::string_view to_text(Content content);

/// One tensor or weight that a kernel reads or writes once.
struct Access {
  std::string name;
  Content content = Content::activation;
  double elements = 0;
  Bytes element;  ///< bytes of one element
  /// The tensor: of a gradient, the one that it is the gradient of (views share one). None for weights.
  workload::TensorId tensor = workload::none;

  [[nodiscard]] Bytes bytes() const { return elements * element; }
};

/// A matrix product with what main memory holds of its operands: the left one [m,k], the right one [k,n], the
/// result [m,n].
struct Product {
  workload::Matmul matmul;
  /// Bytes in memory for one element of the product as written; 0 where an operand never leaves the chip. A
  /// convolution's input has k elements an output position, of which neighbours share most: fewer bytes each.
  Bytes left;
  Bytes right;
  Bytes result;
  /// Rounds that must follow each other, each needing the same right operand whole: the steps of a
  /// recurrence.
  double rounds = 1;

  [[nodiscard]] Flops flops() const { return Flops(matmul.flops() * matmul.executed); }
};

/// What a fused attention kernel streams: for each of `groups` heads, `rows` queries against `keys` keys, the
/// scores never leaving the chip.
struct AttentionStream {
  double groups = 1;
  double rows = 1;
  double keys = 1;
  double executed = 1;  ///< the part of rows x keys that the kernel visits
  Bytes row;            ///< all that is read and written for one query: query, output, their gradients
  Bytes key;            ///< and for one key: key, value, their gradients
};

/// Element-wise FLOPs: `each` for every one of `elements` of the tensor named `over`.
struct ElementWork {
  std::string over;
  double each = 0;
  double elements = 0;

  [[nodiscard]] Flops flops() const { return Flops(each * elements); }
};

/// One launch on the device, standing for `count` equal ones.
struct Kernel {
  std::string
      name;  ///< the operator's; backward with ".input_gradient", ".weight_gradient", ".backward", ...
  std::string layer;               ///< path of its first operator, without what pass and fusion add
  std::vector<int> operators;      ///< indices in the trace, in the order of the pass; the optimizer has none
  std::vector<std::string> parts;  ///< names of the kernels that fusion joined; empty where it did not
  workload::OperatorKind kind = workload::OperatorKind::elementwise;
  Pass pass = Pass::forward;
  double count = 1;
  std::vector<Product> products;
  std::optional<AttentionStream> attention;
  std::vector<ElementWork> elements;
  std::vector<Access> reads;  ///< each tensor once
  std::vector<Access> writes;

  [[nodiscard]] Flops matrix() const;   ///< FLOPs of its products, as executed
  [[nodiscard]] Flops vector() const;   ///< element-wise FLOPs
  [[nodiscard]] Bytes touched() const;  ///< bytes of every access once
};

/// The kernels of the forward or the backward pass, in execution order; none for Pass::optimizer.
/// docs/model.md, "Kernels", has the rules.
[[nodiscard]] std::vector<Kernel> kernels(const workload::Trace& trace, Pass pass, const plan::Recipe& recipe,
                                          Fusion fusion = Fusion::none);

/// What of a trace one device updates, and what led up to it: of weights that all replicas have, and of those
/// that expert parallelism divides.
struct Update {
  double share = 1;  ///< 1 / data parallelism where optimizer states are divided (ZeRO)
  double routed_share = 1;
  double micro_batches = 1;  ///< of all replicas together: how many have touched rows of a sparse table
  double routed_micro_batches = 1;
};

/// One update of every parameter of the trace that has a gradient, as one kernel: of tables with sparse
/// gradients the rows that were touched.
[[nodiscard]] Kernel optimizer_kernel(const workload::Trace& trace, const plan::Recipe& recipe,
                                      const plan::Optimizer& optimizer, const Update& update = {});

/// Elements that an optimizer's state has for one weight: as many as the weight, or, factored, a row and a
/// column of each matrix (vectors are not factored), or, row-wise, one for each row of a table whose gradient
/// is sparse.
[[nodiscard]] double state_elements(const workload::Weight& weight, const plan::OptimizerState& state);

/// All kernels of the trace's phase: of a training step forward, backward and (where given) the optimizer;
/// of prefill and decode forward alone.
[[nodiscard]] std::vector<Kernel> phase_kernels(const workload::Trace& trace, const plan::Recipe& recipe,
                                                const plan::Optimizer* optimizer,
                                                Fusion fusion = Fusion::none);

}  // namespace memwall::roofline
