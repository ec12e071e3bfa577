#include "memwall/hardware/technology.hpp"

#include <array>
#include <span>
#include <string_view>
#include <system_error>

#include "hardware/figure_reader.hpp"
#include "memwall/config/fields.hpp"

namespace memwall::hardware {
namespace {

namespace fs = std::filesystem;
using config::Fields;
using config::Node;
using config::Problems;

struct Layout {
  std::string_view file;
  std::string_view list;
  std::string_view rate;                     ///< key of the rate of a pin or lane, in GT/s
  std::span<const std::string_view> others;  ///< keys that trends do not look at
};

constexpr std::array<std::string_view, 8> memory_keys = {
    "year_of",   "bus_width_bits",    "bandwidth_of", "max_capacity",
    "energy_of", "energy_pj_per_bit", "notes",        "compared_with"};
constexpr std::array<std::string_view, 6> link_keys = {"year_of", "lanes", "encoding",
                                                       "latency", "notes", "compared_with"};
constexpr Layout memory_layout{"memory_technologies.yaml", "technologies", "gtps_per_pin", memory_keys};
constexpr Layout link_layout{"interconnects.yaml", "interconnects", "gtps_per_lane", link_keys};

Technology read_technology(const Node& node, const Layout& layout, Problems& problems) {
  Fields fields(node, problems, "technology");
  Technology technology;
  technology.id = fields.required_text("id");
  technology.name = fields.required_text("name");
  technology.kind = fields.required_text("kind");
  technology.date = fields.required_text("year");
  technology.rate = 1e9 * fields.number(layout.rate).value_or(0);
  if (technology.rate < 0) problems.add(node.where, std::string(layout.rate) + ": must be above 0");
  technology.bandwidth = fields.quantity<BytesPerSecond>("bandwidth").value_or(BytesPerSecond(0));
  technology.source = fields.required_text("source");
  technology.provenance = read_provenance(fields.optional("provenance"), problems);
  for (const std::string_view key : layout.others) (void)fields.optional(key);
  fields.finish();
  return technology;
}

std::vector<Technology> read(const std::vector<fs::path>& roots, const Layout& layout) {
  for (const fs::path& root : roots) {
    const fs::path file = root / "hardware" / layout.file;
    std::error_code ignored;
    if (!fs::is_regular_file(file, ignored)) continue;
    const Node tree = config::read_yaml(file);
    Problems problems;
    std::vector<Technology> all;
    Fields fields(tree, problems, std::string(layout.file));
    if (const Node* list = fields.required(layout.list)) {
      for (const Node& node : list->items) all.push_back(read_technology(node, layout, problems));
    }
    fields.finish();
    problems.throw_if_any();
    return all;
  }
  throw config::BadFile("hardware/" + std::string(layout.file), "not found in the catalog");
}

}  // namespace

std::vector<Technology> memory_technologies(const std::vector<fs::path>& roots) {
  return read(roots, memory_layout);
}

std::vector<Technology> interconnects(const std::vector<fs::path>& roots) { return read(roots, link_layout); }

}  // namespace memwall::hardware
