// Functions of floats whose definition is the double one, rounded once (numeric/float_math.h).
// Vectors compute them in doubles to within 2^-41, less than the definition does but enough to tell
// the float that it rounds to, unless the result lies close to the middle of two: there, and where
// a formula does not reach, the definition itself decides. Include after dispatch.h.
#if defined(SLIPWAY_ROUNDED_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_ROUNDED_INL_H
#undef SLIPWAY_ROUNDED_INL_H
#else
#define SLIPWAY_ROUNDED_INL_H
#endif

#include <bit>
#include <cstddef>
#include <cstdint>

#include "kernels/numeric/polynomials.h"
#include "kernels/simd/f32x16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

#if HWY_TARGET != HWY_SCALAR
using D64 = hn::ScalableTag<double>;
using DI64 = hn::RebindToSigned<D64>;
using F64 = hn::Vec<D64>;
using M64 = hn::Mask<D64>;

namespace constants = numeric::constants;

HWY_INLINE F64 set64(double x) { return hn::Set(D64(), x); }

HWY_INLINE hn::Vec<DI64> bits64(F64 x) { return hn::BitCast(DI64(), x); }

// The value of a formula where it holds, elsewhere one that leaves it to the definition: the middle
// between 1 and the next float.
HWY_INLINE F64 where_holds(M64 holds, F64 y) {
  return hn::IfThenElse(holds, y, set64(1.0 + 0x1p-24));
}

// c[kFirst] + c[kFirst + 2] x + c[kFirst + 4] x^2 + ...
template <std::size_t kFirst, std::size_t N>
HWY_INLINE F64 every_second(const double (&c)[N], F64 x) {
  if constexpr (kFirst + 2 >= N) {
    return set64(c[kFirst]);
  } else {
    return hn::MulAdd(every_second<kFirst + 2>(c, x), x, set64(c[kFirst]));
  }
}
// The polynomial as two, of the even and of the odd powers: half as many steps in a row.
template <std::size_t N>
HWY_INLINE F64 polynomial(const double (&c)[N], F64 x) {
  const F64 square = hn::Mul(x, x);
  return hn::MulAdd(every_second<1>(c, square), x, every_second<0>(c, square));
}
// 2^52 and a half: the sum with a number below 2^51 is rounded to an integer, in its lowest bits.
inline constexpr double kToInteger = 0x1.8p52;

// The lowest bit of x, as a sign.
HWY_INLINE F64 parity(F64 x) { return hn::BitCast(D64(), hn::ShiftLeft<63>(bits64(x))); }

// exp(a) = (1 + p) power, for a within 700 of 0.
struct Power {
  F64 p;
  F64 power;
};

HWY_INLINE Power exponential(F64 a) {
  const F64 shifted = hn::MulAdd(a, set64(constants::kLog2E64), set64(kToInteger));
  const F64 n = hn::Sub(shifted, set64(kToInteger));
  F64 r = hn::NegMulAdd(n, set64(constants::kLn2High64), a);
  r = hn::NegMulAdd(n, set64(constants::kLn2Low64), r);
  const F64 p = hn::MulAdd(hn::Mul(r, r), polynomial(constants::kNearExp, r), r);
  const auto power = hn::Add(hn::ShiftLeft<52>(bits64(shifted)), bits64(set64(1.0)));
  return {p, hn::BitCast(D64(), power)};
}

// w = m 2^n, m in [sqrt 1/2, sqrt 2).
struct Parted {
  F64 m, n, reciprocal;  // 2^-n
};

HWY_INLINE Parted parted(F64 w) {
  const DI64 integers;
  constexpr auto kSqrtHalf = std::bit_cast<std::int64_t>(constants::kSqrtHalf64);
  constexpr std::int64_t kMantissa = (std::int64_t{1} << 52) - 1;
  // The exponent of w / sqrt 1/2, plus 1023, and above it nothing; below it the mantissa.
  const auto above =
      hn::Add(bits64(w), hn::Set(integers, std::bit_cast<std::int64_t>(1.0) - kSqrtHalf));
  const auto mantissa = hn::And(above, hn::Set(integers, kMantissa));
  const F64 m = hn::BitCast(D64(), hn::Add(mantissa, hn::Set(integers, kSqrtHalf)));
  const F64 reciprocal = hn::BitCast(
      D64(), hn::Sub(hn::Set(integers, std::int64_t{2046} << 52), hn::Sub(above, mantissa)));
  const auto exponent = hn::ShiftRight<52>(hn::BitCast(hn::RebindToUnsigned<D64>(), above));
  const F64 n = hn::Sub(hn::Or(hn::BitCast(D64(), exponent), set64(0x1p52)), set64(0x1p52 + 1023));
  return {m, n, reciprocal};
}

// n log 2 + 2 t
HWY_INLINE F64 whole_log(const Parted& w, F64 t) {
  const F64 low = hn::MulAdd(w.n, set64(constants::kLn2Low64), hn::Add(t, t));
  return hn::MulAdd(w.n, set64(constants::kLn2High64), low);
}

using Definition = float (*)(float);
constexpr std::size_t kAtOnce = hn::MaxLanes(D64());

HWY_NOINLINE void define(const float* x, float* y, Definition definition) {
  for (std::size_t i = 0; i < kAtOnce; ++i) y[i] = definition(x[i]);
}

// Whether all values are floats once they are rounded, whatever their errors.
HWY_INLINE bool are_known(F64 near) {
  // What follows the digits of a float in a double; the middle of two floats; how close to it a
  // value may be and lie on the other side.
  constexpr std::int64_t kRest = (std::int64_t{1} << 29) - 1;
  constexpr std::int64_t kMiddle = std::int64_t{1} << 28;
  constexpr std::int64_t kClose = std::int64_t{1} << 13;
  const DI64 integers;
  const auto beyond =
      hn::And(hn::Add(bits64(near), hn::Set(integers, kClose - kMiddle)), hn::Set(integers, kRest));
  return hn::AllTrue(integers, hn::Gt(beyond, hn::Set(integers, 2 * kClose)));
}

// y[i] = definition(x[i]), whole vectors only.
template <F64 (*kNear)(F64)>
void near_row(const float* x, float* y, std::size_t count, Definition definition) {
  const hn::Rebind<float, D64> floats;
  for (std::size_t i = 0; i < count; i += kAtOnce) {
    const F64 near = kNear(hn::PromoteTo(D64(), hn::LoadU(floats, x + i)));
    if (HWY_LIKELY(are_known(near))) {
      hn::StoreU(hn::DemoteTo(floats, near), floats, y + i);
    } else {
      define(x + i, y + i, definition);
    }
  }
}

HWY_NOINLINE void near_row_and_rest(void (*row)(const float*, float*, std::size_t, Definition),
                                    Definition definition, const float* x, float* y,
                                    std::size_t count) {
  const std::size_t rest = count % kAtOnce;
  const std::size_t whole = count - rest;
  row(x, y, whole, definition);
  if (rest == 0) return;
  float last[kAtOnce];
  for (std::size_t i = 0; i < kAtOnce; ++i) last[i] = x[whole + (i < rest ? i : 0)];
  row(last, last, kAtOnce, definition);
  for (std::size_t i = 0; i < rest; ++i) y[whole + i] = last[i];
}

// y[i] = kDefinition(x[i]) for i < count. y may be x.
template <F64 (*kNear)(F64), Definition kDefinition>
void rounded(const float* x, float* y, std::size_t count, float /*alpha*/, float /*beta*/) {
  near_row_and_rest(near_row<kNear>, kDefinition, x, y, count);
}
#endif

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_ROUNDED_INL_H
