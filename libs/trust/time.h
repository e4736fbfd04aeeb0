// Moments as TUF writes them: seconds since 1970, UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::trust {

using Seconds = std::int64_t;

inline constexpr Seconds kDay = 86400;

// "2026-11-28T22:30:00Z" and nothing else; years 1970 to 9999.
std::optional<Seconds> parse_time(std::string_view text);
std::string time_text(Seconds time);

}  // namespace slipway::trust
