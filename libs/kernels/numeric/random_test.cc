#include "kernels/numeric/random.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace slipway::numeric {
namespace {

// The known answers published with the algorithm.
TEST(Random, PhiloxKnownAnswers) {
  using Block = std::array<std::uint32_t, 4>;
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({~0U, ~0U, ~0U, ~0U}, {~0U, ~0U}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, IndexesWordsOfBlocks) {
  const Random random(0);
  EXPECT_EQ(random.bits(0), 0x6627e8d5U);
  EXPECT_EQ(random.bits(3), 0x9b00dbd8U);
  EXPECT_NE(random.bits(4), random.bits(0));
  EXPECT_NE(Random(0, 1).bits(0), random.bits(0));
  EXPECT_NE(Random(1).bits(0), random.bits(0));
}

TEST(Random, DistributionsHaveTheirMoments) {
  const Random random(42);
  constexpr int kCount = 20000;
  double uniform = 0;
  double normal = 0;
  double square = 0;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    const float u = random.uniform_float(i);
    ASSERT_GE(u, 0.0F);
    ASSERT_LT(u, 1.0F);
    ASSERT_LT(random.uniform_double(i), 1.0);
    uniform += static_cast<double>(u);
    normal += random.normal(i);
    square += random.normal(i) * random.normal(i);
  }
  EXPECT_NEAR(uniform / kCount, 0.5, 0.01);
  EXPECT_NEAR(normal / kCount, 0.0, 0.03);
  EXPECT_NEAR(square / kCount, 1.0, 0.05);
}

}  // namespace
}  // namespace slipway::numeric
