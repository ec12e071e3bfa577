#include "memwall/workload/shape.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace memwall::workload {

std::string_view to_text(AxisKind kind) {
  switch (kind) {
    case AxisKind::batch:
      return "batch";
    case AxisKind::head:
      return "head";
    case AxisKind::sequence:
      return "sequence";
    case AxisKind::key:
      return "key";
    case AxisKind::height:
      return "height";
    case AxisKind::width:
      return "width";
    case AxisKind::feature:
      return "feature";
  }
  return "?";
}

std::optional<std::int64_t> Shape::find(AxisKind kind) const {
  const auto axis =
      std::find_if(axes_.begin(), axes_.end(), [kind](const Axis& a) { return a.kind == kind; });
  if (axis == axes_.end()) return std::nullopt;
  return axis->extent;
}

Shape Shape::with(AxisKind kind, std::int64_t extent) const {
  Shape result = *this;
  for (Axis& axis : result.axes_) {
    if (axis.kind == kind) {
      axis.extent = extent;
      return result;
    }
  }
  // Axes stand in the order of AxisKind, so that shapes with equal axes compare equal.
  const auto place =
      std::find_if(result.axes_.begin(), result.axes_.end(), [kind](const Axis& a) { return a.kind > kind; });
  result.axes_.insert(place, Axis{kind, extent});
  return result;
}

Shape Shape::without(AxisKind kind) const {
  Shape result = *this;
  std::erase_if(result.axes_, [kind](const Axis& a) { return a.kind == kind; });
  return result;
}

double Shape::elements() const {
  double product = 1;
  for (const Axis& axis : axes_) product *= static_cast<double>(axis.extent);
  return product;
}

std::string to_text(const Shape& shape) {
  std::string text = "[";
  for (const Axis& axis : shape.axes()) {
    if (axis.kind == AxisKind::batch) continue;
    if (text.size() > 1) text += ", ";
    text += fmt::format("{} {}", to_text(axis.kind), axis.extent);
  }
  return text + "]";
}

}  // namespace memwall::workload
