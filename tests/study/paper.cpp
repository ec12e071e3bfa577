#include "study/paper.hpp"

#include <fstream>
#include <stdexcept>

namespace memwall::test {
namespace {

const std::string root = MEMWALL_SOURCE_DIR;

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') {
      const bool doubled = quoted && i + 1 < line.size() && line[i + 1] == '"';
      if (doubled) fields.back() += line[i++];
      if (!doubled) quoted = !quoted;
    } else if (line[i] == ',' && !quoted) {
      fields.emplace_back();
    } else if (line[i] != '\r') {
      fields.back() += line[i];
    }
  }
  return fields;
}

}  // namespace

std::vector<CsvRow> reference_rows(const std::string& file) {
  std::ifstream stream(root + "/tests/reference/" + file);
  std::string line;
  if (!std::getline(stream, line)) throw std::runtime_error("no " + file);
  const std::vector<std::string> header = fields_of(line);
  std::vector<CsvRow> rows;
  while (std::getline(stream, line)) {
    const std::vector<std::string> fields = fields_of(line);
    if (fields.size() != header.size()) throw std::runtime_error(file + ": " + line);
    CsvRow row;
    for (std::size_t i = 0; i < header.size(); ++i) row[header[i]] = fields[i];
    rows.push_back(row);
  }
  return rows;
}

std::string name_of(const CsvRow& row) {
  return row.at("table") + "/" + row.at("model") + "/" + row.at("metric");
}

std::string name_of(const study::TableCell& cell) {
  return cell.table + "/" + cell.model + "/" + cell.metric;
}

study::Subjects& subjects() {
  static const workload::Library workloads({root});
  static const plan::RecipeBook recipes({root});
  static study::Subjects subjects(workloads, recipes);
  return subjects;
}

study::Publication publication() {
  return study::read_publication(root + "/studies/ai-and-memory-wall/published.yaml");
}

std::vector<study::Reason> reasons() {
  return study::read_reasons(root + "/studies/ai-and-memory-wall/errata.yaml");
}

}  // namespace memwall::test
