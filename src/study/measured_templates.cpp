#include <set>

#include <fmt/format.h>

#include "memwall/config/fields.hpp"
#include "memwall/study/measured.hpp"

namespace memwall::study {
namespace {

using config::Fields;
using config::Node;
using config::Problems;

/// Whether the word under `key` is `yes`; `no` is the only other.
bool either(Fields& fields, const char* key, const char* no, const char* yes) {
  const auto word = fields.text(key);
  if (!word || *word == no) return false;
  if (*word != yes) {
    fields.problems().add(fields.optional(key)->where,
                          fmt::format("{} is '{}'; expected {} or {}", key, *word, no, yes));
  }
  return *word == yes;
}

RunTemplate read_template(const Node& node, Problems& problems) {
  Fields fields(node, problems, "template");
  RunTemplate read;
  read.where = node.where;
  read.name = fields.required_text("name");
  fields.required("columns");
  read.columns = fields.texts("columns");
  read.workload = fields.text("workload").value_or("");
  read.recipe = fields.required_text("recipe");
  read.optimizer = fields.required_text("optimizer");
  read.flash_attention = either(fields, "attention", "standard", "flash");
  read.fuse_elementwise = either(fields, "fuse", "none", "elementwise");
  if (const Node* plan = fields.optional("plan")) read.plan = footprint::read_asked(*plan, problems);
  fields.finish();
  return read;
}

}  // namespace

RunTemplates read_run_templates(const std::filesystem::path& file) {
  const Node root = config::read_yaml(file);
  Problems problems;
  Fields fields(root, problems, "templates of measured runs");
  RunTemplates read;
  if (const Node* dimensions = fields.optional("dimensions")) {
    if (!dimensions->is_map()) problems.add(dimensions->where, "dimensions is no map of columns to names");
    for (const config::Entry& entry : dimensions->entries)
      read.dimensions.emplace_back(entry.key, entry.value.text);
  }
  const Node* templates = fields.required("templates");
  fields.finish();
  if (templates != nullptr && !templates->is_sequence())
    problems.add(templates->where, "templates is no list");
  for (const Node& node : templates == nullptr ? std::vector<Node>{} : templates->items)
    read.templates.push_back(read_template(node, problems));
  problems.throw_if_any();
  return read;
}

}  // namespace memwall::study
