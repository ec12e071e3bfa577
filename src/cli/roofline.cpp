#include <algorithm>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/common.hpp"

namespace memwall::cli {
namespace {

const Syntax& syntax() {
  static const Syntax syntax{
      "roofline",
      "Tells for every operator of a model on a device how long it takes at best (ideal mode: its work over "
      "the peak of the "
      "slowest resource) and which resource bounds it.",
      {{"MODEL", "a workload of the catalog, or the path of a file"},
       {"DEVICE", "an accelerator of the catalog, or the path of a file"}},
      joined({{{"phase", "training|forward|backward|optimizer|prefill|decode",
                "a whole phase, or one pass of training (default: training)"},
               {"by", "operator|layer|pass|kind", "what the rows are (default: operator)"},
               {"depth", "N", "with --by layer: how many names of a path make a layer (default: 1)"},
               {"compare", "", "with --set: times and bounds before and after the change (default: off)",
                Option::Kind::flag},
               {"explain", "NAME", "print instead how the times of one operator come about (default: none)"}},
              recipe_options(),
              workload_options(),
              format_options()}),
      {"memwall roofline gpt-3-175b nvidia-h100-sxm",
       "memwall roofline llama-3-70b h100 --phase decode --batch 16",
       "memwall roofline gpt-3-175b h100 --set memory.HBM.bandwidth=2x --set memory.HBM.capacity=0.5x",
       "memwall roofline llama-3-70b h100 --phase decode --batch 256 --set memory.HBM.bandwidth=2x --compare",
       "memwall roofline resnet-152 a100 --batch 32 --by pass"}};
  return syntax;
}

using roofline::Roofline;

/// FLOPs for each byte of main memory; 0 where nothing moves.
double intensity(Flops flops, Bytes bytes) { return bytes > Bytes(0) ? (flops / bytes).value() : 0; }

std::string bound_of(const Roofline& result, int resource) {
  return std::string(result.bound_name(resource));
}

results::Table operators_table(const Priced& priced, const std::string& title) {
  using results::Show;
  const Roofline& result = priced.roofline;
  results::Table table{
      "operators",
      title,
      {results::text_column("name", "the kernel's name"),
       results::text_column("kind", "kind of the operator"),
       results::text_column("pass", "forward, backward or optimizer"),
       results::real_column("count", "", "how often it runs"),
       results::real_column("time_s", "s", "of all executions", Show::quantity),
       results::real_column("share", "", "of the time of all operators", Show::percent),
       results::text_column("bound", "the resource that takes longest"),
       results::real_column("intensity", "FLOP/B", "FLOPs for each byte of main memory"),
       results::real_column("flops", "FLOP", "executed, of all executions", Show::quantity),
       results::real_column("bytes", "B", "of main memory, of all executions", Show::quantity)}};
  for (const roofline::OperatorTime& op : result.operators) {
    table.add_row({op.kernel.name, workload::to_text(op.kernel.kind), roofline::to_text(op.kernel.pass),
                   op.kernel.count, op.total(), op.total() / result.total.time,
                   bound_of(result, op.cost.bound), intensity(op.flops(), op.bytes()), op.flops(),
                   op.bytes()});
  }
  return table;
}

results::Table totals_table(const Roofline& result, const std::vector<roofline::Totals>& rows,
                            const std::string& title) {
  using results::Show;
  results::Table table{"totals",
                       title,
                       {results::text_column("name", "what the row sums up"),
                        results::real_column("time_s", "s", "of all executions", Show::quantity),
                        results::real_column("share", "", "of the time of all operators", Show::percent),
                        results::text_column("bound", "what bounds most of the time"),
                        results::real_column("intensity", "FLOP/B", "FLOPs for each byte of main memory"),
                        results::real_column("flops", "FLOP", "executed", Show::quantity),
                        results::real_column("bytes", "B", "of main memory", Show::quantity)}};
  for (const roofline::Totals& row : rows) {
    const Flops flops = row.matrix + row.vector;
    table.add_row({row.name, row.time, row.time / result.total.time, bound_of(result, row.bound()),
                   intensity(flops, row.bytes), flops, row.bytes});
  }
  return table;
}

Json json_of(const Priced& priced) {
  const Roofline& result = priced.roofline;
  const Flops flops = result.total.matrix + result.total.vector;
  Json json{{"workload", priced.workload.id}, {"device", priced.device.id},
            {"phase", priced.phase.name},     {"mode", "ideal"},
            {"batch", priced.lowering.batch}, {"recipe", priced.recipe.id}};
  // The sum of what the operators' rows say, each a whole number.
  double bytes = 0;
  for (const roofline::OperatorTime& op : result.operators) bytes += whole(op.bytes());
  json["time_s"] = result.total.time.value();
  json["flops"] = number(flops.value());
  json["bytes"] = number(bytes);
  json["intensity"] = intensity(flops, result.total.bytes);
  json["bound"] = bound_of(result, result.total.bound());
  json["time_by_bound_s"] = Json::object();
  for (std::size_t i = 0; i < result.total.by_bound.size(); ++i) {
    json["time_by_bound_s"][result.machine.resources[i].name] = result.total.by_bound[i].value();
  }
  json["time_by_provenance_s"] = Json::object();
  for (std::size_t i = 0; i < result.total.by_provenance.size(); ++i) {
    json["time_by_provenance_s"][std::string(hardware::name_of(static_cast<hardware::Provenance>(i)))] =
        result.total.by_provenance[i].value();
  }
  json["notes"] = result.notes;
  json["operators"] = Json::array();
  for (const roofline::OperatorTime& op : result.operators) {
    Json row{{"name", op.kernel.name},
             {"kind", workload::to_text(op.kernel.kind)},
             {"pass", roofline::to_text(op.kernel.pass)},
             {"count", number(op.kernel.count)}};
    row["time_s"] = op.total().value();
    row["bound"] = bound_of(result, op.cost.bound);
    row["intensity"] = intensity(op.flops(), op.bytes());
    row["flops"] = number(op.flops().value());
    row["bytes"] = number(whole(op.bytes()));
    json["operators"].push_back(std::move(row));
  }
  return json;
}

std::string summary_of(const Priced& priced) {
  const Roofline& result = priced.roofline;
  const Flops flops = result.total.matrix + result.total.vector;
  std::string text = fmt::format(
      "\ntime (ideal)     {}\nFLOPs            {}\nbytes            {}\nintensity        {}\nbound           "
      " {}\n",
      to_text(result.total.time), to_text(flops), to_text(result.total.bytes),
      to_text(FlopsPerByte(intensity(flops, result.total.bytes))), result.bound_name(result.total.bound()));
  text += "time by bound   ";
  for (std::size_t i = 0; i < result.total.by_bound.size(); ++i) {
    if (result.total.by_bound[i] > Seconds(0))
      text += fmt::format(" {} {:.1f} %", result.machine.resources[i].name,
                          100 * (result.total.by_bound[i] / result.total.time));
  }
  text += "\nrests on        ";
  for (std::size_t i = 0; i < result.total.by_provenance.size(); ++i) {
    if (result.total.by_provenance[i] > Seconds(0)) {
      text += fmt::format(" {} {:.1f} %", hardware::name_of(static_cast<hardware::Provenance>(i)),
                          100 * (result.total.by_provenance[i] / result.total.time));
    }
  }
  text += "\n";
  for (const std::string& note : result.notes) text += "note: " + note + "\n";
  return text;
}

/// What --by asks for; --depth means something for layers alone.
std::string rows_of(const Values& values) {
  std::string by = values.choice("by", {"operator", "layer", "pass", "kind"}).value_or("operator");
  if (values.has("depth") && by != "layer")
    throw config::BadInput(Values::place("depth"), "is of layers; add --by layer");
  return by;
}

results::Table table_of(const Priced& priced, const std::string& by, const Values& values) {
  const std::string title =
      fmt::format("{} on {}: {}, batch {}, recipe {}, ideal", priced.workload.name, priced.device.name,
                  priced.phase.name, priced.lowering.batch, priced.recipe.id);
  if (by == "layer")
    return totals_table(
        priced.roofline,
        roofline::by_layer(priced.roofline, static_cast<std::size_t>(values.count("depth").value_or(1))),
        title);
  if (by == "pass") return totals_table(priced.roofline, roofline::by_pass(priced.roofline), title);
  if (by == "kind") return totals_table(priced.roofline, roofline::by_kind(priced.roofline), title);
  return operators_table(priced, title);
}

}  // namespace

int run_roofline(const std::vector<std::string>& arguments) {
  const Values values = parse(syntax(), arguments);
  if (values.help()) return print(help_text(syntax())), exit_yes;
  const Format format = format_of(values);
  const std::string by = rows_of(values);
  const auto explained = values.text("explain");
  if (explained && values.has("by"))
    throw config::BadInput(Values::place("by"), "is of a table, and --explain prints none");
  const bool compare = values.on_off("compare") == true;
  if (compare && (explained || values.has("by")))
    throw config::BadInput(Values::place("compare"), "goes neither with --by nor with --explain");
  const Catalogs catalogs = open_catalogs();
  const Priced priced = price(catalogs, values);
  if (compare) return print_comparison(price(catalogs, values, false), priced, values, format), exit_yes;
  if (explained) return print_explanations(priced, {*explained}, format, "explain"), exit_yes;
  if (format == Format::json && by == "operator") return print(json_of(priced)), exit_yes;
  print(table_of(priced, by, values), format);
  if (format == Format::table) print(summary_of(priced));
  return exit_yes;
}

}  // namespace memwall::cli
