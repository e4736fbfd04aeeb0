#include "kernels/numeric/fixed.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace slipway::numeric {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Row {
  const char* name;
  float greatest;
  int least_exponent;
  int exponent;  // greatest <= 2^exponent, and no less would do
};

const Row kRows[] = {
    {"a state within 1", 0.3F, kLeastStateExponent, 0},
    {"a state of zeros", 0, kLeastStateExponent, 0},
    {"one", 1, kLeastStateExponent, 0},
    {"just above one", 1 + 0x1p-23F, kLeastStateExponent, 1},
    {"two", -2, kLeastStateExponent, 1},
    {"an input below one", 0.3F, kLeastInputExponent, -1},
    {"a power of two", 0.25F, kLeastInputExponent, -2},
    {"an input of zeros", 0, kLeastInputExponent, -100},
    {"subnormal", 0x1p-140F, kLeastInputExponent, -100},
    {"the greatest", std::numeric_limits<float>::max(), kLeastInputExponent, 128},
};

TEST(Fixed, TheExponentIsTheLeastThatHoldsAll) {
  for (const Row& row : kRows) {
    const float x[] = {row.greatest / 3, row.greatest, -row.greatest / 2};
    const FixedScale scale = fixed_scale(x, 3, row.least_exponent);
    EXPECT_EQ(scale.unit, std::ldexp(1.0F, row.exponent - 14)) << row.name;
    EXPECT_EQ(scale.factor, std::ldexp(1.0F, 14 - row.exponent)) << row.name;
    std::int16_t q[3];
    to_fixed(x, 3, scale, q);
    EXPECT_LE(std::abs(q[1]), 1 << 14) << row.name;
    EXPECT_NEAR(static_cast<float>(q[0]) * scale.unit, x[0], scale.unit / 2) << row.name;
  }
}

TEST(Fixed, HalvesGoToEven) {
  const float x[] = {0x1p-15F, 0x3p-15F, -0x1p-15F, -0x3p-15F, 1, -1};
  std::int16_t q[6];
  to_fixed(x, 6, fixed_scale(x, 6, 0), q);
  EXPECT_EQ(std::vector<std::int16_t>(q, q + 6),
            (std::vector<std::int16_t>{0, 2, 0, -2, 1 << 14, -(1 << 14)}));
}

TEST(Fixed, NothingIsKnownOfAnInfinityOrANaN) {
  for (const float bad : {kInfinity, -kInfinity, std::numeric_limits<float>::quiet_NaN()}) {
    const float x[] = {0.5F, bad};
    const FixedScale scale = fixed_scale(x, 2, 0);
    EXPECT_TRUE(std::isnan(scale.unit));
    std::int16_t q[2];
    to_fixed(x, 2, scale, q);
    EXPECT_EQ(q[0], 0);
    EXPECT_EQ(q[1], 0);
  }
}

TEST(Fixed, SumsAreExactInEveryBlockOfDepth) {
  const std::vector<std::int16_t> q(2 * kFixedDepth + 3, 1 << 14);
  const std::vector<float> w(q.size(), -127);
  constexpr float kBlock = -127.0F * (1 << 14) * 1024;
  EXPECT_EQ(fixed_dot(q.data(), w.data(), kFixedDepth), kBlock);
  EXPECT_EQ(fixed_dot(q.data(), w.data(), q.size()), 2 * kBlock - 127.0F * (1 << 14) * 3);
  EXPECT_EQ(fixed_dot(q.data(), w.data(), 0), 0);
}

}  // namespace
}  // namespace slipway::numeric
