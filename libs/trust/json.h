// JSON from outside: bounded, and without what readers disagree about.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace slipway::trust {

using Json = nlohmann::json;

inline constexpr int kMostJsonDepth = 32;
inline constexpr std::size_t kMostJsonValues = std::size_t{1} << 20;

// kInvalid for anything but one JSON value; a key that an object has twice, more than
// kMostJsonDepth levels or kMostJsonValues values are refused before anything is made of the text.
// `what` begins the message.
Result<Json> parse_json(std::string_view text, std::string_view what);

// The form that signatures are made of: keys sorted, no white space, in texts nothing but the quote
// and the backslash escaped. Numbers that are no integers have no such form: kInvalid.
Result<std::string> canonical_json(const Json& json);

}  // namespace slipway::trust
