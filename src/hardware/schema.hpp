#pragma once

#include <string>
#include <vector>

#include "memwall/config/node.hpp"

/// Which figures a file may hold, and what kind each is: one table for spelling out sources, for what-ifs
/// and for listings.
namespace memwall::hardware {

/// What a file describes.
enum class Subject { accelerator, system };

/// What stands under a key.
enum class Kind {
  flops_per_second,
  bytes,
  bytes_per_second,
  hertz,
  seconds,
  watts,
  dollars,
  number,  ///< a plain number
  count,   ///< a whole number
  text,    ///< no figure: a name or a choice
};

/// A key path that may hold a figure (or a text that a what-if may change).
struct Leaf {
  std::vector<std::string> keys;
  Kind kind;
};

/// A system's tree has the key `accelerator`.
[[nodiscard]] Subject subject_of(const config::Node& tree);

/// Every legal path: for each memory level and tier that the tree has, and each number format.
[[nodiscard]] std::vector<Leaf> leaves(const config::Node& tree, Subject subject);

/// "memory.HBM.bandwidth" to its keys and back.
[[nodiscard]] std::vector<std::string> keys_of(const std::string& path);
[[nodiscard]] std::string path_of(const std::vector<std::string>& keys);

/// The node at `keys`, or null.
[[nodiscard]] const config::Node* find_at(const config::Node& tree, const std::vector<std::string>& keys);
[[nodiscard]] config::Node* find_at(config::Node& tree, const std::vector<std::string>& keys);

/// Sets `key` of a map, appending it where it is new.
void set(config::Node& map, const std::string& key, config::Node value);

}  // namespace memwall::hardware
