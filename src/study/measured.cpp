#include "memwall/study/measured.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "memwall/config/csv.hpp"
#include "memwall/config/suggest.hpp"
#include "memwall/plan/words.hpp"
#include "memwall/units/text.hpp"
#include "study/measured_row.hpp"

namespace memwall::study {
namespace {

using config::CsvTable;

/// A measured figure under the name that a column, or a row's `metric`, has.
struct MetricName {
  const char* name;
  Metric metric;
  const char* unit;  ///< of the column of that name; null: only a row's `metric` has it
};

constexpr std::array metric_names = {
    MetricName{"allocated_gib", Metric::allocated, "GiB"},
    MetricName{"reserved_gib", Metric::reserved, "GiB"},
    MetricName{"peak_allocated_gib", Metric::peak, "GiB"},
    MetricName{"step_time_s", Metric::step_time, "s"},
    MetricName{"step_time_ms", Metric::step_time, "ms"},
    MetricName{"tokens_per_second_per_device", Metric::token_rate, "tokens/s"},
    MetricName{"allocated", Metric::allocated, nullptr},
    MetricName{"reserved", Metric::reserved, nullptr},
    MetricName{"peak_allocated", Metric::peak, nullptr},
    MetricName{"step_time", Metric::step_time, nullptr},
    MetricName{"model_flops_rate_per_device", Metric::flops_rate, nullptr},
    MetricName{"activation_memory", Metric::layer_activations, nullptr},
    MetricName{"parameters_and_optimizer_memory", Metric::layer_states, nullptr},
    MetricName{"activation_memory_relative", Metric::layer_activations_relative, nullptr},
};

const std::vector<std::string>& dimension_columns() {
  static const std::vector<std::string> columns = {"layers",   "hidden",          "ffn_hidden",
                                                   "heads",    "kv_heads",        "vocabulary",
                                                   "sequence", "tied_embeddings", "dropout"};
  return columns;
}

/// Every column with a meaning.
const std::vector<std::string>& known_columns() {
  static const std::vector<std::string> columns = [] {
    std::vector<std::string> all = {"set",          "case",          "model",  "workload",  "devices",
                                    "accumulation", "micro_batches", "recipe", "optimizer", "attention",
                                    "fuse",         "reserve",       "stage",  "status",    "metric",
                                    "value",        "unit"};
    footprint::each_knob([&](const char* name, auto, auto) { all.emplace_back(name); });
    all.insert(all.end(), dimension_columns().begin(), dimension_columns().end());
    for (const MetricName& name : metric_names) {
      if (name.unit != nullptr) all.emplace_back(name.name);
    }
    return all;
  }();
  return columns;
}

/// What one `unit` of a metric is in SI base units. Throws BadQuantity.
double scale_of(Metric metric, const std::string& unit) {
  switch (metric) {
    case Metric::fits:
    case Metric::token_rate:
    case Metric::layer_activations_relative:
      return 1;
    case Metric::step_time:
      return parse_quantity<Seconds>("1 " + unit).value();
    case Metric::flops_rate:
      return parse_quantity<FlopsPerSecond>("1 " + unit).value();
    default:
      return parse_quantity<Bytes>("1 " + unit).value();
  }
}

/// Larger degrees and batches are slips of the keyboard.
constexpr std::int64_t largest = 1'000'000'000;

class RunReader {
 public:
  RunReader(const CsvTable& table, const std::vector<config::CsvField>& row, const RunTemplate& defaults,
            const RunTemplates& templates, config::Problems& problems)
      : row_(table, row, problems), defaults_(defaults), templates_(templates) {}

  MeasuredRun read(const std::string& file_set) {
    run_.where = row_.where();
    run_.set = row_.text("set").value_or(file_set);
    run_.workload = row_.text("workload").value_or(defaults_.workload);
    if (run_.workload.empty())
      row_.problems().add(row_.where(), "no workload; give a column of that name, or the model's shape");
    read_dimensions();
    read_options();
    read_plan();
    run_.name = row_.text("case").value_or(name());
    read_measured();
    return std::move(run_);
  }

 private:
  void read_dimensions() {
    for (const std::string& column : dimension_columns()) {
      const config::CsvField* field = row_.find(column);
      if (field == nullptr) continue;
      std::string value = field->text;
      if (column == "tied_embeddings") value = row_.truth(column).value_or(false) ? "1" : "0";
      run_.lowering.dimensions.push_back({dimension_of(column), config::make_scalar(value, field->where)});
    }
  }

  [[nodiscard]] std::string dimension_of(const std::string& column) const {
    for (const auto& [name, dimension] : templates_.dimensions) {
      if (name == column) return dimension;
    }
    return column;
  }

