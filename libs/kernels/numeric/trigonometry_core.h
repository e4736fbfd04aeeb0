// The circular functions and their inverses, in double. Formulas: docs/numerics.md.
#pragma once

#include "kernels/numeric/double_core.h"

namespace slipway::numeric::core {

// |x| = (4 k + quadrant) pi/2 + r for some integer k, |r| <= pi/4 and a little.
struct Angle {
  Pair r;
  unsigned quadrant;
};

// Below 2^20: three products subtracted, of which the first two are exact.
SLIPWAY_INLINE Angle reduce_small(double a) {
  constexpr double kShift = 0x1.8p52;
  const double shifted = fma(a, constants::kTwoOverPi, kShift);
  const double n = shifted - kShift;
  const double first = fma(-n, constants::kHalfPiParts[0], a);
  const Pair second = exact_sum(first, -n * constants::kHalfPiParts[1]);
  const Pair third = exact_product(-n, constants::kHalfPiParts[2]);
  const Pair r = exact_sum(second.hi, third.hi);
  const double low = (r.lo + second.lo) + fma(-n, constants::kHalfPiParts[3], third.lo);
  return {exact_sum_ordered(r.hi, low),
          static_cast<unsigned>(std::bit_cast<std::uint64_t>(shifted) & 3U)};
}

// 64 bits of 2/pi from the bit `start` after the point; bits before the point are zero.
inline std::uint64_t two_over_pi_bits(int start) {
  const int shifted = start + 64;
  const int word = shifted / 64 - 1;
  const int bit = shifted % 64;
  const std::uint64_t high = word < 0 ? 0 : constants::kTwoOverPiBits[word];
  if (bit == 0) return high;
  return (high << bit) | (constants::kTwoOverPiBits[word + 1] >> (64 - bit));
}

// From 2^20: a = m 2^e with an integer m. 192 bits of 2/pi, from the first whose product with a is
// less than 4, times m: the two top bits are the quadrant, the others the fraction of pi/2.
inline Angle reduce_large(double a) {
  __extension__ using Wide = unsigned __int128;
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(a);
  const std::uint64_t m = (bits & ((std::uint64_t{1} << 52) - 1)) | (std::uint64_t{1} << 52);
  const int start = static_cast<int>(bits >> 52) - 1075 - 2;
  const Wide low = static_cast<Wide>(m) * two_over_pi_bits(start + 128);
  const Wide middle =
      static_cast<Wide>(m) * two_over_pi_bits(start + 64) + static_cast<std::uint64_t>(low >> 64);
  const std::uint64_t high = m * two_over_pi_bits(start) + static_cast<std::uint64_t>(middle >> 64);
  const auto mid64 = static_cast<std::uint64_t>(middle);
  const auto low64 = static_cast<std::uint64_t>(low);

  unsigned quadrant = static_cast<unsigned>(high >> 62);
  std::uint64_t f[3] = {(high << 2) | (mid64 >> 62), (mid64 << 2) | (low64 >> 62), low64 << 2};
  const bool above_half = (f[0] >> 63) != 0;
  if (above_half) {  // the nearer multiple is the next: take 1 minus the fraction, and its sign
    quadrant = (quadrant + 1) & 3U;
    f[2] = ~f[2] + 1;
    f[1] = ~f[1] + (f[2] == 0 ? 1 : 0);
    f[0] = ~f[0] + (f[2] == 0 && f[1] == 0 ? 1 : 0);
  }
  int exponent = 0;
  while ((f[0] >> 63) == 0 && exponent < 128) {
    f[0] = (f[0] << 1) | (f[1] >> 63);
    f[1] = (f[1] << 1) | (f[2] >> 63);
    f[2] <<= 1;
    ++exponent;
  }
  const double unit =
      power_of_two(static_cast<std::int64_t>(-exponent), 0.0) * (above_half ? -1.0 : 1.0);
  const double top = static_cast<double>(f[0] >> 11) * 0x1p-53;
  const double rest = static_cast<double>((f[0] << 53) | (f[1] >> 11)) * 0x1p-117;
  const Pair fraction = exact_sum_ordered(top * unit, rest * unit);
  return {multiply(fraction, {constants::kHalfPiHigh, constants::kHalfPiLow}), quadrant};
}

SLIPWAY_INLINE Angle reduce(double x) {
  const double a = magnitude(x);
  if (!(a < kInf64)) return {{kNan64, kNan64}, 0};
  return a < 0x1p20 ? reduce_small(a) : reduce_large(a);
}

SLIPWAY_INLINE double sin_reduced(Pair r) {
  const double z = r.hi * r.hi;
  return r.hi + fma(r.hi * z, horner(constants::kSin64, z), r.lo * fma(-0.5, z, 1.0));
}

SLIPWAY_INLINE double cos_reduced(Pair r) {
  const double z = r.hi * r.hi;
  const double half = 0.5 * z;
  const double w = 1.0 - half;
  const double rest = (1.0 - w) - half;
  return w + (rest + fma(z * z, horner(constants::kCos64, z), -r.hi * r.lo));
}

SLIPWAY_INLINE double sin(double x) {
  const Angle angle = reduce(x);
  const double y = (angle.quadrant & 1U) != 0 ? cos_reduced(angle.r) : sin_reduced(angle.r);
  const double signed_y = (angle.quadrant & 2U) != 0 ? -y : y;
  return std::bit_cast<std::int64_t>(x) < 0 ? -signed_y : signed_y;
}

SLIPWAY_INLINE double cos(double x) {
  const Angle angle = reduce(x);
  const double y = (angle.quadrant & 1U) != 0 ? sin_reduced(angle.r) : cos_reduced(angle.r);
  return ((angle.quadrant + 1) & 2U) != 0 ? -y : y;
}

SLIPWAY_INLINE double tan(double x) {
  const Angle angle = reduce(x);
  const double s = sin_reduced(angle.r);
  const double c = cos_reduced(angle.r);
  const double y = (angle.quadrant & 1U) != 0 ? -c / s : s / c;
  return std::bit_cast<std::int64_t>(x) < 0 ? -y : y;
}

// atan a = atan c + atan t, t = (a - c) / (1 + a c), for the nearest of the points c = tan(j pi/8);
// j = 4 stands for infinity, where t = -1/a.
SLIPWAY_INLINE double atan(double x) {
  const double a = magnitude(x);
  if (!(a < 0x1p60)) return a == a ? with_sign(constants::kHalfPiHigh, x) : x;
  unsigned j = 0;
  for (const double limit : constants::kAtanLimit) j += a >= limit ? 1U : 0U;
  Pair top = {-1.0, 0.0};
  Pair bottom = {a, 0.0};
  if (j < 4) {
    const double c = constants::kAtanPoint[j];
    const Pair product = exact_product(a, c);
    top = exact_sum(a, -c);
    bottom = exact_sum(1.0, product.hi);
    bottom.lo += product.lo;
  }
  const double t = top.hi / bottom.hi;
  const double t_low = (fma(-t, bottom.hi, top.hi) + fma(-t, bottom.lo, top.lo)) / bottom.hi;
  const double z = t * t;
  const Pair sum = exact_sum_ordered(constants::kAtanHigh[j], t);
  const double rest = fma(t * z, horner(constants::kAtan64, z), t_low + constants::kAtanLow[j]);
  return with_sign(sum.hi + (sum.lo + rest), x);
}

// s + s z q(z) is asin s, z = s^2 <= 1/4; this is the second term.
SLIPWAY_INLINE double asin_tail(double s, double z) {
  return (s * z) * horner(constants::kAsin64, z);
}

// asin(sqrt(z)) as s + rest, for z from 0 to 1/4.
SLIPWAY_INLINE Pair asin_of_root(double z) {
  const Pair s = root(Pair{z, 0});
  return {s.hi, s.lo + asin_tail(s.hi, z)};
}

SLIPWAY_INLINE double asin(double x) {
  const double a = magnitude(x);
  if (!(a <= 1.0)) return kNan64;
  if (a < 0.5) return x + asin_tail(x, x * x);
  const Pair h = asin_of_root(0.5 * (1.0 - a));
  const Pair sum = exact_sum_ordered(constants::kHalfPiHigh, -2.0 * h.hi);
  return with_sign(sum.hi + (sum.lo + fma(-2.0, h.lo, constants::kHalfPiLow)), x);
}

SLIPWAY_INLINE double acos(double x) {
  const double a = magnitude(x);
  if (!(a <= 1.0)) return kNan64;
  if (a < 0.5) {
    const Pair sum = exact_sum_ordered(constants::kHalfPiHigh, -x);
    return sum.hi + (sum.lo + (constants::kHalfPiLow - asin_tail(x, x * x)));
  }
  const Pair h = asin_of_root(0.5 * (1.0 - a));
  if (x > 0) return 2.0 * (h.hi + h.lo);
  const Pair sum = exact_sum_ordered(constants::kPiHigh, -2.0 * h.hi);
  return sum.hi + (sum.lo + fma(-2.0, h.lo, constants::kPiLow));
}

}  // namespace slipway::numeric::core
