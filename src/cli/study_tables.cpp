#include "cli/study_tables.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "memwall/hardware/fallback.hpp"

namespace memwall::cli {
namespace {

using results::Show;

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

double intensity(Flops flops, Bytes bytes) { return bytes > Bytes(0) ? (flops / bytes).value() : missing; }

}  // namespace

results::Table estimates_schema() {
  using namespace results;
  const auto bytes = [](const char* name, const char* what) {
    return real_column(name, "B", what, Show::quantity);
  };
  return {
      "estimates",
      "Estimates",
      {integer_column("point", "", "number of the point in the grid", Show::plain),
       text_column("workload", "id of the model"),
       text_column("workload_name", "its name"),
       text_column("domain", "vision, language, speech, multimodal or recommendation"),
       text_column("workload_released", "when the model was published"),
       text_column("device", "id of the accelerator"),
       text_column("device_name", "its name"),
       text_column("device_released", "when it was released"),
       text_column("system", "the system as the study names it, with its changes"),
       integer_column("devices", "", "devices of the plan", Show::plain),
       text_column("phase", "training, prefill or decode"),
       integer_column("batch", "", "samples on a device", Show::plain),
       integer_column("sequence", "", "tokens of a sequence; 0 where the model has none", Show::plain),
       text_column("recipe", "number formats"),
       text_column("optimizer", "what the optimizer remembers"),
       text_column("note", "why the point lacks a time or a fit; empty where it has both"),
       real_column("parameters", "", "parameters of the whole model"),
       real_column("forward_flops", "FLOP", "products of the forward pass of the batch, without heads",
                   Show::quantity),
       real_column("flops", "FLOP", "executed by one device at this batch, products and element-wise work",
                   Show::quantity),
       bytes("bytes", "moved to and from main memory"),
       real_column("intensity", "FLOP/B", "FLOPs for each byte of main memory"),
       real_column("time_s", "s", "ideal time of the phase on one device", Show::quantity),
       text_column("bound", "the resource that bounds most of the time"),
       truth_column("fits", "whether the plan with the most headroom fits"),
       bytes("weights_bytes", "on the fullest device"),
       bytes("gradients_bytes", "on the fullest device"),
       bytes("optimizer_bytes", "master weights and the optimizer's states"),
       bytes("activations_bytes", "kept for the backward pass"),
       bytes("inputs_bytes", "the model's own inputs"),
       bytes("cache_bytes", "keys, values and states of inference"),
       bytes("workspace_bytes", "transient at the fullest moment"),
       bytes("total_bytes", "sum of the above"),
       bytes("capacity_bytes", "of one device, after the reserve"),
       bytes("headroom_bytes", "capacity less total"),
       real_column("headroom_fraction", "", "headroom as a part of the capacity", Show::percent),
       bytes("node_bytes", "kept in the memory of the fullest node by a plan that offloads"),
       bytes("node_capacity_bytes", "of that memory; missing where nothing is offloaded")}};
}

results::Table operators_schema() {
  using namespace results;
  return {
      "operators",
      "Operators",
      {integer_column("point", "", "number of the point in the grid", Show::plain),
       text_column("name", "path of the operator in the model"), text_column("kind", "kind of the operator"),
       text_column("pass", "forward, backward or optimizer"), real_column("count", "", "how often it runs"),
       real_column("flops", "FLOP", "executed, all executions", Show::quantity),
       real_column("bytes", "B", "of main memory, all executions", Show::quantity),
       real_column("intensity", "FLOP/B", "FLOPs for each byte of main memory"),
       real_column("time_s", "s", "ideal, all executions", Show::quantity),
       real_column("share", "", "of the point's time", Show::percent),
       text_column("bound", "the resource that takes longest")}};
}

void add_rows(const study::EstimateRow& row, results::Table& estimates, results::Table& operators) {
  const bool fitted = row.fit.has_value();
  const footprint::Footprint f = fitted ? row.fit->footprint : footprint::Footprint{};
  const auto timed = [&](auto quantity) { return row.timed ? quantity.value() : missing; };
  const auto held = [&](Bytes bytes) { return fitted ? bytes.value() : missing; };
  const Bytes capacity = fitted ? row.fit->capacity : Bytes(1);
  const hardware::Accelerator& device = row.system->accelerator;
  estimates.add_row({row.point,
                     row.workload->id,
                     row.workload->name,
                     row.workload->domain,
                     row.workload->released,
                     device.id,
                     device.name,
                     device.released,
                     row.system_entry->label,
                     fitted ? row.fit->plan.devices() : 0,
                     workload::to_text(row.phase),
                     row.batch,
                     row.sequence,
                     row.model->recipe,
                     row.model->optimizer,
                     row.note,
                     row.parameters,
                     row.forward_flops,
                     timed(row.flops),
                     timed(row.bytes),
                     row.timed ? intensity(row.flops, row.bytes) : missing,
                     timed(row.time),
                     row.bound,
                     fitted && row.fit->fits,
                     held(f.weights),
                     held(f.gradients),
                     held(f.optimizer),
                     held(f.activations),
                     held(f.inputs),
                     held(f.cache),
                     held(f.workspace),
                     held(f.total()),
                     held(capacity),
                     held(capacity - f.total()),
                     fitted ? row.fit->headroom() / capacity : missing,
                     held(f.node_offloaded),
                     fitted && row.fit->node_capacity ? row.fit->node_capacity->value() : missing});
  for (const study::EstimateRow::Operator& op : row.operators) {
    operators.add_row({row.point, op.name, op.kind, op.pass, op.count, op.flops, op.bytes,
                       intensity(op.flops, op.bytes), op.time, op.time / row.time, op.bound});
  }
}

namespace {

/// One device under one recipe; peaks that it lacks stay empty (its points say so).
void add_device(const hardware::Accelerator& device, const std::string& label, const plan::Recipe& recipe,
                results::Table& table) {
  const hardware::MemoryLevel& memory = device.main_memory();
  const double bandwidth = memory.bandwidth ? memory.bandwidth->value.value() : missing;
  const auto products = hardware::find_peak(device, hardware::Unit::matrix, recipe.matrix);
  const auto elements = hardware::find_peak(device, hardware::Unit::vector, recipe.vector);
  const double matrix = products ? products->peak.value.value() : missing;
  table.add_row({device.id, device.name, device.kind, label, device.released, recipe.id,
                 memory.capacity ? memory.capacity->value.value() : missing, bandwidth, matrix,
                 products ? hardware::name_of(products->format) : "",
                 elements ? elements->peak.value.value() : missing,
                 elements ? hardware::name_of(elements->format) : "", matrix / bandwidth});
}

}  // namespace

results::Table devices_table(const study::Prepared& study) {
  using namespace results;
  Table table{
      "devices",
      "Devices",
      {text_column("device", "id of the accelerator"), text_column("device_name", "its name"),
       text_column("kind", "gpu, tpu, cpu, ..."),
       text_column("system", "the system as the study names it, with its changes"),
       text_column("released", "when it was released"),
       text_column("recipe", "number formats that its peaks are for"),
       real_column("memory_capacity_bytes", "B", "nominal main memory", Show::quantity),
       real_column("memory_bandwidth", "B/s", "of main memory", Show::quantity),
       real_column("peak_matrix_flops", "FLOP/s", "of products in the recipe", Show::quantity),
       text_column("peak_matrix_format", "the format they run in"),
       real_column("peak_vector_flops", "FLOP/s", "of element-wise work", Show::quantity),
       text_column("peak_vector_format", "the format it runs in"),
       real_column("ridge", "FLOP/B", "intensity at which products and main memory take equally long")}};
  std::set<std::string> seen;
  for (const plan::Recipe& recipe : study.recipes()) {
    if (!seen.insert(recipe.id).second) continue;
    for (std::size_t i = 0; i < study.systems().size(); ++i) {
      add_device(study.systems()[i].accelerator, study.study().systems[i].label, recipe, table);
    }
  }
  return table;
}

namespace {

/// Whether each point fits, for reading: nothing where no plan was found, which is no "no".
results::Column fits_in_words(const results::Table& estimates) {
  const auto& fits = std::get<std::vector<bool>>(estimates.find("fits")->values);
  const auto& total = std::get<std::vector<double>>(estimates.find("total_bytes")->values);
  std::vector<std::string> words;
  for (std::size_t i = 0; i < fits.size(); ++i)
    words.emplace_back(std::isnan(total[i]) ? "" : fits[i] ? "yes" : "no");
  results::Column column = results::text_column("fits", estimates.find("fits")->description);
  column.values = std::move(words);
  return column;
}

/// Whether a point's plan keeps something in its node's memory, which then may be what does not fit.
bool any_offloads(const results::Table& estimates) {
  const auto& capacity = std::get<std::vector<double>>(estimates.find("node_capacity_bytes")->values);
  return !std::ranges::all_of(capacity, [](double bytes) { return std::isnan(bytes); });
}

}  // namespace

results::Table verdicts(const results::Table& estimates, const std::string& title, Format format) {
  results::Table table{"verdicts", title, {}};
  std::vector<const char*> names = {"workload", "system",    "phase", "batch",       "time_s",
                                    "bound",    "intensity", "fits",  "total_bytes", "headroom_bytes"};
  if (any_offloads(estimates)) names.insert(names.end(), {"node_bytes", "node_capacity_bytes"});
  names.push_back("note");
  for (const char* name : names) table.columns.push_back(*estimates.find(name));
  if (format == Format::table)
    *std::ranges::find(table.columns, "fits", &results::Column::name) = fits_in_words(estimates);
  table.columns[4].heading = "ideal time";
  table.columns[8].heading = "total";
  table.columns[9].heading = "headroom";
  if (any_offloads(estimates)) {
    table.columns[10].heading = "in node";
    table.columns[11].heading = "node has";
  }
  return table;
}

}  // namespace memwall::cli
