#include "memwall/plan/plan.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "memwall/config/suggest.hpp"

namespace memwall::plan {
namespace {

/// No degree and no batch is larger: products of two stay exact.
constexpr std::int64_t most = std::int64_t{1} << 31;

/// Nor are there more stages: each is cut, walked and listed.
constexpr std::int64_t most_stages = 1 << 16;

/// Divisors of `n` nearest to `wished`, one below and one above.
std::string nearest_divisors(std::int64_t n, std::int64_t wished) {
  std::int64_t below = 1;
  std::int64_t above = n;
  for (std::int64_t d = 1; d * d <= n; ++d) {
    if (n % d != 0) continue;
    for (const std::int64_t divisor : {d, n / d}) {
      if (divisor <= wished) below = std::max(below, divisor);
      if (divisor >= wished) above = std::min(above, divisor);
    }
  }
  return below == above ? fmt::format("{}", below) : fmt::format("{} or {}", below, above);
}

/// Nor more passes of micro-batches through stages in a step: each is played.
constexpr std::int64_t most_passes = 1 << 21;

/// Multiples of `step` nearest to `wished`.
std::string nearest_multiples(std::int64_t wished, std::int64_t step) {
  const std::int64_t below = wished / step * step;
  return below == 0 ? fmt::format("{}", step) : fmt::format("{} or {}", below, below + step);
}

/// A plan of numbers that are none leaves nothing else to check.
void check_degrees(const Plan& plan, std::vector<std::string>& broken) {
  const auto check = [&](std::string_view what, std::int64_t value) {
    if (value < 1) broken.push_back(fmt::format("{} {}: expected 1 or more", what, value));
    if (value > most) broken.push_back(fmt::format("{} {}: expected at most {}", what, value, most));
  };
  check("data", plan.data);
  check("tensor", plan.tensor);
  check("pipeline", plan.pipeline);
  check("context", plan.context);
  check("expert", plan.expert);
  check("interleave", plan.interleave);
  check("micro-batch", plan.micro_batch);
  check("global batch", plan.global_batch);
  if (plan.zero_group != 0) check("zero-group", plan.zero_group);
  constexpr double most_imbalance = 1e6;
  if (!(plan.imbalance >= 1) || plan.imbalance > most_imbalance)
    broken.push_back(fmt::format("imbalance {:g}: expected 1 to {:g}", plan.imbalance, most_imbalance));
  if (plan.zero < 0 || plan.zero > 3) broken.push_back(fmt::format("zero {}: expected 0 to 3", plan.zero));
}

void check_tensor(const Plan& plan, const Limits& limits, std::vector<std::string>& broken) {
  if (plan.tensor == 1) {
    if (plan.sequence_parallel)
      broken.emplace_back("sequence parallelism needs tensor parallelism of 2 or more");
    return;
  }
  if (!limits.shardable) {
    broken.push_back(
        fmt::format("tensor {}: the model has no layer that tensor parallelism divides; use 1", plan.tensor));
    return;
  }
  for (const std::int64_t heads : limits.heads) {
    if (heads % plan.tensor != 0) {
      broken.push_back(fmt::format("tensor {} does not divide {} heads; nearest: {}", plan.tensor, heads,
                                   nearest_divisors(heads, plan.tensor)));
    }
  }
  for (const std::int64_t heads : limits.kv_heads) {
    if (heads % plan.tensor != 0 && plan.tensor % heads != 0) {
      broken.push_back(fmt::format("tensor {} neither divides {} key-value heads nor is a multiple of them",
                                   plan.tensor, heads));
    }
  }
}

void check_sequence(const Plan& plan, const Limits& limits, std::vector<std::string>& broken) {
  const std::int64_t ways = plan.context * (plan.sequence_parallel ? plan.tensor : 1);
  if (ways == 1) return;
  if (limits.sequence == 0) {
    broken.emplace_back("the model has no sequence for sequence or context parallelism to divide");
  } else if (limits.sequence % ways != 0) {
    broken.push_back(
        fmt::format("a sequence of {} is not divided by {} (sequence x context parallelism); nearest: {}",
                    limits.sequence, ways, nearest_divisors(limits.sequence, ways)));
  }
}

void check_batch(const Plan& plan, std::vector<std::string>& broken) {
  const std::int64_t step = plan.data * plan.micro_batch;
  if (plan.global_batch % step != 0) {
    broken.push_back(
        fmt::format("global batch {} is not a multiple of data {} x micro-batch {} = {}; nearest global "
                    "batch: {}; nearest "
                    "data x micro-batch: {}",
                    plan.global_batch, plan.data, plan.micro_batch, step,
                    nearest_multiples(plan.global_batch, step), nearest_divisors(plan.global_batch, step)));
    return;
  }
  const std::int64_t chunks = plan.pipeline * plan.interleave;
  if (plan.micro_batches() > most_passes / std::max<std::int64_t>(1, chunks)) {
    broken.push_back(fmt::format(
        "{} micro-batches through {} stages are more than the {} passes that a step may "
        "have; a micro-batch of {} is enough",
        plan.micro_batches(), chunks, most_passes, plan.global_batch / plan.data * chunks / most_passes + 1));
  }
  if (plan.interleave > 1 && plan.micro_batches() % plan.pipeline != 0) {
    broken.push_back(
        fmt::format("interleaving needs micro-batches ({}) in a multiple of the pipeline's {} stages",
                    plan.micro_batches(), plan.pipeline));
  }
}

void check_pipeline(const Plan& plan, const Limits& limits, std::vector<std::string>& broken) {
  const std::int64_t stages = plan.pipeline * plan.interleave;
  const std::int64_t cuts = std::min(limits.cut_points, most_stages);
  if (stages > cuts) {
    broken.push_back(
        fmt::format("{} stages are more than the {} that the model can be cut into", stages, cuts));
  }
  if (plan.interleave > 1 && plan.pipeline == 1)
    broken.emplace_back("interleaving needs a pipeline of 2 stages or more");
  if (plan.interleave > 1 && plan.schedule == Schedule::zero_bubble)
    broken.emplace_back("schedule zb-h1 has one chunk on each stage; use interleave 1 or schedule 1f1b");
}

void check_expert(const Plan& plan, const Limits& limits, std::vector<std::string>& broken) {
  if (plan.expert == 1) return;
  if (!limits.divides_experts()) {
    broken.emplace_back(
        "the model has no experts and no tables (embedding_bag with shard: table, row or column) for expert "
        "parallelism to divide");
  }
  for (const std::int64_t experts : limits.experts) {
    if (experts % plan.expert != 0) {
      broken.push_back(fmt::format("expert {} does not divide {} experts; nearest: {}", plan.expert, experts,
                                   nearest_divisors(experts, plan.expert)));
    }
  }
  if (limits.tables > 0 && plan.expert > limits.tables) {
    broken.push_back(
        fmt::format("expert {} is more than the {} tables that it divides; use at most {}, or shard: row",
                    plan.expert, limits.tables, limits.tables));
  }
  for (const std::int64_t width : limits.widths) {
    if (width % plan.expert != 0) {
      broken.push_back(fmt::format("expert {} does not divide the {} columns of a table; nearest: {}",
                                   plan.expert, width, nearest_divisors(width, plan.expert)));
    }
  }
  if (plan.data % plan.expert != 0) {
    broken.push_back(fmt::format("expert {} does not divide data {}, whose group it is taken from",
                                 plan.expert, plan.data));
  }
}

void check_zero(const Plan& plan, std::vector<std::string>& broken) {
  if (plan.zero > 0 && plan.replicas() == 1)
    broken.push_back(fmt::format("zero {} divides states over data parallelism, and data is 1", plan.zero));
  if (plan.zero_group == 0) return;
  const std::int64_t group = plan.zero_group;
  if (plan.zero == 0 && group != plan.data)
    broken.push_back(fmt::format("zero-group {} is for ZeRO 1 to 3, and zero is 0", group));
  if (plan.data % group != 0) {
    broken.push_back(fmt::format("zero-group {} does not divide data {}; nearest: {}", group, plan.data,
                                 nearest_divisors(plan.data, group)));
  }
  if (group % plan.expert != 0 && plan.expert % group != 0) {
    broken.push_back(fmt::format(
        "zero-group {} neither divides expert {} nor is a multiple of it, so that experts have no group",
        group, plan.expert));
  }
}

void check_recompute(const Recompute& recompute, const Limits& limits, std::vector<std::string>& broken) {
  for (const std::string& item : recompute.operators) {
    const bool known = std::ranges::any_of(
        limits.operators, [&](const OperatorName& op) { return means(item, op.name, op.kind); });
    if (known) continue;
    std::vector<std::string> words = items_for(limits.operators);
    words.insert(words.end(), {"none", "selective", "full"});
    broken.push_back(
        fmt::format("recompute: the model has no operator '{}'{}", item, config::suggestion(item, words)));
  }
}

std::vector<std::int64_t> sorted(const std::set<std::int64_t>& values) {
  return {values.begin(), values.end()};
}

}  // namespace

std::string to_text(Schedule schedule) {
  switch (schedule) {
    case Schedule::gpipe:
      return "gpipe";
    case Schedule::one_f_one_b:
      return "1f1b";
    case Schedule::zero_bubble:
      return "zb-h1";
  }
  return "?";
}

std::string to_text(Cut cut) {
  switch (cut) {
    case Cut::fastest:
      return "fastest";
    case Cut::in_order:
      return "in-order";
  }
  return "?";
}

std::string to_text(ContextExchange exchange) {
  switch (exchange) {
    case ContextExchange::ring:
      return "ring";
    case ContextExchange::gather:
      return "gather";
  }
  return "?";
}

const std::vector<std::string>& schedule_names() {
  static const std::vector<std::string> names = {"gpipe", "1f1b", "zb-h1"};
  return names;
}

const std::vector<std::string>& cut_names() {
  static const std::vector<std::string> names = {"fastest", "in-order"};
  return names;
}

const std::vector<std::string>& context_exchange_names() {
  static const std::vector<std::string> names = {"ring", "gather"};
  return names;
}

namespace {

void add_tables(const workload::Trace& trace, const workload::Operator& op, Limits& limits) {
  using workload::TableDivision;
  const auto tables = static_cast<std::int64_t>(op.tables.size());
  if (op.tables.empty()) return;
  if (op.table_division == TableDivision::tables)
    limits.tables = limits.tables == 0 ? tables : std::min(limits.tables, tables);
  if (op.table_division == TableDivision::rows) limits.rows = true;
  if (op.table_division == TableDivision::columns)
    limits.widths.push_back(static_cast<std::int64_t>(trace.weight(op.weights.front()).rest));
}

}  // namespace

Limits limits_of(const workload::Trace& trace) {
  std::set<std::int64_t> heads;
  std::set<std::int64_t> kv_heads;
  std::set<std::int64_t> experts;
  Limits limits;
  for (const workload::Operator& op : trace.operators) {
    add_tables(trace, op, limits);
    limits.operators.push_back({op.name, op.kind});
    if (op.division == workload::MatmulDivision::whole) continue;
    limits.shardable = true;
    if (op.division_parts == 0) continue;
    // Projections of keys and values may have fewer heads than queries: their parts may be held more than
    // once.
    const bool grouped = op.division == workload::MatmulDivision::columns;
    (grouped ? kv_heads : heads).insert(static_cast<std::int64_t>(op.division_parts));
  }
  for (const workload::Weight& weight : trace.weights) {
    if (weight.parts > 0) limits.shardable = true;
    if (weight.experts > 1) experts.insert(static_cast<std::int64_t>(weight.experts));
  }
  for (const workload::TensorId id : trace.inputs) {
    limits.sequence =
        std::max(limits.sequence, trace.tensor(id).shape.find(workload::AxisKind::sequence).value_or(0));
  }
  for (const std::int64_t head : heads) kv_heads.erase(head);
  limits.heads = sorted(heads);
  limits.kv_heads = sorted(kv_heads);
  limits.experts = sorted(experts);
  return limits;
}

std::vector<std::string> violations(const Plan& plan, const Limits& limits) {
  std::vector<std::string> broken;
  check_degrees(plan, broken);
  if (!broken.empty()) return broken;
  check_tensor(plan, limits, broken);
  check_sequence(plan, limits, broken);
  check_batch(plan, broken);
  check_pipeline(plan, limits, broken);
  check_expert(plan, limits, broken);
  check_zero(plan, broken);
  check_recompute(plan.recompute, limits, broken);
  return broken;
}

}  // namespace memwall::plan
