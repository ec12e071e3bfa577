#include "memwall/units/quantity.hpp"

int main() {
  const memwall::Bytes bytes(1);
  const memwall::Flops flops(1);
#ifdef MUST_NOT_COMPILE
  const auto sum = bytes + flops;
#else
  const auto sum = bytes + bytes;
#endif
  return sum.value() + flops.value() > 0 ? 0 : 1;
}
