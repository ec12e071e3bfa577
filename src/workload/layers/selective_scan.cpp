#include "workload/layers/common.hpp"
#include "workload/layers/table.hpp"
#include "workload/layers/vector_cost.hpp"

/// The selective state space of the first Mamba (Gu and Dao 2023, arXiv:2312.00752, algorithm 2). It is not
/// divided by tensor parallelism: step, B and C would have to be summed over devices.
namespace memwall::workload {
namespace {

/// The recurrence of `state` numbers a feature, in one kernel that keeps no states: the backward pass runs it
/// again (section 3.3.2). Forward, for each of them: step A, exp, times h, times B, add, times C, sum; once:
/// step x, D x, add. Backward, for each: five of these again; with respect to C two, h two, the decay two, A
/// two, the step two, B two, step x two, and the carried gradient one; once: step x again, x and the step
/// three, D two, D g two.
VectorCost scan_cost(double state) { return {7 * state + 3, 20 * state + 8}; }

}  // namespace

TensorId lower_selective_scan(Builder& builder, const Layer& layer, TensorId input) {
  const std::int64_t features = features_of(builder, layer, input);
  if (!builder.shape(input).has(AxisKind::sequence)) layer.fail("its input has no sequence axis");
  require_whole(builder, layer, input);
  const std::int64_t state = layer.argument_count();
  const std::int64_t rank = layer.count("rank");
  const std::int64_t states = product_of(layer, "features times state", {features, state});

  const TensorId both = project(builder, layer, "step_b_c", input, {.out = rank + 2 * state, .bias = false});
  TensorId step =
      project(builder, layer, "step", builder.part(layer, "low_rank", both, rank), {.out = features});
  step = builder.elementwise(layer, "softplus", OperatorKind::activation, step,
                             {vector_cost::softplus.forward, vector_cost::softplus.backward, none}, {step});

  const TensorId output = builder.tensor(layer, "scanned", builder.shape(input));
  Operator op;
  op.kind = OperatorKind::scan;
  op.reads = {input, step, both};
  op.writes = {output};
  op.kept = op.reads;
  Weight decay;
  decay.rest = static_cast<double>(states);
  Weight skip;
  skip.rest = static_cast<double>(features);
  op.weights = {builder.weight(layer, "decay", decay), builder.weight(layer, "skip", skip)};
  const VectorCost cost = scan_cost(static_cast<double>(state));
  op.vector = {cost.forward, cost.backward, output};
  carry_state(builder, layer, "state", input, states, op);
  builder.add(layer, "scan", std::move(op));
  return output;
}

}  // namespace memwall::workload
