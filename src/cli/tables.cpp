#include <algorithm>
#include <cctype>
#include <limits>
#include <map>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/common.hpp"
#include "cli/shell_line.hpp"
#include "memwall/config/suggest.hpp"
#include "memwall/hardware/catalog_root.hpp"
#include "memwall/results/file.hpp"
#include "memwall/study/case_study.hpp"
#include "memwall/study/run.hpp"
#include "memwall/study/tables.hpp"
#include "memwall_build.hpp"

namespace memwall::cli {
namespace {

namespace fs = std::filesystem;
using results::Show;

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

const Syntax& syntax() {
  using Kind = Option::Kind;
  static const Syntax syntax{
      "tables",
      "The three tables of \"AI and Memory Wall\" (arXiv:2403.14123) worked out from layers: every cell as "
      "published, "
      "ours, the difference and a verdict; and its case study, operations and bytes of encoders and a "
      "decoder. The exit "
      "code is 1 where a cell is more than 4 % off and nothing explains it. docs/tables.md has every "
      "definition and "
      "erratum.",
      {},
      joined(
          {{{"table", "NAME",
             "only this table: language, vision, memory; with --all also other domains (default: all)"},
            {"model", "NAME", "only this model, as the paper names it or any of the catalog (default: all)"},
            {"all", "", "also the same quantities of every model that the paper does not have (default: off)",
             Kind::flag},
            {"case-study", "", "the case study instead of the tables (default: off)", Kind::flag},
            {"phase", "prefill|decode",
             "of the case study's --model: one pass, or token by token (default: the paper's, else prefill)"},
            {"element", "BYTES", "of the case study: bytes of a weight or activation (default: 1 B)"},
            {"output", "FILE",
             "also write a result file (HDF5), for memwall plot case-study and others (default: none)"},
            {"published", "FILE", "published cells (default: studies/ai-and-memory-wall/published.yaml)"},
            {"errata", "FILE", "explained errata (default: studies/ai-and-memory-wall/errata.yaml)"}},
           format_options()}),
      {"memwall tables", "memwall tables --table vision --format csv", "memwall tables --model llama-3-8b",
       "memwall tables --all --format csv", "memwall tables --case-study",
       "memwall tables --case-study --model llama-3-8b --phase decode",
       "memwall tables --case-study --element \"2 B\" --output case-study.h5"}};
  return syntax;
}

fs::path data_file(const Values& values, const char* option, const char* name) {
  if (const auto given = values.text(option)) return *given;
  const fs::path relative = fs::path("studies") / "ai-and-memory-wall" / name;
  for (const fs::path& root : hardware::catalog_roots()) {
    std::error_code ignored;
    if (fs::is_regular_file(root / relative, ignored)) return root / relative;
  }
  throw config::BadFile(relative.string(), "not found in the catalog");
}

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::vector<study::TableCell> all_cells(const Values& values, const study::Publication& publication,
                                        const std::vector<study::Reason>& reasons, const Catalogs& catalogs) {
  study::Subjects subjects(catalogs.workloads, catalogs.recipes);
  std::vector<study::TableCell> cells = study::published_cells(publication, reasons, subjects);
  std::set<std::string> known;
  for (const study::TableCell& cell : cells) known.insert(cell.workload);
  const auto add = [&](const std::string& id) {
    for (study::TableCell& cell : study::unpublished_cells(publication, id, subjects))
      cells.push_back(std::move(cell));
  };
  const auto model = values.text("model");
  if (!model) {
    if (values.on_off("all") != true) return cells;
    for (const std::string& id : catalogs.workloads.ids()) {
      if (!known.contains(id)) add(id);
    }
    return cells;
  }
  const std::string wanted = lower_case(*model);
  std::erase_if(cells, [&](const study::TableCell& cell) {
    return lower_case(cell.model) != wanted && lower_case(cell.workload) != wanted;
  });
  if (!cells.empty()) return cells;
  const std::vector<std::string> ids = catalogs.workloads.ids();
  if (std::ranges::find(ids, *model) == ids.end() && !model->ends_with(".yaml")) {
    std::vector<std::string> names = ids;
    for (const study::PublishedRow& row : publication.rows) names.push_back(row.model);
    throw config::BadInput(Values::place("model"), fmt::format("no model '{}' in the paper or the catalog{}",
                                                               *model, config::suggestion(*model, names)));
  }
  add(*model);
  return cells;
}

void select_table(const Values& values, std::vector<study::TableCell>& cells) {
  const auto wanted = values.text("table");
  if (!wanted) return;
  std::set<std::string> names;
  for (const study::TableCell& cell : cells) names.insert(cell.table);
  if (!names.contains(*wanted)) {
    const std::vector<std::string> known(names.begin(), names.end());
    throw config::BadInput(Values::place("table"),
                           fmt::format("no table '{}' here{}", *wanted, config::suggestion(*wanted, known)));
  }
  std::erase_if(cells, [&](const study::TableCell& cell) { return cell.table != *wanted; });
}

results::Table table_of(const std::vector<study::TableCell>& cells) {
  results::Table table{
      "cells",
      "AI and Memory Wall: published and ours",
      {results::text_column("table", "language, vision, memory, or a domain that the paper lacks"),
       results::text_column("model", "as the paper names it, or the catalog"),
       results::text_column("metric", "the quantity"), results::text_column("unit", "of published and ours"),
       results::real_column("published", "", "as printed; missing where the paper has no such cell"),
       results::real_column("ours", "", "worked out from layers; missing where it cannot be"),
       results::real_column("relative_difference", "", "(ours - published) / published", Show::percent),
       results::text_column(
           "verdict", "reproduced, within rounding, erratum, not derivable, unexplained or unpublished"),
       results::text_column("explanation", "why, and other quantities beside it")}};
  table.columns[6].heading = "difference";
  for (const study::TableCell& cell : cells) {
    table.add_row({cell.table, cell.model, cell.metric, cell.unit, cell.published.value_or(missing),
                   cell.ours.value_or(missing), cell.relative_difference().value_or(missing),
                   study::to_text(cell.verdict), cell.explanation});
  }
  return table;
}

/// What a terminal shows: the published value with the digits that it has, and no explanation, which would
/// not fit.
results::Table shown(results::Table table, const std::vector<study::TableCell>& cells) {
  table.columns.pop_back();
  std::vector<std::string> printed;
  printed.reserve(cells.size());
  for (const study::TableCell& cell : cells) printed.push_back(cell.printed);
  table.columns[4] = results::text_column("published", table.columns[4].description);
  table.columns[4].values = std::move(printed);
  return table;
}

/// Explanations below the table, which their length would break, and how many cells have each verdict.
std::string notes_of(const std::vector<study::TableCell>& cells) {
  std::string text = "\n";
  std::map<study::Verdict, int> counts;
  for (const study::TableCell& cell : cells) {
    ++counts[cell.verdict];
    if (cell.explanation.empty() || cell.verdict == study::Verdict::unpublished) continue;
    text += fmt::format("{} {} {} ({}): {}\n", cell.table, cell.model, cell.metric,
                        study::to_text(cell.verdict), cell.explanation);
  }
  text += "\n";
  for (const auto& [verdict, count] : counts)
    text += fmt::format("{:>5} {}\n", count, study::to_text(verdict));
  return text;
}

void write_output(const Values& values, const std::vector<std::string>& arguments,
                  const results::Table& table, const std::vector<fs::path>& files) {
  const auto output = values.text("output");
  if (!output) return;
  results::Header header;
  header.origin.program_version = build::version;
  header.origin.command_line = shell_line("tables", arguments);
  for (const fs::path& file : files)
    header.inputs.push_back({study::input_name(file), config::read_text(file)});
  header.fingerprint = results::fingerprint(header.inputs, build::version);
  results::write_file(*output, header, {table}, results::Existing::replace);
}

int run_published(const Values& values, const std::vector<std::string>& arguments, Format format) {
  const std::vector<fs::path> files = {data_file(values, "published", "published.yaml"),
                                       data_file(values, "errata", "errata.yaml")};
  const Catalogs catalogs = open_catalogs();
  std::vector<study::TableCell> cells =
      all_cells(values, study::read_publication(files[0]), study::read_reasons(files[1]), catalogs);
  select_table(values, cells);
  const results::Table table = table_of(cells);
  write_output(values, arguments, table, files);
  print(format == Format::table ? shown(table, cells) : table, format);
  if (format == Format::table) print(notes_of(cells));
  const bool unexplained = std::ranges::any_of(
      cells, [](const study::TableCell& cell) { return cell.verdict == study::Verdict::unexplained; });
  return unexplained ? exit_no : exit_yes;
}

double share(double part, double whole) { return whole > 0 ? part / whole : 0; }

void add_demands(results::Table& table, const study::CaseModel& model, const std::string& title,
                 std::int64_t sequence, const study::Demands& demands) {
  const study::Demand all = study::total(demands);
  const auto add = [&](std::string_view name, const study::Demand& demand, bool counted) {
    table.add_row({model.workload, title, workload::to_text(model.phase), sequence, name, demand.flops,
                   demand.bytes, demand.intensity(), counted ? share(demand.flops, all.flops) : missing,
                   counted ? share(demand.bytes, all.bytes) : missing});
  };
  for (std::size_t i = 0; i < demands.size(); ++i) {
    const auto which = static_cast<study::OperatorClass>(i);
    if (which == study::OperatorClass::head) add("total", all, true);
    if (which != study::OperatorClass::head || demands[i].flops > 0)
      add(study::to_text(which), demands[i], which != study::OperatorClass::head);
  }
}

std::string byte_rule(Bytes element) {
  return fmt::format(
      "\nBytes are main-memory accesses (MOPs) at {:g} B an element: every operator reads each operand once "
      "and writes "
      "each\nresult once, nothing is fused and nothing stays on chip between operators. Batch 1. decode: all "
      "tokens of the "
      "sequence,\none after the other, from an empty cache. The head stands beside the total, not in it.\n",
      element.value());
}

int run_case_study(const Values& values, const std::vector<std::string>& arguments, Format format) {
  const fs::path file = data_file(values, "", "case-study.yaml");
  study::CaseStudy cases = study::read_case_study(file);
  if (const auto element = values.quantity<Bytes>("element")) cases.element = *element;
  if (!(cases.element > Bytes(0))) throw config::BadInput(Values::place("element"), "is not above 0 B");
  if (const auto model = values.text("model")) {
    std::erase_if(cases.models, [&](const study::CaseModel& known) { return known.workload != *model; });
    if (cases.models.empty())
      cases.models.push_back({*model, workload::Phase::prefill, Values::place("model")});
  }
  if (const auto phase = values.choice("phase", {"prefill", "decode"})) {
    if (!values.has("model")) throw config::BadInput(Values::place("phase"), "is of one model; add --model");
    for (study::CaseModel& model : cases.models)
      model.phase = *phase == "decode" ? workload::Phase::decode : workload::Phase::prefill;
  }
  const Catalogs catalogs = open_catalogs();
  results::Table table{
      "case_study",
      "Operations and bytes by class of operator",
      {results::text_column("workload", "id of the model"), results::text_column("workload_name", "its name"),
       results::text_column("phase", "prefill: one pass; decode: token by token"),
       results::integer_column("sequence", "", "tokens", Show::plain),
       results::text_column("operators", "class of operators, or the total without the head"),
       results::real_column("flops", "FLOP", "of products and element-wise work", Show::quantity),
       results::real_column("bytes", "B", "read from and written to main memory", Show::quantity),
       results::real_column("intensity", "FLOP/B", "FLOPs for each byte"),
       results::real_column("share_of_flops", "", "of the total's", Show::percent),
       results::real_column("share_of_bytes", "", "of the total's", Show::percent)}};
  for (const study::CaseModel& model : cases.models) {
    const workload::Workload workload = catalogs.workloads.workload(model.workload, model.where);
    for (const std::int64_t sequence : cases.sequences)
      add_demands(table, model, workload.name, sequence,
                  study::demands_of(workload, model.phase, sequence, cases.element));
  }
  write_output(values, arguments, table, {file});
  if (format == Format::table) table.columns.erase(table.columns.begin() + 1);
  print(table, format);
  if (format == Format::table) print(byte_rule(cases.element));
  return exit_yes;
}

/// Options of the tables mean nothing for the case study, and the reverse.
void check_options(const Values& values, bool case_study) {
  const std::vector<const char*> foreign =
      case_study ? std::vector{"table", "all", "published", "errata"} : std::vector{"element", "phase"};
  for (const char* option : foreign) {
    if (values.has(option))
      throw config::BadInput(Values::place(option),
                             case_study ? "is of the tables; leave out --case-study" : "is of --case-study");
  }
}

}  // namespace

int run_tables(const std::vector<std::string>& arguments) {
  const Values values = parse(syntax(), arguments);
  if (values.help()) return print(help_text(syntax())), exit_yes;
  const Format format = format_of(values);
  const bool case_study = values.on_off("case-study") == true;
  check_options(values, case_study);
  return case_study ? run_case_study(values, arguments, format) : run_published(values, arguments, format);
}

}  // namespace memwall::cli
