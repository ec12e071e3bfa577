#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Shapes whose axes are known by their meaning, not by their position.
///
/// A convolution finds its `height` and `width`, a linear layer its `feature` and attention its `sequence`,
/// whatever stands between; and a plan divides an axis because of what it is.
namespace memwall::workload {

enum class AxisKind { batch, head, sequence, key, height, width, feature };

[[nodiscard]] std::string_view to_text(AxisKind kind);

/// One axis: `key` is the sequence axis of what attention looks at, `head` that of attention heads.
struct Axis {
  AxisKind kind;
  std::int64_t extent;

  friend bool operator==(const Axis&, const Axis&) = default;
};

/// The axes of a tensor, outermost first, each kind at most once.
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<Axis> axes) : axes_(axes) {}

  [[nodiscard]] const std::vector<Axis>& axes() const& { return axes_; }
  [[nodiscard]] std::vector<Axis> axes() && { return std::move(axes_); }
  [[nodiscard]] bool has(AxisKind kind) const { return find(kind).has_value(); }
  [[nodiscard]] std::optional<std::int64_t> find(AxisKind kind) const;

  /// The extent of an axis; 1 where the shape lacks it.
  [[nodiscard]] std::int64_t extent(AxisKind kind) const { return find(kind).value_or(1); }

  /// This shape with one axis set to `extent` (added innermost where it lacks it).
  [[nodiscard]] Shape with(AxisKind kind, std::int64_t extent) const;
  [[nodiscard]] Shape without(AxisKind kind) const;

  /// The product of the extents: exact to 2^53 (lowering refuses more).
  [[nodiscard]] double elements() const;

  friend bool operator==(const Shape&, const Shape&) = default;

 private:
  std::vector<Axis> axes_;
};

/// `[sequence 2048, feature 12288]`: the batch axis is left out, since a layer never sees it.
[[nodiscard]] std::string to_text(const Shape& shape);

}  // namespace memwall::workload
