// JSON as metadata has it: what may be read of it, and the form that is signed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/parse.h"

namespace slipway::trust {

using json::Json;

// Other programs write metadata, too: with members that TUF does not define, and any text.
inline constexpr json::Limits kJsonLimits{
    .most_bytes = std::size_t{64} << 20, .most_depth = 32, .most_values = std::size_t{1} << 20};

// By these limits; `what` begins the message.
Result<Json> parse_json(std::string_view text, std::string_view what);

// The form that signatures are made of: keys sorted, no white space, in texts nothing but the quote
// and the backslash escaped. Numbers that are no integers have no such form: kInvalid.
Result<std::string> canonical_json(const Json& json);

}  // namespace slipway::trust
