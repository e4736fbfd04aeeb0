#include "fetch/pace.h"

#include <random>

#include "base/str.h"
#include "fetch/fake_clock.h"

namespace slipway::fetch {
namespace {

TEST(Shaper, TakesAsLongAsTheLimitSaysWhateverThePieces) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(str("seed ", seed));
  std::mt19937_64 random(seed);
  for (const std::uint64_t rate : {1ULL, 7ULL, 999ULL, 1000ULL, 200'000ULL, 5'000'000'000ULL}) {
    Shaper shaper(rate);
    FakeClock clock;
    const std::int64_t begin_ms = clock.now_ms();
    std::uint64_t bytes = 0;
    for (int i = 0; i < 1000; ++i) {
      const std::uint64_t piece = 1 + random() % 16'384;
      bytes += piece;
      clock.sleep(shaper.wait_ms(piece, clock.now_ms()));
    }
    const auto needed_ms = static_cast<std::int64_t>(bytes * 1000 / rate);
    EXPECT_EQ(clock.now_ms() - begin_ms, needed_ms) << rate;
  }
}

TEST(Shaper, APauseEarnsNoBurst) {
  Shaper shaper(1000);
  FakeClock clock;
  EXPECT_EQ(shaper.wait_ms(500, clock.now_ms()), 500);
  clock.now += 3'600'000;
  EXPECT_EQ(shaper.wait_ms(2000, clock.now_ms()), 2000);
}

TEST(Shaper, NoLimitIsNone) {
  Shaper shaper(0);
  EXPECT_EQ(shaper.wait_ms(1 << 30, 5), 0);
}

TEST(StallGuard, TellsOfAWindowWithTooFewBytes) {
  StallGuard guard(100, 1000);
  guard.start(0);
  guard.received(99);
  EXPECT_FALSE(guard.has_stalled(999));
  EXPECT_TRUE(guard.has_stalled(1000));
  guard.received(100);
  EXPECT_FALSE(guard.has_stalled(2000));
  EXPECT_TRUE(guard.has_stalled(3000));
}

TEST(StallGuard, DoesNotCountTheReceiversOwnPauses) {
  StallGuard guard(100, 1000);
  guard.start(0);
  guard.paused(5000);
  EXPECT_FALSE(guard.has_stalled(5999));
  EXPECT_TRUE(guard.has_stalled(6000));
}

}  // namespace
}  // namespace slipway::fetch
