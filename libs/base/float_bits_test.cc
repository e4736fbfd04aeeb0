#include "base/float_bits.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

namespace slipway {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// A format by its definition alone: sign, exponent and mantissa weighed with ldexp.
struct Definition {
  int mantissa_bits;
  int bias;
  unsigned largest;  // the largest finite code, sign excluded
  bool has_negative_zero;
};

double defined_value(unsigned code, const Definition& d) {
  const int exponent = static_cast<int>(code >> d.mantissa_bits);
  const double fraction = std::ldexp(code & ((1U << d.mantissa_bits) - 1U), -d.mantissa_bits);
  return exponent == 0 ? std::ldexp(fraction, 1 - d.bias)
                       : std::ldexp(1 + fraction, exponent - d.bias);
}

struct Row {
  const char* name;
  Definition definition;
  float (*widen)(unsigned);
  unsigned (*narrow)(double);
  unsigned (*narrow_float)(float);
  unsigned sign_bit;
};

const std::vector<Row> kRows = {
    {"half",
     {10, 15, 0x7BFF, true},
     [](unsigned c) { return float_from_half_bits(static_cast<std::uint16_t>(c)); },
     [](double v) -> unsigned { return half_bits_from_double(v); },
     [](float v) -> unsigned { return half_bits_from_float(v); },
     0x8000},
    {"bfloat16",
     {7, 127, 0x7F7F, true},
     [](unsigned c) { return float_from_bfloat16_bits(static_cast<std::uint16_t>(c)); },
     [](double v) -> unsigned { return bfloat16_bits_from_double(v); },
     [](float v) -> unsigned { return bfloat16_bits_from_float(v); },
     0x8000},
    {"e4m3fn",
     {3, 7, 0x7E, true},
     [](unsigned c) { return float_from_e4m3fn_bits(static_cast<std::uint8_t>(c)); },
     [](double v) -> unsigned { return e4m3fn_bits_from_double(v, true); },
     [](float v) -> unsigned { return e4m3fn_bits_from_float(v, true); },
     0x80},
    {"e4m3fnuz",
     {3, 8, 0x7F, false},
     [](unsigned c) { return float_from_e4m3fnuz_bits(static_cast<std::uint8_t>(c)); },
     [](double v) -> unsigned { return e4m3fnuz_bits_from_double(v, true); },
     [](float v) -> unsigned { return e4m3fnuz_bits_from_float(v, true); },
     0x80},
    {"e5m2",
     {2, 15, 0x7B, true},
     [](unsigned c) { return float_from_e5m2_bits(static_cast<std::uint8_t>(c)); },
     [](double v) -> unsigned { return e5m2_bits_from_double(v, true); },
     [](float v) -> unsigned { return e5m2_bits_from_float(v, true); },
     0x80},
    {"e5m2fnuz",
     {2, 16, 0x7F, false},
     [](unsigned c) { return float_from_e5m2fnuz_bits(static_cast<std::uint8_t>(c)); },
     [](double v) -> unsigned { return e5m2fnuz_bits_from_double(v, true); },
     [](float v) -> unsigned { return e5m2fnuz_bits_from_float(v, true); },
     0x80},
    {"e2m1",
     {1, 1, 7, true},
     [](unsigned c) { return float_from_e2m1_bits(static_cast<std::uint8_t>(c)); },
     [](double v) -> unsigned { return e2m1_bits_from_double(v); },
     [](float v) -> unsigned { return e2m1_bits_from_float(v); },
     8},
    {"e2m3",
     {3, 1, 0x1F, true},
     [](unsigned c) { return float_from_e2m3_bits(static_cast<std::uint8_t>(c)); },
     [](double v) -> unsigned { return e2m3_bits_from_double(v); },
     [](float v) -> unsigned { return e2m3_bits_from_double(v); },
     0x20},
    {"e3m2",
     {2, 3, 0x1F, true},
     [](unsigned c) { return float_from_e3m2_bits(static_cast<std::uint8_t>(c)); },
     [](double v) -> unsigned { return e3m2_bits_from_double(v); },
     [](float v) -> unsigned { return e3m2_bits_from_double(v); },
     0x20},
};

// Every finite code, both signs: its value is the definition's, and it narrows to itself.
TEST(FloatBits, EveryFiniteCodeRoundTrips) {
  for (const Row& row : kRows) {
    for (unsigned code = 0; code <= row.definition.largest; ++code) {
      for (const unsigned sign : {0U, row.sign_bit}) {
        if (sign != 0 && code == 0 && !row.definition.has_negative_zero) continue;
        const float value = row.widen(code | sign);
        const double want =
            sign != 0 ? -defined_value(code, row.definition) : defined_value(code, row.definition);
        ASSERT_EQ(value, want) << row.name << " code " << code;
        ASSERT_EQ(std::signbit(value), sign != 0) << row.name << " code " << code;
        ASSERT_EQ(row.narrow(value), code | sign) << row.name << " code " << code;
        ASSERT_EQ(row.narrow_float(value), code | sign) << row.name << " code " << code;
      }
    }
  }
}

// Between neighbours: just below the middle goes down, just above goes up, the middle to the even
// code.
TEST(FloatBits, RoundsHalfToEvenBetweenAllNeighbours) {
  for (const Row& row : kRows) {
    for (unsigned code = 0; code < row.definition.largest; ++code) {
      const double low = defined_value(code, row.definition);
      const double high = defined_value(code + 1, row.definition);
      const double middle = (low + high) / 2;
      const unsigned even = (code & 1U) == 0 ? code : code + 1;
      ASSERT_EQ(row.narrow(middle), even) << row.name << " code " << code;
      ASSERT_EQ(row.narrow(std::nextafter(middle, 0.0)), code) << row.name << " code " << code;
      ASSERT_EQ(row.narrow(std::nextafter(middle, 1e300)), code + 1)
          << row.name << " code " << code;
      const auto middle_float = static_cast<float>(middle);
      if (middle_float == middle) {
        ASSERT_EQ(row.narrow_float(middle_float), even) << row.name << " code " << code;
        ASSERT_EQ(row.narrow_float(std::nextafter(middle_float, kInf)), code + 1)
            << row.name << " code " << code;
      }
    }
  }
}

// A double just above a float that is itself a tie: rounding twice would lose the excess.
TEST(FloatBits, DoubleRoundsOnce) {
  const double above_tie = 1.0 + std::ldexp(1.0, -11) + std::ldexp(1.0, -40);
  EXPECT_EQ(half_bits_from_double(above_tie), 0x3C01);
  EXPECT_EQ(half_bits_from_float(static_cast<float>(above_tie)), 0x3C00);
  EXPECT_EQ(bfloat16_bits_from_double(1.0 + std::ldexp(1.0, -8) + std::ldexp(1.0, -40)), 0x3F81);
}

TEST(FloatBits, SixteenBitSpecials) {
  EXPECT_EQ(half_bits_from_float(kInf), 0x7C00);
  EXPECT_EQ(half_bits_from_float(-kInf), 0xFC00);
  EXPECT_EQ(half_bits_from_float(65519.996F), 0x7BFF);
  EXPECT_EQ(half_bits_from_float(65520.0F), 0x7C00);
  EXPECT_EQ(half_bits_from_float(kNan), 0x7E00);
  EXPECT_EQ(half_bits_from_float(std::bit_cast<float>(0xFFC02000U)), 0xFE01);
  EXPECT_EQ(half_bits_from_float(std::ldexp(1.0F, -25)), 0x0000);
  EXPECT_EQ(half_bits_from_float(std::nextafter(std::ldexp(1.0F, -25), 1.0F)), 0x0001);
  EXPECT_EQ(half_bits_from_double(std::numeric_limits<double>::denorm_min()), 0x0000);
  EXPECT_EQ(float_from_half_bits(0x7C00), kInf);
  EXPECT_EQ(bfloat16_bits_from_float(std::numeric_limits<float>::max()), 0x7F80);
  EXPECT_EQ(bfloat16_bits_from_double(-1e300), 0xFF80);
  EXPECT_EQ(bfloat16_bits_from_float(kNan), 0x7FC0);
  EXPECT_EQ(bfloat16_bits_from_float(std::bit_cast<float>(0x7F800001U)), 0x7FC0);
  for (unsigned code = 0x7C01; code <= 0x7FFF; ++code) {
    ASSERT_TRUE(std::isnan(float_from_half_bits(static_cast<std::uint16_t>(code)))) << code;
  }
}

using Narrow8 = std::uint8_t (*)(float, bool);

struct Special {
  const char* name;
  Narrow8 narrow;
  float value;
  unsigned saturated, unsaturated;
};

// The tables of ONNX Cast.
TEST(FloatBits, EightBitSpecials) {
  const std::vector<Special> rows = {
      {"e4m3fn 0", e4m3fn_bits_from_float, 0.0F, 0x00, 0x00},
      {"e4m3fn -0", e4m3fn_bits_from_float, -0.0F, 0x80, 0x80},
      {"e4m3fn nan", e4m3fn_bits_from_float, kNan, 0x7F, 0x7F},
      {"e4m3fn -nan", e4m3fn_bits_from_float, -kNan, 0xFF, 0xFF},
      {"e4m3fn inf", e4m3fn_bits_from_float, kInf, 0x7E, 0x7F},
      {"e4m3fn -inf", e4m3fn_bits_from_float, -kInf, 0xFE, 0xFF},
      {"e4m3fn tie to largest", e4m3fn_bits_from_float, 464.0F, 0x7E, 0x7E},
      {"e4m3fn above", e4m3fn_bits_from_float, 464.1F, 0x7E, 0x7F},
      {"e4m3fn far below", e4m3fn_bits_from_float, -1e30F, 0xFE, 0xFF},
      {"e4m3fnuz -0", e4m3fnuz_bits_from_float, -0.0F, 0x00, 0x00},
      {"e4m3fnuz tiny negative", e4m3fnuz_bits_from_float, -1e-30F, 0x00, 0x00},
      {"e4m3fnuz nan", e4m3fnuz_bits_from_float, kNan, 0x80, 0x80},
      {"e4m3fnuz -nan", e4m3fnuz_bits_from_float, -kNan, 0x80, 0x80},
      {"e4m3fnuz inf", e4m3fnuz_bits_from_float, kInf, 0x7F, 0x80},
      {"e4m3fnuz -inf", e4m3fnuz_bits_from_float, -kInf, 0xFF, 0x80},
      {"e4m3fnuz below tie", e4m3fnuz_bits_from_float, 247.9F, 0x7F, 0x7F},
      {"e4m3fnuz tie goes up", e4m3fnuz_bits_from_float, 248.0F, 0x7F, 0x80},
      {"e5m2 -0", e5m2_bits_from_float, -0.0F, 0x80, 0x80},
      {"e5m2 nan", e5m2_bits_from_float, kNan, 0x7E, 0x7E},
      {"e5m2 -nan", e5m2_bits_from_float, -kNan, 0xFE, 0xFE},
      {"e5m2 inf", e5m2_bits_from_float, kInf, 0x7B, 0x7C},
      {"e5m2 -inf", e5m2_bits_from_float, -kInf, 0xFB, 0xFC},
      {"e5m2 below tie", e5m2_bits_from_float, 61439.0F, 0x7B, 0x7B},
      {"e5m2 tie goes up", e5m2_bits_from_float, 61440.0F, 0x7B, 0x7C},
      {"e5m2fnuz -0", e5m2fnuz_bits_from_float, -0.0F, 0x00, 0x00},
      {"e5m2fnuz nan", e5m2fnuz_bits_from_float, kNan, 0x80, 0x80},
      {"e5m2fnuz inf", e5m2fnuz_bits_from_float, kInf, 0x7F, 0x80},
      {"e5m2fnuz -inf", e5m2fnuz_bits_from_float, -kInf, 0xFF, 0x80},
      {"e5m2fnuz tie goes up", e5m2fnuz_bits_from_float, 61440.0F, 0x7F, 0x80},
  };
  for (const Special& row : rows) {
    EXPECT_EQ(row.narrow(row.value, true), row.saturated) << row.name << " saturated";
    EXPECT_EQ(row.narrow(row.value, false), row.unsaturated) << row.name << " not saturated";
  }
}

TEST(FloatBits, EightBitCodesOutsideTheNumbers) {
  EXPECT_TRUE(std::isnan(float_from_e4m3fn_bits(0x7F)));
  EXPECT_TRUE(std::signbit(float_from_e4m3fn_bits(0xFF)));
  EXPECT_TRUE(std::isnan(float_from_e4m3fnuz_bits(0x80)));
  EXPECT_TRUE(std::isnan(float_from_e5m2fnuz_bits(0x80)));
  EXPECT_EQ(float_from_e5m2_bits(0x7C), kInf);
  EXPECT_EQ(float_from_e5m2_bits(0xFC), -kInf);
  for (const std::uint8_t code : {0x7D, 0x7E, 0x7F, 0xFD, 0xFE, 0xFF}) {
    EXPECT_TRUE(std::isnan(float_from_e5m2_bits(code))) << int{code};
  }
}

TEST(FloatBits, E8m0) {
  for (int code = 0; code <= 254; ++code) {
    const float value = float_from_e8m0_bits(static_cast<std::uint8_t>(code));
    ASSERT_EQ(value, std::ldexp(1.0, code - 127)) << code;
    for (const auto rounding : {E8m0Rounding::kUp, E8m0Rounding::kDown, E8m0Rounding::kNearest}) {
      ASSERT_EQ(e8m0_bits_from_float(value, false, rounding), code);
    }
    if (code == 254) continue;
    const double power = value;
    ASSERT_EQ(e8m0_bits_from_double(power * 1.01, false, E8m0Rounding::kUp), code + 1);
    ASSERT_EQ(e8m0_bits_from_double(power * 1.99, false, E8m0Rounding::kDown), code);
    ASSERT_EQ(e8m0_bits_from_double(power * 1.49, false, E8m0Rounding::kNearest), code);
    ASSERT_EQ(e8m0_bits_from_double(power * 1.5, false, E8m0Rounding::kNearest), code + 1);
  }
  EXPECT_TRUE(std::isnan(float_from_e8m0_bits(0xFF)));
  struct EdgeCase {
    const char* name;
    double value;
    E8m0Rounding rounding;
    int saturated, unsaturated;
  };
  const std::vector<EdgeCase> rows = {
      {"zero", 0.0, E8m0Rounding::kUp, 0x00, 0xFF},
      {"zero nearest", 0.0, E8m0Rounding::kNearest, 0x00, 0xFF},
      {"negative zero", -0.0, E8m0Rounding::kUp, 0x00, 0xFF},
      {"nan", kNan, E8m0Rounding::kUp, 0xFF, 0xFF},
      {"inf", kInf, E8m0Rounding::kNearest, 0xFE, 0xFF},
      {"above", std::ldexp(1.2, 127), E8m0Rounding::kUp, 0xFE, 0xFF},
      {"below", std::ldexp(1.0, -140), E8m0Rounding::kDown, 0x00, 0xFF},
      {"negative", -1.0, E8m0Rounding::kUp, 0xFF, 0xFF},
  };
  for (const EdgeCase& row : rows) {
    EXPECT_EQ(e8m0_bits_from_double(row.value, true, row.rounding), row.saturated) << row.name;
    EXPECT_EQ(e8m0_bits_from_double(row.value, false, row.rounding), row.unsaturated) << row.name;
  }
}

TEST(FloatBits, E2m1) {
  const std::vector<float> values = {0.0F, 0.5F, 1.0F, 1.5F, 2.0F, 3.0F, 4.0F, 6.0F};
  for (unsigned code = 0; code < values.size(); ++code) {
    EXPECT_EQ(float_from_e2m1_bits(static_cast<std::uint8_t>(code)), values[code]);
  }
  EXPECT_EQ(e2m1_bits_from_float(5.0F), 6);
  EXPECT_EQ(e2m1_bits_from_float(5.1F), 7);
  EXPECT_EQ(e2m1_bits_from_float(1e30F), 7);
  EXPECT_EQ(e2m1_bits_from_float(-kInf), 0xF);
  EXPECT_EQ(e2m1_bits_from_float(kNan), 8);
  EXPECT_EQ(e2m1_bits_from_float(-kNan), 8);
  EXPECT_EQ(e2m1_bits_from_float(-0.2F), 8);
  EXPECT_EQ(float_from_e2m1_bits(0xF7), 6.0F);
}

}  // namespace
}  // namespace slipway
