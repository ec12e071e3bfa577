/// A libFuzzer entry for parse_yaml: any bytes are read or refused with BadInput. Built by hand:
///   clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -Iinclude -Isrc tests/fuzz/yaml_fuzz.cpp \
///     src/config/*.cpp src/units/*.cpp -lyaml-cpp -lmuparser -lfmt -o yaml_fuzz
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "memwall/config/node.hpp"
#include "memwall/config/problem.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    static_cast<void>(memwall::config::parse_yaml(std::string_view(reinterpret_cast<const char*>(data), size),
                                                  "fuzz.yaml"));
  } catch (const memwall::config::BadInput&) {
    // The other answer.
  }
  return 0;
}
