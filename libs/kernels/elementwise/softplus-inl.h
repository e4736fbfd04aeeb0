// softplus of rows of floats, with the bits of its definition: the double function rounded once.
// Vectors compute it in doubles to within 2^-48, far less than the definition does but enough to
// tell the float that it rounds to, unless the result lies as close as 2^-44 to the middle of two:
// there the definition itself decides. Include after math-inl.h.
#if defined(SLIPWAY_SOFTPLUS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_SOFTPLUS_INL_H
#undef SLIPWAY_SOFTPLUS_INL_H
#else
#define SLIPWAY_SOFTPLUS_INL_H
#endif

#include "kernels/numeric/float_math.h"
#include "kernels/numeric/polynomials.h"
#include "kernels/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR
inline void softplus_lanes(const float* x, float* y) {
  for (std::size_t i = 0; i < kWide; ++i) y[i] = numeric::softplus(x[i]);
}
#else
template <std::size_t I = 0, std::size_t N, class D, class V = hn::Vec<D>>
HWY_INLINE V horner64(D d, const double (&c)[N], V x) {
  if constexpr (I + 1 == N) {
    return hn::Set(d, c[I]);
  } else {
    return hn::MulAdd(horner64<I + 1>(d, c, x), x, hn::Set(d, c[I]));
  }
}

// exp(x) for x within [-200, 0].
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exp_of_negative(D d, V x) {
  const hn::RebindToSigned<D> integers;
  const V shift = hn::Set(d, 0x1.8p52);
  const V shifted = hn::MulAdd(x, hn::Set(d, constants::kLog2E64), shift);
  const V n = hn::Sub(shifted, shift);
  V r = hn::MulAdd(n, hn::Set(d, -constants::kLn2High64), x);
  r = hn::MulAdd(n, hn::Set(d, -constants::kLn2Low64), r);
  const V p = hn::MulAdd(hn::Mul(r, r), horner64(d, constants::kExp64, r), r);
  const auto exponent = hn::Sub(hn::BitCast(integers, shifted), hn::BitCast(integers, shift));
  const V power =
      hn::BitCast(d, hn::ShiftLeft<52>(hn::Add(exponent, hn::Set(integers, std::int64_t{1023}))));
  return hn::MulAdd(p, power, power);
}

// log(1 + x) for x within [0, 1]: that of half of it where it is far from 1, and 2 atanh(f / (2 +
// f)).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V log_of_one_and(D d, V x) {
  const V one = hn::Set(d, 1.0);
  const auto is_far = hn::Gt(x, hn::Set(d, 0x1.a8p-2));
  const V f = hn::IfThenElse(is_far, hn::Mul(hn::Sub(x, one), hn::Set(d, 0.5)), x);
  const V s = hn::Div(f, hn::Add(f, hn::Set(d, 2.0)));
  const V z = hn::Mul(s, s);
  V t = hn::MulAdd(z, horner64(d, constants::kLog64, z), hn::Set(d, constants::kFifthHigh));
  t = hn::MulAdd(z, t, hn::Set(d, constants::kThirdHigh));
  t = hn::MulAdd(hn::Mul(s, z), t, s);
  return hn::Add(
      hn::IfThenElseZero(is_far, hn::Set(d, constants::kLn2High64 + constants::kLn2Low64)),
      hn::Add(t, t));
}

HWY_INLINE void softplus_lanes(const float* x, float* y) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> floats;
  constexpr std::size_t kAtOnce = hn::MaxLanes(d);
  for (std::size_t i = 0; i < kWide; i += kAtOnce) {
    const auto narrow = hn::LoadU(floats, x + i);
    const auto wide = hn::PromoteTo(d, narrow);
    // Below -200 every float is 0.
    const auto e = exp_of_negative(d, hn::Max(hn::Set(d, -200.0), hn::Neg(hn::Abs(wide))));
    const auto sum = hn::Add(hn::Max(wide, hn::Zero(d)), log_of_one_and(d, e));
    const auto margin = hn::Mul(sum, hn::Set(d, 0x1p-44));
    const auto low = hn::DemoteTo(floats, hn::Sub(sum, margin));
    const auto high = hn::DemoteTo(floats, hn::Add(sum, margin));
    const auto is_sure = hn::And(hn::Eq(low, high), hn::Eq(narrow, narrow));
    if (HWY_LIKELY(hn::AllTrue(floats, is_sure))) {
      hn::StoreU(low, floats, y + i);
      continue;
    }
    float kept[kAtOnce];
    hn::StoreU(narrow, floats, kept);
    for (std::size_t k = 0; k < kAtOnce; ++k) y[i + k] = numeric::softplus(kept[k]);
  }
}
#endif

// y may be x.
void softplus_row(const float* x, float* y, std::size_t count) {
  std::size_t i = 0;
  for (; i + kWide <= count; i += kWide) softplus_lanes(x + i, y + i);
  if (i == count) return;
  float rest[kWide] = {};
  for (std::size_t k = i; k < count; ++k) rest[k - i] = x[k];
  softplus_lanes(rest, rest);
  for (std::size_t k = i; k < count; ++k) y[k] = rest[k - i];
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_SOFTPLUS_INL_H
