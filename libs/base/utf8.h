// UTF-8 to and from code points.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipway {

// False, and nothing appended, for surrogates and beyond U+10FFFF.
bool append_utf8(std::string& text, std::uint32_t code_point);

// Takes the first code point off the text (not empty); nullopt, and nothing taken, when malformed.
std::optional<std::uint32_t> take_utf8(std::string_view& text);

}  // namespace slipway
