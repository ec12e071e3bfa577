#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/config/problem.hpp"

/// A YAML document as a plain tree in which every node knows its place.
/// No YAML library's type leaves config/.
namespace memwall::config {

struct Entry;

/// A scalar, a sequence or a map. Keys of a map are unique scalars, in the order of the file.
struct Node {
  enum class Kind { null, scalar, sequence, map };

  Kind kind = Kind::null;
  Location where;
  std::string text;            ///< a scalar's characters, unquoted
  bool quoted = false;         ///< whether the scalar stood in quotes: then it is a string and no number
  std::vector<Node> items;     ///< of a sequence
  std::vector<Entry> entries;  ///< of a map

  [[nodiscard]] bool is_null() const { return kind == Kind::null; }
  [[nodiscard]] bool is_scalar() const { return kind == Kind::scalar; }
  [[nodiscard]] bool is_sequence() const { return kind == Kind::sequence; }
  [[nodiscard]] bool is_map() const { return kind == Kind::map; }

  /// The value under `key`, or null where this is no map or has no such key.
  [[nodiscard]] const Node* find(std::string_view key) const;
  [[nodiscard]] Node* find(std::string_view key);
};

/// One key of a map with its value.
struct Entry {
  std::string key;
  Location where;  ///< of the key
  Node value;
};

/// A scalar made by the program, at the place it speaks for.
[[nodiscard]] Node make_scalar(std::string text, Location where);

/// "a map", "a sequence", "'text'", "nothing": how an error names what was found.
[[nodiscard]] std::string describe(const Node& node);

/// Limits on what is read: deeper, longer or larger documents are refused with a reason.
inline constexpr int deepest_nesting = 64;
inline constexpr std::size_t largest_document = std::size_t{16} << 20;  ///< bytes
inline constexpr std::size_t longest_line = std::size_t{1} << 20;  ///< bytes; yaml-cpp holds a line's tokens
inline constexpr std::size_t most_nodes = 1'000'000;               ///< scalars, sequences and maps

/// Parses one YAML document. `file` names it in errors.
/// Lines and columns count from 1, columns in bytes. A plain `null`, `~` or absent value is null, placed at
/// its key or dash where nothing is written; an empty document is null at 1:1. A byte order mark is skipped.
/// Throws BadInput for malformed YAML, text that is not UTF-8 or holds control characters, a duplicate key,
/// an anchor or alias, a tag, a second document, a key that is no scalar, or a document beyond the limits.
[[nodiscard]] Node parse_yaml(std::string_view text, const std::string& file);

/// Reads and parses a file. Throws BadFile with the system's reason where it cannot be read, else as
/// parse_yaml.
[[nodiscard]] Node read_yaml(const std::filesystem::path& file);

/// The whole text of a file. Throws BadFile with the system's reason.
[[nodiscard]] std::string read_text(const std::filesystem::path& file);

}  // namespace memwall::config
