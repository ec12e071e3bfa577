#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/options.hpp"
#include "memwall/footprint/fit.hpp"
#include "memwall/hardware/catalog.hpp"
#include "memwall/plan/recipe_book.hpp"
#include "memwall/results/table.hpp"
#include "memwall/roofline/roofline.hpp"
#include "memwall/workload/library.hpp"
#include "memwall/workload/lower.hpp"

/// What several subcommands share: the catalogs, options that mean the same everywhere, and output.
namespace memwall::cli {

/// JSON whose keys keep the order in which they were written.
using Json = nlohmann::ordered_json;

/// Everything that is opened by name.
struct Catalogs {
  hardware::Catalog hardware;
  workload::Library workloads;
  plan::RecipeBook recipes;
};

[[nodiscard]] Catalogs open_catalogs();

// Groups of options.
[[nodiscard]] std::vector<Option> format_options();
[[nodiscard]] std::vector<Option> workload_options();  ///< --batch --sequence ... --set
[[nodiscard]] std::vector<Option> recipe_options();
[[nodiscard]] std::vector<Option> plan_options();
[[nodiscard]] std::vector<Option> joined(std::initializer_list<std::vector<Option>> groups);

enum class Format { table, json, csv };
[[nodiscard]] Format format_of(const Values& values);

/// What `--set` changes: hardware where the key has a dot, else a dimension of the workload.
struct Changes {
  std::vector<hardware::Change> hardware;
  std::vector<workload::DimensionChange> dimensions;
};
[[nodiscard]] Changes changes_of(const Values& values);

/// Lowering options from --batch, --sequence, --context-length, --dropout, --attention, --fuse and --set.
[[nodiscard]] workload::LoweringOptions lowering_of(const Values& values, const workload::Workload& workload,
                                                    const Changes& changes, workload::Phase phase);

/// The kernels to price: a phase to lower for and the passes of it that are asked for.
struct PhaseChoice {
  workload::Phase phase = workload::Phase::training;
  std::vector<roofline::Pass> passes;  ///< empty: all of the phase
  std::string name;
};
[[nodiscard]] PhaseChoice phase_of(const Values& values);

/// The model of a command line, priced on its device.
struct Priced {
  workload::Workload workload;
  workload::LoweringOptions lowering;
  workload::Trace trace;
  plan::Recipe recipe;
  plan::Optimizer optimizer;
  hardware::Accelerator device;
  PhaseChoice phase;
  roofline::Roofline roofline;
};
[[nodiscard]] Priced price(const Catalogs& catalogs, const Values& values);

/// Prints how the times of the named operators come about (explain.cpp).
void print_explanations(const Priced& priced, const std::vector<std::string>& names, Format format);

/// Prints a table in the format asked for: aligned, JSON array or CSV.
void print(const results::Table& table, Format format);
void print(const Json& json);
void print(const std::string& text);

/// A whole number where it is one and exact; else the real.
[[nodiscard]] Json number(double value);

}  // namespace memwall::cli
