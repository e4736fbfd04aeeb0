#include "trust/clock.h"

namespace slipway::trust {
namespace {

constexpr Seconds kNow = 1795000000;  // 2026-11-18

TEST(Time, ReadsBackAndRefusesAllOtherForms) {
  EXPECT_EQ(time_text(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(parse_time("2000-02-29T23:59:59Z"), 951868799);
  EXPECT_EQ(time_text(951868799), "2000-02-29T23:59:59Z");
  for (const char* text : {"", "2026-11-18", "2026-11-18T00:00:00", "2026-11-18T00:00:00+00:00",
                           "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-11-18T24:00:00Z",
                           "2026-11-18T00:00:00.5Z", "1969-12-31T23:59:59Z", "2026-11-18t00:00:00z",
                           " 2026-11-18T00:00:00Z"})
    EXPECT_FALSE(parse_time(text)) << text;
}

TEST(Clock, OneThatRanBackIsWrongAndItsFloorServes) {
  const Judged judged = judge_clock(0, kNow);
  EXPECT_EQ(judged.clock, Clock::kBehind);
  EXPECT_EQ(judged.time, kNow);
  EXPECT_EQ(judge_clock(kNow, kNow).clock, Clock::kPlausible);
}

TEST(Clock, Of1970WithoutAFloorNothingCanBeTold) {
  EXPECT_EQ(judge_clock(0, std::nullopt).clock, Clock::kUnknown);
  EXPECT_EQ(judge_clock(kNow, std::nullopt).clock, Clock::kPlausible);
}

TEST(Clock, Of2100IsAheadWhereMetadataExpiredYearsAgo) {
  const Seconds year2100 = *parse_time("2100-01-01T00:00:00Z");
  const Seconds expired = kNow + 7 * kDay;
  EXPECT_TRUE(is_clock_ahead(year2100, kNow, expired));
  EXPECT_TRUE(is_clock_ahead(year2100, std::nullopt, expired));
  EXPECT_FALSE(is_clock_ahead(expired + 30 * kDay, kNow, expired));  // expired, and that is all
  EXPECT_NE(clock_ahead_text(year2100, kNow, expired).find("clock is wrong"), std::string::npos);
}

}  // namespace
}  // namespace slipway::trust
