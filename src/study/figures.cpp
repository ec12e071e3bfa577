#include "study/figures.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "memwall/config/fields.hpp"
#include "memwall/config/suggest.hpp"

namespace memwall::study {
namespace {

using config::Fields;
using config::Node;
using config::Problems;

const std::vector<std::string>& kinds() {
  static const std::vector<std::string> all(figure_kinds.begin(), figure_kinds.end());
  return all;
}

const std::vector<std::string>& widths() {
  static const std::vector<std::string> all = {"column", "page"};
  return all;
}

/// A word of `known`, or a mistake with the nearest.
std::string word_of(Fields& fields, std::string_view key, const std::vector<std::string>& known) {
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
    for (const Node& value : entry.value.is_sequence() ? entry.value.items : one)
      select.push_back(entry.key + "=" + value.text);
  }
  return select;
}

FigureEntry read_figure(const Node& node, Problems& problems) {
  Fields fields(node, problems, "figure");
  FigureEntry figure;
  if (fields.required("kind") != nullptr) figure.kind = word_of(fields, "kind", kinds());
  figure.output = output_of(fields);
  figure.title = fields.text("title");
  figure.width = word_of(fields, "width", widths());
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
  for (const Node& item : list->items) figures.push_back(read_figure(item, problems));
  return figures;
}

}  // namespace memwall::study
