#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "memwall/config/problem.hpp"
#include "memwall/roofline/roofline.hpp"

/// Why an operator takes as long as the roofline says: the chain from its dimensions to its bound, in lines
/// that can be worked out again by hand.
namespace memwall::roofline {

/// One step: `what` = `formula`, with the numbers put in = `numbers`, which gives `result`. Empty parts are
/// left out of the text.
struct Derivation {
  std::string what;
  std::string formula;
  std::string numbers;
  std::string result;
};

/// A peak that a time rests on.
struct PeakExplanation {
  std::string peak;        ///< "bf16 on the matrix unit: 989.4 TFLOP/s"
  std::string provenance;  ///< "datasheet"
  std::string source;      ///< "NVIDIA H100 datasheet and whitepaper"
  std::string where;       ///< "compute.matrix.bf16"
};

/// One resource: its work step by step, the peak, and the time. Where products fall back to the vector unit
/// it has a peak for them and one for element-wise work.
struct ResourceExplanation {
  std::string resource;
  std::vector<Derivation> work;
  std::vector<PeakExplanation> peaks;
  Derivation time;
  Seconds seconds;
};

/// FLOP/byte at one level, and the ridge that it is held against.
struct IntensityExplanation {
  std::string level;
  Derivation intensity;
  std::string ridge;  ///< empty where the bandwidth is unknown
};

struct Explanation {
  std::string name;
  std::string kind;
  std::string pass;
  double count = 1;
  std::string device;
  std::string recipe;
  std::vector<Derivation> dimensions;  ///< of its products
  std::vector<Derivation> accesses;    ///< what is read and written, in bytes
  std::vector<ResourceExplanation> resources;
  std::vector<IntensityExplanation> intensities;
  std::string bound;  ///< the resource that takes longest; "unknown" where none is known
  std::string next;   ///< the one after it: the bound were the first infinitely fast; empty where none
  double margin = 0;  ///< how many times longer the bound takes than the next; 0 where there is no next
  Seconds time;       ///< of one execution
  Seconds total;      ///< of all
  std::vector<std::string> notes;
};

/// Explains the operator of that name under ideal pricing (a fused kernel by any of its parts' names). Throws
/// BadInput at `asked_at` for an unknown name, with the nearest known ones.
[[nodiscard]] Explanation explain(const Roofline& roofline, std::string_view name,
                                  const config::Location& asked_at = {"--operator", 0, 0});

[[nodiscard]] std::string to_text(const Explanation& explanation);

}  // namespace memwall::roofline
