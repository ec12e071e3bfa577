#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/config/problem.hpp"
#include "memwall/hardware/figure.hpp"
#include "memwall/hardware/format.hpp"
#include "memwall/hardware/topology.hpp"
#include "memwall/units/quantity.hpp"

/// One device as a program sees it: what it can compute, hold, move and draw.
namespace memwall::hardware {

/// The two kinds of arithmetic that a device has: tensor cores, matrix cores, systolic arrays; and ordinary
/// lanes.
enum class Unit { matrix, vector };

/// "matrix", "vector".
[[nodiscard]] std::string_view name_of(Unit unit);

/// Dense peaks by number format, indexed by `Format`; empty where the unit lacks the format or nobody says.
using Peaks = std::array<std::optional<Figure<FlopsPerSecond>>, format_count>;

/// The equal parts that work is spread over: SMs, CUs, cores.
struct Units {
  std::string name;
  Figure<std::int64_t> count;
  std::optional<Figure<Hertz>> clock;  ///< boost clock; a CPU's turbo
};

/// A memory of the device. What nobody publishes is empty, never zero.
struct MemoryLevel {
  std::string name;                                 ///< "HBM", "L2", "shared", "registers"
  std::string technology;                           ///< "HBM3", "SRAM"; may be empty
  std::optional<Figure<Bytes>> capacity;            ///< of the device, or of one unit where `per_unit`
  std::optional<Figure<BytesPerSecond>> bandwidth;  ///< of the device, or of one unit where `per_unit`
  bool per_unit = false;
};

/// Links to peer devices, all links of the device added.
struct Link {
  std::string name;
  Figure<BytesPerSecond> bandwidth;        ///< per direction
  std::optional<std::int64_t> domain;      ///< largest group of devices that these links join
  Topology topology = Topology::switched;  ///< how that group is joined; `switch` where the file does not say
  std::vector<std::int64_t> shape;         ///< of a torus, where known
};

/// The way to the host's memory.
struct HostLink {
  std::string name;
  std::optional<Figure<BytesPerSecond>> bandwidth;  ///< per direction
};

/// A device of the catalog or of a user's file. Made whole by `read_accelerator` and not changed after:
/// a what-if is made in the file's tree before reading.
struct Accelerator {
  std::string id;    ///< the file's name without .yaml
  std::string name;  ///< "H100 SXM5 80GB"
  std::string vendor;
  std::string family;
  std::string kind;      ///< "gpu", "tpu", "cpu", "npu", "asic"
  std::string released;  ///< "2022-09-20", "2022-09" or "2022"; empty where unknown
  std::string notes;
  std::vector<std::string> aliases;
  std::vector<std::string> files;  ///< every file that it was read from, its own first
  config::Location where;          ///< of the file's first key

  Peaks matrix;
  Peaks vector;
  std::optional<Units> units;
  std::vector<MemoryLevel> levels;  ///< from the outermost inwards
  std::size_t main_level = 0;       ///< index of main memory in `levels`
  std::optional<Link> link;
  std::optional<HostLink> host;

  std::optional<Figure<Watts>> power;
  std::optional<Figure<double>> die_area_mm2;
  std::string process;
  std::optional<Figure<Dollars>> price;

  /// Bytes of the nominal main memory that the driver does not report.
  std::optional<Figure<Bytes>> reserve;
  /// Bytes that the runtime takes from what the driver reports, before the user's first tensor.
  std::optional<Figure<Bytes>> context;

  /// The peak of `unit` in `format`; null where it has none.
  [[nodiscard]] const Figure<FlopsPerSecond>* peak(Unit unit, Format format) const;

  /// The level of that name (`main` is the main level); null where there is none.
  [[nodiscard]] const MemoryLevel* memory(std::string_view level_name) const;

  [[nodiscard]] const MemoryLevel& main_memory() const { return levels[main_level]; }

  /// Capacity of the whole device: a per-unit level times the units. Empty where unknown.
  [[nodiscard]] std::optional<Bytes> total_capacity(const MemoryLevel& level) const;

  /// Bandwidth of the whole device, likewise.
  [[nodiscard]] std::optional<BytesPerSecond> total_bandwidth(const MemoryLevel& level) const;

  /// Main memory that a program may use: capacity - reserve - context. Empty where the capacity is unknown.
  [[nodiscard]] std::optional<Bytes> usable_memory() const;
};

}  // namespace memwall::hardware
