#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <utility>

#include "memwall/hardware/technology.hpp"
#include "study/trends_points.hpp"

namespace memwall::study {
namespace {

using hardware::Accelerator;
using hardware::Format;
using hardware::Unit;

constexpr std::array training_formats = {Format::fp32, Format::tf32, Format::bf16, Format::fp16};
constexpr std::array float_formats = {Format::fp32, Format::tf32, Format::bf16,
                                      Format::fp16, Format::fp8,  Format::fp4};

std::optional<double> highest_peak(const Accelerator& device, std::span<const Format> formats) {
  std::optional<double> highest;
  for (const Format format : formats) {
    for (const Unit unit : {Unit::matrix, Unit::vector}) {
      const auto* peak = device.peak(unit, format);
      if (peak != nullptr) highest = std::max(highest.value_or(0), peak->value.value());
    }
  }
  return highest;
}

std::optional<double> peak(const Accelerator& device) { return highest_peak(device, training_formats); }

bool is_on_chip(const Accelerator& device) { return device.main_memory().technology.starts_with("SRAM"); }

/// What graphics cards and accelerators are built with, and the paper's memory series are about.
bool has_graphics_memory(const Accelerator& device) {
  const std::string& technology = device.main_memory().technology;
  return technology.starts_with("HBM") || technology.starts_with("GDDR");
}

std::optional<double> bandwidth(const Accelerator& device) {
  const auto total = device.total_bandwidth(device.main_memory());
  return total ? std::optional(total->value()) : std::nullopt;
}

std::optional<double> ratio(std::optional<double> above, std::optional<double> below) {
  return above && below ? std::optional(*above / *below) : std::nullopt;
}

struct DeviceSeries {
  CatalogSeries series;
  std::optional<double> (*value)(const Accelerator&);
};

using D = const Accelerator&;
using Value = std::optional<double>;

Value graphics_bandwidth(D device) { return has_graphics_memory(device) ? bandwidth(device) : std::nullopt; }

Value graphics_capacity(D device) {
  const auto capacity = device.total_capacity(device.main_memory());
  return has_graphics_memory(device) && capacity ? Value(capacity->value()) : std::nullopt;
}

Value balance(D device) { return is_on_chip(device) ? std::nullopt : ratio(peak(device), bandwidth(device)); }

Value balance_on_chip(D device) {
  return is_on_chip(device) ? ratio(peak(device), bandwidth(device)) : std::nullopt;
}

Value balance_any_format(D device) {
  return is_on_chip(device) ? std::nullopt : ratio(highest_peak(device, float_formats), bandwidth(device));
}

const std::vector<DeviceSeries>& device_series() {
  static const std::vector<DeviceSeries> all = {
      {{"peak_flops", "Peak FLOP/s", "FLOP/s",
        "every device: its highest dense peak in a floating-point format of 16 to 32 bits, on whichever "
        "unit"},
       peak},
      {{"dram_bandwidth", "DRAM bandwidth", "B/s",
        "every device with HBM or GDDR: the bandwidth of all of it"},
       graphics_bandwidth},
      {{"accelerator_memory", "Accelerator memory", "B", "every device with HBM or GDDR: the capacity of it"},
       graphics_capacity},
      {{"balance", "Ridge point", "FLOP/B",
        "every device with off-chip main memory: the peak of peak_flops for each byte per second"},
       balance},
      {{"balance_any_format", "Ridge point in the narrowest format", "FLOP/B",
        "the same with fp8 and fp4 among the formats"},
       balance_any_format},
      {{"balance_on_chip", "Ridge point of devices whose main memory is on chip", "FLOP/B",
        "every device whose main memory is SRAM"},
       balance_on_chip},
  };
  return all;
}

void add_devices(Trends& trends, const hardware::Catalog& catalog) {
  const std::vector<Accelerator> devices = catalog.all_accelerators();
  for (const DeviceSeries& series : device_series()) {
    declare(trends, series.series);
    for (const Accelerator& device : devices) {
      const std::optional<double> value = series.value(device);
      if (!value) continue;
      TrendPoint point;
      point.series = series.series.name;
      point.name = device.name;
      point.date = device.released;
      point.value = *value;
      point.group = device.family;
      point.source = device.id;
      add_point(trends, std::move(point));
    }
    mark_leaders(trends, series.series.name);
  }
}

constexpr CatalogSeries interconnect_series{
    "interconnect_bandwidth", "Interconnect bandwidth", "GT/s",
    "every serial link: the rate of a lane, once where several links of a year have the same"};
constexpr CatalogSeries pin_series{"memory_pin_rate", "Memory rate per pin", "GT/s",
                                   "every memory generation: the rate of a pin"};

/// A bus whose lanes share a clock is no serial link: PCI, AGP, HyperTransport.
constexpr double slowest_serial = 2.5e9;

void add_technologies(Trends& trends, const CatalogSeries& series,
                      const std::vector<hardware::Technology>& technologies, bool serial) {
  declare(trends, series);
  std::set<std::pair<std::string, double>> known;
  for (const hardware::Technology& technology : technologies) {
    if (technology.rate <= 0 || (serial && technology.rate < slowest_serial)) continue;
    if (serial && !known.insert({technology.date, technology.rate}).second) continue;
    TrendPoint point;
    point.series = series.name;
    point.name = technology.name;
    point.date = technology.date;
    point.value = technology.rate / 1e9;
    point.group = technology.kind;
    point.source = technology.source;
    add_point(trends, std::move(point));
  }
  mark_leaders(trends, series.name);
}

}  // namespace

void add_hardware(Trends& trends, const hardware::Catalog& catalog) {
  add_devices(trends, catalog);
  add_technologies(trends, interconnect_series, hardware::interconnects(catalog.roots()), true);
  add_technologies(trends, pin_series, hardware::memory_technologies(catalog.roots()), false);
}

}  // namespace memwall::study
