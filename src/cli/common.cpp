#include "cli/common.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "memwall/config/suggest.hpp"
#include "memwall/hardware/catalog_root.hpp"
#include "memwall/results/csv.hpp"
#include "memwall/results/json.hpp"
#include "memwall/results/text.hpp"

namespace memwall::cli {

Catalogs open_catalogs() {
  const std::vector<std::filesystem::path> roots = hardware::catalog_roots();
  return {hardware::Catalog(roots), workload::Library(roots), plan::RecipeBook(roots)};
}

std::vector<std::string> study_ids() {
  std::set<std::string> ids;
  for (const std::filesystem::path& root : hardware::catalog_roots()) {
    std::error_code missing;
    for (const auto& entry : std::filesystem::directory_iterator(root / "studies", missing)) {
      if (entry.path().extension() == ".yaml") ids.insert(entry.path().stem().string());
    }
  }
  return {ids.begin(), ids.end()};
}

std::filesystem::path study_file(const std::string& name) {
  if (name.ends_with(".yaml") || name.find('/') != std::string::npos) return name;
  for (const std::filesystem::path& root : hardware::catalog_roots()) {
    std::filesystem::path file = root / "studies" / (name + ".yaml");
    std::error_code ignored;
    if (std::filesystem::is_regular_file(file, ignored)) return file;
  }
  throw config::BadInput(Values::named("STUDY"), fmt::format("no study '{}' in the catalog{}", name,
                                                             config::suggestion(name, study_ids())));
}

std::vector<Option> format_options() {
  return {{"format", "table|json|csv", "how to print the answer (default: table)"}};
}

std::vector<Option> workload_options() {
  return {
      {"batch", "B", "samples that one device works on at a time (default: 1)"},
      {"sequence", "S", "tokens of each sequence (default: the workload's own)"},
      {"context-length", "S", "tokens that a decode step finds in the cache (default: the sequence)"},
      {"dropout", "P", "probability that the dimension 'dropout' is set to (default: the workload's own)"},
      {"attention", "standard|flash",
       "separate scores, softmax and context, or one kernel (default: standard)"},
      {"fuse", "none|elementwise", "whether element-wise operators join the one before (default: none)"},
      {"set", "KEY=VALUE",
       "a change, as often as you like: a figure of the hardware (memory.HBM.bandwidth=2x, "
       "compute.matrix.bf16=1.5 PFLOP/s, memory.HBM.capacity=+40 GiB) or a dimension of the workload "
       "(layers=48)",
       Option::Kind::many},
  };
}

std::vector<Option> recipe_options() {
  return {{"recipe", "NAME", "number formats: a file of recipes/ (default: mixed)"},
          {"optimizer", "NAME", "what the optimizer remembers: a file of optimizers/ (default: adam)"}};
}

std::vector<Option> plan_options() {
  using Kind = Option::Kind;
  return {
      {"plan", "FILE", "a YAML file of plan options, which options given beside it override (default: none)"},
      {"devices", "N", "number of devices (default: the smallest that fits)"},
      {"data", "N", "data parallelism (default: open)", Kind::value, "dp"},
      {"tensor", "N", "tensor parallelism (default: open)", Kind::value, "tp"},
      {"pipeline", "N", "pipeline stages (default: open)", Kind::value, "pp"},
      {"context", "N", "context parallelism: the sequence divided (default: 1)", Kind::value, "cp"},
      {"context-exchange", fmt::format("{}", fmt::join(plan::context_exchange_names(), "|")),
       "how keys and values of the whole sequence reach each device (default: ring)"},
      {"expert", "N", "expert parallelism, of experts and tables, inside data parallelism (default: open)",
       Kind::value, "ep"},
      {"imbalance", "X",
       "tokens of the most loaded device of an expert-parallel group over the even share (default: 1)"},
      {"sequence-parallel", "on|off", "sequence parallelism between tensor-parallel regions (default: open)",
       Kind::flag},
      {"zero", "0..3", "ZeRO stage: what data parallelism divides (default: open)"},
      {"zero-group", "N",
       "ZeRO divides over groups of N of the data-parallel devices, each with the whole: hybrid sharding "
       "(default: over all)"},
      {"micro-batch", "B",
       "samples of one pass on one replica; --batch is the same (default: 1 in training, a replica's whole "
       "share of the global batch in inference)"},
      {"global-batch", "B", "samples of one step on all replicas (default: the workload's own)"},
      {"recompute", plan::recompute_syntax(),
       "what the backward pass runs again: attention's scores to context, whole blocks (the first BLOCKS of "
       "each "
       "chunk of the model), or operators by kind or name (default: open)"},
      {"overlap", fmt::format("all|none|{},...", fmt::join(plan::overlap_names(), "|")),
       fmt::format("which communication hides behind computation, a list (default: {})",
                   plan::to_text(plan::Overlap{}))},
      {"interleave", "N", "chunks of the model on each pipeline stage (default: 1)"},
      {"schedule", fmt::format("{}", fmt::join(plan::schedule_names(), "|")),
       "order of forward and backward passes (default: 1f1b)"},
      {"cut", fmt::format("{}", fmt::join(plan::cut_names(), "|")),
       "where stages are cut: so that the slowest is fastest, or each in turn as soon as it has its share "
       "(default: fastest)"},
      {"offload", fmt::format("all|none|{}", fmt::join(plan::offload_names(), ",")),
       "what lives outside the devices between its uses, a list (default: none)"},
      {"offload-to", fmt::format("{}", fmt::join(hardware::outer_memory_names(), "|")),
       "the memory of the node that it goes to (default: host)"},
      {"reserve", "BYTES", "memory of a device that the runtime keeps (default: the catalog's figure)"},
  };
}

std::vector<Option> without(std::vector<Option> options, std::string_view name) {
  std::erase_if(options, [name](const Option& option) { return option.name == name; });
  return options;
}

std::vector<Option> joined(std::initializer_list<std::vector<Option>> groups) {
  std::vector<Option> all;
  for (const auto& group : groups) all.insert(all.end(), group.begin(), group.end());
  return all;
}

Format format_of(const Values& values) {
  const std::string word = values.choice("format", {"table", "json", "csv"}).value_or("table");
  return word == "json" ? Format::json : word == "csv" ? Format::csv : Format::table;
}

std::vector<hardware::Change> hardware_changes_of(const Values& values) {
  std::vector<hardware::Change> changes;
  for (const std::string& text : values.texts("set"))
    changes.push_back(hardware::parse_change(text, {"--set " + text, 0, 0}));
  return changes;
}

Changes changes_of(const Values& values, const workload::Workload& model) {
  // Figures of the hardware whose path is a single word (docs/formats.md).
  constexpr std::array<std::string_view, 8> hardware_words = {
      "accelerator", "compute", "context", "die_area_mm2", "max_devices", "power", "price", "reserve"};
  Changes changes;
  for (hardware::Change& change : hardware_changes_of(values)) {
    const bool is_dimension = model.dimensions.find(change.path) != nullptr;
    const bool is_word = std::ranges::find(hardware_words, change.path) != hardware_words.end();
    if (!is_dimension && (is_word || change.path.find('.') != std::string::npos)) {
      changes.hardware.push_back(std::move(change));
      continue;
    }
    for (const workload::DimensionChange& other : changes.dimensions) {
      if (other.name == change.path)
        throw config::BadInput(change.where, fmt::format("changes '{}' a second time", change.path));
    }
    changes.dimensions.push_back({change.path, config::make_scalar(change.text, change.where)});
  }
  return changes;
}

void refuse_hardware_changes(const Changes& changes) {
  if (changes.hardware.empty()) return;
  throw config::BadInput(changes.hardware.front().where,
                         "changes hardware, and none takes part here; a dimension has no dot");
}

workload::LoweringOptions lowering_of(const Values& values, const workload::Workload& workload,
                                      const Changes& changes, workload::Phase phase) {
  workload::LoweringOptions options;
  options.phase = phase;
  options.batch = values.count("batch").value_or(1);
  options.context_length = values.count("context-length", 0);
  if (options.context_length && phase != workload::Phase::decode)
    throw config::BadInput(Values::place("context-length"), "is of decode steps: it needs --phase decode");
  options.flash_attention = values.choice("attention", {"standard", "flash"}) == "flash";
  options.fuse_elementwise = values.choice("fuse", {"none", "elementwise"}) == "elementwise";
  options.dimensions = changes.dimensions;
  for (const char* name : {"sequence", "dropout"}) {
    const auto given = values.text(name);
    if (!given) continue;
    if (workload.dimensions.find(name) == nullptr) {
      throw config::BadInput(Values::place(name),
                             fmt::format("workload '{}' has no dimension '{}'", workload.id, name));
    }
    for (const workload::DimensionChange& change : changes.dimensions) {
      if (change.name == name)
        throw config::BadInput(Values::place(name), "is given, and --set changes the same dimension");
    }
    options.dimensions.push_back({name, config::make_scalar(*given, Values::place(name))});
  }
  return options;
}

workload::Phase whole_phase_of(const Values& values) {
  const auto word = values.choice("phase", {"training", "prefill", "decode"});
  if (word == "prefill") return workload::Phase::prefill;
  if (word == "decode") return workload::Phase::decode;
  return workload::Phase::training;
}

PhaseChoice phase_of(const Values& values) {
  using roofline::Pass;
  const std::string word =
      values.choice("phase", {"training", "forward", "backward", "optimizer", "prefill", "decode"})
          .value_or("training");
  if (word == "prefill") return {workload::Phase::prefill, {}, word};
  if (word == "decode") return {workload::Phase::decode, {}, word};
  if (word == "forward") return {workload::Phase::training, {Pass::forward}, word};
  if (word == "backward") return {workload::Phase::training, {Pass::backward}, word};
  if (word == "optimizer") return {workload::Phase::training, {Pass::optimizer}, word};
  return {workload::Phase::training, {}, word};
}

Priced price(const Catalogs& catalogs, const Values& values, bool change_hardware) {
  Priced priced;
  priced.phase = phase_of(values);
  priced.workload = catalogs.workloads.workload(values.positional(0), Values::named("MODEL"));
  Changes changes = changes_of(values, priced.workload);
  if (!change_hardware) changes.hardware.clear();
  priced.device =
      catalogs.hardware.accelerator(values.positional(1), changes.hardware, Values::named("DEVICE"));
  priced.recipe = catalogs.recipes.recipe(values.text("recipe").value_or("mixed"));
  priced.optimizer = catalogs.recipes.optimizer(values.text("optimizer").value_or("adam"));
  priced.lowering = lowering_of(values, priced.workload, changes, priced.phase.phase);
  priced.trace = workload::lower(priced.workload, priced.lowering);
  const auto fusion =
      priced.lowering.fuse_elementwise ? roofline::Fusion::elementwise : roofline::Fusion::none;
  std::vector<roofline::Kernel> kernels =
      roofline::phase_kernels(priced.trace, priced.recipe, &priced.optimizer, fusion);
  const auto& passes = priced.phase.passes;
  if (!passes.empty()) {
    std::erase_if(kernels, [&](const roofline::Kernel& kernel) {
      return std::find(passes.begin(), passes.end(), kernel.pass) == passes.end();
    });
  }
  priced.roofline = roofline::roofline(roofline::make_machine(priced.device, priced.recipe),
                                       priced.phase.phase, std::move(kernels));
  if (!std::isfinite(priced.roofline.total.time.value()))
    throw config::BadInput(Values::named("DEVICE"), "a figure is so small that times have no end");
  return priced;
}

void print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) throw BadOutput(errno);
}

void finish_printing() {
  if (std::fflush(stdout) != 0) throw BadOutput(errno);
}

void tell(const std::string& text) {
  // Where standard error is closed or full there is nobody left to tell.
  static_cast<void>(std::fputs(text.c_str(), stderr));
  static_cast<void>(std::fflush(stderr));
}

void print(const results::Table& table, Format format) {
  switch (format) {
    case Format::table:
      print(results::to_text(table));
      break;
    case Format::json:
      print(results::to_json(table));
      break;
    case Format::csv:
      print(results::to_csv(table));
      break;
  }
}

void print(const Json& json) {
  // What a command line holds need not be UTF-8, and JSON must.
  print(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

Json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  constexpr double largest_integer = 9.2e18;  // JSON's readers hold 64 bits
  if (std::floor(value) == value && std::fabs(value) <= largest_integer)
    return static_cast<std::int64_t>(value);
  return value;
}

double whole(Bytes bytes) {
  const double nearest = std::round(bytes.value());
  const bool rounded = std::fabs(bytes.value() - nearest) <= 1e-12 * std::fabs(bytes.value());
  return rounded ? nearest : std::ceil(bytes.value());
}

}  // namespace memwall::cli
