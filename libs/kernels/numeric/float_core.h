// The hot float functions: one straight line each, special cases by select, so that a vector of any
// width does the same operations in the same order. Formulas: docs/numerics.md.
#pragma once

#include <limits>

#include "kernels/numeric/bits.h"
#include "kernels/numeric/polynomials.h"

namespace slipway::numeric::core {

// x = n ln 2 + r, |r| <= ln 2 / 2, and p = exp(r) - 1. For |x| < 2^22; NaN gives p = NaN and any n.
struct Exp32 {
  float p;
  std::int32_t n;
};

SLIPWAY_INLINE Exp32 exp_reduced(float x) {
  constexpr float kShift = 0x1.8p23F;
  const float shifted = fma(x, constants::kLog2E32, kShift);
  const float n = shifted - kShift;
  float r = fma(n, -constants::kLn2High32, x);
  r = fma(n, -constants::kLn2Low32, r);
  const float p = fma(r * r, horner(constants::kExp32, r), r);
  return {p, static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(shifted) -
                                       std::bit_cast<std::uint32_t>(kShift))};
}

// 0 where 2^n is subnormal: what computes with subnormals takes a hundred times as long on some
// processors.
SLIPWAY_INLINE float exp(float x) {
  float c = x < constants::kLeastExponent32 ? constants::kLeastExponent32 : x;
  c = c > 89.0F ? 89.0F : c;
  const Exp32 e = exp_reduced(c);
  const float y = scale(1.0F + e.p, e.n);
  return e.n < -126 && x < 0.0F ? 0.0F : y;  // n of a NaN is any
}

SLIPWAY_INLINE float expm1(float x) {
  float c = x < -20.0F ? -20.0F : x;
  c = c > 89.0F ? 89.0F : c;
  const Exp32 e = exp_reduced(c);
  const float half = power_of_two(e.n - 1, 0.0F);
  const float y = 2.0F * fma(half, e.p, half - 0.5F);
  return magnitude(x) < 0x1p-25F ? x : y;
}

SLIPWAY_INLINE float tanh(float x) {
  float a = magnitude(x);
  a = a > 10.0F ? 10.0F : a;
  const Exp32 e = exp_reduced(-2.0F * a);
  const float power = power_of_two(e.n, 0.0F);
  const float t = fma(power, e.p, power - 1.0F);
  return with_sign(t / (t + 2.0F), x);
}

// 0 where the power of two is below 2^-63: a product of two sigmoids is no subnormal number then.
SLIPWAY_INLINE float sigmoid(float x) {
  const float z = -magnitude(x);
  const Exp32 r = exp_reduced(z < constants::kLeastExponent32 ? constants::kLeastExponent32 : z);
  const bool has_vanished =
      static_cast<float>(r.n) < constants::kLeastGatePower32 && z < 0.0F;  // n of a NaN is any
  const float e = has_vanished ? 0.0F : (1.0F + r.p) * power_of_two(r.n, 0.0F);
  const float top = x < 0.0F ? e : 1.0F;
  return top / (1.0F + e);
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
