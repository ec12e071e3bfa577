#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/command.hpp"
#include "cli/common.hpp"
#include "memwall/hardware/catalog_root.hpp"
#include "memwall/study/validate.hpp"

namespace memwall::cli {
namespace {

namespace fs = std::filesystem;

const Syntax& syntax() {
  static const Syntax syntax{
      "validate",
      "Holds measured training runs against what memwall says of them: whether they fit, bytes of a device, "
      "time of a "
      "step. docs/formats.md describes the file's columns; what a file leaves unsaid is in "
      "studies/validation/templates.yaml. Times are ideal: every kernel at its roofline.",
      {{"FILE", "measured runs, as comma-separated values"}},
      joined(
          {{{"system", "SYSTEM",
             "what they ran on: a system or accelerator of the catalog, or the path of a file (required)"},
            {"recipe", "NAME", "number formats of every run (default: the file's, or its template's)"},
            {"optimizer", "NAME", "what the optimizer of every run remembers (default: the same)"},
            {"attention", "standard|flash", "of every run (default: the same)"},
            {"reserve", "BYTES", "memory of a device that the runtime keeps (default: the catalog's figure)"},
            {"templates", "FILE",
             "what files leave unsaid (default: studies/validation/templates.yaml of the catalog)"}},
           format_options()}),
      {"memwall validate tests/reference/h100_nanotron_training.csv --system dgx-h100 --format json",
       "memwall validate tests/reference/training_measured.csv --system dgx-a100-640 --format csv"}};
  return syntax;
}

fs::path templates_file(const Values& values) {
  if (const auto given = values.text("templates")) return *given;
  const fs::path relative = fs::path("studies") / "validation" / "templates.yaml";
  for (const fs::path& root : hardware::catalog_roots()) {
    std::error_code ignored;
    if (fs::is_regular_file(root / relative, ignored)) return root / relative;
  }
  throw config::BadFile(relative.string(), "not found in the catalog");
}

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// Comparisons as files have them.
results::Table table_of(const std::vector<study::Comparison>& comparisons) {
  using results::Show;
  results::Table table{
      "comparisons",
      "Measured and ours",
      {results::text_column("set", "where the run is from"), results::text_column("case", "the run"),
       results::text_column("metric", "what was measured"), results::text_column("unit", "of the next three"),
       results::real_column("measured", "", "as the file has it"),
       results::real_column("ideal", "", "ours, every kernel at its roofline"),
       results::real_column("expected", "", "ours, with sustained rates; missing where there is none"),
       results::real_column("error", "", "(ours - measured) / measured; of a truth ours - measured",
                            Show::percent)}};
  for (const study::Comparison& c : comparisons)
    table.add_row(
        {c.set, c.name, c.metric_name, c.unit, c.measured, c.ideal, c.expected.value_or(missing), c.error()});
  return table;
}

/// What a terminal shows: ours is the expected figure where there is one; truths in words.
results::Table shown(const std::vector<study::Comparison>& comparisons) {
  results::Table table{
      "comparisons",
      "Measured and ours",
      {results::text_column("case", "the run"), results::text_column("metric", "what was measured"),
       results::text_column("unit", "of the next two"), results::text_column("measured", ""),
       results::text_column("ours", ""), results::text_column("error", "")}};
  for (const study::Comparison& c : comparisons) {
    const double ours = c.expected.value_or(c.ideal);
    const auto cell = [&](double value) {
      return c.metric == study::Metric::fits ? std::string(value > 0 ? "ran" : "no room")
                                             : fmt::format("{:.4g}", value);
    };
    const std::string error = c.metric != study::Metric::fits ? fmt::format("{:+.1f} %", 100 * c.error())
                              : c.error() > 0                 ? "false fit"
                              : c.error() < 0                 ? "missed fit"
                                                              : "";
    table.add_row({c.name, c.metric_name, c.unit, cell(c.measured), cell(ours), error});
  }
  return table;
}

results::Table summary_table(const std::vector<study::MetricSummary>& metrics) {
  using results::Show;
  results::Table table{
      "metrics",
      "Errors",
      {results::text_column("metric", ""), results::integer_column("figures", "", "compared"),
       results::real_column("mean_error", "", "mean of the errors' sizes", Show::percent),
       results::real_column("median_error", "", "median of the errors' sizes", Show::percent),
       results::real_column("worst_error", "", "the largest size", Show::percent),
       results::real_column("bias", "", "mean of the errors", Show::percent)}};
  for (const study::MetricSummary& m : metrics)
    table.add_row({m.name, m.count, m.mean_error, m.median_error, m.worst_error, m.bias});
  return table;
}

std::string refusals(const std::string& title, const std::vector<study::Refused>& refused) {
  if (refused.empty()) return "";
  std::string text = fmt::format("\n{}:\n", title);
  for (const study::Refused& r : refused) text += fmt::format("  {}: {}\n", r.name, r.why);
  return text;
}

std::string report(const study::MeasuredFile& file, const study::Validation& validation) {
  std::string text = fmt::format("\n{} cases of {}", validation.cases, file.file);
  text += fmt::format(", told by the template '{}'\n", file.template_name);
  if (!file.unused_columns.empty())
    text += fmt::format("columns without a meaning here: {}\n", fmt::join(file.unused_columns, ", "));
  text += refusals("invalid plans, not compared", validation.invalid_plans);
  text += refusals("no answer", validation.unanswered);
  if (validation.fit) {
    text += fmt::format("\nfits or not: {:.2f} % of {} judged right; {} false fits, {} missed fits\n",
                        100 * validation.fit->accuracy(), validation.fit->cases, validation.fit->false_fits,
                        validation.fit->missed_fits);
  }
  return text;
}

Json json_of(const study::MeasuredFile& file, const study::Validation& validation) {
  const auto& fit = validation.fit;
  Json json{{"file", file.file},
            {"template", file.template_name},
            {"cases", validation.cases},
            {"invalid_plans", validation.invalid_plans.size()},
            {"unanswered", validation.unanswered.size()},
            {"fit_cases", fit ? Json(fit->cases) : Json(nullptr)},
            {"fit_accuracy", fit ? number(fit->accuracy()) : Json(nullptr)},
            {"false_fits", fit ? Json(fit->false_fits) : Json(nullptr)},
            {"missed_fits", fit ? Json(fit->missed_fits) : Json(nullptr)}};
  json["metrics"] = Json::object();
  for (const study::MetricSummary& m : validation.metrics) {
    json["metrics"][m.name] = {{"figures", m.count},
                               {"mean_error", number(m.mean_error)},
                               {"median_error", number(m.median_error)},
                               {"worst_error", number(m.worst_error)},
                               {"bias", number(m.bias)}};
  }
  for (const auto& [key, refused] : {std::pair("invalid", &validation.invalid_plans),
                                     std::pair("without_answer", &validation.unanswered)}) {
    json[key] = Json::array();
    for (const study::Refused& r : *refused)
      json[key].push_back({{"set", r.set}, {"case", r.name}, {"why", r.why}});
  }
  json["unused_columns"] = file.unused_columns;
  return json;
}

}  // namespace

int run_validate(const std::vector<std::string>& arguments) {
  const Values values = parse(syntax(), arguments);
  if (values.help()) return print(help_text(syntax())), exit_yes;
  const Format format = format_of(values);
  const auto system_name = values.text("system");
  if (!system_name)
    throw config::BadInput(Values::place("system"), "is missing; name what the runs were measured on");
  const Catalogs catalogs = open_catalogs();
  const hardware::System system = catalogs.hardware.system(*system_name, {}, Values::place("system"));
  study::ValidateQuestion question;
  question.system = &system;
  question.recipe = values.text("recipe");
  question.optimizer = values.text("optimizer");
  if (const auto attention = values.choice("attention", {"standard", "flash"}))
    question.flash_attention = *attention == "flash";
  question.reserve = values.quantity<Bytes>("reserve");

  const study::MeasuredFile file =
      study::read_measured(values.positional(0), study::read_run_templates(templates_file(values)));
  const study::Validation validation = study::validate(file, question, catalogs.workloads, catalogs.recipes);
  if (format == Format::json) {
    print(json_of(file, validation));
  } else if (format == Format::csv) {
    print(table_of(validation.comparisons), format);
    tell(refusals("invalid plans, not compared", validation.invalid_plans) +
         refusals("no answer", validation.unanswered));
  } else {
    print(shown(validation.comparisons), format);
    print(report(file, validation) + "\n");
    if (!validation.metrics.empty()) print(summary_table(validation.metrics), format);
  }
  return exit_yes;
}

}  // namespace memwall::cli
