#include <catch2/catch.hpp>

#include <sstream>
#include <vector>

#include "hardware/helpers.hpp"
#include "memwall/hardware/reader.hpp"

// Files that are broken in every place, one at a time: each is read or refused with a place, nothing else.

using namespace memwall;
using namespace memwall::hardware;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

/// The file with line `i` gone, or with the value on it (behind the first ": ") replaced.
std::vector<std::string> broken(const std::vector<std::string>& lines, std::size_t i) {
  std::vector<std::string> files;
  std::vector<std::string> without = lines;
  without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
  files.push_back(joined(without));
  const std::size_t colon = lines[i].find(": ");
  if (colon == std::string::npos) return files;
  for (const char* value :
       {"", "[]", "{}", "''", "-1", "1e40", "0", "{value: 1}", "[1, 2]", "true", "9e99 TB/s"}) {
    std::vector<std::string> replaced = lines;
    replaced[i] = lines[i].substr(0, colon + 2) + value;
    files.push_back(joined(replaced));
  }
  return files;
}

/// Reads each broken version of a catalog file with `read`.
template <class Read>
void break_everywhere(const std::string& file, const Read& read) {
  const std::vector<std::string> lines = lines_of(config::read_text(MEMWALL_SOURCE_DIR "/hardware/" + file));
  int refused = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    for (const std::string& text : broken(lines, i)) {
      INFO(text);
      const std::string said = complaint([&] { read(text); });
      if (said == "nothing") continue;
      ++refused;
      CHECK(said.starts_with("x.yaml:"));
    }
  }
  CHECK(refused > static_cast<int>(lines.size()));
}

}  // namespace

TEST_CASE("A device's file that is broken anywhere is refused with a place", "[hardware]") {
  for (const char* file : {"accelerators/nvidia-h100-sxm.yaml", "accelerators/google-tpu-v5p.yaml"}) {
    break_everywhere(file, [](const std::string& text) {
      const config::Node tree = tree_of(text);
      const config::Node* id = tree.find("id");
      static_cast<void>(read_accelerator(tree, id != nullptr ? id->text : "x"));
    });
  }
}

TEST_CASE("A system's file that is broken anywhere is refused with a place", "[hardware]") {
  break_everywhere("systems/tpu-v4-pod.yaml", [](const std::string& text) {
    static_cast<void>(read_system(tree_of(text), "tpu-v4-pod", Accelerator{}));
  });
}

TEST_CASE("A change of a broken file is refused or made, nothing else", "[hardware]") {
  for (const char* path :
       {"memory.HBM.capacity=2x", "compute.matrix=+10%", "link.bandwidth=1 TB/s", "power=-1 W"}) {
    break_everywhere("accelerators/nvidia-h100-sxm.yaml", [&](const std::string& text) {
      config::Node tree = tree_of(text);
      apply(tree, parse_change(path, {"x.yaml", 1, 1}));
      static_cast<void>(read_accelerator(tree, "nvidia-h100-sxm"));
    });
  }
}