  void read_options() {
    run_.recipe = row_.text("recipe").value_or(defaults_.recipe);
    run_.optimizer = row_.text("optimizer").value_or(defaults_.optimizer);
    const auto attention = row_.choice("attention", {"standard", "flash"});
    run_.lowering.flash_attention = attention ? *attention == "flash" : defaults_.flash_attention;
    const auto fuse = row_.choice("fuse", {"none", "elementwise"});
    run_.lowering.fuse_elementwise = fuse ? *fuse == "elementwise" : defaults_.fuse_elementwise;
    run_.stage = row_.count("stage", 0).value_or(0);
    const auto reserve = row_.text("reserve");
    if (!reserve) return;
    try {
      run_.reserve = parse_quantity<Bytes>(*reserve);
    } catch (const BadQuantity& error) {
      row_.fault("reserve", error.what());
    }
  }

  void read_plan() {
    footprint::Asked asked;
    asked.devices = row_.count("devices");
    footprint::each_knob([&](const char* name, auto wish, auto) { read(name, asked.*wish); });
    run_.plan = footprint::joined(asked, defaults_.plan);
    complete(run_.plan);
  }

  void read(const char* name, std::optional<std::int64_t>& value) { value = row_.count(name, 1, largest); }
  void read(const char* name, std::optional<double>& value) { value = row_.number(name); }
  void read(const char* name, std::optional<bool>& value) { value = row_.truth(name); }

  template <class Word>
  void read(const char* name, std::optional<Word>& value) {
    const auto text = row_.text(name);
    if (!text) return;
    try {
      plan::read_word(*text, where(name), value.emplace());
    } catch (const config::BadInput& error) {
      value.reset();
      row_.fault(name, error.problems().front().what);
    }
  }

  /// A run is one plan: degrees that a row leaves out are 1, and what follows from others is worked out.
  void complete(footprint::Asked& plan) {
    const std::int64_t tensor = plan.tensor.value_or(1);
    const std::int64_t pipeline = plan.pipeline.value_or(1);
    const std::int64_t context = plan.context.value_or(1);
    const double product = static_cast<double>(tensor) * static_cast<double>(pipeline) *
                           static_cast<double>(context) * static_cast<double>(plan.data.value_or(1));
    if (product > static_cast<double>(largest)) {
      return row_.fault(
          "tensor", fmt::format("data x tensor x pipeline x context is {:g}; expected at most {:g}", product,
                                static_cast<double>(largest)));
    }
    const std::int64_t rest = tensor * pipeline * context;
    const std::int64_t data = plan.data.value_or(std::max<std::int64_t>(1, plan.devices.value_or(1) / rest));
    const std::int64_t devices = data * rest;
    if (plan.devices.value_or(devices) != devices) {
      row_.fault("devices",
                 fmt::format("{} is not data {} x tensor {} x pipeline {} x context {} = {}",
                             plan.devices.value_or(devices), data, tensor, pipeline, context, devices));
    }
    plan.devices = devices;
    plan.data = data;
    plan.tensor = tensor;
    plan.pipeline = pipeline;
    plan.context = context;
    plan.expert = plan.expert.value_or(1);
    plan.interleave = plan.interleave.value_or(1);
    plan.recompute = plan.recompute.value_or(plan::Recompute::none());
    plan.schedule = plan.schedule.value_or(plan::Schedule::one_f_one_b);
    // Over a group of one, these two change nothing.
    plan.zero = data == 1 ? 0 : plan.zero.value_or(0);
    plan.sequence_parallel = tensor > 1 && plan.sequence_parallel.value_or(false);
    complete_batch(plan, data);
  }

  void complete_batch(footprint::Asked& plan, std::int64_t data) {
    const char* column = row_.find("accumulation") != nullptr ? "accumulation" : "micro_batches";
    const auto passes = row_.count(column);
    if (!passes || !plan.micro_batch) return;
    const std::int64_t batch = data * *plan.micro_batch * *passes;
    const std::int64_t said = plan.global_batch.value_or(batch);
    if (said != batch) {
      row_.fault("global_batch", fmt::format("{} is not data {} x micro-batch {} x {} {} = {}", said, data,
                                             *plan.micro_batch, column, *passes, batch));
    }
    plan.global_batch = batch;
  }

  /// "22B t8 p8 v3 b1 g64 sp selective", and other knobs that are not as the template has them:
  /// "zero_group=8"
  [[nodiscard]] std::string name() const {
    const footprint::Asked& plan = run_.plan;
    std::string text = row_.text("model").value_or(run_.workload);
    const auto add = [&](const char* letter, const std::optional<std::int64_t>& degree, std::int64_t usual) {
      if (degree.value_or(usual) != usual) text += fmt::format(" {}{}", letter, degree.value_or(usual));
    };
    add("d", plan.data, 1);
    add("t", plan.tensor, 1);
    add("p", plan.pipeline, 1);
    add("c", plan.context, 1);
    add("e", plan.expert, 1);
    add("v", plan.interleave, 1);
    add("z", plan.zero, 0);
    add("b", plan.micro_batch, 0);
    add("g", plan.global_batch, 0);
    if (plan.sequence_parallel.value_or(false)) text += " sp";
    const plan::Recompute recompute = plan.recompute.value_or(plan::Recompute::none());
    if (recompute != plan::Recompute::none()) text += fmt::format(" {}", plan::to_text(recompute));
    return text + other_knobs();
  }

