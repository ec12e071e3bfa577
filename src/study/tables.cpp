#include "memwall/study/tables.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "memwall/units/text.hpp"

namespace memwall::study {
namespace {

using Asked = std::optional<double>;

/// A value in its unit as prose shows it: `138.4 million`, `10,614 PFLOP`.
std::string shown(double value, const std::string& unit) {
  const std::string name = unit == "1e6" ? "million" : unit == "1e9" ? "billion" : unit;
  if (std::fabs(value) < 1000) return fmt::format("{:.4g} {}", value, name);
  const double step = std::pow(10, std::max(0.0, std::floor(std::log10(value)) - 4));
  return fmt::format("{} {}", count_text(std::round(value / step) * step), name);
}

/// Half a unit of a printed number's last digit.
double half_a_digit(std::string_view printed, double value) {
  return 0.5 * std::pow(10, std::floor(std::log10(value)) + 1 - significant_digits(printed));
}

std::string joined(std::initializer_list<std::string> parts) {
  std::string text;
  for (const std::string& part : parts) {
    if (!part.empty()) text += (text.empty() ? "" : "; ") + part;
  }
  return text;
}

/// Works out the cells of one row.
class RowMaker {
 public:
  RowMaker(const PublishedRow& row, Subjects& subjects) : row_(row), subjects_(subjects) {}

  [[nodiscard]] TableCell cell(const PublishedCell& published, const Reason* reason) {
    TableCell cell;
    cell.table = row_.table;
    cell.model = row_.model;
    cell.workload = published.settings.workload;
    cell.metric = published.metric.name;
    cell.unit = published.metric.unit;
    cell.published = published.value;
    cell.printed = published.published;
    cell.ours = ours(published);
    cell.verdict = cell.ours ? verdict_of(*cell.ours, published.published) : Verdict::unexplained;
    cell.explanation = joined({published.note, asides(published, published.beside)});
    if (reason != nullptr) explain(published, *reason, cell);
    return cell;
  }

 private:
  /// A cell in its own unit.
  [[nodiscard]] Asked ours(const PublishedCell& cell) {
    if (cell.metric.sum_of.empty())
      return value(cell.metric.definition, cell.metric.unit, cell.settings, cell.where);
    double sum = 0;
    for (const std::string& metric : cell.metric.sum_of) {
      const Asked part = ours(cell_of(metric, cell.where));
      if (!part) return std::nullopt;
      sum += *part;
    }
    return sum;
  }

  [[nodiscard]] Asked value(const std::string& name, const std::string& unit, const Settings& settings,
                            const config::Location& where) {
    const Definition& definition = definition_named(name, where);
    const double one = unit_value(unit, definition.measure, where);
    const Asked derived = definition.derive(subjects_.of(settings));
    return derived ? Asked(*derived / one) : std::nullopt;
  }

  [[nodiscard]] const PublishedCell& cell_of(const std::string& metric, const config::Location& where) const {
    for (const PublishedCell& cell : row_.cells) {
      if (cell.metric.name == metric) return cell;
    }
    throw config::BadInput(
        where, fmt::format("needs '{}' of {} {}, which has no such cell", metric, row_.table, row_.model));
  }

  [[nodiscard]] Asked value(const PublishedCell& cell, const Aside& aside) {
    const std::string& definition = aside.definition ? *aside.definition : cell.metric.definition;
    return value(definition, aside.unit.value_or(cell.metric.unit), changed(row_.settings, aside.settings),
                 aside.settings.where);
  }

  [[nodiscard]] std::string told(const PublishedCell& cell, const Aside& aside) {
    const Asked derived = value(cell, aside);
    if (!derived) return "";
    return fmt::format("{}: {}", aside.of, shown(*derived, aside.unit.value_or(cell.metric.unit)));
  }

  [[nodiscard]] std::string asides(const PublishedCell& cell, const std::vector<Aside>& list) {
    std::string text;
    for (const Aside& aside : list) text = joined({text, told(cell, aside)});
    return text;
  }

  /// What the published parts add up to, where that is not the published value however they were rounded.
  [[nodiscard]] Asked contradiction(const PublishedCell& cell, const Reason& reason) const {
    if (reason.parts.empty()) return std::nullopt;
    double sum = 0;
    double slack = half_a_digit(cell.published, cell.value);
    for (const std::string& metric : reason.parts) {
      const PublishedCell& part = cell_of(metric, reason.where);
      sum += part.value;
      slack += half_a_digit(part.published, part.value);
    }
    return std::fabs(sum - cell.value) > slack ? Asked(sum) : std::nullopt;
  }

  /// Whether the other quantity gives the published value, or none is claimed.
  [[nodiscard]] bool holds(const PublishedCell& cell, const Reason& reason) {
    if (!reason.equals) return true;
    const Asked derived = value(cell, *reason.equals);
    return derived && verdict_of(*derived, cell.published) != Verdict::unexplained;
  }

  void explain(const PublishedCell& published, const Reason& reason, TableCell& cell) {
    const Asked sum = contradiction(published, reason);
    if (cell.verdict != Verdict::unexplained && !sum) return;  // nothing to explain
    if (!holds(published, reason) || (!reason.parts.empty() && !sum)) {
      cell.explanation = joined({"the stated reason does not hold: " + reason.text, cell.explanation});
      return;
    }
    const bool erratum = reason.kind == Reason::Kind::erratum;
    cell.verdict = erratum ? Verdict::erratum : Verdict::not_derivable;
    cell.explanation = joined({reason.text, reason.equals ? told(published, *reason.equals) : "",
                               sum ? fmt::format("the published parts give {}", shown(*sum, cell.unit)) : "",
                               erratum && cell.ours ? "corrected: " + shown(*cell.ours, cell.unit) : "",
                               asides(published, reason.beside), cell.explanation});
  }

