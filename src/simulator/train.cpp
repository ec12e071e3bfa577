#include "memwall/simulator/train.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "memwall/config/problem.hpp"
#include "memwall/footprint/candidates.hpp"
#include "simulator/search.hpp"
#include "simulator/trainer.hpp"

namespace memwall::simulator {
namespace {

using plan::Plan;

/// As asked, or the fewest that fit.
std::int64_t devices_of(const TrainQuestion& question, const footprint::Candidates& candidates) {
  if (const auto given = candidates.devices()) {
    footprint::check_devices(*question.system, *given);
    return *given;
  }
  footprint::FitQuestion fit;
  fit.model = question.model;
  fit.system = question.system;
  fit.asked = question.asked;
  fit.reserve = question.reserve;
  return footprint::fit(fit).plan.devices();
}

/// One thing that could be changed, as another system or another model.
struct Idea {
  std::string what;
  hardware::System system;
  TrainQuestion question;
};

void double_figure(hardware::Figure<FlopsPerSecond>& figure) { figure.value *= 2; }

std::vector<Idea> ideas(const TrainQuestion& question, const Plan& plan) {
  std::vector<Idea> all;
  const auto add = [&](std::string what, auto change) {
    Idea idea{std::move(what), *question.system, question};
    change(idea);
    all.push_back(std::move(idea));
  };
  const hardware::Accelerator& device = question.system->accelerator;
  if (device.main_memory().bandwidth) {
    add(fmt::format("memory.{}.bandwidth=2x", device.main_memory().name), [](Idea& idea) {
      hardware::Accelerator& changed = idea.system.accelerator;
      changed.levels[changed.main_level].bandwidth->value *= 2;
    });
  }
  add("compute.matrix=2x", [](Idea& idea) {
    for (auto& peak : idea.system.accelerator.matrix) {
      if (peak) double_figure(*peak);
    }
  });
  add("compute.vector=2x", [](Idea& idea) {
    for (auto& peak : idea.system.accelerator.vector) {
      if (peak) double_figure(*peak);
    }
  });
  for (std::size_t i = 0; i < question.system->tiers.size(); ++i) {
    add(fmt::format("tiers.{}.bandwidth=2x", question.system->tiers[i].name),
        [i](Idea& idea) { idea.system.tiers[i].bandwidth.value *= 2; });
  }
  if (!question.model.lowering.flash_attention) {
    add("--attention flash", [](Idea& idea) { idea.question.model.lowering.flash_attention = true; });
  }
  if (!question.model.lowering.fuse_elementwise) {
    add("--fuse elementwise", [](Idea& idea) { idea.question.model.lowering.fuse_elementwise = true; });
  }
  const auto replan = [&](const std::string& what, auto change) {
    Plan changed = plan;
    change(changed);
    add(what, [&](Idea& idea) { idea.question.asked = footprint::fixed(changed); });
  };
  replan(fmt::format("--micro-batch {}", plan.micro_batch * 2), [](Plan& p) { p.micro_batch *= 2; });
  if (plan.recompute != plan::Recompute::none()) {
    replan("--recompute none", [](Plan& p) { p.recompute = plan::Recompute::none(); });
    if (!plan.offload.activations && hardware::has_outer_memory(*question.system, plan.offload_to)) {
      plan::Offload wider = plan.offload;
      wider.activations = true;
      replan(fmt::format("--recompute none --offload {}", plan::to_text(wider)), [&](Plan& p) {
        p.recompute = plan::Recompute::none();
        p.offload = wider;
      });
    }
  }
  if (plan.offload.any()) {
    replan("--offload none", [](Plan& p) { p.offload = {}; });
    add(plan.offload_to == hardware::OuterMemory::host ? "node.link_bandwidth=2x"
                                                       : "node.storage.bandwidth=2x",
        [to = plan.offload_to](Idea& idea) {
          hardware::HostNode& node = idea.system.node;
          if (to == hardware::OuterMemory::host) {
            node.link_bandwidth->value *= 2;
          } else {
            node.storage.bandwidth->value *= 2;
          }
        });
  }
  if (plan.tensor > 1 && !plan.sequence_parallel)
    replan("--sequence-parallel", [](Plan& p) { p.sequence_parallel = true; });
  if (plan.pipeline > 1) {
    replan(fmt::format("--interleave {}", plan.interleave * 2), [](Plan& p) { p.interleave *= 2; });
    replan(fmt::format("--global-batch {}", plan.global_batch * 2), [](Plan& p) { p.global_batch *= 2; });
  }
  return all;
}

}  // namespace

double TrainEstimate::mfu() const {
  return model_flops / (static_cast<double>(plan.devices()) * (peak * step_time));
}

double TrainEstimate::hfu() const {
  return hardware_flops / (static_cast<double>(plan.devices()) * (peak * step_time));
}

TrainEstimate train(const TrainQuestion& question) {
  if (question.model.lowering.phase != workload::Phase::training) {
    throw config::BadInput({"--phase", 0, 0}, "a training step has the phase training");
  }
  Trainer trainer(question);
  const footprint::Candidates candidates(question.asked, trainer.limits(), *question.system,
                                         *question.model.workload, workload::Phase::training);
  const std::int64_t devices = devices_of(question, candidates);
  const footprint::Room room = footprint::room_for(*question.system, question.asked, question.reserve);
  const Found best = search(trainer, candidates, question, devices, room);
  if (!best.plan) {
    throw config::BadInput({"plan", 0, 0}, fmt::format("no valid plan for {} devices: {}", devices,
                                                       fmt::join(best.broken, "; ")));
  }
  TrainEstimate estimate = trainer.estimate(*best.plan);
  estimate.capacity = room.device;
  estimate.node_capacity = room.node;
  estimate.plans = best.plans;
  if (!estimate.fits())
    estimate.notes.emplace_back("the plan does not fit; memwall fit tells what would help");
  if (candidates.batch_source() != footprint::BatchSource::asked) {
    estimate.notes.push_back(fmt::format("global batch {}: {}", estimate.plan.global_batch,
                                         footprint::to_text(candidates.batch_source())));
  }
  return estimate;
}

parallel::Timeline timeline(const TrainQuestion& question, const Plan& plan) {
  return Trainer(question).timeline(plan);
}

std::vector<Change> changes_that_help(const TrainQuestion& question, const TrainEstimate& now) {
  TrainQuestion fixed = question;
  fixed.asked = footprint::fixed(now.plan);
  std::vector<Change> changes;
  std::vector<Idea> all = ideas(fixed, now.plan);
  if (question.search == Search::degrees) {
    Idea& wider = all.emplace_back(Idea{"--search all", *question.system, question});
    wider.question.search = Search::all;
  }
  for (Idea& idea : all) {
    idea.question.system = &idea.system;
    try {
      const TrainEstimate then = train(idea.question);
      // A larger batch takes longer and does more: times are of the same number of samples.
      const double samples =
          static_cast<double>(now.plan.global_batch) / static_cast<double>(then.plan.global_batch);
      const Seconds step = samples * then.step_time;
      if (step < 0.999 * now.step_time) changes.push_back({idea.what, step, then.fits()});
    } catch (const config::BadInput&) {
      continue;  // this plan allows no such change
    }
  }
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& a, const Change& b) { return a.step_time < b.step_time; });
  return changes;
}

}  // namespace memwall::simulator
