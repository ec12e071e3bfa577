#pragma once

#include <compare>
#include <string>
#include <vector>

/// What may run at the same time as computation.
namespace memwall::plan {

/// As a text: `all`, `none`, or a list joined by commas.
struct Overlap {
  bool data = true;      ///< gradients are reduced while earlier layers' backward pass still runs
  bool pipeline = true;  ///< activations and gradients are sent between stages while others are computed
  /// Collectives of tensor parallelism run piece by piece beside the product that they feed, or that feeds
  /// them (Wang et al. 2023, ASPLOS, doi:10.1145/3567955.3567959).
  bool tensor = false;
  bool expert = false;  ///< tokens travel in pieces while experts work on others (Hwang et al. 2023,
                        ///< arXiv:2206.03382)
  bool context = true;  ///< a ring's next keys and values travel while attention works on those at hand

  friend auto operator<=>(const Overlap&, const Overlap&) = default;
};

[[nodiscard]] std::string to_text(const Overlap& overlap);
[[nodiscard]] const std::vector<std::string>& overlap_names();

/// Whether there is a switch of that name, which then is on.
bool switch_on(Overlap& overlap, const std::string& name);

}  // namespace memwall::plan
