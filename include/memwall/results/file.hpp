#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "memwall/results/table.hpp"

/// Result files: HDF5 that h5py and pandas read without memwall. `docs/formats.md` tells the layout.
namespace memwall::results {

/// Grows when the layout of a result file changes so that an older reader would misread it.
inline constexpr std::int64_t format_version = 1;

/// Where results come from: attributes of the file's root.
struct Origin {
  std::string program = "memwall";
  std::string program_version;
  std::string command_line;
  std::string created;  ///< ISO 8601 in UTC; where empty, the moment at which the file is made
};

/// A YAML file that took part, verbatim: the dataset `/inputs/NAME`, slashes in the name making groups.
struct Input {
  std::string name;
  std::string text;
};

/// What a result file says beside its tables.
struct Header {
  Origin origin;
  std::string fingerprint;  ///< of all that determines the rows; tells whether an interrupted run goes on
  std::vector<Input> inputs;
};

struct Contents {
  Header header;
  std::vector<Table> tables;
};

/// What to do where the file exists already.
enum class Existing { refuse, replace };

/// Writes a whole file, or none: see Writer. Throws BadFile with the system's reason.
void write_file(const std::filesystem::path& file, const Header& header, const std::vector<Table>& tables,
                Existing existing = Existing::refuse);

/// Reads a file of memwall's. Throws BadFile for one that cannot be read, is no HDF5, was cut short or is of
/// a later format.
[[nodiscard]] Contents read_file(const std::filesystem::path& file);
[[nodiscard]] Header read_header(const std::filesystem::path& file);

/// One table of it. Throws BadFile also where it has none of that name, with those it has.
[[nodiscard]] Table read_table(const std::filesystem::path& file, std::string_view table);

/// 16 hexadecimal digits (64-bit FNV-1a, Fowler, Noll and Vo) of the inputs' names and texts and of `more`:
/// the program's version and whatever else of the command line determines the rows.
[[nodiscard]] std::string fingerprint(const std::vector<Input>& inputs, std::string_view more);

}  // namespace memwall::results
