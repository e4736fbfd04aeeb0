#include "kernels/numeric/round.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

namespace slipway::numeric {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(Round, HalfToEvenIsNearbyint) {
  for (int i = -4000; i <= 4000; ++i) {
    const float x = static_cast<float>(i) * 0.125F;
    ASSERT_EQ(round_half_even(x), std::nearbyint(x)) << x;
    ASSERT_EQ(std::signbit(round_half_even(x)), std::signbit(x)) << x;
    ASSERT_EQ(round_half_even(static_cast<double>(x)), std::nearbyint(static_cast<double>(x))) << x;
  }
  for (const float x : {0x1.fffffep22F, 0x1.000002p22F, 0x1p23F, 0x1p24F + 2, 1e30F, kInf}) {
    EXPECT_EQ(round_half_even(x), std::nearbyint(x)) << x;
    EXPECT_EQ(round_half_even(-x), -std::nearbyint(x)) << x;
  }
  EXPECT_EQ(round_half_even(0.49999999999999994), 0.0);
  EXPECT_EQ(round_half_even(0x1.fffffffffffffp51), 0x1p52);
  EXPECT_TRUE(std::isnan(round_half_even(kNan)));
}

struct QuantizeRow {
  const char* name;
  float x, scale;
  std::int32_t zero_point;
  IntegerRange range;
  std::int32_t want;
};

TEST(Round, Quantize) {
  const QuantizeRow rows[] = {
      {"tie to even", 2.5F, 1, 0, kInt8Range, 2},
      {"tie to even, up", 3.5F, 1, 0, kInt8Range, 4},
      {"zero point", 1.0F, 0.5F, 10, kUint8Range, 12},
      {"round, then add", 0.5F, 1, 1, kInt8Range, 1},
      {"high", 1e9F, 1, 0, kInt8Range, 127},
      {"low", -1e9F, 1, 0, kInt8Range, -128},
      {"uint8 low", -3, 1, 0, kUint8Range, 0},
      {"infinite", kInf, 1, 0, kUint16Range, 65535},
      {"minus infinite", -kInf, 1, 0, kInt4Range, -8},
      {"nan", kNan, 1, 3, kUint8Range, 0},
      {"by zero", 0, 0, 3, kInt8Range, -128},
      {"int2", 5, 1, 0, kInt2Range, 1},
      {"uint2", 5, 1, 0, kUint2Range, 3},
      {"uint4", 15.5F, 1, 0, kUint4Range, 15},
  };
  for (const QuantizeRow& row : rows) {
    EXPECT_EQ(quantize(row.x, row.scale, row.zero_point, row.range), row.want) << row.name;
  }
  EXPECT_EQ(quantize(2.5, 1.0, 0, kInt16Range), 2);
}

TEST(Round, Dequantize) {
  EXPECT_EQ(dequantize(130, 128, 0.5F), 1.0F);
  EXPECT_EQ(dequantize(-2147483647 - 1, 0, 1.0F), -0x1p31F);
  EXPECT_EQ(dequantize(3, 5, 0.25), -0.5);
}

TEST(Round, WrapAndSaturate) {
  EXPECT_EQ(wrap(9, 4, true), -7);
  EXPECT_EQ(wrap(-9, 4, true), 7);
  EXPECT_EQ(wrap(-9, 4, false), 7);
  EXPECT_EQ(wrap(255, 4, false), 15);
  EXPECT_EQ(wrap(2, 2, true), -2);
  EXPECT_EQ(wrap(200, 8, true), -56);
  EXPECT_EQ(wrap(-1, 64, true), -1);
  EXPECT_EQ(saturate(9, kInt4Range), 7);
  EXPECT_EQ(saturate(-9, kInt4Range), -8);
  EXPECT_EQ(saturate(3, kInt4Range), 3);
}

TEST(Round, CastToIntegers) {
  EXPECT_EQ(integer_from<std::int32_t>(-2.9), -2);
  EXPECT_EQ(integer_from<std::int8_t>(300.0), 44);
  EXPECT_EQ(integer_from<std::uint8_t>(-1.0), 255);
  EXPECT_EQ(integer_from<std::int64_t>(1e30), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(integer_from<std::int64_t>(-1e30), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(integer_from<std::uint64_t>(0x1.8p63), 0xC000000000000000U);
  EXPECT_EQ(integer_from<std::uint64_t>(1e30), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(integer_from<std::uint64_t>(-1.0), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(integer_from<std::int32_t>(std::nan("")), 0);
  EXPECT_EQ(integer_from<std::uint64_t>(std::nan("")), 0U);
}

}  // namespace
}  // namespace slipway::numeric
