#include "hardware/figure_reader.hpp"

#include "memwall/config/suggest.hpp"

namespace memwall::hardware {

using config::Fields;
using config::Node;
using config::Problems;

void accept_origin(Fields& fields) {
  static_cast<void>(fields.text("source"));
  static_cast<void>(read_provenance(fields.optional("provenance"), fields.problems()));
}

Provenance read_provenance(const Node* node, Problems& problems) {
  if (node == nullptr) return Provenance::assumed;
  if (node->is_scalar()) {
    if (const auto provenance = provenance_named(node->text)) return *provenance;
  }
  problems.add(node->where, "provenance: unknown " + config::describe(*node) +
                                config::suggestion(node->text, provenance_names()));
  return Provenance::assumed;
}

bool within(double value, Bound bound, const Node& node, const std::string& path, Problems& problems) {
  const auto refuse = [&](std::string_view wanted) {
    problems.add(node.where, path + ": must be " + std::string(wanted) + ", found '" + node.text + "'");
    return false;
  };
  if (bound == Bound::positive && !(value > 0)) return refuse("above zero (leave out what is unknown)");
  if (bound == Bound::not_negative && !(value >= 0)) return refuse("zero or above");
  if (bound == Bound::at_least_one && !(value >= 1)) return refuse("1 or above");
  if (!(value <= largest_figure)) return refuse("at most 1e30 of its base unit");
  return true;
}

}  // namespace memwall::hardware
