#include "bad/complain.hpp"

#include <stdexcept>

#include "memwall/hardware/catalog.hpp"
#include "memwall/plan/recipe.hpp"
#include "memwall/study/study.hpp"
#include "memwall/workload/library.hpp"
#include "memwall/workload/lower.hpp"

namespace memwall {
namespace {

namespace fs = std::filesystem;

const std::string root = MEMWALL_SOURCE_DIR;

std::string without(std::string text, const std::string& part) {
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part))
    text.erase(at, part.size());
  return text;
}

workload::LoweringOptions options_of(const fs::path& file) {
  workload::LoweringOptions options;
  const std::string text = config::read_text(file);
  const std::string begin = "# lower: ";
  if (!text.starts_with(begin)) return options;
  const std::string line = text.substr(begin.size(), text.find('\n') - begin.size());
  const config::Node asked = config::parse_yaml(line, "--lower");
  for (const config::Entry& entry : asked.entries) {
    if (entry.key == "phase") {
      options.phase = entry.value.text == "decode" ? workload::Phase::decode : workload::Phase::prefill;
    } else if (entry.key == "batch") {
      options.batch = std::stoll(entry.value.text);
    } else if (entry.key == "context") {
      options.context_length = std::stoll(entry.value.text);
    } else if (entry.key == "set") {
      for (const config::Entry& change : entry.value.entries)
        options.dimensions.push_back({change.key, config::make_scalar(change.value.text, {"--set", 0, 0})});
    } else {
      throw std::logic_error(file.string() + ": unknown '" + entry.key + "'");
    }
  }
  return options;
}

void read(const fs::path& file) {
  const std::string kind = file.parent_path().filename().string();
  if (kind == "workloads") {
    static_cast<void>(lower(workload::Library({root}).workload(file.string()), options_of(file)));
  } else if (kind == "accelerators") {
    static_cast<void>(hardware::Catalog({root}).accelerator(file.string()));
  } else if (kind == "systems") {
    static_cast<void>(hardware::Catalog({root}).system(file.string()));
  } else if (kind == "recipes") {
    static_cast<void>(plan::read_recipe(config::read_yaml(file)));
  } else if (kind == "optimizers") {
    static_cast<void>(plan::read_optimizer(config::read_yaml(file)));
  } else if (kind == "studies") {
    static_cast<void>(study::read_study(file));
  } else {
    throw std::logic_error("tests/bad/" + kind + ": of what kind are its files?");
  }
}

}  // namespace

std::string complaint_about(const fs::path& file) {
  const std::string folder = file.parent_path().string() + "/";
  try {
    read(file);
  } catch (const config::BadInput& error) {
    return without(error.what(), folder);
  } catch (const config::BadFile& error) {
    return without(error.what(), folder);
  }
  return "nothing";
}

}  // namespace memwall
