#pragma once

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "memwall/config/node.hpp"

namespace memwall::config {

/// Builds a Node from the events of yaml-cpp and throws BadInput for what memwall's YAML leaves out. It
/// throws before yaml-cpp's recursion is deep enough to matter, since every level announces itself first.
class TreeBuilder : public YAML::EventHandler {
 public:
  /// `text` is what yaml-cpp reads, byte for byte: its marks are offsets into it.
  TreeBuilder(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  /// The finished document; null at 1:1 where there was none.
  [[nodiscard]] Node take_root();

  /// Where the innermost open sequence or map begins.
  [[nodiscard]] std::optional<Location> innermost_opening() const;

  /// Whether the innermost open sequence or map is one in brackets.
  [[nodiscard]] bool in_brackets() const { return !open_.empty() && !open_.back().block; }

  /// The place that yaml-cpp marks; where it marks none, that of the latest event.
  [[nodiscard]] Location place_of(const YAML::Mark& mark) const;

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAnchor(const YAML::Mark& mark, const std::string& name) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { close(); }

 private:
  struct Key {
    std::string text;
    Location where;
  };
  /// A sequence or map whose end has not come yet.
  struct Open {
    Node node;
    bool block = false;  ///< written by indentation, not in brackets
    std::optional<Key> key;
    std::unordered_map<std::string, std::size_t> index_of_key;
  };

  [[nodiscard]] bool expects_key() const {
    return !open_.empty() && open_.back().node.is_map() && !open_.back().key;
  }
  void check_tag(const YAML::Mark& mark, const std::string& tag) const;
  void check_quotes(const YAML::Mark& mark) const;
  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::EmitterStyle::value style);
  void close();
  void begin_key(const std::string& text, const Location& where);
  void add(Node node);
  [[nodiscard]] Location place_of_nothing(const YAML::Mark& mark) const;
  [[nodiscard]] Location place_of_empty_item(const YAML::Mark& mark) const;

  std::string_view text_;
  const std::string& file_;
  bool started_ = false;
  std::size_t nodes_ = 0;
  Location latest_;
  Node root_;
  std::vector<Open> open_;
};

}  // namespace memwall::config
