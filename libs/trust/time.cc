#include "trust/time.h"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace slipway::trust {
namespace {

namespace chrono = std::chrono;

constexpr std::string_view kForm = "0000-00-00T00:00:00Z";

bool has_form(std::string_view text) {
  return std::ranges::equal(text, kForm, [](char c, char form) {
    return form == '0' ? c >= '0' && c <= '9' : c == form;
  });
}

int number(std::string_view text, std::size_t from, std::size_t count) {
  int value = 0;
  std::from_chars(text.data() + from, text.data() + from + count, value);
  return value;
}

void append(int value, std::size_t digits, std::string& to) {
  const std::string text = std::to_string(value);
  to.append(digits - std::min(digits, text.size()), '0').append(text);
}

}  // namespace

std::optional<Seconds> parse_time(std::string_view text) {
  if (!has_form(text)) return std::nullopt;
  const chrono::year_month_day day(chrono::year(number(text, 0, 4)),
                                   chrono::month(static_cast<unsigned>(number(text, 5, 2))),
                                   chrono::day(static_cast<unsigned>(number(text, 8, 2))));
  const int hour = number(text, 11, 2);
  const int minute = number(text, 14, 2);
  const int second = number(text, 17, 2);
  if (!day.ok() || day.year() < chrono::year(1970) || hour > 23 || minute > 59 || second > 59)
    return std::nullopt;
  return chrono::sys_days(day).time_since_epoch() / chrono::seconds(1) + hour * 3600 + minute * 60 +
         second;
}

std::string time_text(Seconds time) {
  const chrono::sys_seconds moment{chrono::seconds(time)};
  const auto midnight = chrono::floor<chrono::days>(moment);
  const chrono::year_month_day day(midnight);
  const auto seconds = static_cast<int>((moment - midnight) / chrono::seconds(1));
  std::string text;
  append(static_cast<int>(day.year()), 4, text);
  text += '-';
  append(static_cast<int>(static_cast<unsigned>(day.month())), 2, text);
  text += '-';
  append(static_cast<int>(static_cast<unsigned>(day.day())), 2, text);
  text += 'T';
  append(seconds / 3600, 2, text);
  text += ':';
  append(seconds / 60 % 60, 2, text);
  text += ':';
  append(seconds % 60, 2, text);
  text += 'Z';
  return text;
}

}  // namespace slipway::trust
