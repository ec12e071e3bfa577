#include "memwall/workload/workload.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "memwall/config/fields.hpp"
#include "memwall/config/suggest.hpp"
#include "workload/layers/table.hpp"

namespace memwall::workload {
namespace {

using config::Entry;
using config::Fields;
using config::Node;
using config::Problems;

/// Checks layers as written, without evaluating anything: kinds, options and blocks, wherever they stand.
class LayerCheck {
 public:
  LayerCheck(const Node& blocks, Problems& problems) : blocks_(blocks), problems_(problems) {}

  void list(const Node& layers, std::string_view what) {
    if (!layers.is_sequence()) {
      problems_.add(layers.where,
                    fmt::format("{} is {}; expected a list of layers", what, config::describe(layers)));
      return;
    }
    for (const Node& layer : layers.items) one(layer);
  }

  void block(const Entry& block) {
    Fields fields(block.value, problems_, fmt::format("block '{}'", block.key));
    const Node* arguments = fields.optional("arguments");
    if (arguments != nullptr && arguments->is_map()) {
      this->arguments(block.key, *arguments);
    } else if (arguments != nullptr) {
      problems_.add(arguments->where,
                    fmt::format("arguments of block '{}' are {}; expected a map of names to default values",
                                block.key, config::describe(*arguments)));
    }
    const Node* layers = fields.required("layers");
    fields.finish();
    if (layers == nullptr) return;
    inside_ = block.key;
    list(*layers, fmt::format("block '{}': layers", block.key));
    inside_.clear();
  }

  /// Reports every circle of blocks that contain one another, once.
  void cycles() {
    std::map<std::string, int> state;  // 1: on the path that is being followed, 2: done
    for (const auto& [start, uses] : uses_) {
      if (!start.empty() && state[start] == 0) follow(start, state);
    }
  }

 private:
  void one(const Node& layer) {
    const LayerKind* kind = kind_of(layer);
    if (kind == nullptr) {
      unknown_kind(layer);
      return;
    }
    if (!layer.is_map()) {
      // What gives other layers their order is nothing without them.
      if (kind->lower == nullptr)
        problems_.add(layer.where,
                      fmt::format("'{}' needs a value: write {{{}: ...}}", kind->name, kind->name));
      return;
    }
    const bool repeats = kind->name == "repeat";
    if (repeats && (layer.find("layers") == nullptr) == (layer.find("block") == nullptr))
      problems_.add(layer.where, "repeat: expected either 'layers' or 'block'");
    if (kind->name == "block" || (repeats && layer.find("block") != nullptr)) {
      call(layer, *kind);
    } else {
      options(layer, *kind);
    }
    sub_layers(layer, *kind);
  }

  void unknown_kind(const Node& layer) {
    std::vector<std::string> names;
    for (const LayerKind& kind : layer_kinds()) names.push_back(kind.name);
    if (layer.is_scalar()) {
      problems_.add(layer.where, fmt::format("'{}' is no layer kind{}", layer.text,
                                             config::suggestion(layer.text, names)));
      return;
    }
    if (!layer.is_map() || layer.entries.empty()) {
      problems_.add(layer.where,
                    fmt::format("{} where a layer is expected, such as relu or {{linear: hidden}}",
                                config::describe(layer)));
      return;
    }
    const Entry& first = layer.entries.front();
    problems_.add(first.where,
                  fmt::format("'{}' is no layer kind{}", first.key, config::suggestion(first.key, names)));
  }

