#pragma once

#include <string>
#include <string_view>

namespace memwall::config {

/// Throws BadInput, at its place, for the first byte of `text` that is not UTF-8 or is a control character
/// other than tab and line break. (yaml-cpp takes byte 4 for the end of the text and guesses at other
/// encodings, so that a document would be cut or garbled in silence.)
void check_characters(std::string_view text, const std::string& file);

}  // namespace memwall::config
