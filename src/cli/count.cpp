#include <algorithm>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/common.hpp"
#include "memwall/workload/counts.hpp"

namespace memwall::cli {
namespace {

const Syntax& syntax() {
  static const Syntax syntax{
      "count",
      "Counts the parameters, features, operations and bytes of a model, operator by operator. FLOPs and "
      "features leave "
      "out vocabulary and pre-training heads, whose FLOPs stand beside them.",
      {{"MODEL", "a workload of the catalog, or the path of a file"}},
      joined({{{"phase", "training|prefill|decode",
                "what the model does (default: training, whose forward pass is counted)"},
               {"recipe", "NAME", "number formats, for the bytes: a file of recipes/ (default: mixed)"}},
              workload_options(),
              format_options()}),
      {"memwall count resnet-152 --batch 32", "memwall count gpt-3-175b --sequence 2048 --format json",
       "memwall count llama-3-70b --phase decode --context-length 8192",
       "memwall count inception-v3 --set auxiliary=true"}};
  return syntax;
}

/// One operator of the trace with what its forward kernel moves.
struct Row {
  const workload::Operator* op;
  double count;
  double flops;
  double vector_flops;
  double parameters;
  double bytes_read;
  double bytes_written;
};

/// Parameters of the weights that each operator is the first to use. What all iterations of a repeat share is
/// told whole: a twelfth of a parameter is none.
std::vector<double> own_parameters(const workload::Trace& trace) {
  std::vector<double> parameters = workload::parameters_by_operator(trace);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const workload::Operator& op = trace.operators[i];
    const bool shared = std::any_of(op.weights.begin(), op.weights.end(), [&](workload::WeightId id) {
      return trace.weight(id).repeat == workload::none;
    });
    if (!shared) parameters[i] /= trace.count_of(op);
  }
  return parameters;
}

std::vector<Row> rows_of(const workload::Trace& trace, const plan::Recipe& recipe) {
  const std::vector<double> parameters = own_parameters(trace);
  std::vector<Row> rows;
  for (const workload::Operator& op : trace.operators) {
    const auto index = static_cast<std::size_t>(&op - trace.operators.data());
    const double count = trace.count_of(op);
    rows.push_back({&op, count, workload::model_flops(op).value(),
                    workload::vector_forward(trace, op).value(), parameters[index], 0, 0});
  }
  for (const roofline::Kernel& kernel : roofline::kernels(trace, roofline::Pass::forward, recipe)) {
    Row& row = rows[static_cast<std::size_t>(kernel.operators.front())];
    for (const roofline::Access& access : kernel.reads) row.bytes_read += access.bytes().value();
    for (const roofline::Access& access : kernel.writes) row.bytes_written += access.bytes().value();
  }
  std::erase_if(rows, [](const Row& row) { return workload::is_border(row.op->kind); });
  return rows;
}

results::Table table_of(const std::string& title, const std::vector<Row>& rows) {
  using results::Show;
  results::Table table{
      "operators",
      title,
      {results::text_column("name", "path of the operator in the model"),
       results::text_column("kind", "kind of the operator"),
       results::real_column("count", "", "how often it runs"),
       results::real_column("flops", "FLOP", "of its products, each time", Show::quantity),
       results::real_column("vector_flops", "FLOP", "of its element-wise work, each time", Show::quantity),
       results::real_column("parameters", "", "of its own weights, each time"),
       results::real_column("bytes_read", "B", "each tensor and weight once, each time", Show::quantity),
       results::real_column("bytes_written", "B", "each time", Show::quantity)}};
  for (const Row& row : rows) {
    table.add_row({row.op->name, workload::to_text(row.op->kind), row.count, row.flops, row.vector_flops,
                   row.parameters, row.bytes_read, row.bytes_written});
  }
  return table;
}

}  // namespace

int run_count(const std::vector<std::string>& arguments) {
  const Values values = parse(syntax(), arguments);
  if (values.help()) return print(help_text(syntax())), exit_yes;
  const Catalogs catalogs = open_catalogs();
  const workload::Workload model = catalogs.workloads.workload(values.positional(0), Values::named("MODEL"));
  const Changes changes = changes_of(values, model);
  refuse_hardware_changes(changes);
  const workload::Phase phase = whole_phase_of(values);
  const workload::LoweringOptions options = lowering_of(values, model, changes, phase);
  const workload::Trace trace = workload::lower(model, options);
  const plan::Recipe recipe = catalogs.recipes.recipe(values.text("recipe").value_or("mixed"));
  const workload::Counts counts = workload::count(trace);
  const std::vector<Row> rows = rows_of(trace, recipe);
  const auto batch = static_cast<double>(options.batch);
  // Backward needs two products for each of the forward pass: one for each operand's gradient.
  const double training_flops = 3 * counts.forward_flops.value() / batch;

  const Format format = format_of(values);
  if (format == Format::json) {
    Json json{{"workload", model.id}, {"phase", workload::to_text(phase)}, {"batch", options.batch}};
    json["parameters"] = number(counts.parameters);
    json["features"] = number(counts.features);
    json["forward_flops"] = number(counts.forward_flops.value());
    json["head_flops"] = number(counts.head_flops.value());
    json["vector_flops"] = number(counts.vector_flops.value());
    json["training_flops_per_sample"] = number(training_flops);
    json["operators"] = Json::array();
    for (const Row& row : rows) {
      json["operators"].push_back({{"name", row.op->name},
                                   {"kind", workload::to_text(row.op->kind)},
                                   {"count", number(row.count)},
                                   {"flops", number(row.flops)},
                                   {"vector_flops", number(row.vector_flops)},
                                   {"parameters", number(row.parameters)},
                                   {"bytes_read", number(whole(Bytes(row.bytes_read)))},
                                   {"bytes_written", number(whole(Bytes(row.bytes_written)))}});
    }
    print(json);
    return exit_yes;
  }
  const results::Table table = table_of(
      fmt::format("Operators of {}, {}, batch {}", model.name, workload::to_text(phase), options.batch),
      rows);
  print(table, format);
  if (format == Format::csv) return exit_yes;
  print(
      fmt::format("\nparameters                 {}\n"
                  "features a sample          {}\n"
                  "forward, without heads     {}\n"
                  "heads                      {}\n",
                  count_text(counts.parameters), count_text(counts.features), to_text(counts.forward_flops),
                  to_text(counts.head_flops)));
  if (phase == workload::Phase::training)
    print(fmt::format("training a sample          {} (3 x forward, without heads)\n",
                      to_text(Flops(training_flops))));
  return exit_yes;
}

}  // namespace memwall::cli
