// The hot float functions: one straight line each, special cases by select, so that a vector of any
// width does the same operations in the same order. Formulas: docs/numerics.md.
#pragma once

#include <limits>

#include "kernels/numeric/bits.h"
#include "kernels/numeric/polynomials.h"

namespace slipway::numeric::core {

// x = n ln 2 + r, |r| <= ln 2 / 2. For |x| < 2^22; of a NaN r is NaN and n any.
struct Exp32 {
  float r;
  std::int32_t n;
};

SLIPWAY_INLINE Exp32 exp_reduced(float x) {
  constexpr float kShift = 0x1.8p23F;
  const float shifted = fma(x, constants::kLog2E32, kShift);
  const float n = shifted - kShift;
  float r = fma(n, -constants::kLn2High32, x);
  r = fma(n, -constants::kLn2Low32, r);
  return {r, static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(shifted) -
                                       std::bit_cast<std::uint32_t>(kShift))};
}

// 0 where 2^n is subnormal: what computes with subnormals takes a hundred times as long on some
// processors.
SLIPWAY_INLINE float exp(float x) {
  float c = x < constants::kLeastExponent32 ? constants::kLeastExponent32 : x;
  c = c > 89.0F ? 89.0F : c;
  const Exp32 e = exp_reduced(c);
  const float slope = fma(horner(constants::kExp32, e.r), e.r, 1.0F);
  const float y = scale(fma(slope, e.r, 1.0F), e.n);
  return e.n < -126 && x < 0.0F ? 0.0F : y;  // n of a NaN is any
}

SLIPWAY_INLINE float expm1(float x) {
  float c = x < -20.0F ? -20.0F : x;
  c = c > 89.0F ? 89.0F : c;
  const Exp32 e = exp_reduced(c);
  const float p = fma(e.r * e.r, horner(constants::kExp32, e.r), e.r);
  const float half = power_of_two(e.n - 1, 0.0F);
  const float y = 2.0F * fma(half, p, half - 0.5F);
  return magnitude(x) < 0x1p-25F ? x : y;
}

// Added to n it leaves n + 127 in the lowest bits: 2^n is these, shifted to where an exponent
// stands.
constexpr float kPowerShift = 0x1.8p23F + 127.0F;

SLIPWAY_INLINE float power_in(float shifted) {
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(shifted) << 23);
}

// m = -expm1(-2 |x|) / 2, with v = |x| + n ln 2 / 2.
SLIPWAY_INLINE float tanh(float x) {
  float a = magnitude(x);
  a = a > 10.0F ? 10.0F : a;
  const float shifted = fma(a, -2.0F * constants::kLog2E32, kPowerShift);
  const float n = shifted - kPowerShift;
  float v = fma(n, 0.5F * constants::kLn2High32, a);
  v = fma(n, 0.5F * constants::kLn2Low32, v);
  const float p = fma(v * v, horner(constants::kTanh32, v), v);
  const float power = power_in(shifted);
  const float m = fma(power, p, fma(power, -0.5F, 0.5F));
  return with_sign(m / (1.0F - m), x);
}

// 1 / (1 + 2^n exp(-u)) with u = x + n ln 2. 0 for small x: a product of two sigmoids is no
// subnormal number then.
SLIPWAY_INLINE float sigmoid(float x) {
  const float c = x > constants::kMostSigmoid32 ? constants::kMostSigmoid32 : x;
  const float shifted = fma(c, -constants::kLog2E32, kPowerShift);
  const float n = shifted - kPowerShift;
  float u = fma(n, constants::kLn2High32, c);
  u = fma(n, constants::kLn2Low32, u);
  const float slope = fma(horner(constants::kFallingExp32, u), u, -1.0F);
  const float y = 1.0F / fma(fma(slope, u, 1.0F), power_in(shifted), 1.0F);
  return x < constants::kLeastSigmoid32 ? 0.0F : y;
}

SLIPWAY_INLINE float log(float x) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  constexpr std::uint32_t kSqrtHalf = std::bit_cast<std::uint32_t>(constants::kSqrtHalf32);
  const bool tiny = x < std::numeric_limits<float>::min();
  const float scaled = tiny ? x * 0x1p23F : x;
  const std::uint32_t above = std::bit_cast<std::uint32_t>(scaled) - kSqrtHalf;
  const float n = static_cast<float>((static_cast<std::int32_t>(above) >> 23) - (tiny ? 23 : 0));
  const float f = std::bit_cast<float>((above & 0x7FFFFFU) + kSqrtHalf) - 1.0F;
  const float z = f * f;
  float tail = fma(f * z, horner(constants::kLog32, f), n * constants::kLn2Low32);
  tail = fma(-0.5F, z, tail);
  float y = fma(n, constants::kLn2High32, f + tail);
  y = x == kInf ? kInf : y;
  y = x == 0.0F ? -kInf : y;
  return x >= 0.0F ? y : std::numeric_limits<float>::quiet_NaN();
}

SLIPWAY_INLINE float erf(float x) {
  float a = magnitude(x);
  const float near = fma(x, horner(constants::kErf32Near, x * x), x);
  const bool is_near = a < 1.0F;
  a = a > 4.0F ? 4.0F : a;
  const float far = 1.0F - exp(-horner(constants::kErf32Far, a - 1.0F));
  return is_near ? near : with_sign(far, x);
}

// x/2 (1 + erf(x / sqrt 2)), the factors as written: (x/2) times the bracket.
SLIPWAY_INLINE float gelu(float x) { return (0.5F * x) * (1.0F + erf(x * constants::kSqrtHalf32)); }

SLIPWAY_INLINE float gelu_tanh(float x) {
  const float inner = constants::kSqrtTwoOverPi32 * fma(0.044715F * (x * x), x, x);
  return (0.5F * x) * (1.0F + tanh(inner));
}

}  // namespace slipway::numeric::core