  /// What the template's runs have in common tells none of them apart.
  [[nodiscard]] std::string other_knobs() const {
    static constexpr std::array<std::string_view, 11> named = {
        "data", "tensor",      "pipeline",     "context",           "expert",   "interleave",
        "zero", "micro_batch", "global_batch", "sequence_parallel", "recompute"};
    const plan::Plan usual = footprint::completed(defaults_.plan, {});
    std::string text;
    footprint::each_knob([&](const char* name, auto wish, auto value) {
      const auto& wished = run_.plan.*wish;
      if (std::ranges::find(named, name) != named.end() || !wished || *wished == usual.*value) return;
      text += fmt::format(" {}={}", name, shown(*wished));
    });
    return text;
  }

  [[nodiscard]] static std::string shown(bool value) { return value ? "yes" : "no"; }
  [[nodiscard]] static std::string shown(int value) { return fmt::format("{}", value); }
  [[nodiscard]] static std::string shown(std::int64_t value) { return fmt::format("{}", value); }
  [[nodiscard]] static std::string shown(double value) { return fmt::format("{:g}", value); }
  template <class Word>
  [[nodiscard]] static std::string shown(const Word& word) {
    return std::string(to_text(word));
  }

  void read_measured() {
    if (const auto status = row_.choice("status", {"ran", "out_of_memory"}))
      run_.measured.push_back({Metric::fits, "fits", "", *status == "ran" ? 1.0 : 0.0, 1, where("status")});
    for (const MetricName& name : metric_names) {
      if (name.unit != nullptr) add_measured(name.name, name.metric, name.name, name.unit);
    }
    if (const auto metric = row_.text("metric")) read_long(*metric);
  }

  /// A row that is one figure: what it is in `metric` (up to a bracketed remark), the figure in `value`.
  void read_long(const std::string& metric) {
    const std::string name = metric.substr(0, metric.find(" ("));
    const auto* const found =
        std::ranges::find(metric_names, name, [](const MetricName& m) { return m.name; });
    if (found == metric_names.end()) {
      std::vector<std::string> known;
      known.reserve(metric_names.size());
      for (const MetricName& m : metric_names) known.emplace_back(m.name);
      row_.fault("metric", fmt::format("'{}' is not known{}", name, config::suggestion(name, known)));
      return;
    }
    add_measured("value", found->metric, name, row_.text("unit").value_or(found->unit ? found->unit : ""));
  }

  void add_measured(const char* column, Metric metric, const std::string& name, const std::string& unit) {
    const auto value = row_.number(column);
    if (!value) return;
    if (*value <= 0) return row_.fault(column, fmt::format("{:g} is not above 0", *value));
    try {
      run_.measured.push_back({metric, name, unit, *value, scale_of(metric, unit), where(column)});
    } catch (const BadQuantity& error) {
      row_.fault("unit", error.what());
    }
  }

  [[nodiscard]] config::Location where(const char* column) const { return row_.find(column)->where; }

  MeasuredRow row_;
  const RunTemplate& defaults_;
  const RunTemplates& templates_;
  MeasuredRun run_;
};

const RunTemplate& template_for(const CsvTable& table, const RunTemplates& templates) {
  const auto has = [&](const std::string& column) { return table.find(column) != CsvTable::npos; };
  for (const RunTemplate& candidate : templates.templates) {
    if (std::ranges::all_of(candidate.columns, has)) return candidate;
  }
  std::vector<std::string> wanted;
  wanted.reserve(templates.templates.size());
  for (const RunTemplate& candidate : templates.templates)
    wanted.push_back(fmt::format("{}", fmt::join(candidate.columns, ", ")));
  throw config::BadInput(
      table.header.front().where,
      fmt::format("columns that no template knows; expected at least those of one line: {}",
                  fmt::join(wanted, "; or ")));
}

void check_columns(const CsvTable& table) {
  std::vector<std::string> measured = {"status", "metric"};
  for (const MetricName& name : metric_names) {
    if (name.unit != nullptr) measured.emplace_back(name.name);
  }
  const auto has = [&](const std::string& column) { return table.find(column) != CsvTable::npos; };
  if (std::ranges::none_of(measured, has)) {
    throw config::BadInput(
        table.header.front().where,
        fmt::format("no column with a measurement; expected one of {}", fmt::join(measured, ", ")));
  }
  if (has("metric") && !has("value"))
    throw config::BadInput(table.header[table.find("metric")].where,
                           "a column metric needs one of name value");
}

}  // namespace

MeasuredFile read_measured(const std::filesystem::path& file, const RunTemplates& templates) {
  const CsvTable table = config::read_csv(file);
  check_columns(table);
  const RunTemplate& defaults = template_for(table, templates);
  MeasuredFile read{table.file, defaults.name, {}, {}};
  config::Problems problems;
  for (const config::CsvField& column : table.header) {
    if (std::ranges::find(known_columns(), column.text) == known_columns().end())
      read.unused_columns.push_back(column.text);
  }
  for (const auto& row : table.rows)
    read.runs.push_back(RunReader(table, row, defaults, templates, problems).read(file.stem().string()));
  problems.throw_if_any();
  return read;
}

}  // namespace memwall::study
