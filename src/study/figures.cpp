#include "study/figures.hpp"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "memwall/config/fields.hpp"
#include "memwall/config/suggest.hpp"

namespace memwall::study {
namespace {

using config::Fields;
using config::Node;
using config::Problems;

/// A word of `words`, or a mistake with the nearest.
std::string word_of(Fields& fields, std::string_view key, std::span<const std::string_view> words) {
  const std::vector<std::string> known(words.begin(), words.end());
  const auto word = fields.text(key);
  if (word && std::ranges::find(known, *word) == known.end()) {
    fields.problems().add(fields.optional(key)->where, fmt::format("{}: '{}' is not known{}", key, *word,
                                                                   config::suggestion(*word, known)));
  }
  return word.value_or("");
}

std::string output_of(Fields& fields) {
  std::string output = fields.required_text("output");
  const auto ends = [&](std::string_view ending) { return output.ends_with(ending); };
  constexpr std::array endings = {".png", ".svg", ".pdf"};
  if (!output.empty() && (output.find('/') != std::string::npos || std::ranges::none_of(endings, ends))) {
    fields.problems().add(
        fields.optional("output")->where,
        fmt::format(
            "output: '{}' is no figure's name; expected one without folder that ends in .png, .svg or .pdf",
            output));
  }
  return output;
}

/// What stands where values of a column are expected.
std::string described(const Node& node) {
  if (!node.is_sequence()) return config::describe(node);
  if (node.items.empty()) return "an empty list";
  return "a list with " + config::describe(*std::ranges::find_if_not(node.items, &Node::is_scalar));
}

std::vector<std::string> selected(Fields& fields) {
  std::vector<std::string> select;
  const Node* map = fields.optional("select");
  if (map == nullptr) return select;
  if (!map->is_map()) {
    fields.problems().add(map->where,
                          "select is " + config::describe(*map) + "; expected a map of columns to values");
    return select;
  }
  for (const config::Entry& entry : map->entries) {
    const std::vector<Node> one{entry.value};
    const std::vector<Node>& values = entry.value.is_sequence() ? entry.value.items : one;
    if (values.empty() || !std::ranges::all_of(values, &Node::is_scalar)) {
      fields.problems().add(entry.value.where,
                            fmt::format("select: {} is {}; expected a value, or a list of at least one",
                                        entry.key, described(entry.value)));
      continue;
    }
    for (const Node& value : values) select.push_back(entry.key + "=" + value.text);
  }
  return select;
}

/// The output of a figure, which no figure before it has: it would be drawn over.
std::string output_of(Fields& fields, const std::vector<FigureEntry>& before) {
  std::string output = output_of(fields);
  if (!output.empty() && std::ranges::find(before, output, &FigureEntry::output) != before.end()) {
    fields.problems().add(
        fields.optional("output")->where,
        fmt::format("output: an earlier figure is '{}' too; expected a name of its own", output));
  }
  return output;
}

FigureEntry read_figure(const Node& node, const std::vector<FigureEntry>& before, Problems& problems) {
  Fields fields(node, problems, "figure");
  FigureEntry figure;
  if (fields.required("kind") != nullptr) figure.kind = word_of(fields, "kind", figure_kinds);
  figure.output = output_of(fields, before);
  figure.title = fields.text("title");
  figure.width = word_of(fields, "width", figure_widths);
  figure.select = selected(fields);
  fields.finish();
  return figure;
}

}  // namespace

std::vector<FigureEntry> read_figures(const Node* list, Problems& problems) {
  std::vector<FigureEntry> figures;
  if (list == nullptr) return figures;
  if (!list->is_sequence()) {
    problems.add(list->where, "figures is " + config::describe(*list) + "; expected a list");
    return figures;
  }
  for (const Node& item : list->items) figures.push_back(read_figure(item, figures, problems));
  return figures;
}

}  // namespace memwall::study
