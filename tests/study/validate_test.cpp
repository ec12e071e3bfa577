#include "memwall/study/validate.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "memwall/config/problem.hpp"
#include "memwall/hardware/catalog.hpp"

using namespace memwall;
using namespace memwall::study;

namespace {

const std::string root = MEMWALL_SOURCE_DIR;

/// A file with this text that is gone when the test ends.
class CsvFile {
 public:
  explicit CsvFile(const std::string& text) {
    std::string name = (std::filesystem::temp_directory_path() / "memwall-XXXXXX").string();
    const int handle = mkstemp(name.data());
    REQUIRE(handle >= 0);
    path_ = name;
    std::ofstream(path_) << text;
  }
  ~CsvFile() { std::filesystem::remove(path_); }
  CsvFile(const CsvFile&) = delete;
  CsvFile& operator=(const CsvFile&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

RunTemplates templates() { return read_run_templates(root + "/studies/validation/templates.yaml"); }

MeasuredFile measured(const std::string& text) {
  const CsvFile file(text);
  return read_measured(file.path(), templates());
}

std::string mistakes_of(const std::string& text) {
  const CsvFile file(text);
  try {
    static_cast<void>(read_measured(file.path(), templates()));
  } catch (const config::BadInput& error) {
    std::string said = error.what();
    for (std::size_t at = 0; (at = said.find(file.path().string())) != std::string::npos;)
      said.replace(at, file.path().string().size(), "FILE");
    return said;
  }
  return "none";
}

Validation validated(const MeasuredFile& file, const char* system, ValidateQuestion question = {},
                     const std::vector<hardware::Change>& changes = {}) {
  const hardware::System found = hardware::Catalog({root}).system(system, changes, {system, 0, 0});
  question.system = &found;
  return validate(file, question, workload::Library({root}), plan::RecipeBook({root}));
}

Validation validated_reference(const char* file, const char* system) {
  return validated(read_measured(root + "/tests/reference/" + file, templates()), system);
}

const MetricSummary& summary(const Validation& validation, const std::string& metric) {
  for (const MetricSummary& m : validation.metrics) {
    if (m.name == metric) return m;
  }
  throw std::runtime_error("no metric " + metric);
}

}  // namespace

TEST_CASE("what ran and what ran out of memory on H100s is told apart") {
  const Validation validation = validated_reference("h100_nanotron_training.csv", "dgx-h100");
  CHECK(validation.cases == 1399);
  CHECK(validation.invalid_plans.size() == 2);  // two rows have more stages than layers
  REQUIRE(validation.fit);
  CHECK(validation.fit->cases == 1397);
  CHECK(validation.fit->accuracy() >= 0.97);
  CHECK(validation.fit->false_fits <= 28);
}

TEST_CASE("the standing state of 1,027 runs on H100s is right within 2 % on average") {
  const Validation validation = validated_reference("h100_nanotron_training.csv", "dgx-h100");
  const MetricSummary& allocated = summary(validation, "allocated_gib");
  CHECK(allocated.count == 1027);
  CHECK(allocated.mean_error <= 0.02);
  // The allocator's high-water mark, which no figure but its overhead was fitted to.
  CHECK(std::fabs(summary(validation, "reserved_gib").bias) <= 0.05);
}

TEST_CASE("figure 1 of Korthikanti et al. 2022 comes out within 0.1 % with the layers alone") {
  const Validation validation = validated_reference("training_measured.csv", "dgx-a100-640");
  int bars = 0;
  for (const Comparison& c : validation.comparisons) {
    if (c.set != "korthikanti-figure1" || c.metric_name.ends_with("_whole_model")) continue;
    INFO(c.name << " " << c.metric_name);
    CHECK(std::fabs(c.error()) <= 0.001);
    ++bars;
  }
  CHECK(bars == 16);
}

TEST_CASE("figure 7 of Korthikanti et al. 2022 comes out within 1.5 % with the layers alone") {
  const Validation validation = validated_reference("training_measured.csv", "dgx-a100-640");
  int bars = 0;
  for (const Comparison& c : validation.comparisons) {
    if (c.set != "korthikanti-figure7" || c.metric_name.ends_with("_whole_model") || c.measured == 100)
      continue;
    INFO(c.name);
    CHECK(std::fabs(c.error()) <= 0.015);
    ++bars;
  }
  CHECK(bars == 16);
}

TEST_CASE("the full count stands beside what layers alone keep") {
  const Validation validation = validated_reference("training_measured.csv", "dgx-a100-640");
  CHECK(summary(validation, "activation_memory_whole_model").count == 8);
  // Embeddings, head, norms and biases only add.
  CHECK(summary(validation, "parameters_and_optimizer_memory_whole_model").bias > 0);
}

TEST_CASE("standing bytes of one run are its parameters', its buffers' and the library's") {
  const std::string header =
      "model,layers,hidden,ffn_hidden,heads,kv_heads,vocabulary,tied_embeddings,sequence,data,tensor,"
      "pipeline,zero,"
      "micro_batch,accumulation,status,allocated_gib\n";
  const Validation validation = validated(
      measured(header + "1.34G,16,2048,8192,32,32,131072,yes,4096,8,1,1,0,1,32,ran,25.07\n"), "dgx-h100");
  // 131,072 x 2,048 + 16 x (4 x 2,048^2 + 3 x 2,048 x 8,192 + 2 x 2,048) + 2,048 parameters
  const double parameters = 268435456 + 16.0 * (16777216 + 50331648 + 4096) + 2048;
  const double bytes = 20 * parameters + 64 * 1048576;
  REQUIRE(validation.comparisons.size() == 2);
  CHECK(validation.comparisons[1].ideal == Approx(bytes / 1073741824));
  CHECK(std::fabs(validation.comparisons[1].error()) < 0.005);
}

TEST_CASE("errors are summed up by metric") {
  Validation validation;
  for (const double ours : {110.0, 80.0, 160.0})
    validation.comparisons.push_back({"s", "c", Metric::step_time, "step_time", "s", 100, ours, {}});
  validation.comparisons.push_back({"s", "c", Metric::fits, "fits", "", 0, 1, {}});
  validation.comparisons.push_back({"s", "c", Metric::fits, "fits", "", 1, 0, {}});
  validation.comparisons.push_back({"s", "c", Metric::fits, "fits", "", 1, 1, {}});
  validation.comparisons.push_back({"s", "c", Metric::fits, "fits", "", 0, 0, {}});
  summarize(validation);
  REQUIRE(validation.metrics.size() == 1);
  // Errors of +10 %, -20 % and +60 %.
  CHECK(validation.metrics[0].mean_error == Approx(0.3));
  CHECK(validation.metrics[0].median_error == Approx(0.2));
  CHECK(validation.metrics[0].worst_error == Approx(0.6));
  CHECK(validation.metrics[0].bias == Approx(0.5 / 3));
  CHECK(validation.fit->false_fits == 1);
  CHECK(validation.fit->missed_fits == 1);
  CHECK(validation.fit->accuracy() == 0.5);
}

TEST_CASE("an expected figure is the one that is judged") {
  const Comparison c{"s", "c", Metric::step_time, "step_time", "s", 10, 5, 11.0};
  CHECK(c.error() == Approx(0.1));
}

TEST_CASE("a run's own columns go before its template's") {
  const MeasuredFile file = measured(
      "layers,hidden,ffn_hidden,heads,kv_heads,tensor,micro_batch,recipe,attention,reserve,cut,sequence_"
      "parallel,"
      "step_time_ms\n2,64,256,4,4,2,1,mixed,standard,8 GiB,fastest,no,10\n2,64,256,4,4,2,1,,,,,,10\n");
  REQUIRE(file.runs.size() == 2);
  CHECK(file.template_name == "llama");
  CHECK(file.runs[0].recipe == "mixed");
  CHECK_FALSE(file.runs[0].lowering.flash_attention);
  CHECK(file.runs[0].reserve == Bytes(8 * 1073741824.0));
  CHECK(file.runs[0].plan.cut == plan::Cut::fastest);
  CHECK(file.runs[0].plan.sequence_parallel == false);
  CHECK(file.runs[1].recipe == "nanotron");
  CHECK(file.runs[1].lowering.flash_attention);
  CHECK_FALSE(file.runs[1].reserve);
  CHECK(file.runs[1].plan.cut == plan::Cut::in_order);
  CHECK(file.runs[1].plan.sequence_parallel == true);
}

TEST_CASE("a file without a model's shape names its workload") {
  const MeasuredFile file =
      measured("workload,devices,tensor,micro_batch,peak_allocated_gib\nllama-3-8b,8,2,1,60\n");
  CHECK(file.template_name == "named");
  CHECK(file.runs[0].workload == "llama-3-8b");
  CHECK(file.runs[0].plan.data == 4);
  const Validation validation = validated(file, "dgx-h100");
  CHECK(validation.comparisons.size() == 1);
}

TEST_CASE("ZeRO over one replica and sequence parallelism over one device change nothing") {
  const MeasuredFile file = measured("workload,zero,sequence_parallel,status\nllama-3-8b,1,yes,ran\n");
  CHECK(file.runs[0].plan.zero == 0);
  CHECK(file.runs[0].plan.sequence_parallel == false);
}

TEST_CASE("columns without a meaning are told") {
  const MeasuredFile file = measured("workload,status,cluster\nllama-3-8b,ran,home\n");
  CHECK(file.unused_columns == std::vector<std::string>{"cluster"});
}

TEST_CASE("mistakes of measured runs are told with their place, all at once") {
  CHECK(mistakes_of("workload,status,tensor,zero\nllama-3-8b,runs,0,5\nllama-3-8b,ran,two,1\n") ==
        "FILE:2:12: status: 'runs' is not known; known: ran, out_of_memory\n"
        "FILE:2:17: tensor: 0 is no whole number from 1 to 1000000000\n"
        "FILE:2:19: zero: '5' is not known; known: 0, 1, 2, 3\n"
        "FILE:3:16: tensor: 'two' is not a plain number: write one such as 7168, 0.1 or 1.5e12");
  CHECK(mistakes_of("workload,devices,data,tensor,status\nllama-3-8b,8,2,2,ran\n") ==
        "FILE:2:12: devices: 8 is not data 2 x tensor 2 x pipeline 1 x context 1 = 4");
  CHECK(mistakes_of("workload,data,micro_batch,accumulation,global_batch,status\nllama-3-8b,2,2,2,9,ran\n") ==
        "FILE:2:18: global_batch: 9 is not data 2 x micro-batch 2 x accumulation 2 = 8");
  CHECK(mistakes_of("workload,metric,value,unit\nllama-3-8b,step_tim,1,s\n") ==
        "FILE:2:12: metric: 'step_tim' is not known; did you mean 'step_time'?");
  CHECK(mistakes_of("workload,metric,value,unit\nllama-3-8b,step_time,1,GiB\n")
            .starts_with("FILE:2:24: unit: "));
  CHECK(mistakes_of("workload,step_time_s\nllama-3-8b,0\n") == "FILE:2:12: step_time_s: 0 is not above 0");
  CHECK(mistakes_of("workload,reserve,status\nllama-3-8b,8,ran\n").starts_with("FILE:2:12: reserve: "));
  CHECK(mistakes_of("workload,tensor\nllama-3-8b,2\n")
            .starts_with("FILE:1:1: no column with a measurement; expected one of status, metric, "));
  CHECK(mistakes_of("status\nran\n") ==
        "FILE:1:1: columns that no template knows; expected at least those of one line: ffn_hidden, "
        "kv_heads; or "
        "layers, hidden, heads; or workload");
}

TEST_CASE("a plan that breaks a rule is said and not compared") {
  const Validation validation = validated(
      measured("workload,tensor,micro_batch,status\nllama-3-8b,3,1,ran\nllama-3-8b,1,1,out_of_memory\n"),
      "dgx-h100");
  CHECK(validation.cases == 2);
  REQUIRE(validation.invalid_plans.size() == 1);
  CHECK(validation.invalid_plans[0].why.find("tensor 3 does not divide 32 heads") != std::string::npos);
  REQUIRE(validation.fit);
  CHECK(validation.fit->cases == 1);
  CHECK(validation.fit->accuracy() == 1);
}

TEST_CASE("an unknown workload of a run is told at its row") {
  const MeasuredFile file = measured("workload,status\nllama-3-8c,ran\n");
  try {
    static_cast<void>(validated(file, "dgx-h100"));
    FAIL("no mistake");
  } catch (const config::BadInput& error) {
    CHECK(error.problems()[0].where.line == 2);
    CHECK(std::string(error.what()).find("llama-3-8b") != std::string::npos);
  }
}

TEST_CASE("runs that differ in one knob have different names") {
  const MeasuredFile file = measured(
      "workload,data,zero,zero_group,micro_batch,recompute,offload,context,context_exchange,imbalance,"
      "overlap,"
      "status\n"
      "llama-3-8b,8,3,,1,,,,,,,ran\n"
      "llama-3-8b,8,3,4,1,,,,,,,ran\n"
      "llama-3-8b,8,3,,1,full,,,,,,ran\n"
      "llama-3-8b,8,3,,1,,optimizer,,,,,ran\n"
      "llama-3-8b,8,3,,1,,,2,ring,,,ran\n"
      "llama-3-8b,8,3,,1,,,2,gather,,,ran\n"
      "llama-3-8b,8,3,,1,,,,,1.5,,ran\n"
      "llama-3-8b,8,3,,1,,,,,,none,ran\n");
  std::vector<std::string> names;
  for (const MeasuredRun& run : file.runs) names.push_back(run.name);
  CHECK(names ==
        std::vector<std::string>{"llama-3-8b d8 z3 b1", "llama-3-8b d8 z3 b1 zero_group=4",
                                 "llama-3-8b d8 z3 b1 full", "llama-3-8b d8 z3 b1 offload=optimizer",
                                 "llama-3-8b d8 c2 z3 b1", "llama-3-8b d8 c2 z3 b1 context_exchange=gather",
                                 "llama-3-8b d8 z3 b1 imbalance=1.5", "llama-3-8b d8 z3 b1 overlap=none"});
}

TEST_CASE("what a template says of all its runs is in no name") {
  const MeasuredFile file = measured(
      "layers,hidden,ffn_hidden,heads,kv_heads,micro_batch,cut,status\n"
      "2,64,256,4,4,1,,ran\n2,64,256,4,4,1,in-order,ran\n2,64,256,4,4,1,fastest,ran\n");
  CHECK(file.runs[0].name.find("cut") == std::string::npos);  // the template's own is in-order
  CHECK(file.runs[1].name == file.runs[0].name);
  CHECK(file.runs[2].name == file.runs[0].name + " cut=fastest");
}

TEST_CASE("a plan that offloads fits where the node has room for what all its devices keep there") {
  // Adam under the recipe `mixed` remembers 12 B a parameter: of GPT-2 small's 124,439,808, 1.4933e9 B a
  // replica. A node of eight replicas keeps 11.947e9 B in its host's memory.
  const MeasuredFile file = measured(
      "workload,devices,data,micro_batch,recipe,optimizer,offload,status\n"
      "gpt-2-small,8,8,1,mixed,adam,optimizer,ran\ngpt-2-small,1,1,1,mixed,adam,optimizer,ran\n");
  const auto missed = [&](const char* host) {
    return validated(file, "dgx-h100", {}, {{"node.memory", host, {"test", 0, 0}}}).fit->missed_fits;
  };
  CHECK(missed("12 GB") == 0);
  CHECK(missed("11.9 GB") == 1);
  CHECK(missed("1.48 GB") == 2);
}

TEST_CASE("what is asked for all runs goes before what rows say") {
  ValidateQuestion question;
  question.reserve = Bytes(79 * 1073741824.0);
  const Validation validation = validated(
      measured("workload,micro_batch,reserve,status\ngpt-2-small,1,1 GiB,ran\n"), "dgx-h100", question);
  CHECK(validation.fit->missed_fits == 1);  // of 80 GiB, 1 GiB is left
}