  const PublishedRow& row_;
  Subjects& subjects_;
};

bool belongs(const Reason& reason, const PublishedRow& row, const PublishedCell& cell) {
  return reason.table == row.table && reason.model == row.model && reason.metric == cell.metric.name;
}

const Reason* reason_for(const std::vector<Reason>& reasons, const PublishedRow& row,
                         const PublishedCell& cell) {
  const auto found = std::find_if(reasons.begin(), reasons.end(),
                                  [&](const Reason& reason) { return belongs(reason, row, cell); });
  return found == reasons.end() ? nullptr : &*found;
}

/// Every reason explains the value that is published, once.
void check_reasons(const Publication& publication, const std::vector<Reason>& reasons) {
  config::Problems problems;
  for (const Reason& reason : reasons) {
    const std::string name = fmt::format("{} {} {}", reason.table, reason.model, reason.metric);
    bool found = false;
    for (const PublishedRow& row : publication.rows) {
      for (const PublishedCell& cell : row.cells) {
        if (!belongs(reason, row, cell)) continue;
        found = true;
        if (cell.published != reason.published)
          problems.add(reason.where, fmt::format("explains {} = {}, and the publication has {}", name,
                                                 reason.published, cell.published));
        if (reason_for(reasons, row, cell) != &reason)
          problems.add(reason.where, fmt::format("explains {} a second time", name));
      }
    }
    if (!found)
      problems.add(reason.where, fmt::format("explains {}, and the publication has no such cell", name));
  }
  problems.throw_if_any();
}

/// What a cell that nobody published rests on.
std::string basis(const Subject& subject, const Definition& definition, bool derived) {
  if (!derived) return "the workload's file states no samples, tokens or epochs of training";
  if (definition.measure != Measure::bytes) return "";
  return fmt::format("{}, {}, batch {:g}", subject.recipe.id, subject.optimizer.id, subject.trace.batch);
}

}  // namespace

std::string_view to_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::reproduced:
      return "reproduced";
    case Verdict::within_rounding:
      return "within rounding";
    case Verdict::erratum:
      return "erratum";
    case Verdict::not_derivable:
      return "not derivable";
    case Verdict::unexplained:
      return "unexplained";
    case Verdict::unpublished:
      return "unpublished";
  }
  return "";
}

int significant_digits(std::string_view printed) {
  const std::string_view mantissa = printed.substr(0, printed.find_first_of("eE"));
  const bool fraction = mantissa.find('.') != std::string_view::npos;
  int digits = 0;
  int zeros = 0;  // those at the end so far
  for (const char c : mantissa) {
    if (c < '0' || c > '9') continue;
    if (c == '0' && digits == 0) continue;
    ++digits;
    zeros = c == '0' ? zeros + 1 : 0;
  }
  return std::max(1, fraction ? digits : digits - zeros);
}

bool rounds_to(double value, std::string_view printed) {
  const int decimals = significant_digits(printed) - 1;
  return fmt::format("{:.{}e}", value, decimals) == fmt::format("{:.{}e}", parse_number(printed), decimals);
}

Verdict verdict_of(double ours, std::string_view printed) {
  if (rounds_to(ours, printed)) return Verdict::reproduced;
  const double published = parse_number(printed);
  return std::fabs(ours - published) <= rounding_tolerance * published ? Verdict::within_rounding
                                                                       : Verdict::unexplained;
}

std::optional<double> TableCell::relative_difference() const {
  if (!ours || !published) return std::nullopt;
  return (*ours - *published) / *published;
}

std::vector<TableCell> published_cells(const Publication& publication, const std::vector<Reason>& reasons,
                                       Subjects& subjects) {
  check_reasons(publication, reasons);
  std::vector<TableCell> cells;
  for (const PublishedRow& row : publication.rows) {
    RowMaker maker(row, subjects);
    for (const PublishedCell& cell : row.cells)
      cells.push_back(maker.cell(cell, reason_for(reasons, row, cell)));
  }
  return cells;
}

std::vector<TableCell> unpublished_cells(const Publication& publication, const std::string& workload,
                                         Subjects& subjects) {
  Settings settings;
  settings.workload = workload;
  const Subject& subject = subjects.of(changed(publication.settings, settings));
  std::vector<TableCell> cells;
  for (const Metric& metric : publication.metrics) {
    TableCell cell;
    cell.table = metric.table.empty() ? subject.model.domain : metric.table;
    cell.model = subject.model.name;
    cell.workload = workload;
    cell.metric = metric.name;
    cell.unit = metric.unit;
    if (metric.sum_of.empty()) {
      const Definition& definition = definition_named(metric.definition, metric.where);
      if (const Asked value = definition.derive(subject))
        cell.ours = *value / unit_value(metric.unit, definition.measure, metric.where);
      cell.explanation = basis(subject, definition, cell.ours.has_value());
    } else {
      double sum = 0;
      for (const TableCell& part : cells) {
        if (std::ranges::find(metric.sum_of, part.metric) != metric.sum_of.end())
          sum += part.ours.value_or(0);
      }
      cell.ours = sum;
    }
    cells.push_back(std::move(cell));
  }
  return cells;
}

}  // namespace memwall::study
