#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/common.hpp"

/// A what-if beside what is: the same operators on a device as its file has it, and changed.
namespace memwall::cli {
namespace {

/// One operator on both devices. The kernels depend on model and recipe alone, so that they are the same.
struct Pair {
  const roofline::OperatorTime* before;
  const roofline::OperatorTime* after;
  std::string bound_before;
  std::string bound_after;
};

std::vector<Pair> pairs_of(const roofline::Roofline& before, const roofline::Roofline& after) {
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < before.operators.size(); ++i) {
    const roofline::OperatorTime& was = before.operators[i];
    const roofline::OperatorTime& is = after.operators[i];
    pairs.push_back({&was, &is, std::string(before.bound_name(was.cost.bound)),
                     std::string(after.bound_name(is.cost.bound))});
  }
  return pairs;
}

std::vector<std::string> hardware_changes(const Priced& priced, const Values& values) {
  std::vector<std::string> texts;
  for (const hardware::Change& change : changes_of(values, priced.workload).hardware)
    texts.push_back(fmt::format("{}={}", change.path, change.text));
  return texts;
}

results::Table table_of(const std::vector<Pair>& pairs, const std::string& title) {
  using results::Show;
  results::Table table{"comparison",
                       title,
                       {results::text_column("name", "the kernel's name"),
                        results::text_column("pass", "forward, backward or optimizer"),
                        results::real_column("time_before_s", "s", "of all executions", Show::quantity),
                        results::real_column("time_after_s", "s", "of all executions", Show::quantity),
                        results::real_column("speedup", "", "time before over time after"),
                        results::text_column("bound_before", "the resource that takes longest"),
                        results::text_column("bound_after", "the resource that takes longest")}};
  table.columns[2].heading = "time before";
  table.columns[3].heading = "time after";
  for (const Pair& pair : pairs) {
    table.add_row({pair.before->kernel.name, roofline::to_text(pair.before->kernel.pass),
                   pair.before->total(), pair.after->total(), pair.before->total() / pair.after->total(),
                   pair.bound_before, pair.bound_after});
  }
  return table;
}

/// Operators whose bound changed, by what it was and became.
std::string movements(const std::vector<Pair>& pairs) {
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> moved;
  for (const Pair& pair : pairs) {
    if (pair.bound_before != pair.bound_after)
      moved[{pair.bound_before, pair.bound_after}].push_back(pair.before->kernel.name);
  }
  if (moved.empty()) return "no operator's bound changes\n";
  std::string text;
  for (const auto& [bounds, names] : moved) {
    text += fmt::format("from {} to {}: {}\n", bounds.first, bounds.second,
                        wrapped(fmt::format("{}", fmt::join(names, ", ")), 2));
  }
  return text;
}

Json json_of(const Priced& before, const Priced& after, const std::vector<Pair>& pairs,
             const std::vector<std::string>& changes) {
  const auto side = [](const Priced& priced) {
    return Json{{"time_s", priced.roofline.total.time.value()},
                {"bound", priced.roofline.bound_name(priced.roofline.total.bound())}};
  };
  Json json{{"workload", before.workload.id}, {"device", before.device.id},
            {"phase", before.phase.name},     {"changes", changes},
            {"before", side(before)},         {"after", side(after)}};
  json["operators"] = Json::array();
  for (const Pair& pair : pairs) {
    json["operators"].push_back({{"name", pair.before->kernel.name},
                                 {"time_before_s", pair.before->total().value()},
                                 {"time_after_s", pair.after->total().value()},
                                 {"bound_before", pair.bound_before},
                                 {"bound_after", pair.bound_after}});
  }
  return json;
}

}  // namespace

void print_comparison(const Priced& before, const Priced& after, const Values& values, Format format) {
  const std::vector<std::string> changes = hardware_changes(after, values);
  if (changes.empty())
    throw config::BadInput(Values::place("compare"), "needs a change of the hardware to compare with: --set");
  const std::vector<Pair> pairs = pairs_of(before.roofline, after.roofline);
  if (format == Format::json) return print(json_of(before, after, pairs, changes));
  print(table_of(pairs, fmt::format("{} on {}: {}, batch {}, recipe {}, ideal; before and after {}",
                                    before.workload.name, before.device.name, before.phase.name,
                                    before.lowering.batch, before.recipe.id, fmt::join(changes, ", "))),
        format);
  if (format == Format::csv) return;
  const Seconds was = before.roofline.total.time;
  const Seconds is = after.roofline.total.time;
  print(fmt::format("\ntime (ideal)     {} before, {} after: {:.2f} x as fast\n", to_text(was), to_text(is),
                    was / is));
  print(movements(pairs));
}

}  // namespace memwall::cli
