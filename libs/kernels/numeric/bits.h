// The few exact steps that the numeric cores are written in.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

// Cores are inlined into a baseline function and into one compiled for a processor with fused
// multiply-add; a call between them would leave the faster one.
#define SLIPWAY_INLINE [[gnu::always_inline]] inline

namespace slipway::numeric::core {

SLIPWAY_INLINE float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
SLIPWAY_INLINE double fma(double a, double b, double c) { return __builtin_fma(a, b, c); }
SLIPWAY_INLINE float root(float x) { return __builtin_sqrtf(x); }
SLIPWAY_INLINE double root(double x) { return __builtin_sqrt(x); }
SLIPWAY_INLINE float magnitude(float x) { return __builtin_fabsf(x); }
SLIPWAY_INLINE double magnitude(double x) { return __builtin_fabs(x); }
SLIPWAY_INLINE float with_sign(float x, float sign) { return __builtin_copysignf(x, sign); }
SLIPWAY_INLINE double with_sign(double x, double sign) { return __builtin_copysign(x, sign); }

// c[0] + x (c[1] + x (c[2] + ...)), one fused multiply-add a step.
template <std::size_t I = 0, typename T, std::size_t N>
SLIPWAY_INLINE T horner(const T (&c)[N], T x) {
  if constexpr (I + 1 == N) {
    return c[I];
  } else {
    return fma(horner<I + 1>(c, x), x, c[I]);
  }
}

// 2^n for n in the range of normal numbers; any other n gives some value, never a trap.
SLIPWAY_INLINE float power_of_two(std::int32_t n, float /*type*/) {
  return std::bit_cast<float>((static_cast<std::uint32_t>(n) + 127U) << 23);
}
SLIPWAY_INLINE double power_of_two(std::int64_t n, double /*type*/) {
  return std::bit_cast<double>((static_cast<std::uint64_t>(n) + 1023U) << 52);
}

// x 2^n for n from twice the smallest to twice the largest normal exponent: the first product is
// exact, so the result is rounded once even where it underflows.
template <typename T, typename N>
SLIPWAY_INLINE T scale(T x, N n) {
  const N half = n >> 1;
  return x * power_of_two(half, T{}) * power_of_two(static_cast<N>(n - half), T{});
}

}  // namespace slipway::numeric::core
