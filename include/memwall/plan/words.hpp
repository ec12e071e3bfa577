#pragma once

#include <string>

#include "memwall/config/problem.hpp"
#include "memwall/plan/plan.hpp"

/// Knobs whose values are words, as command lines, files and tables hold them.
namespace memwall::plan {

/// Reads a value, the reverse of to_text. Throws BadInput at `where`, with the nearest known word.
void read_word(const std::string& text, const config::Location& where, Schedule& value);
void read_word(const std::string& text, const config::Location& where, Cut& value);
void read_word(const std::string& text, const config::Location& where, ContextExchange& value);
void read_word(const std::string& text, const config::Location& where, Recompute& value);
void read_word(const std::string& text, const config::Location& where, Overlap& value);
void read_word(const std::string& text, const config::Location& where, Offload& value);
void read_word(const std::string& text, const config::Location& where, hardware::OuterMemory& value);

/// A ZeRO stage: 0 to 3.
void read_word(const std::string& text, const config::Location& where, int& value);

}  // namespace memwall::plan
