#include "memwall/results/file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "memwall/config/problem.hpp"
#include "memwall/config/suggest.hpp"
#include "memwall/results/writer.hpp"
#include "results/hdf5_file.hpp"
#include "results/hdf5_header.hpp"
#include "results/hdf5_table.hpp"

namespace memwall::results {
namespace {

/// What `read` makes of an open result file; its failures become BadFile.
template <class Read>
auto read_with(const std::filesystem::path& file, Read&& read) {
  const hdf5::Quiet quiet;
  const hdf5::Handle handle = hdf5::open_file(file);
  try {
    hdf5::expect_format(handle.id());
    return read(handle.id());
  } catch (const hdf5::Failure& failure) {
    throw config::BadFile(file.string(), failure.what());
  }
}

}  // namespace

void write_file(const std::filesystem::path& file, const Header& header, const std::vector<Table>& tables,
                Existing existing) {
  Writer(file, header, {}, existing).finish(0, tables);
}

Contents read_file(const std::filesystem::path& file) {
  return read_with(file, [](hid_t id) {
    Contents contents{hdf5::read_header(id), {}};
    for (const std::string& name : hdf5::table_names(id))
      contents.tables.push_back(hdf5::read_table(id, name));
    return contents;
  });
}

Header read_header(const std::filesystem::path& file) {
  return read_with(file, [](hid_t id) { return hdf5::read_header(id); });
}

Table read_table(const std::filesystem::path& file, std::string_view table) {
  return read_with(file, [&](hid_t id) {
    const std::vector<std::string> names = hdf5::table_names(id);
    if (std::find(names.begin(), names.end(), table) == names.end()) {
      throw hdf5::Failure("holds no table '" + std::string(table) + "'" + config::suggestion(table, names));
    }
    return hdf5::read_table(id, std::string(table));
  });
}

std::string fingerprint(const std::vector<Input>& inputs, std::string_view more) {
  std::uint64_t hash = 0xcbf29ce484222325;  // the offset basis of 64-bit FNV-1a
  const auto add = [&hash](std::string_view text) {
    constexpr std::uint64_t prime = 0x100000001b3;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * prime;
    hash *= prime;  // as a zero byte: "ab", "c" is not "a", "bc"
  };
  for (const Input& input : inputs) {
    add(input.name);
    add(input.text);
  }
  add(more);
  return fmt::format("{:016x}", hash);
}

}  // namespace memwall::results
