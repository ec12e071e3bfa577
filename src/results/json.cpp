#include "memwall/results/json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace memwall::results {
namespace {

using Json = nlohmann::ordered_json;

Json value(double number) { return std::isfinite(number) ? Json(number) : Json(nullptr); }
Json value(std::int64_t number) { return number; }
Json value(const std::string& text) { return text; }
Json value(bool truth) { return truth; }

}  // namespace

std::string to_json(const Table& table) {
  table.check();
  std::string text = "[";
  for (std::size_t row = 0; row < table.rows(); ++row) {
    Json object = Json::object();
    for (const Column& column : table.columns) {
      object[column.name] =
          std::visit([row](const auto& values) { return value(values[row]); }, column.values);
    }
    text += row == 0 ? "\n  " : ",\n  ";
    text += object.dump();
  }
  return text + (table.rows() == 0 ? "]\n" : "\n]\n");
}

}  // namespace memwall::results
