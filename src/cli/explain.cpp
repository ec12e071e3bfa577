#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/common.hpp"
#include "memwall/roofline/explain.hpp"

namespace memwall::cli {
namespace {

const Syntax& syntax() {
  static const Syntax syntax{
      "explain",
      "Derives the time of an operator line by line: its dimensions, the work on each resource with its "
      "formula, the peaks "
      "with their sources, what bounds it and what would come next. Every line can be worked out again by "
      "hand.",
      {{"MODEL", "a workload of the catalog, or the path of a file"},
       {"DEVICE", "an accelerator of the catalog, or the path of a file"}},
      joined(
          {{{"operator", "NAME", "the operator, as often as you like (default: the one that takes longest)",
             Option::Kind::many},
            {"phase", "training|forward|backward|optimizer|prefill|decode",
             "a whole phase, or one pass of training (default: training)"}},
           recipe_options(),
           workload_options(),
           {{"format", "table|json", "text or JSON (default: table)"}}}),
      {"memwall explain gpt-3-175b nvidia-h100-sxm --phase decode --operator decoder.attention.scores",
       "memwall explain resnet-152 a100 --batch 32"}};
  return syntax;
}

Json derivation(const roofline::Derivation& step) {
  return {{"what", step.what}, {"formula", step.formula}, {"numbers", step.numbers}, {"result", step.result}};
}

Json derivations(const std::vector<roofline::Derivation>& steps) {
  Json json = Json::array();
  for (const roofline::Derivation& step : steps) json.push_back(derivation(step));
  return json;
}

Json json_of(const roofline::Explanation& e) {
  Json json{{"name", e.name},           {"kind", e.kind},     {"pass", e.pass},
            {"count", number(e.count)}, {"device", e.device}, {"recipe", e.recipe}};
  json["dimensions"] = derivations(e.dimensions);
  json["accesses"] = derivations(e.accesses);
  json["resources"] = Json::array();
  for (const roofline::ResourceExplanation& resource : e.resources) {
    Json row{{"resource", resource.resource},
             {"work", derivations(resource.work)},
             {"time_s", resource.seconds.value()},
             {"time", derivation(resource.time)}};
    row["peaks"] = Json::array();
    for (const roofline::PeakExplanation& peak : resource.peaks) {
      row["peaks"].push_back({{"peak", peak.peak},
                              {"provenance", peak.provenance},
                              {"source", peak.source},
                              {"where", peak.where}});
    }
    json["resources"].push_back(std::move(row));
  }
  json["bound"] = e.bound;
  json["next"] = e.next;
  json["margin"] = e.margin;
  json["time_s"] = e.time.value();
  json["total_time_s"] = e.total.value();
  json["notes"] = e.notes;
  return json;
}

std::string slowest(const roofline::Roofline& result) {
  const roofline::OperatorTime* slowest = nullptr;
  for (const roofline::OperatorTime& op : result.operators) {
    if (slowest == nullptr || op.total() > slowest->total()) slowest = &op;
  }
  if (slowest == nullptr) throw config::BadInput(Values::place("phase"), "this phase runs no operator");
  return slowest->kernel.name;
}

}  // namespace

void print_explanations(const Priced& priced, const std::vector<std::string>& names, Format format,
                        std::string_view option) {
  if (format == Format::csv)
    throw config::BadInput(Values::place("format"), "an explanation is no table; expected table or json");
  Json all = Json::array();
  std::string text;
  for (const std::string& name : names) {
    const roofline::Explanation explanation = roofline::explain(priced.roofline, name, Values::place(option));
    if (format == Format::json) all.push_back(json_of(explanation));
    if (format == Format::table) text += (text.empty() ? "" : "\n") + roofline::to_text(explanation);
  }
  format == Format::json ? print(all) : print(text);
}

int run_explain(const std::vector<std::string>& arguments) {
  const Values values = parse(syntax(), arguments);
  if (values.help()) return print(help_text(syntax())), exit_yes;
  const Priced priced = price(open_catalogs(), values);
  std::vector<std::string> names = values.texts("operator");
  if (names.empty()) names.push_back(slowest(priced.roofline));
  print_explanations(priced, names, format_of(values), "operator");
  return exit_yes;
}

}  // namespace memwall::cli
