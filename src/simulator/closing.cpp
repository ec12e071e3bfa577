#include "simulator/closing.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "memwall/parallel/collective.hpp"
#include "memwall/parallel/overlap.hpp"
#include "memwall/roofline/price.hpp"
#include "memwall/simulator/groups.hpp"
#include "simulator/streaming.hpp"

namespace memwall::simulator {
namespace {

using parallel::Collective;
using plan::Plan;

/// One stage's chunks, with what they hold.
struct Stage {
  std::vector<const footprint::Chunk*> chunks;
  footprint::StageParameters parameters;
  double blocks = 0;                                    ///< whose gradients become ready one after the other
  std::map<workload::WeightId, double> shared_weights;  ///< elements of those that no repeat has its own of
};

Stage stage_of(const Plan& plan, const std::vector<const footprint::Chunk*>& chunks, std::int64_t index) {
  Stage stage;
  for (std::int64_t chunk = 0; chunk < plan.interleave; ++chunk) {
    stage.chunks.push_back(chunks[static_cast<std::size_t>(chunk * plan.pipeline + index)]);
    stage.parameters += stage.chunks.back()->parameters;
    const workload::Trace& trace = stage.chunks.back()->trace;
    stage.blocks += blocks_in(trace);
    for (const workload::Operator& op : trace.operators) {
      for (const workload::WeightId id : op.weights) {
        const workload::Weight& weight = trace.weight(id);
        if (weight.repeat == workload::none) stage.shared_weights[id] = weight.elements();
      }
    }
  }
  return stage;
}

/// Bytes in which one parameter's gradient travels.
Bytes gradient_bytes(const plan::Recipe& recipe) {
  return recipe.gradient_bucket > Bytes(0) ? recipe.gradient_bucket : recipe.gradient;
}

/// Weights that the same devices hold, and which.
struct Kind {
  double elements = 0;
  double dense = 0;                       ///< of these, with a gradient each
  std::vector<plan::SparseTable> tables;  ///< with gradients of the rows alone that were looked up
  parallel::Group holders;
  parallel::Group owners;  ///< with ZeRO: those of the holders that one copy of the states is divided over,
  parallel::Group copies;  ///< and those that own the same part of it
};

std::vector<Kind> kinds_of(const footprint::StageParameters& parameters, const Plan& plan) {
  std::vector<Kind> kinds = {{parameters.shared,
                              parameters.shared - parameters.sparse_shared,
                              {},
                              replica_group(plan),
                              zero_group(plan, false),
                              zero_copies(plan, false)},
                             {parameters.expert,
                              parameters.expert - parameters.sparse_expert,
                              {},
                              expert_replica_group(plan),
                              zero_group(plan, true),
                              zero_copies(plan, true)}};
  for (const plan::SparseTable& table : parameters.tables)
    kinds[table.routed ? 1 : 0].tables.push_back(table);
  return kinds;
}

class Replicas {
 public:
  Replicas(const Plan& plan, const Pricer& pricer)
      : plan_(plan), pricer_(pricer), gradient_(gradient_bytes(*pricer.recipe)) {}

  /// Puts what is exposed into `closing`.
  void add_exposed(const Stage& stage, const StageTime& time, Closing& closing) const {
    const auto micro_batches = static_cast<double>(plan_.micro_batches());
    Messages reduce;
    Messages scatter;
    Messages gather;
    Messages copies;
    for (const Kind& kind : kinds_of(stage.parameters, plan_)) {
      if (kind.holders.size == 1) continue;
      if (plan_.zero == 0) {
        add_reduced(kind, micro_batches, reduce);
      } else {
        add_scattered(kind, plan_.zero == 1 ? micro_batches : 1, scatter);
        add_gathered(kind, micro_batches, gather);
        add_summed_over_copies(kind, micro_batches, copies);
      }
    }
    // A link that is busy behind a pass already has the rest of it.
    const Seconds forward = std::max(Seconds(0), time.forward - time.hidden_forward);
    const Seconds backward = std::max(Seconds(0), time.backward - time.hidden_backward);
    if (plan_.zero == 0) {
      closing.gradients = hidden(reduce, {}, 1, stage, backward);
      return;
    }
    const double scatters = plan_.zero >= 2 ? micro_batches : 1;
    const double gathers = plan_.zero >= 3 ? micro_batches : 1;
    // ZeRO 3 gathers once more for each backward pass, behind which scatters hide too.
    if (plan_.zero >= 3) scatter.insert(scatter.end(), gather.begin(), gather.end());
    closing.gradients = hidden(scatter, copies, scatters, stage, backward);
    closing.weights = hidden(gather, {}, gathers, stage, forward);
  }

