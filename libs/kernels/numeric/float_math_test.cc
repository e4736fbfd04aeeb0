#include "kernels/numeric/float_math.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>

namespace slipway::numeric {
namespace {

using Wide = long double;
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Row {
  const char* name;
  float (*narrow)(float);
  double (*wide)(double);
  Wide (*exact)(Wide);
  double low, high;  // magnitudes to sample in double, both signs
  double narrow_limit_ulp, wide_limit_ulp;
  // In float, 0 may stand for less.
  float least = std::numeric_limits<float>::min();
};

Wide exact_sigmoid(Wide x) { return 1 / (1 + std::exp(-x)); }
Wide exact_softplus(Wide x) { return (x > 0 ? x : 0) + std::log1p(std::exp(-std::fabs(x))); }

const Row kRows[] = {
    {"exp", exp, exp, [](Wide x) { return std::exp(x); }, 1e-20, 750, 1, 1},
    {"expm1", expm1, expm1, [](Wide x) { return std::expm1(x); }, 1e-300, 720, 2, 2},
    {"log", log, log, [](Wide x) { return std::log(x); }, 1e-308, 1e308, 1, 1},
    {"log1p", log1p, log1p, [](Wide x) { return std::log1p(x); }, 1e-300, 1e300, 1, 1},
    {"tanh", tanh, tanh, [](Wide x) { return std::tanh(x); }, 1e-300, 30, 3, 3},
    {"sigmoid", sigmoid, sigmoid, exact_sigmoid, 1e-10, 800, 3, 3, 0x1p-63F},
    {"softplus", softplus, softplus, exact_softplus, 1e-10, 800, 1, 2},
    {"erf", erf, erf, [](Wide x) { return std::erf(x); }, 1e-300, 10, 1, 1},
    {"sin", sin, sin, [](Wide x) { return std::sin(x); }, 1e-300, 1e6, 1, 1},
    {"cos", cos, cos, [](Wide x) { return std::cos(x); }, 1e-300, 1e6, 1, 1},
    {"tan", tan, tan, [](Wide x) { return std::tan(x); }, 1e-300, 1e6, 1, 2},
    {"asin", asin, asin, [](Wide x) { return std::asin(x); }, 1e-300, 1, 1, 1},
    {"acos", acos, acos, [](Wide x) { return std::acos(x); }, 1e-20, 1, 1, 1},
    {"atan", atan, atan, [](Wide x) { return std::atan(x); }, 1e-300, 1e300, 1, 1},
    {"sinh", sinh, sinh, [](Wide x) { return std::sinh(x); }, 1e-300, 720, 1, 2},
    {"cosh", cosh, cosh, [](Wide x) { return std::cosh(x); }, 1e-10, 720, 1, 2},
    {"asinh", asinh, asinh, [](Wide x) { return std::asinh(x); }, 1e-300, 1e300, 1, 1},
    {"acosh", acosh, acosh, [](Wide x) { return std::acosh(x); }, 1, 1e300, 1, 1},
    {"atanh", atanh, atanh, [](Wide x) { return std::atanh(x); }, 1e-300, 1, 1, 1},
};

// The distance from `got` to the exact value in units in the last place of T at that value; 0 where
// both are NaN or both the same infinity, infinite where only one is.
template <typename T>
double ulps(T got, Wide exact) {
  const T rounded = static_cast<T>(exact);
  if (std::isnan(rounded) || std::isnan(got))
    return std::isnan(rounded) == std::isnan(got) ? 0 : kInf;
  if (std::isinf(rounded) || std::isinf(got)) return rounded == got ? 0 : kInf;
  int exponent = 0;
  std::frexp(exact, &exponent);
  exponent = std::max(exponent, std::numeric_limits<T>::min_exponent);
  return static_cast<double>(std::fabs(
      std::ldexp(static_cast<Wide>(got) - exact, std::numeric_limits<T>::digits - exponent)));
}

double ulps_or_vanished(float got, Wide exact, float least) {
  return got == 0 && std::fabs(exact) < least ? 0 : ulps(got, exact);
}

TEST(FloatMath, FloatErrorOverAllMagnitudes) {
  for (const Row& row : kRows) {
    double worst = 0;
    float at = 0;
    for (std::uint32_t bits = 0; bits <= 0x7F800000U; bits += 16381) {
      for (const std::uint32_t sign : {0U, 0x80000000U}) {
        const float x = std::bit_cast<float>(bits | sign);
        const double error = ulps_or_vanished(row.narrow(x), row.exact(x), row.least);
        if (error > worst) {
          worst = error;
          at = x;
        }
      }
    }
    std::printf("  %-8s float  %.3f ulp at %a\n", row.name, worst, static_cast<double>(at));
    EXPECT_LE(worst, row.narrow_limit_ulp) << row.name << " at " << at;
  }
}

TEST(FloatMath, DoubleErrorOverTheDomain) {
  for (const Row& row : kRows) {
    double worst = 0;
    double at = 0;
    constexpr int kSamples = 20000;
    for (int i = 0; i < kSamples; ++i) {
      const double t = (i + 0.37) / kSamples;
      const double logarithmic = row.low * std::exp(t * (std::log(row.high) - std::log(row.low)));
      const double near_one = 4 * t;
      for (const double x : {logarithmic, -logarithmic, near_one, -near_one}) {
        const double error = ulps(row.wide(x), row.exact(x));
        if (error > worst) {
          worst = error;
          at = x;
        }
      }
    }
    std::printf("  %-8s double %.3f ulp at %a\n", row.name, worst, at);
    EXPECT_LE(worst, row.wide_limit_ulp) << row.name << " at " << at;
  }
}

TEST(FloatMath, DoublePowError) {
  double worst = 0;
  for (int i = 1; i < 40000; ++i) {
    const double x = std::exp((i - 20000) * 0.001);
    const double y = std::sin(i * 0.7) * 30;
    worst = std::max(worst, ulps(pow(x, y), std::pow(static_cast<Wide>(x), static_cast<Wide>(y))));
    const double close = 1 + (i - 20000) * 1e-9;
    worst = std::max(worst, ulps(pow(close, 1e7 * y),
                                 std::pow(static_cast<Wide>(close), static_cast<Wide>(1e7 * y))));
  }
  std::printf("  pow      double %.3f ulp\n", worst);
  EXPECT_LE(worst, 1.0);
}

// Values known to many digits, where arguments need the whole of 2/pi.
TEST(FloatMath, HugeAngles) {
  EXPECT_EQ(sin(0x1p120), 0x1.82e34655e6fcbp-2);
  EXPECT_EQ(sin(1e22), -0x1.b453ab76bf397p-1);
  EXPECT_EQ(cos(1e22), 0x1.0be2cef01c8f4p-1);
  EXPECT_EQ(cos(6381956970095103.0 * 0x1p797),
            -0x1.14ae72e6ba22fp-61);  // the double nearest to a multiple of pi/2
  EXPECT_EQ(sin(6381956970095103.0 * 0x1p797), 1.0);
}

struct Special {
  const char* name;
  float got, want;
};

TEST(FloatMath, SpecialValues) {
  constexpr float kTiny = std::numeric_limits<float>::denorm_min();
  const Special rows[] = {
      {"exp 0", exp(0.0F), 1},
      {"exp inf", exp(kInf), kInf},
      {"exp -inf", exp(-kInf), 0},
      {"exp nan", exp(kNan), kNan},
      {"exp overflow", exp(88.73F), kInf},
      {"exp just normal", exp(-87.33F), 0x1.01ae34p-126F},
      {"exp of the last power", exp(-87.68F), 0x1.6b2b58p-127F},
      {"exp vanishes", exp(-87.69F), 0},
      {"exp underflow", exp(-104.5F), 0},
      {"expm1 -0", expm1(-0.0F), -0.0F},
      {"expm1 -inf", expm1(-kInf), -1},
      {"expm1 inf", expm1(kInf), kInf},
      {"expm1 tiny", expm1(kTiny), kTiny},
      {"expm1 nan", expm1(kNan), kNan},
      {"expm1 overflow", expm1(88.8F), kInf},
      {"log 0", log(0.0F), -kInf},
      {"log -0", log(-0.0F), -kInf},
      {"log 1", log(1.0F), 0},
      {"log inf", log(kInf), kInf},
      {"log -1", log(-1.0F), kNan},
      {"log -inf", log(-kInf), kNan},
      {"log nan", log(kNan), kNan},
      {"log tiny", log(kTiny), -0x1.9d1dap6F},
      {"tanh -0", tanh(-0.0F), -0.0F},
      {"tanh inf", tanh(kInf), 1},
      {"tanh -inf", tanh(-kInf), -1},
      {"tanh nan", tanh(kNan), kNan},
      {"tanh tiny", tanh(-kTiny), -kTiny},
      {"tanh 9.1", tanh(9.1F), 1},
      {"sigmoid 0", sigmoid(0.0F), 0.5F},
      {"sigmoid inf", sigmoid(kInf), 1},
      {"sigmoid -inf", sigmoid(-kInf), 0},
      {"sigmoid nan", sigmoid(kNan), kNan},
      {"sigmoid vanishes", sigmoid(-44.02F), 0},
      {"softplus -inf", softplus(-kInf), 0},
      {"softplus inf", softplus(kInf), kInf},
      {"softplus nan", softplus(kNan), kNan},
      {"erf -0", erf(-0.0F), -0.0F},
      {"erf inf", erf(kInf), 1},
      {"erf -inf", erf(-kInf), -1},
      {"erf nan", erf(kNan), kNan},
      {"sin -0", sin(-0.0F), -0.0F},
      {"sin inf", sin(kInf), kNan},
      {"cos 0", cos(0.0F), 1},
      {"cos nan", cos(kNan), kNan},
      {"tan -0", tan(-0.0F), -0.0F},
      {"tan inf", tan(-kInf), kNan},
      {"asin 2", asin(2.0F), kNan},
      {"asin -0", asin(-0.0F), -0.0F},
      {"acos 1", acos(1.0F), 0},
      {"acos nan", acos(kNan), kNan},
      {"atan inf", atan(kInf), 0x1.921fb6p0F},
      {"atan -0", atan(-0.0F), -0.0F},
      {"atan nan", atan(kNan), kNan},
      {"sinh -0", sinh(-0.0F), -0.0F},
      {"sinh -inf", sinh(-kInf), -kInf},
      {"sinh nan", sinh(kNan), kNan},
      {"cosh -inf", cosh(-kInf), kInf},
      {"cosh nan", cosh(kNan), kNan},
      {"asinh -0", asinh(-0.0F), -0.0F},
      {"asinh -inf", asinh(-kInf), -kInf},
      {"asinh nan", asinh(kNan), kNan},
      {"acosh 1", acosh(1.0F), 0},
      {"acosh 0.5", acosh(0.5F), kNan},
      {"acosh inf", acosh(kInf), kInf},
      {"atanh 1", atanh(1.0F), kInf},
      {"atanh -1", atanh(-1.0F), -kInf},
      {"atanh 2", atanh(2.0F), kNan},
      {"log1p -1", log1p(-1.0F), -kInf},
      {"log1p -2", log1p(-2.0F), kNan},
      {"log1p -0", log1p(-0.0F), -0.0F},
      {"gelu 0", gelu(0.0F), 0},
      {"gelu inf", gelu(kInf), kInf},
      {"gelu_tanh inf", gelu_tanh(kInf), kInf},
      {"sqrt -0", sqrt(-0.0F), -0.0F},
      {"sqrt -1", sqrt(-1.0F), kNan},
      {"pow x^0", pow(kNan, 0.0F), 1},
      {"pow 1^y", pow(1.0F, kNan), 1},
      {"pow nan", pow(kNan, 2.0F), kNan},
      {"pow 0^-1", pow(0.0F, -1.0F), kInf},
      {"pow -0^-1", pow(-0.0F, -1.0F), -kInf},
      {"pow -0^-2", pow(-0.0F, -2.0F), kInf},
      {"pow -0^3", pow(-0.0F, 3.0F), -0.0F},
      {"pow -0^0.5", pow(-0.0F, 0.5F), 0},
      {"pow -inf^0.5", pow(-kInf, 0.5F), kInf},
      {"pow -inf^3", pow(-kInf, 3.0F), -kInf},
      {"pow -inf^-3", pow(-kInf, -3.0F), -0.0F},
      {"pow -8^(1/3)", pow(-8.0F, 1.0F / 3), kNan},
      {"pow -2^3", pow(-2.0F, 3.0F), -8},
      {"pow -2^4", pow(-2.0F, 4.0F), 16},
      {"pow -1^inf", pow(-1.0F, kInf), 1},
      {"pow 0.5^inf", pow(0.5F, kInf), 0},
      {"pow 2^-inf", pow(2.0F, -kInf), 0},
      {"pow 2^-149", pow(2.0F, -149.0F), kTiny},
      {"pow 2^128", pow(2.0F, 128.0F), kInf},
      {"pow 9^0.5", pow(9.0F, 0.5F), 3},
      {"pow -1.5^3e38", pow(-1.5F, 3e38F), kInf},
  };
  for (const Special& row : rows) {
    if (std::isnan(row.want)) {
      EXPECT_TRUE(std::isnan(row.got)) << row.name << " gives " << row.got;
    } else {
      EXPECT_EQ(std::bit_cast<std::uint32_t>(row.got), std::bit_cast<std::uint32_t>(row.want))
          << row.name << " gives " << row.got << ", not " << row.want;
    }
  }
}

// The double functions agree with the float ones about zeros, infinities and NaN.
TEST(FloatMath, DoubleSpecialValues) {
  for (const Row& row : kRows) {
    for (const double x : {0.0, -0.0, 1.0, -1.0, static_cast<double>(kInf),
                           -static_cast<double>(kInf), std::nan("")}) {
      const double got = row.wide(x);
      const auto want = static_cast<double>(row.exact(x));
      EXPECT_EQ(std::isnan(got), std::isnan(want)) << row.name << " of " << x;
      if (std::isnan(want)) continue;
      EXPECT_EQ(std::signbit(got), std::signbit(want)) << row.name << " of " << x;
      EXPECT_LE(ulps(got, want), 3) << row.name << " of " << x;
    }
  }
  EXPECT_EQ(exp(-745.1), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(exp(-745.2), 0.0);
  EXPECT_EQ(exp(709.79), static_cast<double>(kInf));
  EXPECT_EQ(log(std::numeric_limits<double>::denorm_min()), -0x1.74385446d71c3p+9);
  EXPECT_EQ(pow(2.0, -1074.0), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(pow(1.5, 1e300), static_cast<double>(kInf));
  EXPECT_EQ(pow(-2.0, 0x1p53), static_cast<double>(kInf));
  EXPECT_TRUE(std::isnan(pow(-2.0, 0.3)));
}

}  // namespace
}  // namespace slipway::numeric