  void options(const Node& layer, const LayerKind& kind) {
    std::vector<std::string> known = kind.options;
    known.insert(known.end(), common_options().begin(), common_options().end());
    for (const Entry& entry : layer.entries) {
      if (entry.key == kind.name || std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
      problems_.add(entry.where, fmt::format("unknown key '{}' in layer '{}'{}", entry.key, kind.name,
                                             config::suggestion(entry.key, known)));
    }
  }

  /// An argument must be told apart from what any call of a block may carry.
  void arguments(const std::string& block, const Node& arguments) {
    std::vector<std::string> taken = common_options();
    taken.insert(taken.end(), {"block", "repeat", "layers", "index", "shared_weights"});
    for (const Entry& argument : arguments.entries) {
      if (std::find(taken.begin(), taken.end(), argument.key) == taken.end()) continue;
      problems_.add(argument.where,
                    fmt::format("argument '{}' of block '{}' has the name of an option; choose another",
                                argument.key, block));
    }
  }

  void call(const Node& layer, const LayerKind& kind) {
    const Node* name = layer.find("block");
    if (!name->is_scalar()) {
      problems_.add(name->where,
                    fmt::format("block is {}; expected a block's name", config::describe(*name)));
      return;
    }
    const Entry* block = find_block(name->text);
    if (block == nullptr) {
      std::vector<std::string> known;
      for (const Entry& entry : blocks_.entries) known.push_back(entry.key);
      problems_.add(name->where, fmt::format("no block is named '{}'{}", name->text,
                                             config::suggestion(name->text, known)));
      return;
    }
    uses_[inside_].insert(name->text);
    std::vector<std::string> known = common_options();
    known.insert(known.end(), {"block"});
    if (kind.name == "repeat") known.insert(known.end(), {"repeat", "index", "shared_weights"});
    if (const Node* arguments = block->value.find("arguments"); arguments != nullptr) {
      for (const Entry& argument : arguments->entries) known.push_back(argument.key);
    }
    for (const Entry& entry : layer.entries) {
      if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
      problems_.add(entry.where, fmt::format("block '{}' has no argument '{}'{}", name->text, entry.key,
                                             config::suggestion(entry.key, known)));
    }
  }

  void sub_layers(const Node& layer, const LayerKind& kind) {
    const auto nested = [&](std::string_view option) {
      if (const Node* layers = layer.find(option); layers != nullptr)
        list(*layers, fmt::format("{}: {}", kind.name, option));
    };
    if (kind.name == "residual" || kind.name == "sequential" || kind.name == "side") nested(kind.name);
    if (kind.name == "residual") nested("shortcut");
    if (kind.name == "repeat" || kind.name == "experts") nested("layers");
    if (kind.name != "parallel") return;
    const Node* branches = layer.find("parallel");
    if (!branches->is_sequence()) {
      problems_.add(branches->where, fmt::format("parallel is {}; expected a list of lists of layers",
                                                 config::describe(*branches)));
    } else {
      for (const Node& branch : branches->items) {
        if (!branch.is_null()) list(branch, "parallel");
      }
    }
  }

  const Entry* find_block(std::string_view name) const {
    const auto found = std::find_if(blocks_.entries.begin(), blocks_.entries.end(),
                                    [name](const Entry& e) { return e.key == name; });
    return found == blocks_.entries.end() ? nullptr : &*found;
  }

  /// Follows what a block contains, depth first and without recursion, as chains may be long.
  void follow(const std::string& start, std::map<std::string, int>& state) {
    struct Place {
      std::string name;
      std::set<std::string>::const_iterator next;
    };
    static const std::set<std::string> nothing;
    const auto uses_of = [this](const std::string& name) -> const std::set<std::string>& {
      const auto found = uses_.find(name);
      return found == uses_.end() ? nothing : found->second;
    };
    std::vector<Place> path{{start, uses_of(start).begin()}};
    state[start] = 1;
    while (!path.empty()) {
      Place& here = path.back();
      if (here.next == uses_of(here.name).end()) {
        state[here.name] = 2;
        path.pop_back();
        continue;
      }
      const std::string next = *here.next++;
      int& seen = state[next];
      if (seen == 1) {
        const auto begin =
            std::find_if(path.begin(), path.end(), [&](const Place& p) { return p.name == next; });
        std::string circle;
        for (auto place = begin; place != path.end(); ++place) circle += place->name + " -> ";
        problems_.add(find_block(next)->where, "cyclic definition: block " + circle + next);
      } else if (seen == 0) {
        seen = 1;
        path.push_back({next, uses_of(next).begin()});
      }
    }
  }

  const Node& blocks_;
  Problems& problems_;
  std::string inside_;  ///< the block whose layers are being checked
  std::map<std::string, std::set<std::string>> uses_;
};

void check_defaults(const Node& defaults, Problems& problems) {
  for (const Entry& entry : defaults.entries) {
    const LayerKind* kind = find_kind(entry.key);
    if (kind == nullptr) {
      std::vector<std::string> names;
      for (const LayerKind& known : layer_kinds()) names.push_back(known.name);
      problems.add(entry.where,
                   fmt::format("'{}' is no layer kind{}", entry.key, config::suggestion(entry.key, names)));
      continue;
    }
    if (!entry.value.is_map()) {
      problems.add(entry.value.where, fmt::format("defaults of '{}' are {}; expected a map of options",
                                                  entry.key, config::describe(entry.value)));
      continue;
    }
    std::vector<std::string> known = kind->options;
    known.insert(known.end(), {"weights", "head", "shard"});
    for (const Entry& option : entry.value.entries) {
      if (std::find(known.begin(), known.end(), option.key) != known.end()) continue;
      problems.add(option.where, fmt::format("unknown key '{}' in defaults of '{}'{}", option.key, entry.key,
                                             config::suggestion(option.key, known)));
    }
  }
}

std::optional<double> positive(Fields& fields, std::string_view key) {
  const auto value = fields.number(key);
  if (value && !(*value > 0)) {
    fields.problems().add(fields.optional(key)->where, fmt::format("{}: {} is not above 0", key, *value));
    return std::nullopt;
  }
  return value;
}

Training read_training(const Node* node, Problems& problems) {
  Training training;
  if (node == nullptr) return training;
  Fields fields(*node, problems, "training");
  training.batch = fields.positive_integer("batch");
  training.device_batch = fields.positive_integer("device_batch");
  training.samples = positive(fields, "samples");
  training.tokens = positive(fields, "tokens");
  training.epochs = positive(fields, "epochs");
  training.dataset = positive(fields, "dataset");
  training.optimizer = fields.text("optimizer").value_or(training.optimizer);
  training.recipe = fields.text("recipe").value_or(training.recipe);
  fields.finish();
  return training;
}

Node map_or_empty(Fields& fields, std::string_view key) {
  const Node* node = fields.optional(key);
  Node empty;
  empty.kind = Node::Kind::map;
  empty.where = fields.node().where;
  if (node == nullptr || node->is_null()) return empty;
  if (!node->is_map()) {
    fields.problems().add(node->where, fmt::format("{} is {}; expected a map", key, config::describe(*node)));
    return empty;
  }
  return *node;
}

void check_inputs(const Node& inputs, const config::Location& where, Problems& problems) {
  if (inputs.entries.empty()) problems.add(where, "a workload needs at least one input under 'inputs'");
  for (const Entry& input : inputs.entries) {
    Fields fields(input.value, problems, fmt::format("input '{}'", input.key));
    for (const char* key : {"feature", "sequence", "height", "width"}) fields.optional(key);
    if (const auto type = fields.text("type"); type && *type != "index" && *type != "number") {
      problems.add(fields.optional("type")->where,
                   fmt::format("type: '{}' is not known; expected index or number", *type));
    }
    if (const Node* type = input.value.find("type"); type != nullptr && type->text == "index") {
      if (const Node* feature = input.value.find("feature"); feature != nullptr)
        problems.add(feature->where,
                     fmt::format("input '{}' holds integers, which have no features", input.key));
    }
    fields.boolean("once");
    fields.finish();
  }
}

}  // namespace

Workload read_workload(const Node& root) {
  Problems problems;
  Fields fields(root, problems, "workload");
  Workload workload;
  workload.id = fields.required_text("id");
  workload.name = fields.text("name").value_or(workload.id);
  workload.family = fields.text("family").value_or("");
  workload.domain = fields.text("domain").value_or("");
  workload.released = fields.text("released").value_or("");
  workload.source = fields.text("source").value_or("");
  workload.notes = fields.text("notes").value_or("");
  workload.published_parameters = fields.text("published_parameters").value_or("");
  workload.training = read_training(fields.optional("training"), problems);
  workload.dimensions = map_or_empty(fields, "dimensions");
  workload.inputs = map_or_empty(fields, "inputs");
  workload.blocks = map_or_empty(fields, "blocks");
  workload.defaults = map_or_empty(fields, "defaults");
  const Node* layers = fields.required("layers");
  if (layers != nullptr) workload.layers = *layers;
  fields.finish();

  check_inputs(workload.inputs, root.where, problems);
  check_defaults(workload.defaults, problems);
  LayerCheck check(workload.blocks, problems);
  for (const Entry& block : workload.blocks.entries) check.block(block);
  if (layers != nullptr) check.list(*layers, "layers");
  if (layers != nullptr && layers->is_sequence() && layers->items.empty())
    problems.add(layers->where, "a workload needs at least one layer under 'layers'");
  check.cycles();
  problems.throw_if_any();
  return workload;
}

}  // namespace memwall::workload
