#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/footprint/asked.hpp"
#include "memwall/footprint/footprint.hpp"
#include "memwall/hardware/system.hpp"
#include "memwall/plan/plan.hpp"
#include "memwall/units/quantity.hpp"
#include "memwall/workload/workload.hpp"

/// The plans that a user's wishes leave open.
namespace memwall::footprint {

/// Where the global batch comes from.
enum class BatchSource {
  asked,
  workload,    ///< the published one
  micro_batch  ///< as many samples as keep every stage of every replica busy: data x micro-batch x pipeline
};

/// How a report says it.
[[nodiscard]] std::string_view to_text(BatchSource source);

/// Enumerates valid plans of one model on one system.
class Candidates {
 public:
  Candidates(Asked asked, plan::Limits limits, const hardware::System& system,
             const workload::Workload& workload, workload::Phase phase);

  [[nodiscard]] BatchSource batch_source() const { return batch_source_; }

  /// The number of devices that the wishes give: as asked, or the product of degrees that are all asked.
  [[nodiscard]] std::optional<std::int64_t> devices() const;

  /// Every valid plan for so many devices, the simplest first. Returns, where there was none, the rules that
  /// the nearest one breaks.
  std::vector<std::string> each(std::int64_t devices,
                                const std::function<void(const plan::Plan&)>& use) const;

  /// Valid plans of the widest data parallelism, for a spread of the other degrees: what more devices can
  /// reach.
  void each_widest(const std::function<void(const plan::Plan&)>& use) const;

  /// No valid plan has more devices.
  [[nodiscard]] std::int64_t most_devices() const;

 private:
  using Use = std::function<void(const plan::Plan&)>;

  [[nodiscard]] std::vector<std::int64_t> tensor_degrees() const;
  [[nodiscard]] std::vector<std::int64_t> expert_degrees(const plan::Plan& plan) const;
  [[nodiscard]] std::vector<plan::Recompute> recomputations() const;
  [[nodiscard]] std::int64_t widest_data() const;
  [[nodiscard]] std::vector<std::int64_t> spread_of_pipelines() const;
  [[nodiscard]] plan::Plan start(std::int64_t data, std::int64_t tensor, std::int64_t pipeline) const;
  [[nodiscard]] std::vector<std::string> mismatch(std::int64_t devices) const;
  void each_policy(plan::Plan plan, const Use& use, std::vector<std::string>& broken) const;

  Asked asked_;
  plan::Limits limits_;
  std::int64_t widest_tensor_;
  std::int64_t global_batch_ = 1;
  BatchSource batch_source_ = BatchSource::asked;
  bool training_;
};

/// Main memory of one device that a program may use: the catalog's figure, or the nominal one less `reserve`.
/// Throws BadInput where the capacity is unknown or nothing is left.
[[nodiscard]] Bytes usable_capacity(const hardware::Accelerator& device, const std::optional<Bytes>& reserve);

/// What there is room for on one device, and in the memory of a node where a plan offloads to it.
struct Room {
  Bytes device{0};
  std::optional<Bytes> node{};  ///< nothing where nothing is offloaded

  [[nodiscard]] bool holds(const Footprint& footprint) const {
    return footprint.total() <= device && (!node || footprint.node_offloaded <= *node);
  }
};

/// Throws BadInput as usable_capacity and hardware::outer_room do.
[[nodiscard]] Room room_for(const hardware::System& system, const Asked& asked,
                            const std::optional<Bytes>& reserve);

/// Refuses a number of devices that is no whole number of nodes (above one node) or beyond the system.
void check_devices(const hardware::System& system, std::int64_t devices);

}  // namespace memwall::footprint
