#include "memwall/study/validate.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "memwall/footprint/candidates.hpp"
#include "study/run_model.hpp"

namespace memwall::study {
namespace {

/// Everything that a model's answers depend on but its plan.
std::string key_of(const MeasuredRun& run) {
  std::string key = fmt::format("{}|{}|{}|{}|{}", run.workload, run.recipe, run.optimizer,
                                run.lowering.flash_attention, run.lowering.fuse_elementwise);
  for (const workload::DimensionChange& change : run.lowering.dimensions)
    key += fmt::format("|{}={}", change.name, change.value.text);
  return key;
}

class Validator {
 public:
  Validator(const ValidateQuestion& question, const workload::Library& workloads,
            const plan::RecipeBook& recipes)
      : question_(question), workloads_(workloads), recipes_(recipes) {}

  Validation run(const MeasuredFile& file) {
    for (MeasuredRun run : file.runs) {
      ++validation_.cases;
      if (question_.recipe) run.recipe = *question_.recipe;
      if (question_.optimizer) run.optimizer = *question_.optimizer;
      if (question_.flash_attention) run.lowering.flash_attention = *question_.flash_attention;
      if (question_.reserve) run.reserve = question_.reserve;
      compare(run);
    }
    summarize(validation_);
    return std::move(validation_);
  }

 private:
  void compare(const MeasuredRun& run) {
    RunModel& model = model_of(run);
    const plan::Plan plan = model.plan_of(run.plan);
    std::vector<std::string> broken = plan::violations(plan, model.limits());
    if (run.stage >= plan.pipeline)
      broken.push_back(fmt::format("stage {} of {}; they count from 0", run.stage, plan.pipeline));
    if (!broken.empty()) {
      validation_.invalid_plans.push_back({run.set, run.name, fmt::format("{}", fmt::join(broken, "; "))});
      return;
    }
    // A device whose memory is unknown is a mistake once, and not at every figure.
    static_cast<void>(footprint::usable_capacity(question_.system->accelerator, run.reserve));
    for (const Measured& measured : run.measured) compare(run, measured, model, plan);
  }

  void compare(const MeasuredRun& run, const Measured& measured, RunModel& model, const plan::Plan& plan) {
    try {
      add(run, measured, "", model.ours(measured.metric, run, plan));
      if (const auto whole = model.whole_model(measured.metric, plan))
        add(run, measured, "_whole_model", *whole);
    } catch (const config::BadInput& error) {
      validation_.unanswered.push_back(
          {run.set, run.name, fmt::format("{}: {}", measured.name, error.what())});
    }
  }

  void add(const MeasuredRun& run, const Measured& measured, const char* suffix, double ours) {
    validation_.comparisons.push_back({run.set, run.name, measured.metric, measured.name + suffix,
                                       measured.unit, measured.value, ours / measured.scale, std::nullopt});
  }

  RunModel& model_of(const MeasuredRun& run) {
    auto& model = models_[key_of(run)];
    if (model) return *model;
    auto& workload = opened_[run.workload];
    if (!workload)
      workload = std::make_unique<workload::Workload>(workloads_.workload(run.workload, run.where));
    model = std::make_unique<RunModel>(*workload, run.lowering, recipes_.recipe(run.recipe, run.where),
                                       recipes_.optimizer(run.optimizer, run.where), *question_.system);
    return *model;
  }

  const ValidateQuestion& question_;
  const workload::Library& workloads_;
  const plan::RecipeBook& recipes_;
  std::map<std::string, std::unique_ptr<workload::Workload>> opened_;
  std::map<std::string, std::unique_ptr<RunModel>> models_;
  Validation validation_;
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

MetricSummary summary_of(const std::string& name, const std::vector<double>& errors) {
  MetricSummary summary{name, static_cast<std::int64_t>(errors.size())};
  std::vector<double> sizes;
  for (const double error : errors) {
    sizes.push_back(std::fabs(error));
    summary.bias += error / static_cast<double>(errors.size());
    summary.mean_error += sizes.back() / static_cast<double>(errors.size());
  }
  summary.median_error = median(sizes);
  summary.worst_error = *std::ranges::max_element(sizes);
  return summary;
}

}  // namespace

double Comparison::error() const {
  const double ours = expected.value_or(ideal);
  return metric == Metric::fits ? ours - measured : (ours - measured) / measured;
}

void summarize(Validation& validation) {
  validation.fit.reset();
  validation.metrics.clear();
  std::vector<std::pair<std::string, std::vector<double>>> errors;
  for (const Comparison& comparison : validation.comparisons) {
    if (comparison.metric == Metric::fits) {
      if (!validation.fit) validation.fit.emplace();
      ++validation.fit->cases;
      validation.fit->false_fits += comparison.error() > 0 ? 1 : 0;
      validation.fit->missed_fits += comparison.error() < 0 ? 1 : 0;
      continue;
    }
    auto found =
        std::ranges::find(errors, comparison.metric_name, [](const auto& entry) { return entry.first; });
    if (found == errors.end()) found = errors.insert(errors.end(), {comparison.metric_name, {}});
    found->second.push_back(comparison.error());
  }
  for (const auto& [name, values] : errors) validation.metrics.push_back(summary_of(name, values));
}

Validation validate(const MeasuredFile& file, const ValidateQuestion& question,
                    const workload::Library& workloads, const plan::RecipeBook& recipes) {
  return Validator(question, workloads, recipes).run(file);
}

}  // namespace memwall::study
