#include <iostream>

#include "memwall/units/text.hpp"

int main() {
  const auto time = memwall::parse_quantity<memwall::Bytes>("67 GB") /
                    memwall::parse_quantity<memwall::BytesPerSecond>("3.35 TB/s");
  std::cout << memwall::to_text(time) << '\n';
  return memwall::to_text(time) == "20.00 ms" ? 0 : 1;
}
