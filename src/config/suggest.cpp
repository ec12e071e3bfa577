#include "memwall/config/suggest.hpp"

#include <algorithm>
#include <limits>

namespace memwall::config {
namespace {

/// Longer names are no slips of one another, and their distance would take long to find.
constexpr std::size_t longest_name = 100;
constexpr std::size_t longest_listing = 12;

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& character : lower) {
    if (character >= 'A' && character <= 'Z') character = static_cast<char>(character - 'A' + 'a');
  }
  return lower;
}

/// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (optimal string
/// alignment: no part is edited twice).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Row i holds the distances from the first i characters of `a` to every beginning of `b`.
  std::vector<std::size_t> two_above(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    two_above.swap(above);
    above.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, substitution});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], two_above[j - 2] + 1);
    }
  }
  return row[b.size()];
}

/// Whether `a` and `b` could be within `most` edits, from their lengths alone.
bool lengths_allow(std::string_view a, std::string_view b, std::size_t most) {
  return std::max(a.size(), b.size()) - std::min(a.size(), b.size()) <= most;
}

}  // namespace

std::optional<std::string> nearest(std::string_view name, std::span<const std::string> known) {
  if (name.empty() || name.size() > longest_name) return std::nullopt;
  const std::string wanted = lower_case(name);
  const std::size_t most = std::max<std::size_t>(1, wanted.size() / 3);

  const std::string* best = nullptr;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  const std::string* begun = nullptr;
  for (const std::string& candidate : known) {
    const std::string other = lower_case(candidate);
    if (begun == nullptr && other.starts_with(wanted)) begun = &candidate;
    if (!lengths_allow(wanted, other, most)) continue;
    const std::size_t distance = edit_distance(wanted, other);
    const bool something_in_common = distance < std::max(wanted.size(), other.size());
    if (distance > most || distance >= least || !something_in_common) continue;
    best = &candidate;
    least = distance;
  }
  if (best == nullptr) best = begun;
  return best == nullptr ? std::nullopt : std::optional(*best);
}

std::string suggestion(std::string_view name, std::span<const std::string> known) {
  if (const auto near = nearest(name, known)) return "; did you mean '" + *near + "'?";
  if (known.empty() || known.size() > longest_listing) return {};
  std::string text = "; known: ";
  for (std::size_t i = 0; i < known.size(); ++i) text += (i == 0 ? "" : ", ") + known[i];
  return text;
}

}  // namespace memwall::config
