#include "config/tree_builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/quote.hpp"

namespace memwall::config {
namespace {

std::string_view rest_at(std::string_view text, const YAML::Mark& mark) {
  const auto offset = static_cast<std::size_t>(std::max(mark.pos, 0));
  return offset < text.size() ? text.substr(offset) : std::string_view();
}

/// Whether the quoted scalar at the beginning of `text` has its closing quote.
bool closes(std::string_view text) {
  const char quote = text.front();
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      const bool doubled = quote == '\'' && i + 1 < text.size() && text[i + 1] == quote;
      if (!doubled) return true;
      ++i;
    }
  }
  return false;
}

/// Whether null is spelt out at the beginning of `text`.
bool spells_null(std::string_view text) {
  const std::string_view word = text.substr(0, text.find_first_of(" \t\r\n,]}"));
  return word == "~" || word == "null" || word == "Null" || word == "NULL";
}

}  // namespace

Node TreeBuilder::take_root() {
  if (root_.is_null()) root_.where = {file_, 1, 1};
  return std::move(root_);
}

std::optional<Location> TreeBuilder::innermost_opening() const {
  if (open_.empty()) return std::nullopt;
  return open_.back().node.where;
}

Location TreeBuilder::place_of(const YAML::Mark& mark) const {
  if (mark.is_null()) return latest_;
  return {file_, mark.line + 1, mark.column + 1};
}

void TreeBuilder::OnDocumentStart(const YAML::Mark& mark) {
  latest_ = place_of(mark);
  if (started_) {
    throw BadInput(latest_, rest_at(text_, mark).starts_with("---")
                                ? "a second document begins; expected one document in a file"
                                : "text after the end of the document; is its indentation right?");
  }
  started_ = true;
}

void TreeBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t) {
  check_tag(mark, "");
  if (expects_key()) {
    throw BadInput(place_of(mark), "expected a key, found nothing (a key named null needs quotes)");
  }
  Node node;
  node.where = place_of_nothing(mark);
  add(std::move(node));
}

void TreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t) {
  throw BadInput(place_of(mark), "aliases (*name) are not read; write the value out");
}

void TreeBuilder::OnAnchor(const YAML::Mark& mark, const std::string& name) {
  throw BadInput(place_of(mark), fmt::format("anchors (&{}) are not read; write the value out", name));
}

void TreeBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                           const std::string& value) {
  check_tag(mark, tag);
  const bool quoted = tag == "!";
  if (quoted) check_quotes(mark);
  Location where = place_of(mark);
  if (value.find('\0') != std::string::npos) throw BadInput(where, "a text may hold no NUL character");
  if (expects_key()) return begin_key(value, where);
  Node node = make_scalar(value, std::move(where));
  node.quoted = quoted;
  add(std::move(node));
}

void TreeBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                                  YAML::EmitterStyle::value style) {
  open(Node::Kind::sequence, mark, tag, style);
}

void TreeBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                             YAML::EmitterStyle::value style) {
  open(Node::Kind::map, mark, tag, style);
}

/// yaml-cpp gives a plain node the tag `?` and a quoted scalar `!`, which a node may also spell itself.
void TreeBuilder::check_tag(const YAML::Mark& mark, const std::string& tag) const {
  const bool spelt = rest_at(text_, mark).starts_with('!');
  if (!spelt && (tag.empty() || tag == "?" || tag == "!")) return;
  throw BadInput(place_of(mark), "tags (!type) are not read; write the value without one");
}

/// yaml-cpp 0.7 takes a quoted scalar that the end of the file cuts off after a line break for a whole one.
void TreeBuilder::check_quotes(const YAML::Mark& mark) const {
  const std::string_view rest = rest_at(text_, mark);
  const bool has_quotes = rest.starts_with('"') || rest.starts_with('\'');
  if (has_quotes && !closes(rest)) throw BadInput(place_of(mark), "a quoted text has no closing quote");
}

void TreeBuilder::open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag,
                       YAML::EmitterStyle::value style) {
  check_tag(mark, tag);
  Open opened;
  opened.node.kind = kind;
  opened.node.where = place_of(mark);
  opened.block = style == YAML::EmitterStyle::Block;
  if (expects_key()) {
    // yaml-cpp also takes an unclosed bracket for the beginning of a key.
    const std::string doubt = opened.block                   ? ""
                              : kind == Node::Kind::sequence ? "; is its ']' missing?"
                                                             : "; is its '}' missing?";
    throw BadInput(opened.node.where, "expected a text as key, found " + describe(opened.node) + doubt);
  }
  if (open_.size() >= deepest_nesting) {
    throw BadInput(opened.node.where, fmt::format("nesting deeper than {} levels", deepest_nesting));
  }
  latest_ = opened.node.where;
  open_.push_back(std::move(opened));
}

void TreeBuilder::close() {
  Node node = std::move(open_.back().node);
  open_.pop_back();
  add(std::move(node));
}

void TreeBuilder::begin_key(const std::string& text, const Location& where) {
  Open& map = open_.back();
  const auto [known, is_new] = map.index_of_key.try_emplace(text, map.node.entries.size());
  if (!is_new) {
    const Location& first = map.node.entries[known->second].where;
    throw BadInput(where, fmt::format("key {} is given twice; first at {}", in_quotes(text), to_text(first)));
  }
  latest_ = where;
  map.key = Key{text, where};
}

void TreeBuilder::add(Node node) {
  if (++nodes_ > most_nodes) {
    throw BadInput(node.where, fmt::format("more than {} values in one document", most_nodes));
  }
  latest_ = node.where;
  if (open_.empty()) {
    root_ = std::move(node);
    return;
  }
  Open& parent = open_.back();
  if (!parent.key) {  // in a sequence: a map has read a key by now
    parent.node.items.push_back(std::move(node));
    return;
  }
  parent.node.entries.push_back({std::move(parent.key->text), std::move(parent.key->where), std::move(node)});
  parent.key.reset();
}

/// yaml-cpp marks an absent value at whatever follows it, often lines below; what counts is its key or '-'.
Location TreeBuilder::place_of_nothing(const YAML::Mark& mark) const {
  if (open_.empty() || spells_null(rest_at(text_, mark))) return place_of(mark);
  const Open& parent = open_.back();
  if (parent.key) return parent.key->where;
  return parent.block ? place_of_empty_item(mark) : place_of(mark);
}

/// The '-' of an empty item: on the nearest line above `mark` that is neither blank nor a comment.
Location TreeBuilder::place_of_empty_item(const YAML::Mark& mark) const {
  const auto offset = static_cast<std::size_t>(mark.pos - mark.column);
  std::string_view above = text_.substr(0, std::min(offset, text_.size()));
  int line = mark.line + 1;
  while (!above.empty()) {
    if (above.ends_with('\n')) {
      above.remove_suffix(1);
      --line;
    }
    const std::size_t start = above.rfind('\n') + 1;  // npos + 1 is 0: the first line
    const std::string_view candidate = above.substr(start);
    const std::size_t content = candidate.find_first_not_of(" \t\r");
    if (content != std::string_view::npos && candidate[content] != '#') break;
    above = above.substr(0, start);
  }
  return {file_, line, open_.back().node.where.column};
}

}  // namespace memwall::config
