// Upper and lower case of UTF-8 text, the same on every machine and in every locale: Latin with its
// supplement and extension A, Greek and Cyrillic. Other characters, and bytes that are not UTF-8,
// stay.
#pragma once

#include <string>
#include <string_view>

namespace slipway {

std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);

}  // namespace slipway
