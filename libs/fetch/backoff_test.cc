#include "fetch/backoff.h"

namespace slipway::fetch {
namespace {

TEST(Backoff, CountsAttemptsThatBringLittle) {
  Patience patience;
  patience.retries = 2;
  Backoff backoff(patience, 0);
  EXPECT_TRUE(backoff.may_try_again(0));
  EXPECT_TRUE(backoff.may_try_again(kProgressBytes - 1));
  EXPECT_FALSE(backoff.may_try_again(kProgressBytes - 1));
}

TEST(Backoff, ForgetsThemWhenOneBringsEnough) {
  Patience patience;
  patience.retries = 1;
  Backoff backoff(patience, 1000);
  for (std::uint64_t i = 1; i < 50; ++i)
    EXPECT_TRUE(backoff.may_try_again(1000 + i * kProgressBytes)) << i;
  EXPECT_FALSE(backoff.may_try_again(1000 + 50 * kProgressBytes - 1));
}

TEST(Backoff, WaitsAnythingUpToABoundThatDoublesToACap) {
  Patience patience;
  patience.retries = 100;
  Backoff backoff(patience, 0);
  std::mt19937_64 random(1);
  for (const std::int64_t bound_ms :
       {500, 1000, 2000, 4000, 8000, 16'000, 30'000, 30'000, 30'000}) {
    ASSERT_TRUE(backoff.may_try_again(0));
    std::int64_t least = bound_ms;
    std::int64_t most = 0;
    for (int i = 0; i < 2000; ++i) {
      const std::int64_t wait_ms = backoff.wait_ms(0, random);
      least = std::min(least, wait_ms);
      most = std::max(most, wait_ms);
    }
    EXPECT_LE(most, bound_ms);
    EXPECT_GT(most, bound_ms * 9 / 10);
    EXPECT_LT(least, bound_ms / 10);
  }
}

TEST(Backoff, WaitsAsLongAsItIsAskedTo) {
  const Patience patience;
  Backoff backoff(patience, 0);
  std::mt19937_64 random(1);
  ASSERT_TRUE(backoff.may_try_again(0));
  EXPECT_EQ(backoff.wait_ms(77'000, random), 77'000);
}

}  // namespace
}  // namespace slipway::fetch