  /// Puts sums of the gradients of tables that several stages hold into all closings.
  void add_tied(const std::vector<Stage>& stages, std::vector<Closing>& closings) const {
    std::map<workload::WeightId, Tied> tables;
    for (std::size_t index = 0; index < stages.size(); ++index) {
      for (const auto& [id, elements] : stages[index].shared_weights) {
        Tied& table = tables.try_emplace(id, Tied{index, index, 0, elements}).first->second;
        table.last = index;
        ++table.holders;
      }
    }
    Seconds sum{0};
    for (const auto& [id, table] : tables) {
      if (table.holders < 2) continue;
      const auto apart = static_cast<std::int64_t>(table.last - table.first) / (table.holders - 1);
      sum += time_of({{Collective::all_reduce,
                       table.elements * gradient_,
                       {table.holders, stage_stride(plan_) * apart}}},
                     1);
      for (std::size_t index = 0; index < stages.size(); ++index)
        closings[index].holds_tables |= stages[index].shared_weights.contains(id);
    }
    for (Closing& closing : closings) closing.tables = sum;
  }

 private:
  /// A table that several stages hold.
  struct Tied {
    std::size_t first;
    std::size_t last;
    std::int64_t holders;
    double elements;
  };

  struct Message {
    Collective collective;
    Bytes bytes;
    parallel::Group group;
  };
  using Messages = std::vector<Message>;

  /// Gradients known to all holders: summed, or, where the rows of all are less than their table, gathered
  /// (as Horovod gathers tf.IndexedSlices unless told `sparse_as_dense`).
  void add_reduced(const Kind& kind, double micro_batches, Messages& messages) const {
    Bytes summed = kind.dense * gradient_;
    Bytes rows{0};
    for (const plan::SparseTable& table : kind.tables) {
      const Bytes of_all = static_cast<double>(kind.holders.size) * table.gradient(micro_batches, gradient_);
      const Bytes whole = table.elements() * gradient_;
      (of_all < whole ? rows : summed) += std::min(of_all, whole);
    }
    messages.push_back({Collective::all_reduce, summed, kind.holders});
    messages.push_back({Collective::all_gather, rows, kind.holders});
  }

  /// Gradients to those who own their share of the states; rows are sent, not summed on the way.
  void add_scattered(const Kind& kind, double micro_batches, Messages& messages) const {
    Bytes summed = kind.dense * gradient_;
    Bytes rows{0};
    for (const plan::SparseTable& table : kind.tables) {
      const Bytes own = table.gradient(micro_batches, gradient_);
      const Bytes whole = table.elements() * gradient_;
      (own < whole ? rows : summed) += std::min(own, whole);
    }
    messages.push_back({Collective::reduce_scatter, summed, kind.owners});
    messages.push_back({Collective::all_to_all, rows, kind.owners});
  }

  /// Each owner's part of the gradients summed over the copies of hybrid sharding, once a step.
  void add_summed_over_copies(const Kind& kind, double micro_batches, Messages& messages) const {
    const auto copies = static_cast<double>(kind.copies.size);
    const auto owners = static_cast<double>(kind.owners.size);
    Bytes summed = kind.dense * gradient_ / owners;
    Bytes rows{0};
    for (const plan::SparseTable& table : kind.tables) {
      const Bytes of_all = copies * table.gradient(owners * micro_batches, gradient_) / owners;
      const Bytes whole = table.elements() * gradient_ / owners;
      (of_all < whole ? rows : summed) += std::min(of_all, whole);
    }
    messages.push_back({Collective::all_reduce, summed, kind.copies});
    messages.push_back({Collective::all_gather, rows, kind.copies});
  }

  /// Weights to all holders: with ZeRO 3 all, else those that were updated.
  void add_gathered(const Kind& kind, double micro_batches, Messages& messages) const {
    double elements = kind.elements;
    if (plan_.zero < 3) {
      elements = kind.dense;
      const double all = static_cast<double>(kind.holders.size) * micro_batches;
      for (const plan::SparseTable& table : kind.tables) elements += table.touched(all);
    }
    messages.push_back({Collective::all_gather, elements * pricer_.recipe->weight, kind.owners});
  }

  /// All messages, each in so many buckets.
  Seconds time_of(const Messages& messages, double buckets) const {
    Seconds sum{0};
    for (const Message& message : messages) {
      if (message.group.size == 1 || message.bytes == Bytes(0)) continue;
      sum += buckets *
             parallel::cost(message.collective, message.bytes / buckets, message.group, pricer_.system->tiers)
                 .time;
    }
    return sum;
  }

