#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "memwall/units/text.hpp"

namespace memwall {

std::string count_text(double count) {
  if (!(std::abs(count) <= largest_exact_count) || std::trunc(count) != count) {
    throw std::invalid_argument("count_text: not a whole number up to 2^53");
  }
  std::string digits = std::to_string(static_cast<std::int64_t>(std::abs(count)));
  for (auto place = static_cast<std::ptrdiff_t>(digits.size()) - 3; place > 0; place -= 3) {
    digits.insert(static_cast<std::size_t>(place), 1, ',');
  }
  return count < 0 ? "-" + digits : digits;
}

}  // namespace memwall
