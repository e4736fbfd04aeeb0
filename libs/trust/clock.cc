#include "trust/clock.h"

#include <algorithm>

#include "base/str.h"

namespace slipway::trust {
namespace {

constexpr std::string_view kWayOut = ": set the clock (timedatectl set-time, or NTP) and try again";

}  // namespace

Judged judge_clock(Seconds clock, std::optional<Seconds> floor) {
  if (floor && clock < *floor) return {Clock::kBehind, *floor};
  if (!floor && clock < kEarliest) return {Clock::kUnknown, clock};
  return {Clock::kPlausible, clock};
}

bool is_clock_ahead(Seconds clock, std::optional<Seconds> floor, Seconds expired) {
  return clock - std::max(expired, floor.value_or(expired)) > kMostLeap;
}

std::string clock_behind_text(Seconds clock, std::optional<Seconds> floor) {
  if (floor) {
    return str("this device's clock is wrong: it says ", time_text(clock), ", and it has been ",
               time_text(*floor), " already", kWayOut);
  }
  return str("this device's clock is wrong: it says ", time_text(clock),
             ", before this program was written, and what has expired cannot be told", kWayOut);
}

std::string clock_ahead_text(Seconds clock, std::optional<Seconds> floor, Seconds expired) {
  const std::string known =
      floor ? str("the last time it was known to be right was ", time_text(*floor))
            : str("what the repository signed was good until ", time_text(expired));
  return str("this device's clock is wrong: it says ", time_text(clock), ", and ", known, kWayOut);
}

}  // namespace slipway::trust
