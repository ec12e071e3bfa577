#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "memwall/config/node.hpp"

namespace memwall::config {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& file, int error) {
  if (error == ENOENT) throw BadFile(file.string(), "no such file");
  throw BadFile(file.string(), std::generic_category().message(error));
}

/// The first `most` bytes of a file. An endless one (a device) cannot fill the memory where `most` is small.
std::string read_at_most(const std::filesystem::path& file, std::size_t most) {
  struct Close {
    void operator()(std::FILE* stream) const { std::fclose(stream); }
  };
  errno = 0;
  const std::unique_ptr<std::FILE, Close> stream(std::fopen(file.c_str(), "rb"));
  if (!stream) refuse(file, errno);

  std::string text;
  std::array<char, 1 << 16> buffer{};
  while (text.size() < most) {
    const std::size_t wanted = std::min(buffer.size(), most - text.size());
    const std::size_t got = std::fread(buffer.data(), 1, wanted, stream.get());
    text.append(buffer.data(), got);
    if (got == wanted) continue;
    if (std::ferror(stream.get()) != 0) refuse(file, errno);
    break;
  }
  return text;
}

}  // namespace

std::string read_text(const std::filesystem::path& file) { return read_at_most(file, largest_document + 1); }

Node read_yaml(const std::filesystem::path& file) {
  return parse_yaml(read_at_most(file, largest_document + 1), file.string());
}

}  // namespace memwall::config
