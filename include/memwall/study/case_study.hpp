#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/config/problem.hpp"
#include "memwall/units/quantity.hpp"
#include "memwall/workload/lower.hpp"

/// Operations and bytes of a model by class of operator, over sequence lengths: what an encoder and a decoder
/// ask of main memory. docs/tables.md states what counts as a byte.
namespace memwall::study {

enum class OperatorClass {
  attention_projections,  ///< linear layers of attention
  attention_products,     ///< scores and context: products of two activations
  feed_forward,           ///< the other products of blocks that have attention
  other,                  ///< element-wise work, norms, softmax, look-ups, and products outside such blocks
  head                    ///< vocabulary head: beside the total, not in it
};

inline constexpr std::size_t operator_class_count = 5;

[[nodiscard]] std::string_view to_text(OperatorClass which);

/// What a class needs: FLOPs of products and of element-wise work, and bytes read and written.
struct Demand {
  double flops = 0;
  double bytes = 0;

  /// FLOPs for each byte; 0 where no bytes are moved.
  [[nodiscard]] double intensity() const { return bytes > 0 ? flops / bytes : 0; }
};

/// By OperatorClass.
using Demands = std::vector<Demand>;

/// All but the head.
[[nodiscard]] Demand total(const Demands& demands);

/// The demands of one trace at `element` bytes an activation, weight or cached value. No operators are fused,
/// and each reads every operand once and writes every result once.
[[nodiscard]] Demands demands_of(const workload::Trace& trace, Bytes element);

/// One pass over a sequence of that many tokens (prefill, training's forward pass), or, for decode, as many
/// passes of one token each, the first with an empty cache. Batch 1.
[[nodiscard]] Demands demands_of(const workload::Workload& model, workload::Phase phase,
                                 std::int64_t sequence, Bytes element);

struct CaseModel {
  std::string workload;
  workload::Phase phase = workload::Phase::prefill;
  config::Location where;
};

struct CaseStudy {
  std::string source;
  Bytes element{1};
  std::vector<std::int64_t> sequences;
  std::vector<CaseModel> models;
};

/// Throws BadInput with every mistake, BadFile for a file that cannot be read.
[[nodiscard]] CaseStudy read_case_study(const std::filesystem::path& file);

}  // namespace memwall::study
