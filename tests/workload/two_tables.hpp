#pragma once

#include <string>

#include "workload/models.hpp"

/// A recommender small enough for hand arithmetic.
namespace memwall::workload {

/// Two tables of 100 and 40 rows of 4 features, of which a sample looks up one and two; what is found in each
/// is summed to a vector of 4, and the two vectors are multiplied by a matrix of 8 x 2. `options` are further
/// ones of the tables.
inline std::string two_tables(const std::string& options = "", const std::string& rows = "[100, 40]") {
  return "inputs: {ids: {type: index, sequence: 3}}\nlayers:\n  - {embedding_bag: " + rows +
         ", lookups: [1, 2], width: 4" + (options.empty() ? "" : ", " + options) +
         "}\n  - flatten\n  - {linear: 2, bias: false}\n";
}

}  // namespace memwall::workload
