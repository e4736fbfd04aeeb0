// The double functions built on exp and log. log works in pairs of doubles throughout, so that pow
// and the inverse hyperbolic functions lose nothing. Formulas: docs/numerics.md.
#pragma once

#include <limits>

#include "kernels/numeric/bits.h"
#include "kernels/numeric/polynomials.h"

namespace slipway::numeric::core {

inline constexpr double kInf64 = std::numeric_limits<double>::infinity();
inline constexpr double kNan64 = std::numeric_limits<double>::quiet_NaN();

// The unevaluated sum hi + lo, |lo| at most half a unit in the last place of hi.
struct Pair {
  double hi, lo;
};

SLIPWAY_INLINE Pair exact_sum_ordered(double a, double b) {  // |a| >= |b|, or a == 0
  const double s = a + b;
  return {s, b - (s - a)};
}
SLIPWAY_INLINE Pair exact_sum(double a, double b) {
  const double s = a + b;
  const double t = s - a;
  return {s, (a - (s - t)) + (b - t)};
}
SLIPWAY_INLINE Pair exact_product(double a, double b) {
  const double p = a * b;
  return {p, fma(a, b, -p)};
}
SLIPWAY_INLINE Pair add(Pair a, Pair b) {
  const Pair s = exact_sum(a.hi, b.hi);
  return exact_sum_ordered(s.hi, s.lo + (a.lo + b.lo));
}
SLIPWAY_INLINE Pair multiply(Pair a, Pair b) {
  const Pair p = exact_product(a.hi, b.hi);
  return exact_sum_ordered(p.hi, p.lo + fma(a.hi, b.lo, a.lo * b.hi));
}
SLIPWAY_INLINE Pair divide(Pair a, Pair b) {
  const double q = a.hi / b.hi;
  const double rest = fma(-q, b.hi, a.hi) + fma(-q, b.lo, a.lo);
  return exact_sum_ordered(q, rest / b.hi);
}
SLIPWAY_INLINE Pair root(Pair a) {
  if (a.hi == 0) return a;
  const double s = root(a.hi);
  return exact_sum_ordered(s, (fma(-s, s, a.hi) + a.lo) / (2 * s));
}

// hi + lo = n ln 2 + r, and p = exp(r) - 1. For |hi| < 2^51; NaN gives p = NaN and any n.
struct Exp64 {
  double p;
  std::int64_t n;
};

SLIPWAY_INLINE Exp64 exp_reduced(double hi, double lo) {
  constexpr double kShift = 0x1.8p52;
  const double shifted = fma(hi, constants::kLog2E64, kShift);
  const double n = shifted - kShift;
  const double high = fma(n, -constants::kLn2High64, hi);
  const double low = fma(n, -constants::kLn2Low64, lo);
  const double r = high + low;
  const double rest = (high - r) + low;
  const double p = r + fma(r * r, horner(constants::kExp64, r), rest);
  return {p, static_cast<std::int64_t>(std::bit_cast<std::uint64_t>(shifted) -
                                       std::bit_cast<std::uint64_t>(kShift))};
}

// exp(hi + lo) 2^shift.
SLIPWAY_INLINE double exp_pair(double hi, double lo, int shift = 0) {
  double c = hi < -746.0 ? -746.0 : hi;
  c = c > 711.0 ? 711.0 : c;
  const Exp64 e = exp_reduced(c, lo);
  return scale(1.0 + e.p, e.n + shift);
}

SLIPWAY_INLINE double exp(double x) { return exp_pair(x, 0); }

SLIPWAY_INLINE double expm1(double x) {
  double c = x < -40.0 ? -40.0 : x;
  c = c > 711.0 ? 711.0 : c;
  const Exp64 e = exp_reduced(c, 0);
  const double half = power_of_two(e.n - 1, 0.0);
  double y = 2.0 * fma(half, e.p, half - 0.5);
  if (c > 700.0) y = scale(1.0 + e.p, e.n);
  return magnitude(x) < 0x1p-54 ? x : y;
}

// log(x.hi + x.lo) for a positive finite x.hi; x.lo counts only for x.hi between 2^-900 and 2^900.
SLIPWAY_INLINE Pair log_pair(Pair x) {
  constexpr std::uint64_t kSqrtHalf = std::bit_cast<std::uint64_t>(constants::kSqrtHalf64);
  const bool tiny = x.hi < std::numeric_limits<double>::min();
  const double scaled = tiny ? x.hi * 0x1p54 : x.hi;
  const std::uint64_t above = std::bit_cast<std::uint64_t>(scaled) - kSqrtHalf;
  const std::int64_t exponent = static_cast<std::int64_t>(above) >> 52;
  const double m = std::bit_cast<double>((above & ((std::uint64_t{1} << 52) - 1)) + kSqrtHalf);
  const double low = exponent > -900 && exponent < 900 ? x.lo * power_of_two(-exponent, 0.0) : 0.0;
  const double n = static_cast<double>(exponent - (tiny ? 54 : 0));

  // 2 atanh(s) with s = f / (2 + f), f = m - 1.
  const Pair f = exact_sum(m - 1.0, low);
  const Pair s = divide(f, add({2.0, 0.0}, f));
  const Pair z = multiply(s, s);
  Pair t = exact_sum_ordered(constants::kFifthHigh, z.hi * horner(constants::kLog64, z.hi));
  t.lo += constants::kFifthLow;
  t = add({constants::kThirdHigh, constants::kThirdLow}, multiply(z, t));
  t = add(s, multiply(s, multiply(z, t)));
  const Pair whole = exact_sum_ordered(n * constants::kLn2High64, n * constants::kLn2Low64);
  return add(whole, {2.0 * t.hi, 2.0 * t.lo});
}

SLIPWAY_INLINE double log(double x) {
  if (!(x > 0)) return x == 0 ? -kInf64 : kNan64;
  return x == kInf64 ? x : log_pair({x, 0}).hi;
}

SLIPWAY_INLINE double log1p(double x) {
  if (!(x > -1)) return x == -1 ? -kInf64 : kNan64;
  if (x == kInf64 || magnitude(x) < 0x1p-54) return x;
  return log_pair(exact_sum(1.0, x)).hi;
}

SLIPWAY_INLINE double tanh(double x) {
  double a = magnitude(x);
  a = a > 22.0 ? 22.0 : a;
  const Exp64 e = exp_reduced(-2.0 * a, 0);
  const double power = power_of_two(e.n, 0.0);
  const double t = fma(power, e.p, power - 1.0);
  return with_sign(t / (t + 2.0), x);
}

SLIPWAY_INLINE double sigmoid(double x) {
  const double e = exp(-magnitude(x));
  const double top = x < 0.0 ? e : 1.0;
  return top / (1.0 + e);
}

SLIPWAY_INLINE double softplus(double x) { return (x < 0.0 ? 0.0 : x) + log1p(exp(-magnitude(x))); }

SLIPWAY_INLINE double erf(double x) {
  double a = magnitude(x);
  if (a < 1.0) return fma(x, horner(constants::kErf64Near, x * x), x);
  a = a > 6.0 ? 6.0 : a;
  const Pair square = exact_product(a, a);
  const double far =
      1.0 - exp_pair(-square.hi, -square.lo) * horner(constants::kErf64Far, (a - 2.0) / (a + 2.0));
  return with_sign(far, x);
}

SLIPWAY_INLINE double sinh(double x) {
  const double a = magnitude(x);
  if (a > 22.0) return with_sign(exp_pair(a, 0, -1), x);
  const double e = expm1(a);
  return a < 0x1p-28 ? x : with_sign(0.5 * (e + e / (e + 1.0)), x);
}

SLIPWAY_INLINE double cosh(double x) {
  const double a = magnitude(x);
  if (a > 22.0) return exp_pair(a, 0, -1);
  const double e = exp(a);
  return 0.5 * (e + 1.0 / e);
}

SLIPWAY_INLINE double asinh(double x) {
  const double a = magnitude(x);
  if (a < 0x1p-28) return with_sign(fma(a * a, a * (-1.0 / 6), a), x);
  if (!(a < kInf64)) return x;
  if (a > 0x1p28) {
    return with_sign(add(log_pair({a, 0}), {constants::kLn2High64, constants::kLn2Low64}).hi, x);
  }
  const Pair r = root(add({1.0, 0.0}, exact_product(a, a)));
  return with_sign(log_pair(add(r, {a, 0.0})).hi, x);
}

SLIPWAY_INLINE double acosh(double x) {
  if (!(x >= 1.0)) return kNan64;
  if (x == kInf64) return x;
  if (x > 0x1p28) return add(log_pair({x, 0}), {constants::kLn2High64, constants::kLn2Low64}).hi;
  const Pair r = root(add({-1.0, 0.0}, exact_product(x, x)));
  return log_pair(add({x, 0.0}, r)).hi;
}

SLIPWAY_INLINE double atanh(double x) {
  const double a = magnitude(x);
  if (!(a < 1.0)) return a == 1.0 ? with_sign(kInf64, x) : kNan64;
  if (a < 0x1p-28) return with_sign(fma(a * a, a * (1.0 / 3), a), x);
  const Pair ratio = divide(exact_sum(1.0, a), exact_sum(1.0, -a));
  return with_sign(0.5 * log_pair(ratio).hi, x);
}

SLIPWAY_INLINE bool is_integer(double y) {
  return magnitude(y) >= 0x1p53 || static_cast<double>(static_cast<std::int64_t>(y)) == y;
}
SLIPWAY_INLINE bool is_odd_integer(double y) {
  return magnitude(y) < 0x1p53 && is_integer(y) && (static_cast<std::int64_t>(y) & 1) != 0;
}

// IEC 60559 pow. The exponents 1, 2, -1 and 1/2 are x, x x, 1/x and sqrt(x), each rounded once.
SLIPWAY_INLINE double pow(double x, double y) {
  const double a = magnitude(x);
  if (y == 0 || x == 1.0) return 1.0;
  if (x != x || y != y) return kNan64;
  if (y == 1.0) return x;
  if (y == 2.0) return x * x;
  if (y == -1.0) return 1.0 / x;
  if (magnitude(y) == kInf64) {
    if (a == 1.0) return 1.0;
    return (a > 1.0) == (y > 0) ? kInf64 : 0.0;
  }
  const double sign = x < 0 || (x == 0 && 1.0 / x < 0) ? (is_odd_integer(y) ? -1.0 : 1.0) : 1.0;
  if (a == 0 || a == kInf64) return with_sign((a == 0) == (y < 0) ? kInf64 : 0.0, sign);
  if (x < 0 && !is_integer(y)) return kNan64;
  if (y == 0.5) return root(x);
  // Beyond 2^70 every x but 1 over- or underflows.
  double bounded = y > 0x1p70 ? 0x1p70 : y;
  bounded = bounded < -0x1p70 ? -0x1p70 : bounded;
  const Pair l = log_pair({a, 0});
  const Pair p = exact_product(bounded, l.hi);
  const Pair exponent = exact_sum_ordered(p.hi, fma(bounded, l.lo, p.lo));
  return with_sign(exp_pair(exponent.hi, exponent.lo), sign);
}

SLIPWAY_INLINE double gelu(double x) { return (0.5 * x) * (1.0 + erf(x * constants::kSqrtHalf64)); }

SLIPWAY_INLINE double gelu_tanh(double x) {
  const double inner = constants::kSqrtTwoOverPi64 * fma(0.044715 * (x * x), x, x);
  return (0.5 * x) * (1.0 + tanh(inner));
}

}  // namespace slipway::numeric::core
