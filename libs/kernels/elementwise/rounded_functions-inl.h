// Formulas for rounded-inl.h: the functions of numeric/float_math.h that go through double, in
// vectors of doubles. SLIPWAY_ROUNDED(name) is the kernel of one. Include after dispatch.h.
#if defined(SLIPWAY_ROUNDED_FUNCTIONS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_ROUNDED_FUNCTIONS_INL_H
#undef SLIPWAY_ROUNDED_FUNCTIONS_INL_H
#else
#define SLIPWAY_ROUNDED_FUNCTIONS_INL_H
#endif

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "kernels/elementwise/rounded-inl.h"
#include "kernels/elementwise/scalar_functions.h"
#include "kernels/numeric/float_math.h"
#include "kernels/numeric/polynomials.h"

#undef SLIPWAY_ROUNDED

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR
#define SLIPWAY_ROUNDED(name) apply_each<numeric::name>
#else
// s + s z q(z), the form of odd functions.
template <std::size_t N>
HWY_INLINE F64 odd(const double (&c)[N], F64 s, F64 z) {
  return hn::MulAdd(hn::Mul(s, z), polynomial(c, z), s);
}

// Below, n times the first two parts is exact.
inline constexpr double kLeastLargeAngle = 0x1p20;

// x - n `scale` pi / 2
HWY_INLINE F64 less_angles(F64 x, F64 n, double scale) {
  for (std::size_t i = 0; i < 3; ++i)
    x = hn::NegMulAdd(n, set64(scale * constants::kHalfPiParts[i]), x);
  return x;
}

HWY_INLINE F64 where_small_angle(F64 x, F64 y) {
  return where_holds(hn::Lt(hn::Abs(x), set64(kLeastLargeAngle)), y);
}

// sin(n pi + r) for r = x - n pi, the parity of n in `shifted`. For the cosine n is a half less
// than that integer, and the sine that of x + pi / 2.
HWY_INLINE F64 sine_from(F64 x, F64 shifted, F64 n) {
  const F64 r = less_angles(x, n, 2.0);
  const F64 z = hn::Mul(r, r);
  const F64 y = hn::Mul(r, hn::MulAdd(z, polynomial(constants::kNearSin, z), set64(1.0)));
  return where_small_angle(x, hn::Xor(y, parity(shifted)));
}

HWY_INLINE F64 near_sin(F64 x) {
  const F64 shifted = hn::MulAdd(x, set64(0.5 * constants::kTwoOverPi), set64(kToInteger));
  return sine_from(x, shifted, hn::Sub(shifted, set64(kToInteger)));
}

HWY_INLINE F64 near_cos(F64 x) {
  const F64 turns = hn::MulAdd(x, set64(0.5 * constants::kTwoOverPi), set64(0.5));
  const F64 shifted = hn::Add(turns, set64(kToInteger));
  const F64 n = hn::Sub(hn::Sub(shifted, set64(kToInteger)), set64(0.5));
  return sine_from(x, shifted, n);
}

HWY_INLINE F64 near_tan(F64 x) {
  const F64 shifted = hn::MulAdd(x, set64(constants::kTwoOverPi), set64(kToInteger));
  const F64 r = less_angles(x, hn::Sub(shifted, set64(kToInteger)), 1.0);
  const F64 z = hn::Mul(r, r);
  const F64 one = set64(1.0);
  const F64 s = hn::Mul(r, hn::MulAdd(z, polynomial(constants::kNearSinQuarter, z), one));
  const F64 c =
      hn::MulAdd(z, hn::MulAdd(z, polynomial(constants::kNearCosQuarter, z), set64(-0.5)), one);
  const M64 is_odd =
      hn::RebindMask(D64(), hn::TestBit(bits64(shifted), hn::Set(DI64(), std::int64_t{1})));
  const F64 top = hn::Xor(hn::IfThenElse(is_odd, c, s), parity(shifted));
  return where_small_angle(x, hn::Div(top, hn::IfThenElse(is_odd, s, c)));
}

// atan a = atan c + atan((a - c) / (1 + a c)) for the nearest of c = 0, 1 and infinity.
HWY_INLINE F64 near_atan(F64 x) {
  const F64 a = hn::Abs(x);
  const F64 one = set64(1.0);
  const M64 is_near = hn::Lt(a, set64(0x1.a8p-2));
  const M64 is_far = hn::Gt(a, set64(0x1.35p1));
  const F64 top = hn::IfThenElse(is_near, a, hn::Sub(a, one));
  const F64 bottom = hn::IfThenElse(is_near, one, hn::Add(a, one));
  const F64 start = hn::IfThenElse(is_near, hn::Zero(D64()), set64(0.5 * constants::kHalfPiHigh));
  const F64 t =
      hn::Div(hn::IfThenElse(is_far, set64(-1.0), top), hn::IfThenElse(is_far, a, bottom));
  const F64 y = hn::Add(hn::IfThenElse(is_far, set64(constants::kHalfPiHigh), start),
                        odd(constants::kNearAtan, t, hn::Mul(t, t)));
  return hn::CopySign(y, x);
}

// y inside of a domain.
HWY_INLINE F64 or_nan(M64 is_inside, F64 y) {
  return hn::IfThenElse(is_inside, y, set64(std::numeric_limits<double>::quiet_NaN()));
}

// asin a; where `is_far`, from 1/2 on, half of pi / 2 - asin a. Beyond 1 the root is a NaN.
struct Arc {
  F64 y;
  M64 is_far;
};

