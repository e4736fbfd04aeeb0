#include "kernels/elementwise/unary.h"

#include <gtest/gtest.h>

#include <bit>
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/numeric/float_math.h"

namespace slipway {
namespace {

constexpr float kAlpha = 0.75F;
constexpr float kBeta = 1.25F;

struct Row {
  const char* name;
  Unary function;
  float (*definition)(float);
};

float hard_gate(float y) { return y < 0.0F ? 0.0F : y > 1.0F ? 1.0F : y; }
float clip(float x) {
  if (x < kAlpha) x = kAlpha;
  if (x > kBeta) x = kBeta;
  return x;
}
float hard_sigmoid(float x) { return hard_gate(kAlpha * x + kBeta); }
float hard_swish(float x) { return x * hard_gate(x * static_cast<float>(1.0 / 6.0) + 0.5F); }
float elu(float x) { return x < 0 ? kAlpha * numeric::expm1(x) : x; }
float selu(float x) { return kBeta * (x > 0 ? x : kAlpha * numeric::expm1(x)); }
float celu(float x) { return x > 0 ? x : kAlpha * numeric::expm1(x / kAlpha); }
float sign(float x) { return x > 0 ? 1.0F : x < 0 ? -1.0F : x == 0 ? 0.0F : x; }
float shrink(float x) {
  if (x < -kAlpha) return x + kBeta;
  if (x > kAlpha) return x - kBeta;
  return std::isnan(x) ? x : 0.0F;
}

const Row kRows[] = {
    {"copy", Unary::kCopy, [](float x) { return x; }},
    {"relu", Unary::kRelu, [](float x) { return x > 0.0F || x != x ? x : 0.0F; }},
    {"sigmoid", Unary::kSigmoid, [](float x) { return numeric::sigmoid(x); }},
    {"tanh", Unary::kTanh, [](float x) { return numeric::tanh(x); }},
    {"exp", Unary::kExp, [](float x) { return numeric::exp(x); }},
    {"expm1", Unary::kExpm1, [](float x) { return numeric::expm1(x); }},
    {"log", Unary::kLog, [](float x) { return numeric::log(x); }},
    {"erf", Unary::kErf, [](float x) { return numeric::erf(x); }},
    {"gelu", Unary::kGelu, [](float x) { return numeric::gelu(x); }},
    {"gelu_tanh", Unary::kGeluTanh, [](float x) { return numeric::gelu_tanh(x); }},
    {"silu", Unary::kSilu, [](float x) { return x * numeric::sigmoid(x); }},
    {"sqrt", Unary::kSqrt, [](float x) { return std::sqrt(x); }},
    {"abs", Unary::kAbs, [](float x) { return std::fabs(x); }},
    {"negative", Unary::kNegative, [](float x) { return -x; }},
    {"reciprocal", Unary::kReciprocal, [](float x) { return 1.0F / x; }},
    {"floor", Unary::kFloor, [](float x) { return std::floor(x); }},
    {"ceil", Unary::kCeil, [](float x) { return std::ceil(x); }},
    {"round", Unary::kRound, [](float x) { return std::nearbyint(x); }},
    {"sign", Unary::kSign, sign},
    {"clip", Unary::kClip, clip},
    {"leaky_relu", Unary::kLeakyRelu, [](float x) { return x < 0 ? kAlpha * x : x; }},
    {"hard_sigmoid", Unary::kHardSigmoid, hard_sigmoid},
    {"hard_swish", Unary::kHardSwish, hard_swish},
    {"elu", Unary::kElu, elu},
    {"selu", Unary::kSelu, selu},
    {"celu", Unary::kCelu, celu},
    {"swish", Unary::kSwish, [](float x) { return x * numeric::sigmoid(kAlpha * x); }},
    {"softsign", Unary::kSoftsign, [](float x) { return x / (1.0F + std::fabs(x)); }},
    {"thresholded_relu", Unary::kThresholdedRelu, [](float x) { return x <= kAlpha ? 0.0F : x; }},
    {"shrink", Unary::kShrink, shrink},
    {"softplus", Unary::kSoftplus, [](float x) { return numeric::softplus(x); }},
    {"mish", Unary::kMish, [](float x) { return x * numeric::tanh(numeric::softplus(x)); }},
    {"sin", Unary::kSin, [](float x) { return numeric::sin(x); }},
    {"cos", Unary::kCos, [](float x) { return numeric::cos(x); }},
    {"tan", Unary::kTan, [](float x) { return numeric::tan(x); }},
    {"asin", Unary::kAsin, [](float x) { return numeric::asin(x); }},
    {"acos", Unary::kAcos, [](float x) { return numeric::acos(x); }},
    {"atan", Unary::kAtan, [](float x) { return numeric::atan(x); }},
    {"sinh", Unary::kSinh, [](float x) { return numeric::sinh(x); }},
    {"cosh", Unary::kCosh, [](float x) { return numeric::cosh(x); }},
    {"asinh", Unary::kAsinh, [](float x) { return numeric::asinh(x); }},
    {"acosh", Unary::kAcosh, [](float x) { return numeric::acosh(x); }},
    {"atanh", Unary::kAtanh, [](float x) { return numeric::atanh(x); }},
    {"log1p", Unary::kLog1p, [](float x) { return numeric::log1p(x); }},
};

// Where the functions that go through double change formula: beside and far from multiples of pi /
// 2, at the ends of domains and ranges, and where a result is as close to the middle of two floats.
std::vector<float> edges() {
  std::vector<float> ends = {
      0x1p20F, 0x1p127F, 0x1p-126F, 0x1p-149F, 0x1p-140F,      0x1p-13F,      0x1p-12F,
      0.5F,    1.0F,     2.0F,      89.4F,     90.0F,          0x1.a8p-2F,    0x1.35p1F,
      87.0F,   105.0F,   0x1p60F,   0x1p28F,   0x1.6a09e6p-1F, 0x1.6a09e6p0F, FLT_MAX};
  for (const double n : {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 1e3, 12345.0, 65537.0, 524287.0,
                         667543.0, 667544.0, 1e7, 1e12}) {
    ends.push_back(static_cast<float>(n * 1.57079632679489661923));
  }
  std::vector<float> x = {0.0F, -0.0F, INFINITY, -INFINITY, NAN, -NAN};
  for (const float end : ends) {
    for (std::int32_t k = -20; k <= 20; ++k) {
      const std::int32_t bits = std::bit_cast<std::int32_t>(end) + k;
      if (bits < 0) continue;
      x.push_back(std::bit_cast<float>(bits));
      x.push_back(-x.back());
    }
  }
  return x;
}

// Every step-th of all floats: each exponent, both signs, subnormals, infinities and NaN.
std::vector<float> sample(std::uint64_t step) {
  std::vector<float> x;
  for (std::uint64_t bits = 0; bits <= UINT32_MAX; bits += step)
    x.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  for (const float special :
       {0.0F, -0.0F, INFINITY, -INFINITY, NAN, 1.0F, -1.0F, 0.5F, 2.5F, -0.75F, 0.75F})
    x.push_back(special);
  return x;
}

void expect_bits(std::span<const Row> rows, const std::vector<float>& x) {
  std::vector<float> want(x.size());
  std::vector<float> y(x.size());
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < x.size(); ++i) want[i] = row.definition(x[i]);
    for (const Isa isa : isas_here()) {
      unary_kernels(isa)[row.function](x.data(), y.data(), x.size(), kAlpha, kBeta);
      for (std::size_t i = 0; i < x.size(); ++i) {
        if (std::isnan(want[i]) && std::isnan(y[i])) continue;
        ASSERT_EQ(std::bit_cast<std::uint32_t>(y[i]), std::bit_cast<std::uint32_t>(want[i]))
            << isa_name(isa) << " " << row.name << "(" << x[i] << ") is " << y[i] << ", not "
            << want[i];
      }
    }
  }
}

