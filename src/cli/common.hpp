#pragma once

#include <exception>
#include <filesystem>
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

/// Studies of the catalog, in alphabetical order, from the names of the files.
[[nodiscard]] std::vector<std::string> study_ids();

/// The file of a study: studies/<name>.yaml of the catalog, or `name` itself where it ends in .yaml or holds
/// a
/// '/'. Throws BadInput for an unknown name.
[[nodiscard]] std::filesystem::path study_file(const std::string& name);

// Groups of options.
[[nodiscard]] std::vector<Option> format_options();
[[nodiscard]] std::vector<Option> workload_options();  ///< --batch --sequence ... --set
[[nodiscard]] std::vector<Option> recipe_options();
[[nodiscard]] std::vector<Option> plan_options();
/// All but the option of that name: one that means nothing for the command.
[[nodiscard]] std::vector<Option> without(std::vector<Option> options, std::string_view name);
[[nodiscard]] std::vector<Option> joined(std::initializer_list<std::vector<Option>> groups);

enum class Format { table, json, csv };
[[nodiscard]] Format format_of(const Values& values);

/// What `--set` changes.
struct Changes {
  std::vector<hardware::Change> hardware;
  std::vector<workload::DimensionChange> dimensions;
};

/// Sorts changes by their key: one with a dot, or one that only hardware knows (`power`, `compute`), is of
/// the hardware, which takes several changes of one figure in order; any other is a dimension of the model,
/// which may be changed once.
[[nodiscard]] Changes changes_of(const Values& values, const workload::Workload& model);

/// Changes where there is no model: all are of the hardware.
[[nodiscard]] std::vector<hardware::Change> hardware_changes_of(const Values& values);

/// Throws where hardware is to be changed and the command looks at none.
void refuse_hardware_changes(const Changes& changes);

/// Lowering options from --batch, --sequence, --context-length, --dropout, --attention, --fuse and --set.
/// Throws where an option means nothing for the model or the phase.
[[nodiscard]] workload::LoweringOptions lowering_of(const Values& values, const workload::Workload& workload,
                                                    const Changes& changes, workload::Phase phase);

/// The phase of --phase where it is one of training (the default), prefill and decode.
[[nodiscard]] workload::Phase whole_phase_of(const Values& values);

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
/// Without `change_hardware` the device stays as its file has it, whatever --set says.
[[nodiscard]] Priced price(const Catalogs& catalogs, const Values& values, bool change_hardware = true);

/// Prints the operators of one model on a device before and after changes of the hardware (compare.cpp).
void print_comparison(const Priced& before, const Priced& after, const Values& values, Format format);

/// Prints how the times of the named operators come about (explain.cpp); `option` is the one that named them.
void print_explanations(const Priced& priced, const std::vector<std::string>& names, Format format,
                        std::string_view option);

/// Thrown where standard output does not take what is printed.
class BadOutput : public std::exception {
 public:
  explicit BadOutput(int error) : code(error) {}
  int code;  ///< an errno
};

/// Prints a table in the format asked for: aligned, JSON array or CSV. All of print throw BadOutput.
void print(const results::Table& table, Format format);
void print(const Json& json);
void print(const std::string& text);
void finish_printing();

/// Writes to standard error: mistakes, progress and whatever else is not the answer.
void tell(const std::string& text);

/// An integer where it is one (and 64 bits hold it); else the real.
[[nodiscard]] Json number(double value);

/// Bytes as the whole number that holds them: what is a fraction by more than rounding is counted up.
[[nodiscard]] double whole(Bytes bytes);

}  // namespace memwall::cli
