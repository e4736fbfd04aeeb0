#include "publish/expiry.h"

#include <charconv>

#include "base/str.h"
#include "publish/signers.h"
#include "trust/clock.h"

namespace slipway::publish {
namespace {

constexpr trust::Seconds kHour = 3600;
constexpr trust::Seconds kMost = 3650 * trust::kDay;

trust::Seconds unit_of(char letter) {
  switch (letter) {
    case 'h':
      return kHour;
    case 'd':
      return trust::kDay;
    case 'w':
      return 7 * trust::kDay;
    default:
      return 0;
  }
}

}  // namespace

Result<trust::Seconds> parse_lifetime(std::string_view option, std::string_view text) {
  Error fault{Code::kUsage, str(option, " ", shorten(text),
                                " is no time: write it as 12h, 90d or 2w, from one hour to "
                                "3650 days")};
  if (text.size() < 2 || text.size() > 8) return fault;
  const trust::Seconds unit = unit_of(text.back());
  text.remove_suffix(1);
  trust::Seconds count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (unit == 0 || error != std::errc() || end != text.data() + text.size() || count < 1 ||
      count > kMost / unit)
    return fault;
  return count * unit;
}

std::string span_text(trust::Seconds span) {
  const trust::Seconds days = span / trust::kDay;
  const trust::Seconds count = days > 1 ? days : span / kHour;
  return str(count, days > 1 ? " day" : " hour", count == 1 ? "" : "s");
}

Status check_clock(trust::Seconds now) {
  if (trust::judge_clock(now, std::nullopt).clock == trust::Clock::kPlausible) return {};
  return Error{Code::kInvalid, trust::clock_behind_text(now, std::nullopt)};
}

std::vector<Due> due_soon(const State& state, trust::Seconds now) {
  std::vector<Due> due;
  const auto look = [&](std::string_view role, trust::Seconds expires, trust::Seconds within) {
    if (expires - now < within) due.push_back({role, expires});
  };
  look(trust::kRoot, state.root.expires, 30 * trust::kDay);
  if (!state.is_published) return due;
  look(trust::kTargets, state.targets.expires, 14 * trust::kDay);
  look(trust::kSnapshot, state.snapshot.expires, 14 * trust::kDay);
  look(trust::kTimestamp, state.timestamp.expires, trust::kDay);
  return due;
}

}  // namespace slipway::publish
