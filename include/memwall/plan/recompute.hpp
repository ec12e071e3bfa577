#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/workload/trace.hpp"

/// What a backward pass runs again instead of having kept it.
namespace memwall::plan {

/// As a text: `none`; `full`, every block as a whole, or `full:8`, the first 8 blocks of each chunk of the
/// model; `selective`, attention's scores to context; or a list of operators, by kind (`normalization`) or by
/// name (`mlp.activation`: one or more whole parts of it). Items are joined by commas.
struct Recompute {
  static constexpr std::int64_t every = INT64_MAX;

  /// Of each chunk the first so many blocks keep their input and run again as a whole (Chen et al. 2016,
  /// arXiv:1604.06174).
  std::int64_t blocks = 0;
  bool attention_core = false;  ///< Korthikanti et al. 2022, section 5
  /// What these make is not kept, even where others need it, but made again when the backward pass does;
  /// unless something else that runs again reads it. What the other two items name is run again as they say.
  std::vector<std::string> operators;

  [[nodiscard]] static Recompute none() { return {}; }
  [[nodiscard]] static Recompute selective() { return {0, true, {}}; }
  [[nodiscard]] static Recompute full() { return {every, false, {}}; }
  [[nodiscard]] static Recompute first_blocks(std::int64_t count) { return {count, false, {}}; }

  friend auto operator<=>(const Recompute&, const Recompute&) = default;
};

[[nodiscard]] std::string to_text(const Recompute& recompute);

/// What may be written, for help.
[[nodiscard]] std::string recompute_syntax();

/// What tells an operator from others.
struct OperatorName {
  std::string name;
  workload::OperatorKind kind;
};

/// Whether an item of `Recompute::operators` means this one.
[[nodiscard]] bool means(std::string_view item, std::string_view name, workload::OperatorKind kind);

/// Every item that means one of them, sorted: kinds, and names with all runs of their parts.
[[nodiscard]] std::vector<std::string> items_for(const std::vector<OperatorName>& operators);

/// Marks what runs again in one chunk of a model. A repeat of which only the first iterations do becomes two.
[[nodiscard]] workload::Trace mark_recomputed(workload::Trace chunk, const Recompute& recompute);

}  // namespace memwall::plan