HWY_INLINE Arc arc(F64 a) {
  const M64 is_far = hn::Ge(a, set64(0.5));
  const F64 rest = hn::MulAdd(a, set64(-0.5), set64(0.5));
  const F64 z = hn::IfThenElse(is_far, rest, hn::Mul(a, a));
  const F64 s = hn::IfThenElse(is_far, hn::Sqrt(rest), a);
  const F64 y = odd(constants::kNearAsin, s, z);
  return {y, is_far};
}

HWY_INLINE F64 near_asin(F64 x) {
  const Arc h = arc(hn::Abs(x));
  const F64 far = hn::NegMulAdd(set64(2.0), h.y, set64(constants::kHalfPiHigh));
  return hn::CopySign(hn::IfThenElse(h.is_far, far, h.y), x);
}

HWY_INLINE F64 near_acos(F64 x) {
  const Arc h = arc(hn::Abs(x));
  const F64 y = hn::CopySign(h.y, x);
  const F64 start = hn::IfThenElseZero(hn::Lt(x, set64(0.0)), set64(constants::kPiHigh));
  return hn::IfThenElse(h.is_far, hn::MulAdd(set64(2.0), y, start),
                        hn::Sub(set64(constants::kHalfPiHigh), y));
}

// Where the hyperbolic functions are no floats any more.
inline constexpr double kInfiniteHyperbolic = 90.0;

HWY_INLINE F64 near_cosh(F64 x) {
  const F64 a = hn::Abs(x);
  const Power e = exponential(a);
  const F64 y = hn::MulAdd(e.p, e.power, e.power);
  return where_holds(hn::Lt(a, set64(kInfiniteHyperbolic)),
                     hn::Mul(set64(0.5), hn::Add(y, hn::Div(set64(1.0), y))));
}

HWY_INLINE F64 near_sinh(F64 x) {
  const F64 a = hn::Abs(x);
  const Power e = exponential(a);
  const F64 one = set64(1.0);
  const F64 y = hn::MulAdd(e.p, e.power, hn::Sub(e.power, one));
  const F64 sum = hn::Add(y, hn::Div(y, hn::Add(y, one)));
  return where_holds(hn::Lt(a, set64(kInfiniteHyperbolic)),
                     hn::CopySign(hn::Mul(set64(0.5), sum), x));
}

// log(1 + u) for u from -1 + 2^-24 to 2^130. With 1 + u = m 2^n, m in [sqrt 1/2, sqrt 2), it is n
// log 2 + 2 atanh(f / (2 + f)), f = m - 1 and what 1 + u was rounded by.
HWY_INLINE F64 log_of_one_and(F64 u) {
  const F64 one = set64(1.0);
  const F64 w = hn::Add(one, u);
  const F64 lost = hn::Sub(u, hn::Sub(w, one));
  const Parted v = parted(w);
  const F64 f = hn::MulAdd(lost, v.reciprocal, hn::Sub(v.m, one));
  const F64 s = hn::Div(f, hn::Add(f, set64(2.0)));
  return whole_log(v, odd(constants::kNearLog, s, hn::Mul(s, s)));
}

HWY_INLINE F64 near_log1p(F64 x) {
  const F64 y = or_nan(hn::Gt(x, set64(-1.0)), hn::CopySign(log_of_one_and(x), x));
  return where_holds(hn::And(hn::Ne(x, set64(-1.0)), hn::Lt(x, set64(HUGE_VAL))), y);
}

// max(x, 0) + log(1 + exp(-a)), but for subnormal floats.
HWY_INLINE F64 near_softplus(F64 x) {
  const Power e = exponential(hn::Max(set64(-200.0), hn::Neg(hn::Abs(x))));
  const F64 tail = log_of_one_and(hn::MulAdd(e.p, e.power, e.power));
  return where_holds(hn::Or(hn::Gt(x, set64(-87.0)), hn::Lt(x, set64(-105.0))),
                     hn::Add(hn::Max(x, hn::Zero(D64())), tail));
}

// log(a + sqrt(a^2 + 1))
HWY_INLINE F64 near_asinh(F64 x) {
  const F64 a = hn::Abs(x);
  const F64 one = set64(1.0);
  const F64 square = hn::Mul(a, a);
  const F64 over = hn::Div(square, hn::Add(one, hn::Sqrt(hn::Add(one, square))));
  return where_holds(hn::Lt(a, set64(HUGE_VAL)), hn::CopySign(log_of_one_and(hn::Add(a, over)), x));
}

// log(x + sqrt(x^2 - 1))
HWY_INLINE F64 near_acosh(F64 x) {
  const F64 v = hn::Sub(x, set64(1.0));
  const F64 u = hn::Add(v, hn::Sqrt(hn::Mul(v, hn::Add(v, set64(2.0)))));
  const F64 y = or_nan(hn::Ge(x, set64(1.0)), log_of_one_and(u));
  return where_holds(hn::Lt(x, set64(HUGE_VAL)), y);
}

// log((1 + a) / (1 - a)) / 2
HWY_INLINE F64 near_atanh(F64 x) {
  const F64 a = hn::Abs(x);
  const F64 one = set64(1.0);
  const F64 u = hn::Div(hn::Add(a, a), hn::Sub(one, a));
  const F64 y = hn::CopySign(hn::Mul(set64(0.5), log_of_one_and(u)), x);
  return where_holds(hn::Ne(a, one), or_nan(hn::Lt(a, one), y));
}

#define SLIPWAY_ROUNDED(name) rounded<near_##name, numeric::name>
#endif

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_ROUNDED_FUNCTIONS_INL_H
