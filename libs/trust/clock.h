// Whether a device's clock can be right, judged by the last time that it knew to be right.
//
// A floor is kept on disk: the clock's time when metadata was last found fresh. Time does not run
// backwards, so a clock below its floor is wrong, and the floor itself serves instead: nothing that
// had expired by then is accepted, and a device without a battery for its clock can still be
// updated. The floor rises only when all metadata is fresh, so that a clock that is ahead cannot
// push it beyond what was signed for.
#pragma once

#include <optional>
#include <string>

#include "trust/time.h"

namespace slipway::trust {

// Before any device ran this program.
inline constexpr Seconds kEarliest = 1735689600;  // 2025-01-01
// A device that was not switched on for longer than this, or a clock that is wrong.
inline constexpr Seconds kMostLeap = 5 * 365 * kDay;

enum class Clock : std::uint8_t {
  kPlausible,
  kBehind,   // below the floor: `time` is the floor
  kUnknown,  // behind, and there is no floor: what has expired cannot be told
};

struct Judged {
  Clock clock = Clock::kPlausible;
  Seconds time = 0;  // to judge metadata by
};
Judged judge_clock(Seconds clock, std::optional<Seconds> floor);

// Of metadata that expired at `expired`: whether it is likelier that the clock is ahead, because it
// says that the device slept, or the repository was left alone, for more than kMostLeap.
bool is_clock_ahead(Seconds clock, std::optional<Seconds> floor, Seconds expired);

// The sentence for each: what is wrong, how that is known, what to do.
std::string clock_behind_text(Seconds clock, std::optional<Seconds> floor);
std::string clock_ahead_text(Seconds clock, std::optional<Seconds> floor, Seconds expired);

}  // namespace slipway::trust
