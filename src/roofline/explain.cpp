#include "memwall/roofline/explain.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "memwall/config/suggest.hpp"
#include "memwall/roofline/traffic.hpp"
#include "memwall/units/text.hpp"

namespace memwall::roofline {
namespace {

/// Whole numbers with separators, all others as precisely as a double says.
std::string exact(double value) {
  const bool whole = std::abs(value) <= largest_exact_count && value == std::floor(value);
  return whole ? count_text(value) : fmt::format("{:.15g}", value);
}

std::string exact(Bytes value) { return exact(value.value()) + " B"; }
std::string exact(Flops value) { return exact(value.value()) + " FLOP"; }

std::string numbered(const char* what, std::size_t index, std::size_t count) {
  return count == 1 ? std::string(what) : fmt::format("{} {}", what, index + 1);
}

bool is_part(const Kernel& kernel, std::string_view name) {
  return std::ranges::find(kernel.parts, name) != kernel.parts.end();
}

const OperatorTime& find_operator(const Roofline& roofline, std::string_view name,
                                  const config::Location& asked_at) {
  const auto& all = roofline.operators;
  auto found = std::ranges::find_if(all, [&](const OperatorTime& op) { return op.kernel.name == name; });
  if (found != all.end()) return *found;
  found = std::ranges::find_if(all, [&](const OperatorTime& op) { return is_part(op.kernel, name); });
  if (found != all.end()) return *found;
  std::vector<std::string> known;
  known.reserve(all.size());
  for (const OperatorTime& op : all) known.push_back(op.kernel.name);
  throw config::BadInput(asked_at,
                         fmt::format("no operator is named '{}'{}", name, config::suggestion(name, known)));
}

std::vector<Derivation> explain_dimensions(const Kernel& kernel) {
  std::vector<Derivation> lines;
  for (std::size_t i = 0; i < kernel.products.size(); ++i) {
    const workload::Matmul& p = kernel.products[i].matmul;
    Derivation line{numbered("product", i, kernel.products.size()), "groups x [m, k] x [k, n]", {}, {}};
    line.numbers = fmt::format("{} x [{}, {}] x [{}, {}]", exact(p.groups), exact(p.m), exact(p.k),
                               exact(p.k), exact(p.n));
    if (p.executed != 1) line.numbers += fmt::format(", of which {} is executed", exact(p.executed));
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<Derivation> explain_accesses(const Kernel& kernel) {
  std::vector<Derivation> lines;
  const auto add = [&](const char* verb, const Access& access) {
    lines.push_back(
        {fmt::format("{} {} ({})", verb, access.name, to_text(access.content)), "elements * bytes an element",
         fmt::format("{} * {}", exact(access.elements), exact(access.element)), exact(access.bytes())});
  };
  for (const Access& access : kernel.reads) add("read", access);
  for (const Access& access : kernel.writes) add("write", access);
  return lines;
}

std::string flops_numbers(const workload::Matmul& p) {
  std::string text =
      fmt::format("2 * {} * {} * {} * {}", exact(p.groups), exact(p.m), exact(p.n), exact(p.k));
  return p.executed == 1 ? text : text + fmt::format(" * {}", exact(p.executed));
}

const char* flops_formula(const workload::Matmul& p) {
  return p.executed == 1 ? "2 * groups * m * n * k" : "2 * groups * m * n * k * executed";
}

std::vector<Derivation> products_work(const Kernel& kernel) {
  std::vector<Derivation> lines;
  for (std::size_t i = 0; i < kernel.products.size(); ++i) {
    const Product& product = kernel.products[i];
    lines.push_back({numbered("product", i, kernel.products.size()), flops_formula(product.matmul),
                     flops_numbers(product.matmul), exact(product.flops())});
  }
  if (lines.size() > 1) lines.push_back({"all products", "sum", {}, exact(kernel.matrix())});
  return lines;
}

std::vector<Derivation> elements_work(const Kernel& kernel) {
  std::vector<Derivation> lines;
  lines.reserve(kernel.elements.size() + 1);
  for (const ElementWork& work : kernel.elements) {
    lines.push_back({"elements of " + work.over, "FLOPs an element * elements",
                     fmt::format("{} * {}", exact(work.each), exact(work.elements)), exact(work.flops())});
  }
  if (lines.size() > 1) lines.push_back({"all elements", "sum", {}, exact(kernel.vector())});
  return lines;
}

template <class Q>
PeakExplanation peak_line(std::string what, const hardware::Figure<Q>& figure) {
  return {fmt::format("{}: {}", what, to_text(figure.value)),
          std::string(hardware::name_of(figure.provenance)), figure.source, figure.where};
}

PeakExplanation peak_of(const ComputeCeiling& ceiling) {
  return peak_line(
      fmt::format("{} on the {} unit", hardware::name_of(ceiling.format), hardware::name_of(ceiling.unit)),
      ceiling.peak);
}

template <class Work, class Peak>
std::string quotient(Work work, Peak peak, const char* unit) {
  return fmt::format("{} / {} {}", exact(work), exact(peak.value()), unit);
}

/// A compute unit: products, element-wise work or both, each at its own peak.
ResourceExplanation explain_unit(const Machine& machine, const Kernel& kernel, const Resource& resource) {
  ResourceExplanation lines;
  lines.resource = resource.name;
  const bool matrix = resource.kind == ResourceKind::matrix;
  std::vector<std::string> quotients;
  if (matrix || machine.products.unit == hardware::Unit::vector) {
    lines.work = products_work(kernel);
    if (!kernel.products.empty()) {
      lines.peaks.push_back(peak_of(machine.products));
      quotients.push_back(quotient(kernel.matrix(), machine.products.peak.value, "FLOP/s"));
    }
  }
  if (!matrix && machine.elements && !kernel.elements.empty()) {
    for (Derivation& line : elements_work(kernel)) lines.work.push_back(std::move(line));
    lines.peaks.push_back(peak_of(*machine.elements));
    quotients.push_back(quotient(kernel.vector(), machine.elements->peak.value, "FLOP/s"));
  }
  lines.time = {"time", "work / peak", fmt::format("{}", fmt::join(quotients, " + ")), {}};
  return lines;
}

void explain_product_traffic(const Kernel& kernel, std::size_t index, Bytes room,
                             std::vector<Derivation>& lines) {
  const Product& product = kernel.products[index];
  if (product.rounds > 1 || product.left.value() * product.right.value() * product.result.value() == 0)
    return;
  const workload::Matmul& p = product.matmul;
  const std::string name = numbered("product", index, kernel.products.size());
  const Bytes least = least_traffic(product, room);
  const Bytes once = operand_bytes(product);
  lines.push_back({name + " at least",
                   fmt::format("{} * sqrt(left * right * result / room)", flops_formula(p)),
                   fmt::format("{} * sqrt({} * {} * {} / {})", flops_numbers(p), exact(product.left),
                               exact(product.right), exact(product.result), exact(room)),
                   exact(least)});
  lines.push_back({name + " operands once", "groups * (left * m * k + right * k * n + result * m * n)",
                   fmt::format("{0} * ({1} * {4} * {6} + {2} * {6} * {5} + {3} * {4} * {5})", exact(p.groups),
                               exact(product.left), exact(product.right), exact(product.result), exact(p.m),
                               exact(p.n), exact(p.k)),
                   exact(once)});
  lines.push_back({name + " again", "max(0, at least - operands once)", {}, exact(surplus(product, room))});
}

void explain_rereads(const Kernel& kernel, Bytes room, std::vector<Derivation>& lines) {
  for (std::size_t i = 0; i < kernel.products.size(); ++i) explain_product_traffic(kernel, i, room, lines);
  if (kernel.attention) {
    const AttentionStream& s = *kernel.attention;
    const Bytes rows = s.rows * s.row;
    const Bytes keys = s.keys * s.key;
    lines.push_back({"streamed again", "groups * max(0, executed * rows * keys / room - max(rows, keys))",
                     fmt::format("{0} * max(0, {1} * {2} * {3} / {4} - max({2}, {3}))", exact(s.groups),
                                 exact(s.executed), exact(rows), exact(keys), exact(room)),
                     exact(attention_surplus(s, room))});
  }
  if (const Recurrence r = recurrence(kernel); r.rounds > 1) {
    lines.push_back(
        {"weights again", "(rounds - 1) * max(0, weights of a round - room)",
         fmt::format("({} - 1) * max(0, {} - {})", exact(r.rounds), exact(r.weights), exact(room)),
         exact(recurrence_surplus(r, room))});
  }
}

std::vector<Derivation> explain_traffic(const LevelCeiling& level, const Kernel& kernel, Bytes bytes) {
  std::vector<Derivation> lines = {{"accesses once", "sum of reads and writes", {}, exact(kernel.touched())}};
  const std::optional<Bytes> room = level.room();
  if (!room) {
    lines.push_back(
        {"traffic", "accesses once: no capacity is known inside " + level.name, {}, exact(bytes)});
    return lines;
  }
  std::vector<std::string> rooms;
  rooms.reserve(level.inside.size());
  for (const Room& inner : level.inside) rooms.push_back(inner.level + " " + exact(inner.capacity));
  lines.push_back(
      {"room", "capacity inside " + level.name, fmt::format("{}", fmt::join(rooms, " + ")), exact(*room)});
  explain_rereads(kernel, *room, lines);
  lines.push_back({"traffic", "accesses once + again", {}, exact(bytes)});
  return lines;
}

ResourceExplanation explain_level(const Machine& machine, const OperatorTime& op, const Resource& resource) {
  const auto index = static_cast<std::size_t>(resource.level);
  const LevelCeiling& level = machine.levels[index];
  ResourceExplanation lines;
  lines.resource = resource.name;
  lines.work = explain_traffic(level, op.kernel, op.cost.bytes[index]);
  if (!level.bandwidth) return lines;
  lines.peaks = {peak_line(level.name + " bandwidth", *level.bandwidth)};
  lines.time = {
      "time", "traffic / bandwidth", quotient(op.cost.bytes[index], level.bandwidth->value, "B/s"), {}};
  return lines;
}

std::vector<ResourceExplanation> explain_resources(const Machine& machine, const OperatorTime& op) {
  std::vector<ResourceExplanation> all;
  for (std::size_t i = 0; i < machine.resources.size(); ++i) {
    const Resource& resource = machine.resources[i];
    if (resource.kind == ResourceKind::latency) continue;
    ResourceExplanation lines = resource.kind == ResourceKind::memory
                                    ? explain_level(machine, op, resource)
                                    : explain_unit(machine, op.kernel, resource);
    lines.seconds = op.cost.times[i];
    lines.time.result = to_text(lines.seconds);
    all.push_back(std::move(lines));
  }
  return all;
}

std::vector<IntensityExplanation> explain_intensities(const Machine& machine, const OperatorTime& op) {
  std::vector<IntensityExplanation> all;
  const ComputeCeiling ceiling =
      op.kernel.products.empty() ? machine.elements.value_or(machine.products) : machine.products;
  for (std::size_t i = 0; i < machine.levels.size(); ++i) {
    const LevelCeiling& level = machine.levels[i];
    IntensityExplanation lines;
    lines.level = level.name;
    lines.intensity = {"intensity at " + lines.level, "(products + elements) / traffic",
                       fmt::format("({} + {}) / {}", exact(op.kernel.matrix().value()),
                                   exact(op.kernel.vector()), exact(op.cost.bytes[i])),
                       to_text(intensity(op.kernel, op.cost, i))};
    if (level.bandwidth) {
      lines.ridge =
          fmt::format("ridge of {} on the {} unit: {}", hardware::name_of(ceiling.format),
                      hardware::name_of(ceiling.unit), to_text(ceiling.peak.value / level.bandwidth->value));
    }
    all.push_back(std::move(lines));
  }
  return all;
}

void name_the_bound(Explanation& explanation) {
  const ResourceExplanation* first = nullptr;
  const ResourceExplanation* second = nullptr;
  for (const ResourceExplanation& resource : explanation.resources) {
    if (resource.seconds == Seconds(0)) continue;
    if (first == nullptr || resource.seconds > first->seconds) {
      second = first;
      first = &resource;
    } else if (second == nullptr || resource.seconds > second->seconds) {
      second = &resource;
    }
  }
  explanation.bound = first == nullptr ? "unknown" : first->resource;
  if (second == nullptr) return;
  explanation.next = second->resource;
  explanation.margin = first->seconds / second->seconds;
}

}  // namespace

Explanation explain(const Roofline& roofline, std::string_view name, const config::Location& asked_at) {
  const OperatorTime& op = find_operator(roofline, name, asked_at);
  Explanation result;
  result.name = op.kernel.name;
  result.kind = op.kernel.pass == Pass::optimizer ? "optimizer" : workload::to_text(op.kernel.kind);
  result.pass = to_text(op.kernel.pass);
  result.count = op.kernel.count;
  result.device = roofline.machine.name;
  result.recipe = roofline.machine.recipe;
  result.dimensions = explain_dimensions(op.kernel);
  result.accesses = explain_accesses(op.kernel);
  result.resources = explain_resources(roofline.machine, op);
  result.intensities = explain_intensities(roofline.machine, op);
  result.time = op.cost.time;
  result.total = op.total();
  result.notes = roofline.notes;
  name_the_bound(result);
  return result;
}

}  // namespace memwall::roofline
