#include <fmt/format.h>

#include "memwall/roofline/explain.hpp"
#include "memwall/units/text.hpp"

/// An explanation as text: one derivation a line, `what = formula = numbers = result`.
namespace memwall::roofline {
namespace {

void add_line(std::string& text, const Derivation& line) {
  text += "  " + line.what;
  for (const std::string& part : {line.formula, line.numbers, line.result}) {
    if (!part.empty()) text += " = " + part;
  }
  text += '\n';
}

void add_section(std::string& text, const std::string& title, const std::vector<Derivation>& lines) {
  if (lines.empty()) return;
  text += title + "\n";
  for (const Derivation& line : lines) add_line(text, line);
}

void add_resource(std::string& text, const ResourceExplanation& resource) {
  if (resource.seconds == Seconds(0)) {
    text += resource.resource + ": no work\n";
    return;
  }
  add_section(text, resource.resource, resource.work);
  for (const PeakExplanation& peak : resource.peaks) {
    text += fmt::format("  peak {} ({}; {}; {})\n", peak.peak, peak.provenance, peak.source, peak.where);
  }
  add_line(text, resource.time);
}

std::string verdict(const Explanation& e) {
  if (e.next.empty()) return fmt::format("bound by {}: nothing else is used\n", e.bound);
  Seconds next;
  for (const ResourceExplanation& resource : e.resources) {
    if (resource.resource == e.next) next = resource.seconds;
  }
  return fmt::format(
      "bound by {}: {:.4g} times as long as {}; were {} infinitely fast, {} would bound at {}\n", e.bound,
      e.margin, e.next, e.bound, e.next, to_text(next));
}

}  // namespace

std::string to_text(const Explanation& e) {
  std::string text = fmt::format("{}: {}, {} pass\n", e.name, e.kind, e.pass);
  text += fmt::format("on {}, recipe {}\n", e.device, e.recipe);
  add_section(text, "dimensions", e.dimensions);
  add_section(text, "accesses", e.accesses);
  for (const ResourceExplanation& resource : e.resources) add_resource(text, resource);
  for (const IntensityExplanation& line : e.intensities) {
    add_line(text, line.intensity);
    if (!line.ridge.empty()) text += "  " + line.ridge + "\n";
  }
  text += verdict(e);
  text += fmt::format("time {}", to_text(e.time));
  if (e.count != 1) text += fmt::format(", {} times {}", count_text(e.count), to_text(e.total));
  text += '\n';
  for (const std::string& note : e.notes) text += "note: " + note + "\n";
  return text;
}

}  // namespace memwall::roofline
