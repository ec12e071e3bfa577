#include <algorithm>
#include <utility>

#include "hardware/choices.hpp"
#include "hardware/figure_reader.hpp"
#include "memwall/config/fields.hpp"
#include "memwall/config/suggest.hpp"
#include "memwall/hardware/reader.hpp"

namespace memwall::hardware {

using config::Entry;
using config::Fields;
using config::Node;
using config::Problems;

Defaults read_defaults(const Node& tree) {
  Problems problems;
  Defaults defaults;
  const Fields all(tree, problems, "defaults");
  for (const Entry& entry : tree.entries) {
    Fields fields(entry.value, problems, "defaults of '" + entry.key + "'");
    RuntimeDefaults runtime;
    runtime.reserve_share = fields.number("reserve_share").value_or(0);
    if (runtime.reserve_share < 0 || runtime.reserve_share >= 1) {
      problems.add(entry.value.find("reserve_share")->where, "reserve_share: must be from 0 to below 1");
    }
    runtime.context_per_unit = fields.quantity<Bytes>("context_per_unit");
    runtime.source = fields.text("source").value_or(entry.where.file);
    runtime.provenance = read_provenance(fields.optional("provenance"), problems);
    fields.finish();
    if (std::ranges::find(kinds(), entry.key) == kinds().end()) {
      problems.add(entry.where, "unknown kind '" + entry.key + "'" + config::suggestion(entry.key, kinds()));
    }
    defaults.emplace(entry.key, std::move(runtime));
  }
  problems.throw_if_any();
  return defaults;
}

}  // namespace memwall::hardware
