#include "memwall/study/run.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "memwall/hardware/catalog_root.hpp"
#include "memwall/simulator/estimate.hpp"

namespace memwall::study {
namespace {

/// Runs `read` and collects what it complains of, so that all files' mistakes are told at once.
template <class Read>
void collecting(config::Problems& problems, Read read) {
  try {
    read();
  } catch (const config::BadInput& error) {
    for (const config::Problem& problem : error.problems()) problems.add(problem.where, problem.what);
  }
}

std::int64_t sequence_of(const workload::Workload& workload, const workload::LoweringOptions& options) {
  for (const auto& [name, value] : workload::dimension_values(workload, options)) {
    if (name == "sequence") return static_cast<std::int64_t>(value);
  }
  return 0;
}

void add_times(const roofline::Roofline& roofline, EstimateRow& row) {
  for (const roofline::OperatorTime& op : roofline.operators) {
    row.operators.push_back({op.kernel.name, std::string(workload::to_text(op.kernel.kind)),
                             std::string(roofline::to_text(op.kernel.pass)), op.kernel.count, op.flops(),
                             op.bytes(), op.total(), std::string(roofline.bound_name(op.cost.bound))});
  }
  row.timed = true;
  row.flops = roofline.total.matrix + roofline.total.vector;
  row.bytes = roofline.total.bytes;
  row.time = roofline.total.time;
  row.bound = roofline.bound_name(roofline.total.bound());
}

}  // namespace

std::string input_name(const std::filesystem::path& file) {
  const std::filesystem::path whole = std::filesystem::absolute(file).lexically_normal();
  for (const std::filesystem::path& root : hardware::catalog_roots()) {
    const std::filesystem::path inside =
        whole.lexically_relative(std::filesystem::absolute(root).lexically_normal());
    if (!inside.empty() && *inside.begin() != "..") return inside.generic_string();
  }
  std::vector<std::string> parts;
  for (const auto& part : file) parts.push_back(part.string());
  std::string name;
  for (std::size_t i = parts.size() > 3 ? parts.size() - 3 : 0; i < parts.size(); ++i) {
    if (parts[i] != "/" && !parts[i].empty()) name += (name.empty() ? "" : "/") + parts[i];
  }
  return name;
}

PointIndex point_of(const Study& study, std::int64_t point) {
  const auto at = static_cast<std::size_t>(point);
  const std::size_t phases = study.phases.size();
  const std::size_t systems = study.systems.size();
  return {at / (phases * systems), at / phases % systems, at % phases};
}

void Prepared::add_input(const std::string& file) {
  const std::string name = input_name(file);
  const bool known =
      std::any_of(inputs_.begin(), inputs_.end(), [&](const Input& input) { return input.name == name; });
  if (!known) inputs_.push_back({name, config::read_text(file)});
}

Prepared::Prepared(Study study, const hardware::Catalog& hardware, const workload::Library& workloads,
                   const plan::RecipeBook& recipes)
    : study_(std::move(study)) {
  config::Problems problems;
  add_input(study_.file);
  for (const ModelEntry& model : study_.models) {
    collecting(problems, [&] {
      const config::Location where = model.where;
      for (const std::string& file : workloads.document(model.name, where).files) add_input(file);
      workloads_.push_back(workloads.workload(model.name, where));
      recipes_.push_back(recipes.recipe(model.recipe, where));
      optimizers_.push_back(recipes.optimizer(model.optimizer, where));
      add_input(recipes.recipe_file(model.recipe, where).string());
      add_input(recipes.optimizer_file(model.optimizer, where).string());
    });
  }
  for (const SystemEntry& entry : study_.systems) {
    collecting(problems, [&] {
      systems_.push_back(hardware.system(entry.name, entry.changes, entry.where));
      for (const std::string& file : systems_.back().files) add_input(file);
    });
  }
  problems.throw_if_any();
}

EstimateRow Prepared::evaluate(std::int64_t point) const {
  const PointIndex at = point_of(study_, point);
  EstimateRow row;
  row.point = point;
  row.model = &study_.models[at.model];
  row.system_entry = &study_.systems[at.system];
  row.workload = &workloads_[at.model];
  row.system = &systems_[at.system];
  row.phase = study_.phases[at.phase];

  simulator::Case question;
  question.workload = row.workload;
  question.system = row.system;
  question.recipe = recipes_[at.model];
  question.optimizer = optimizers_[at.model];
  question.plan = study_.plan;
  question.lowering.phase = row.phase;
  question.lowering.dimensions = row.model->dimensions;
  question.lowering.flash_attention = study_.flash_attention;
  question.lowering.fuse_elementwise = study_.fuse_elementwise;
  row.batch =
      row.model->batch.value_or(static_cast<std::int64_t>(row.workload->training.device_batch.value_or(1)));
  question.lowering.batch = row.batch;
  if (!question.plan.micro_batch) {
    question.plan.micro_batch = row.batch;
    question.plan.batch_follows_micro_batch = true;
  }
  row.sequence = sequence_of(*row.workload, question.lowering);
  try {
    simulator::Estimate estimate = simulator::estimate(question);
    row.parameters = estimate.counts.parameters;
    row.forward_flops = estimate.counts.forward_flops;
    if (estimate.roofline) add_times(*estimate.roofline, row);
    row.fit = std::move(estimate.fit);
    for (const std::string& why : estimate.why) row.note += (row.note.empty() ? "" : "; ") + why;
  } catch (const config::BadInput& error) {
    row.note = error.problems().empty() ? error.what() : error.problems().front().what;
  }
  return row;
}

}  // namespace memwall::study
