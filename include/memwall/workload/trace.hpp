#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/workload/shape.hpp"

/// A workload lowered to operators for one micro-batch, sequence and phase: a graph over tensors with
/// identity.
///
/// Operators stand in execution order. A repeated block stays folded: its operators appear once, between
/// `Repeat::first` and `Repeat::last`, and stand for `Repeat::count` iterations.
namespace memwall::workload {

enum class Phase { training, prefill, decode };

using TensorId = int;
using WeightId = int;
inline constexpr int none = -1;

/// What an element is, so that a number-format recipe can say how many bytes it takes.
enum class ElementType {
  activation,  ///< the recipe's activation format
  index,       ///< int64: token ids, max-pool positions
  mask,        ///< one byte: what dropout kept
  fp32         ///< always four bytes: a loss' log-softmax, a flash kernel's row statistics
};

struct Tensor {
  std::string name;
  Shape shape;
  ElementType type = ElementType::activation;
  /// Whose memory this one uses: its own id, or that of the tensor it overwrites or is a view of (which may
  /// be a view itself: Trace::root follows the chain).
  TensorId storage = none;
  /// The axis that tensor parallelism divides; none: the tensor lies between two tensor-parallel regions, is
  /// whole on every device of the group, or divided along its sequence with sequence parallelism.
  std::optional<AxisKind> divided;
  double parts = 0;               ///< into how many indivisible parts (heads) that axis falls; 0: its extent
  TensorId gathered_from = none;  ///< the shard that is kept instead when this one was gathered from it
  bool input = false;             ///< the model's own input
  bool cache = false;  ///< what stays between decode steps: keys, values, a latent, a recurrence's state
  bool needs_gradient = false;
  int repeat = none;  ///< the repeat whose iterations each have their own
};

/// Parameters that are learned and stored together. `experts` x `divided` x `rest` elements; tensor
/// parallelism divides `divided`, expert parallelism `experts`; both are 1 where nothing may be divided.
struct Weight {
  std::string name;
  double experts = 1;
  double divided = 1;
  double rest = 0;
  double parts =
      0;  ///< into how many indivisible parts `divided` falls; 0: tensor parallelism leaves it whole
  bool routed = false;  ///< of experts, or tables divided like them: expert parallelism divides it
  bool sparse = false;  ///< its gradient has only the rows that were looked up, each of `rest` elements
  int repeat = none;    ///< the repeat it belongs to, each iteration having its own; none: it exists once

  [[nodiscard]] double elements() const { return experts * divided * rest; }
};

/// One matrix product on the matrix unit, as its kernel runs it: `groups` times [m,k] x [k,n].
/// A convolution is one too: m output positions, n output features, k = kernel x input features a group.
struct Matmul {
  double groups = 1;
  double m = 0;
  double n = 0;
  double k = 0;
  /// The part of the product that a kernel executes (a causal flash kernel: about one half).
  double executed = 1;