  /// What `times` exchanges leave exposed behind as many passes, and `once` more behind the last of them.
  /// Blocks share buckets where that hides more: fewer wait for less latency, more begin earlier.
  Seconds hidden(const Messages& messages, const Messages& once, double times, const Stage& stage,
                 Seconds pass) const {
    if (!plan_.overlap.data) return times * time_of(messages, 1) + time_of(once, 1);
    Seconds least{INFINITY};
    for (double buckets = stage.blocks; buckets >= 1; buckets = std::floor(buckets / 2)) {
      const Seconds each = time_of(messages, buckets);
      const Seconds last = time_of(once, buckets);
      const auto left = [&](Seconds exchange, double passes) {
        const auto count = static_cast<std::int64_t>(buckets * passes);
        return parallel::exposed({count, exchange / static_cast<double>(count)}, passes * pass, true);
      };
      least = std::min(least, std::max(left(times * each + last, times), left(each + last, 1)));
    }
    return least;
  }

  const Plan& plan_;
  const Pricer& pricer_;
  Bytes gradient_;
};

/// What a device updates of each weight.
roofline::Update part_updated(const Plan& plan) {
  roofline::Update update;
  if (plan.zero > 0) {
    update.share = 1 / static_cast<double>(plan.zero_ways());
    update.routed_share = 1 / static_cast<double>(plan.zero_expert_ways());
  }
  const auto micro_batches = static_cast<double>(plan.micro_batches());
  update.micro_batches = micro_batches * static_cast<double>(replica_group(plan).size);
  update.routed_micro_batches = micro_batches * static_cast<double>(expert_replica_group(plan).size);
  return update;
}

struct UpdateTime {
  Seconds time{0};
  Seconds exposed{0};  ///< of what it streams through the device, beyond `time`
};

/// The update of a stage's parameters: of all of them, or of a device's share.
UpdateTime update_time(const Plan& plan, const Stage& stage, const Pricer& pricer,
                       const plan::Optimizer& optimizer) {
  const roofline::Update part = part_updated(plan);
  UpdateTime update;
  Traffic streamed;
  for (const footprint::Chunk* chunk : stage.chunks) {
    const roofline::Kernel kernel = roofline::optimizer_kernel(chunk->trace, *pricer.recipe, optimizer, part);
    update.time += roofline::price_ideal(*pricer.machine, kernel).time;
    if (!plan.offload.any()) continue;
    const Traffic moved = update_traffic(*chunk, plan, *pricer.recipe, optimizer, part);
    streamed.in += moved.in;
    streamed.out += moved.out;
  }
  if (!plan.offload.any()) return update;
  const Seconds stream = time_of(streamed, hardware::outer_room(*pricer.system, plan.offload_to));
  update.exposed = std::max(Seconds(0), stream - update.time);
  return update;
}

}  // namespace

double blocks_in(const workload::Trace& chunk) {
  std::set<std::pair<int, int>> seen;
  double blocks = 0;
  for (const workload::Operator& op : chunk.operators) {
    if (op.weights.empty()) continue;
    const bool alone = op.segment == workload::none && op.repeat == workload::none;
    if (alone || seen.insert({op.repeat, op.segment}).second) blocks += chunk.count_of(op);
  }
  return std::max(1.0, blocks);
}

std::vector<Closing> closings(const Plan& plan, const std::vector<const footprint::Chunk*>& chunks,
                              const std::vector<StageTime>& stages, const Pricer& pricer,
                              const plan::Optimizer& optimizer) {
  const Replicas replicas(plan, pricer);
  std::vector<Closing> closings;
  std::vector<Stage> all;
  for (std::int64_t index = 0; index < plan.pipeline; ++index) {
    const Stage& stage = all.emplace_back(stage_of(plan, chunks, index));
    const UpdateTime update = update_time(plan, stage, pricer, optimizer);
    Closing& here = closings.emplace_back();
    here.optimizer = update.time;
    here.offload_exposed = update.exposed;
    replicas.add_exposed(stage, stages[static_cast<std::size_t>(index)], here);
  }
  replicas.add_tied(all, closings);
  return closings;
}

const Closing& longest(const std::vector<Closing>& closings) {
  return *std::ranges::max_element(closings, {},
                                   [](const Closing& closing) { return closing.total().value(); });
}

}  // namespace memwall::simulator
