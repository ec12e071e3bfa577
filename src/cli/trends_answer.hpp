#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/common.hpp"
#include "cli/trends_tables.hpp"
#include "memwall/results/file.hpp"

/// Growth over the years as `memwall trends` answers it and a study of trends writes it.
namespace memwall::cli {

struct TrendsAnswer {
  study::Trends trends;
  std::vector<Growth> growths;                ///< of every series, and ratios of them
  std::vector<std::filesystem::path> inputs;  ///< the published points, tables and errata
};

/// The paper's points and the catalog's, and every series' fit over each selection. What training takes in
/// memory is worked out where `with_memory`: a file holds it, the printed answer does not.
[[nodiscard]] TrendsAnswer trends_over(const std::vector<study::Selection>& selections,
                                       const Catalogs& catalogs, bool with_memory);

/// Writes a result file with the inputs of the answer behind `inputs`.
void write_trends(const std::filesystem::path& output, const std::string& command_line,
                  std::vector<results::Input> inputs, const TrendsAnswer& answer);

/// Prints the series asked for and ratios of them; of none, the paper's claims and what they come to.
void print_trends(TrendsAnswer answer, const std::vector<std::string>& series, Format format);

}  // namespace memwall::cli
