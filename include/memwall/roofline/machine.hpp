#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/hardware/accelerator.hpp"
#include "memwall/hardware/fallback.hpp"
#include "memwall/plan/recipe.hpp"
#include "memwall/units/quantity.hpp"

/// A device as a recipe's kernels meet it: the ceilings of its roofline.
namespace memwall::roofline {

/// A unit's peak in the format that the recipe gets there.
struct ComputeCeiling {
  hardware::Unit unit = hardware::Unit::matrix;
  hardware::Format format = hardware::Format::fp32;
  hardware::Figure<FlopsPerSecond> peak;
};

/// Room that lies inside a level: one inner level, of the whole device.
struct Room {
  std::string level;
  Bytes capacity;
};

/// Main memory or a level inside it.
struct LevelCeiling {
  std::string name;
  std::optional<hardware::Figure<BytesPerSecond>> bandwidth;  ///< of the whole device; empty where unknown
  std::vector<Room> inside;  ///< every level further in whose capacity is known

  /// All of `inside` together: what need not be read again. Empty where nothing is known.
  [[nodiscard]] std::optional<Bytes> room() const;
};

enum class ResourceKind { matrix, vector, memory, latency };

[[nodiscard]] std::string_view to_text(ResourceKind kind);

/// Something that takes time, and by which an operator may be bound.
struct Resource {
  ResourceKind kind = ResourceKind::matrix;
  std::string name;            ///< "matrix", "vector", the level's name, "latency"
  int level = workload::none;  ///< of a memory: index into Machine::levels
};

/// Everything that prices a kernel. Made once for a device and a recipe.
struct Machine {
  std::string device;  ///< id
  std::string name;
  std::string recipe;
  ComputeCeiling products;                 ///< where matrix products run: perhaps on the vector unit
  std::optional<ComputeCeiling> elements;  ///< where element-wise work runs; empty: no peak is known
  std::vector<LevelCeiling> levels;        ///< main memory first, then inner levels of known bandwidth
  std::vector<Resource> resources;
  std::vector<std::string> notes;  ///< fallbacks and what is unknown, each a sentence for the user

  /// Index into `resources` of the unit that products (element-wise work) occupy; none where none is known.
  [[nodiscard]] int resource_of(hardware::Unit unit) const;
};

/// The ceilings of `device` under `recipe`. Throws BadInput where it has no peak for the recipe's products.
[[nodiscard]] Machine make_machine(const hardware::Accelerator& device, const plan::Recipe& recipe);

/// The intensity at which a peak and a memory level take equally long: below it memory bounds.
struct Ridge {
  hardware::Unit unit = hardware::Unit::matrix;
  hardware::Format format = hardware::Format::fp32;
  std::string level;
  FlopsPerByte intensity;
};

/// Every known peak over every level, main memory or inside it, whose bandwidth is known.
[[nodiscard]] std::vector<Ridge> ridges(const hardware::Accelerator& device);

}  // namespace memwall::roofline
