#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "memwall/workload/library.hpp"
#include "memwall/workload/lower.hpp"

/// Workloads for tests: those of the catalog, and small ones written in a test.
namespace memwall::workload {

/// The catalog of this checkout.
inline const Library& catalog() {
  static const Library library({MEMWALL_SOURCE_DIR});
  return library;
}

/// A workload of a few lines; `yaml` begins with its dimensions or inputs.
inline Workload model_of(const std::string& yaml) {
  return read_workload(config::parse_yaml("id: model\n" + yaml, "model.yaml"));
}

inline DimensionChange set(const std::string& name, const std::string& value) {
  return {name, config::make_scalar(value, {"--set", 0, 0})};
}

inline Trace trace_of(const std::string& yaml, const LoweringOptions& options = {}) {
  return lower(model_of(yaml), options);
}

inline Trace catalog_trace(const std::string& id, const LoweringOptions& options = {}) {
  return lower(catalog().workload(id), options);
}

/// What BadInput or BadFile says that `action` throws; "nothing" where it throws neither.
inline std::string complaint(const std::function<void()>& action) {
  try {
    action();
  } catch (const config::BadInput& error) {
    return error.what();
  } catch (const config::BadFile& error) {
    return error.what();
  }
  return "nothing";
}

/// The last output's shape, as text.
inline std::string output_of(const Trace& trace) { return to_text(trace.tensor(trace.outputs.back()).shape); }

}  // namespace memwall::workload
