#include "memwall/plan/words.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "memwall/config/suggest.hpp"

namespace memwall::plan {
namespace {

using config::Location;

[[noreturn]] void refuse(const std::string& word, const Location& where, const std::string& right) {
  throw config::BadInput(where, fmt::format("'{}' is not known{}", word, right));
}

/// The place of a word among those that are known.
std::size_t place_of(const std::string& word, const Location& where, const std::vector<std::string>& known) {
  const auto found = std::ranges::find(known, word);
  if (found == known.end()) refuse(word, where, config::suggestion(word, known));
  return static_cast<std::size_t>(found - known.begin());
}

std::vector<std::string> items_of(const std::string& text) {
  std::vector<std::string> items;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    items.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return items;
}

/// The number of `full:8`.
std::int64_t blocks_of(const std::string& item, const Location& where) {
  constexpr std::size_t prefix = 5;
  std::int64_t blocks = 0;
  const char* end = item.data() + item.size();
  const auto [stop, error] = std::from_chars(item.data() + prefix, end, blocks);
  if (error != std::errc() || stop != end || blocks < 1)
    refuse(item, where, "; expected a number of blocks of 1 or more, as in full:8");
  return blocks;
}

}  // namespace

void read_word(const std::string& text, const Location& where, Schedule& value) {
  value = static_cast<Schedule>(place_of(text, where, schedule_names()));
}

void read_word(const std::string& text, const Location& where, Cut& value) {
  value = static_cast<Cut>(place_of(text, where, cut_names()));
}

void read_word(const std::string& text, const Location& where, ContextExchange& value) {
  value = static_cast<ContextExchange>(place_of(text, where, context_exchange_names()));
}

void read_word(const std::string& text, const Location& where, int& value) {
  value = static_cast<int>(place_of(text, where, {"0", "1", "2", "3"}));
}

void read_word(const std::string& text, const Location& where, Offload& value) {
  const auto offload = offload_named(text);
  if (!offload) {
    throw config::BadInput(
        where, fmt::format("'{}' is neither all nor none nor a list of {}{}", text,
                           fmt::join(offload_names(), ", "), config::suggestion(text, offload_names())));
  }
  value = *offload;
}

void read_word(const std::string& text, const Location& where, hardware::OuterMemory& value) {
  value = static_cast<hardware::OuterMemory>(place_of(text, where, hardware::outer_memory_names()));
}

void read_word(const std::string& text, const Location& where, Recompute& value) {
  value = {};
  if (text == "none") return;
  for (const std::string& item : items_of(text)) {
    if (item == "full") {
      value.blocks = Recompute::every;
    } else if (item.starts_with("full:")) {
      value.blocks = blocks_of(item, where);
    } else if (item == "selective") {
      value.attention_core = true;
    } else if (item.empty() || item == "none") {
      refuse(text, where, "; expected " + recompute_syntax());
    } else {
      value.operators.push_back(item);
    }
  }
  std::ranges::sort(value.operators);
  value.operators.erase(std::ranges::unique(value.operators).begin(), value.operators.end());
}

void read_word(const std::string& text, const Location& where, Overlap& value) {
  value = {false, false, false, false, false};
  if (text == "none") return;
  if (text == "all") {
    for (const std::string& name : overlap_names()) switch_on(value, name);
    return;
  }
  for (const std::string& item : items_of(text)) {
    if (switch_on(value, item)) continue;
    if (item == "all" || item == "none") refuse(text, where, "; 'all' and 'none' stand alone");
    std::vector<std::string> known = overlap_names();
    known.insert(known.end(), {"all", "none"});
    refuse(item, where, config::suggestion(item, known));
  }
}

}  // namespace memwall::plan
