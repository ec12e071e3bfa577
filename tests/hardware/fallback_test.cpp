#include <catch2/catch.hpp>

#include "hardware/helpers.hpp"
#include "memwall/hardware/fallback.hpp"

using namespace memwall;
using namespace memwall::hardware;
using enum Format;

namespace {

/// A device with just the peaks given, in YAML: "matrix: {fp16: 1 TFLOP/s}".
Accelerator device_with(const std::string& peaks) {
  return read_accelerator(
      tree_of("kind: gpu\nmemory: {main: HBM, HBM: {capacity: 1 GiB}}\ncompute: {" + peaks + "}\n"), "x");
}

void check_choice(const std::optional<ChosenPeak>& chosen, Unit unit, Format format,
                  const std::string& told) {
  REQUIRE(chosen);
  CHECK(chosen->unit == unit);
  CHECK(chosen->format == format);
  CHECK(chosen->fallback == told);
}

}  // namespace

TEST_CASE("The wished unit in the first wanted format is used without a word", "[hardware]") {
  const Accelerator a100 = shipped_catalog().accelerator("a100");
  const ChosenPeak chosen = choose_peak(a100, Unit::matrix, {bf16, fp16});
  check_choice(chosen, Unit::matrix, bf16, "");
  CHECK(chosen.peak.value.value() == Approx(312e12));
  CHECK(chosen.peak.where == "compute.matrix.bf16");
}

TEST_CASE("V100 has no bf16 and takes fp16 where both are acceptable", "[hardware]") {
  const Accelerator v100 = shipped_catalog().accelerator("v100");
  check_choice(find_peak(v100, Unit::matrix, {bf16, fp16}), Unit::matrix, fp16,
               "bf16 on matrix unit: none; fp16 on matrix unit used");
}

TEST_CASE("V100 computes bf16 alone as fp32 on its ordinary lanes", "[hardware]") {
  const Accelerator v100 = shipped_catalog().accelerator("v100");
  check_choice(find_peak(v100, Unit::matrix, {bf16}), Unit::vector, fp32,
               "bf16 on matrix unit: none; fp32 on vector unit used");
}

TEST_CASE("P100 has no matrix unit and takes fp16 on its ordinary lanes", "[hardware]") {
  const Accelerator p100 = shipped_catalog().accelerator("p100");
  check_choice(find_peak(p100, Unit::matrix, {bf16, fp16}), Unit::vector, fp16,
               "bf16, fp16 on matrix unit: none; fp16 on vector unit used");
}

TEST_CASE("A100 has no fp8 and computes it in bf16 on its matrix unit", "[hardware]") {
  const Accelerator a100 = shipped_catalog().accelerator("a100");
  check_choice(find_peak(a100, Unit::matrix, {fp8}), Unit::matrix, bf16,
               "fp8 on matrix unit: none; bf16 on matrix unit used");
}

TEST_CASE("A wanted format on the vector unit comes before a wider one on the matrix unit", "[hardware]") {
  const Accelerator device = device_with("matrix: {fp32: 9 TFLOP/s}, vector: {fp16: 1 TFLOP/s}");
  check_choice(find_peak(device, Unit::matrix, {fp16}), Unit::vector, fp16,
               "fp16 on matrix unit: none; fp16 on vector unit used");
}

TEST_CASE("A wider format on the matrix unit comes before one on the vector unit", "[hardware]") {
  const Accelerator device = device_with("matrix: {fp64: 2 TFLOP/s}, vector: {fp32: 1 TFLOP/s}");
  check_choice(find_peak(device, Unit::matrix, {bf16}), Unit::matrix, fp64,
               "bf16 on matrix unit: none; fp64 on matrix unit used");
}

TEST_CASE("The narrowest format that holds the values is taken", "[hardware]") {
  const Accelerator device = device_with("matrix: {fp64: 1 TFLOP/s, fp32: 2 TFLOP/s, bf16: 4 TFLOP/s}");
  check_choice(find_peak(device, Unit::matrix, {fp4}), Unit::matrix, bf16,
               "fp4 on matrix unit: none; bf16 on matrix unit used");
  check_choice(find_peak(device, Unit::matrix, {tf32}), Unit::matrix, fp32,
               "tf32 on matrix unit: none; fp32 on matrix unit used");
}

TEST_CASE("A narrower format never stands in", "[hardware]") {
  const Accelerator device = device_with("matrix: {fp16: 4 TFLOP/s, tf32: 2 TFLOP/s}");
  CHECK_FALSE(find_peak(device, Unit::matrix, {fp32}));
  CHECK_FALSE(find_peak(device, Unit::matrix, {bf16}));  // fp16 lacks bf16's range
  CHECK_FALSE(find_peak(device, Unit::matrix, {int8})->format == fp32);
}

TEST_CASE("Element-wise work does not run on the matrix unit", "[hardware]") {
  const Accelerator device = device_with("matrix: {fp32: 9 TFLOP/s}, vector: {fp64: 1 TFLOP/s}");
  check_choice(find_peak(device, Unit::vector, {fp32}), Unit::vector, fp64,
               "fp32 on vector unit: none; fp64 on vector unit used");
  CHECK_FALSE(find_peak(device_with("matrix: {fp32: 9 TFLOP/s}"), Unit::vector, {fp32}));
}

TEST_CASE("Where nothing fits the error names the device and the formats", "[hardware]") {
  const Accelerator tpu_v1 = shipped_catalog().accelerator("google-tpu-v1");
  const std::string said = complaint([&] {
    static_cast<void>(choose_peak(tpu_v1, Unit::matrix, {bf16, fp16}));
  });
  CHECK(said.ends_with(
      "google-tpu-v1.yaml:1:1: google-tpu-v1 has no peak for bf16, fp16 on matrix unit, nor for a "
      "wider format that could stand in"));
}

TEST_CASE("Formats have a name and a size", "[hardware]") {
  CHECK(format_named("bf16") == bf16);
  CHECK_FALSE(format_named("BF16"));
  CHECK(name_of(tf32) == "tf32");
  CHECK(bytes_per_element(fp4) == 0.5);
  CHECK(bytes_per_element(tf32) == 4);
  for (const Format format : all_formats) CHECK(format_named(name_of(format)) == format);
}
