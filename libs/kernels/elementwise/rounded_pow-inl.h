// pow of floats for rounded-inl.h. Include after dispatch.h.
#if defined(SLIPWAY_ROUNDED_POW_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_ROUNDED_POW_INL_H
#undef SLIPWAY_ROUNDED_POW_INL_H
#else
#define SLIPWAY_ROUNDED_POW_INL_H
#endif

#include <cmath>
#include <cstddef>
#include <limits>

#include "kernels/elementwise/rounded-inl.h"
#include "kernels/numeric/float_math.h"

// One function for all steps, where g++ would make one of each.
#undef SLIPWAY_FOR_ALL_STEPS
#ifdef __clang__
#define SLIPWAY_FOR_ALL_STEPS HWY_NOINLINE
#else
#define SLIPWAY_FOR_ALL_STEPS HWY_NOINLINE __attribute__((noclone))
#endif

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR
// z[i] = pow(x[i], y[i]) for i < count. A step is 0 for a scalar, else 1. z may be x or y.
SLIPWAY_FOR_ALL_STEPS void powers(const float* x, std::size_t x_step, const float* y,
                                  std::size_t y_step, float* z, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) z[i] = numeric::pow(x[i * x_step], y[i * y_step]);
}
#else
// Beyond, powers are no floats, whatever their digits.
inline constexpr double kBeyondPowers = 200.0;

// log a to within 2^-51 of it.
HWY_INLINE F64 close_log(F64 a) {
  const Parted v = parted(a);
  const F64 f = hn::Sub(v.m, set64(1.0));
  const F64 s = hn::Div(f, hn::Add(f, set64(2.0)));
  const F64 z = hn::Mul(s, s);
  F64 q = hn::MulAdd(polynomial(constants::kLog64, z), z, set64(constants::kFifthHigh));
  q = hn::MulAdd(q, z, set64(constants::kThirdHigh));
  return whole_log(v, hn::MulAdd(hn::Mul(s, z), q, s));
}

// exp(y log |x|), of x below 0 NaN or, of odd y, with its sign.
HWY_INLINE F64 near_pow(F64 x, F64 y) {
  const F64 zero = hn::Zero(D64());
  const F64 infinity = set64(HUGE_VAL);
  const F64 a = hn::Abs(x);
  const M64 is_zero = hn::Eq(a, zero);
  const F64 beyond = set64(kBeyondPowers);
  // Of 0 as of a number that is small enough.
  const F64 of_zero = hn::IfThenElseZero(hn::Ne(y, zero), hn::Neg(hn::CopySign(beyond, y)));
  F64 p = hn::IfThenElse(is_zero, of_zero, hn::Mul(y, close_log(a)));
  p = hn::Min(hn::Max(p, hn::Neg(beyond)), beyond);
  const Power e = exponential(p);
  const F64 power = hn::MulAdd(e.p, e.power, e.power);

  const F64 shifted = hn::Add(y, set64(kToInteger));
  const M64 is_whole = hn::Eq(hn::Sub(shifted, set64(kToInteger)), y);
  const F64 sign = hn::And(hn::IfThenElseZero(is_whole, parity(shifted)), x);
  const F64 otherwise =
      hn::IfThenElse(hn::Lt(x, zero), set64(std::numeric_limits<double>::quiet_NaN()), power);
  const F64 result = hn::IfThenElse(is_whole, hn::Xor(power, sign), otherwise);
  // Beside the subnormal floats and below them powers are not rounded as doubles tell.
  const M64 is_normal = hn::Or(hn::Gt(p, set64(-83.0)), hn::Lt(p, set64(-105.0)));
  const M64 is_finite = hn::And(hn::Lt(a, infinity), hn::Lt(hn::Abs(y), set64(0x1p51)));
  return where_holds(hn::And(is_normal, is_finite), result);
}

HWY_NOINLINE void define_powers(const float* x, std::size_t x_step, const float* y,
                                std::size_t y_step, float* z) {
  HWY_UNROLL(1)
  for (std::size_t i = 0; i < kAtOnce; ++i) z[i] = numeric::pow(x[i * x_step], y[i * y_step]);
}

// Whole vectors only.
SLIPWAY_FOR_ALL_STEPS void whole_powers(const float* x, std::size_t x_step, const float* y,
                                        std::size_t y_step, float* z, std::size_t count) {
  const hn::Rebind<float, D64> floats;
  for (std::size_t i = 0; i < count; i += kAtOnce, x += kAtOnce * x_step, y += kAtOnce * y_step) {
    const auto a = x_step == 0 ? hn::Set(floats, *x) : hn::LoadU(floats, x);
    const auto b = y_step == 0 ? hn::Set(floats, *y) : hn::LoadU(floats, y);
    const F64 near = near_pow(hn::PromoteTo(D64(), a), hn::PromoteTo(D64(), b));
    if (HWY_LIKELY(are_known(near))) {
      hn::StoreU(hn::DemoteTo(floats, near), floats, z + i);
    } else {
      define_powers(x, x_step, y, y_step, z + i);
    }
  }
}

// z[i] = pow(x[i], y[i]) for i < count. A step is 0 for a scalar, else 1. z may be x or y.
SLIPWAY_FOR_ALL_STEPS void powers(const float* x, std::size_t x_step, const float* y,
                                  std::size_t y_step, float* z, std::size_t count) {
  const std::size_t rest = count % kAtOnce;
  const std::size_t whole = count - rest;
  whole_powers(x, x_step, y, y_step, z, whole);
  if (rest == 0) return;
  float last_x[kAtOnce];
  float last_y[kAtOnce];
  float last_z[kAtOnce];
  HWY_UNROLL(1)
  for (std::size_t i = 0; i < kAtOnce; ++i) {
    const std::size_t at = whole + (i < rest ? i : 0);
    last_x[i] = x[at * x_step];
    last_y[i] = y[at * y_step];
  }
  whole_powers(last_x, x_step, last_y, y_step, last_z, kAtOnce);
  HWY_UNROLL(1)
  for (std::size_t i = 0; i < rest; ++i) z[whole + i] = last_z[i];
}
#endif

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_ROUNDED_POW_INL_H