TEST(UnaryKernels, HaveTheBitsOfTheDefinitionOnEveryInstructionSet) {
  expect_bits(kRows, sample(16381));
  expect_bits(kRows, edges());
  EXPECT_EQ(std::size(kRows), static_cast<std::size_t>(Unary::kCount));
}

// Where softplus lies so close to the middle of two floats that a double must be right to 2^-44 to
// tell them apart.
TEST(UnaryKernels, SoftplusIsRightBesideTheMiddleOfTwoFloats) {
  const std::vector<float> x = {0x1.794e44p-2F, -0x1.204f2ep-2F, -0x1.2de196p-2F, -0x1.42875ep-2F,
                                0x1.242b36p-3F, 0x1.6d4852p-3F,  0x1.a0420ep-3F,  0x1.d9d156p-3F};
  expect_bits(kRows, x);
}

// Vectors that hold one float for which no formula does, and rows of every length.
TEST(UnaryKernels, AreTheSameWhateverStandsBesideAFloat) {
  const float beside[] = {0.5F, NAN, 1e30F, -2.0F};
  for (const Row& row : kRows) {
    for (const Isa isa : isas_here()) {
      for (std::size_t count = 1; count < 40; ++count) {
        std::vector<float> x(count, 0.75F);
        x[count / 2] = beside[count % 4];
        std::vector<float> y = x;
        unary_kernels(isa)[row.function](y.data(), y.data(), count, kAlpha, kBeta);
        for (std::size_t i = 0; i < count; ++i) {
          const float want = row.definition(x[i]);
          if (std::isnan(want) && std::isnan(y[i])) continue;
          ASSERT_EQ(std::bit_cast<std::uint32_t>(y[i]), std::bit_cast<std::uint32_t>(want))
              << isa_name(isa) << " " << row.name << "(" << x[i] << ")";
        }
      }
    }
  }
}

TEST(UnaryKernels, WriteNothingBeyondTheCount) {
  for (const Isa isa : isas_here()) {
    for (std::size_t count = 0; count < 40; ++count) {
      std::vector<float> x(count, -2.0F);
      std::vector<float> y(count + 1, 7.0F);
      unary_kernels(isa)[Unary::kAbs](x.data(), y.data(), count, 0, 0);
      for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(y[i], 2.0F);
      EXPECT_EQ(y[count], 7.0F);
    }
  }
}

}  // namespace
}  // namespace slipway