  [[nodiscard]] double flops() const { return 2 * groups * m * n * k; }
};

/// One table of a weight that is looked up, or a device's part of it.
struct Table {
  double rows = 0;
  double lookups = 0;  ///< in one execution
};

/// Rows that so many executions touch, no row twice as long as there are others.
[[nodiscard]] double touched_rows(const std::vector<Table>& tables, double executions = 1);

/// How expert parallelism divides the tables of a layer (Mudigere et al. 2022, arXiv:2104.05158).
enum class TableDivision {
  whole,
  tables,  ///< each device has some of the tables
  rows,    ///< each has some rows of every table
  columns  ///< each has some features of every row
};

/// Which dimension of its matmuls tensor parallelism divides.
enum class MatmulDivision { whole, groups, columns, rows };

enum class OperatorKind {
  matmul,  ///< two operands that are both activations: attention scores and context, interactions
  linear,
  convolution,
  attention,  ///< scores, softmax and context in one kernel that keeps no scores (flash)
  recurrent,
  scan,  ///< a state-space layer's recurrence
  normalization,
  activation,
  softmax,
  dropout,
  elementwise,  ///< add, multiply, scale
  pool,
  gather,  ///< embedding look-ups
  copy,    ///< concatenation, and reshapes that move data
  loss,
  dispatch,      ///< tokens to their experts (an all-to-all under expert parallelism)
  combine,       ///< and back, weighted
  enter_tensor,  ///< into a tensor-parallel region: gathers the sequence; its gradient is reduced
  leave_tensor,  ///< out of it: sums the partial results; its gradient is gathered
  enter_tables,  ///< indices to the devices that hold their rows
  leave_tables   ///< what those found, to the devices whose samples it is of; its gradient the way back
};

/// Whether an operator only marks where devices exchange: on one device it does nothing.
[[nodiscard]] bool is_border(OperatorKind kind);

[[nodiscard]] std::string_view to_text(OperatorKind kind);
[[nodiscard]] std::string_view to_text(Phase phase);

/// Work on the vector unit: `forward` (`backward`) FLOPs for every element of the tensor `over`.
struct VectorWork {
  double forward = 0;
  double backward = 0;
  TensorId over = none;
};

/// Whether a backward pass runs an operator's forward work again, with its neighbours that do.
enum class RunsAgain {
  no,
  keeps_outputs,  ///< what others need of its outputs is kept all the same
  drops_outputs   ///< what others need is made again for them
};

struct Operator {
  std::string name;  ///< path in the model: "decoder.attention.scores"
  OperatorKind kind = OperatorKind::elementwise;
  std::vector<Matmul> matmuls;
  MatmulDivision division = MatmulDivision::whole;
  double division_parts = 0;  ///< into how many indivisible parts the divided dimension falls; 0: its extent
  VectorWork vector;
  std::vector<TensorId> reads;
  std::vector<TensorId> writes;
  std::vector<WeightId> weights;
  /// Elements of its weights that one execution reads; all of them where negative. Gathers read rows only.
  double weight_elements_read = -1;
  std::vector<Table> tables;  ///< of a gather: what it looks up where
  TableDivision table_division = TableDivision::whole;
  std::vector<TensorId> kept;      ///< what the backward pass needs
  bool in_place = false;           ///< overwrites its input: its output has the input's storage
  bool recomputes_scores = false;  ///< a flash kernel's backward pass runs its first matmul once more
  bool attention_core = false;     ///< what selective recomputation runs again: scores to context
  RunsAgain runs_again = RunsAgain::no;
  bool head = false;    ///< vocabulary or pre-training head: left out of features and forward FLOPs
  double features = 0;  ///< elements that count as features of the model, in one execution
  int segment = none;   ///< the block instance that full recomputation runs again as one
  int repeat = none;    ///< index into Trace::repeats
};

/// A folded block: operators [first, last) run `count` times; iteration i reads `carry_in`, which is
/// `carry_initial` in the first iteration and the `carry_out` of the one before in all others.
struct Repeat {
  std::string name;
  int first = 0;
  int last = 0;
  double count = 1;
  TensorId carry_initial = none;
  TensorId carry_in = none;
  TensorId carry_out = none;
};

struct Trace {
  Phase phase = Phase::training;
  double batch = 1;  ///< samples in this trace
  std::vector<Tensor> tensors;
  std::vector<Weight> weights;
  std::vector<Operator> operators;
  std::vector<Repeat> repeats;
  std::vector<TensorId> inputs;
  std::vector<TensorId> outputs;
  std::vector<TensorId> handed_on;  ///< of a stage: those of its outputs that later stages read

  /// How often an operator runs: its repeat's count, or 1.
  [[nodiscard]] double count_of(const Operator& op) const {
    return op.repeat == none ? 1 : repeats[static_cast<std::size_t>(op.repeat)].count;
  }
  [[nodiscard]] double count_of(const Weight& weight) const {
    return weight.repeat == none ? 1 : repeats[static_cast<std::size_t>(weight.repeat)].count;
  }
  [[nodiscard]] double count_of(const Tensor& t) const {
    return t.repeat == none ? 1 : repeats[static_cast<std::size_t>(t.repeat)].count;
  }
  [[nodiscard]] const Tensor& tensor(TensorId id) const { return tensors[static_cast<std::size_t>(id)]; }
  [[nodiscard]] Tensor& tensor(TensorId id) { return tensors[static_cast<std::size_t>(id)]; }
  /// The tensor whose memory `id` uses in the end.
  [[nodiscard]] TensorId root(TensorId id) const {
    while (tensor(id).storage != id) id = tensor(id).storage;
    return id;
  }
  [[nodiscard]] const Weight& weight(WeightId id) const { return weights[static_cast<std::size_t>(id)]; }
};

}  // namespace memwall::workload
