// The functions of numeric/float_core.h on sixteen floats: the same operations in the same order,
// so the same bits. Include after f32x16-inl.h.
#if defined(SLIPWAY_MATH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_MATH_INL_H
#undef SLIPWAY_MATH_INL_H
#else
#define SLIPWAY_MATH_INL_H
#endif

#include <limits>

#include "kernels/numeric/polynomials.h"
#include "kernels/simd/f32x16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

namespace constants = numeric::constants;

// x < low ? low : x. A NaN, and of equals x, is kept.
HWY_INLINE F32x16 raise(F32x16 x, F32x16 low) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR
  for (std::size_t i = 0; i < kParts; ++i) x.part[i] = hn::Max(low.part[i], x.part[i]);
  return x;
#else
  return select(greater(low, x), low, x);
#endif
}
// x > high ? high : x.
HWY_INLINE F32x16 lower(F32x16 x, F32x16 high) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR
  for (std::size_t i = 0; i < kParts; ++i) x.part[i] = hn::Min(high.part[i], x.part[i]);
  return x;
#else
  return select(greater(x, high), high, x);
#endif
}

template <std::size_t I = 0, std::size_t N>
HWY_INLINE F32x16 horner(const float (&c)[N], F32x16 x) {
  if constexpr (I + 1 == N) {
    return set(c[I]);
  } else {
    return fma(horner<I + 1>(c, x), x, set(c[I]));
  }
}

struct Exp16 {
  F32x16 r;
  I32x16 n;
  F32x16 power;  // n
};

HWY_INLINE Exp16 exp_reduced(F32x16 x) {
  const F32x16 shift = set(0x1.8p23F);
  const F32x16 shifted = fma(x, set(constants::kLog2E32), shift);
  const F32x16 n = sub(shifted, shift);
  F32x16 r = fma(n, set(-constants::kLn2High32), x);
  r = fma(n, set(-constants::kLn2Low32), r);
  return {r, sub(bits(shifted), bits(shift)), n};
}
// exp(r), expm1(r)
HWY_INLINE F32x16 exp_of_rest(F32x16 r) {
  const F32x16 one = set(1.0F);
  return fma(fma(horner(constants::kExp32, r), r, one), r, one);
}
HWY_INLINE F32x16 expm1_of_rest(F32x16 r) {
  return fma(mul(r, r), horner(constants::kExp32, r), r);
}

HWY_INLINE F32x16 power_of_two(I32x16 n) { return from_bits(shift_left<23>(add(n, set_i32(127)))); }

// exp(r) 2^n for n below 128, and 0 where 2^n is subnormal.
HWY_INLINE F32x16 scaled(const Exp16& e) {
  const F32x16 y = exp_of_rest(e.r);
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  const __m512 n = e.power.part[0].raw;
  const __mmask16 is_kept = _mm512_cmp_ps_mask(n, _mm512_set1_ps(-126.0F), _CMP_NLT_UQ);
  return {{{_mm512_maskz_scalef_ps(is_kept, y.part[0].raw, n)}}};
#else
  return mul(y, power_of_two(e.n));  // that of -127 is 0
#endif
}

// What scaled() is given: n from -127 on, or any where it tells small ones by itself.
HWY_INLINE F32x16 raise_exponent(F32x16 x) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  return x;
#else
  return raise(x, set(constants::kLeastExponent32));
#endif
}

SLIPWAY_MATH F32x16 exp(F32x16 x) {
  const Exp16 e = exp_reduced(lower(raise_exponent(x), set(89.0F)));
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  return scaled(e);
#else
  const I32x16 half = shift_right<1>(e.n);  // up to 2^128, which is no float
  const F32x16 y = mul(mul(exp_of_rest(e.r), power_of_two(half)), power_of_two(sub(e.n, half)));
  return select(greater(set(-126.0F), e.power), zero(), y);
#endif
}

SLIPWAY_MATH F32x16 expm1(F32x16 x) {
  const Exp16 e = exp_reduced(lower(raise(x, set(-20.0F)), set(89.0F)));
  const F32x16 half = power_of_two(sub(e.n, set_i32(1)));
  const F32x16 y = mul(set(2.0F), fma(half, expm1_of_rest(e.r), sub(half, set(0.5F))));
  return select(greater(set(0x1p-25F), magnitude(x)), x, y);
}

// 2^n of n + kPowerShift.
inline constexpr float kPowerShift = 0x1.8p23F + 127.0F;
HWY_INLINE F32x16 power_in(F32x16 shifted) { return from_bits(shift_left<23>(bits(shifted))); }

// 1 / d, and 0 where x is too small for a sigmoid.
HWY_INLINE F32x16 sigmoid_of_divisor(F32x16 x, F32x16 d) {
  const F32x16 least = set(constants::kLeastSigmoid32);
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
  const __mmask16 is_kept = _mm512_cmp_ps_mask(x.part[0].raw, least.part[0].raw, _CMP_NLT_UQ);
  return {{{_mm512_maskz_div_ps(is_kept, _mm512_set1_ps(1.0F), d.part[0].raw)}}};
#else
  return select(greater(least, x), zero(), div(set(1.0F), d));
#endif
}

SLIPWAY_MATH F32x16 tanh(F32x16 x) {
  const F32x16 a = lower(magnitude(x), set(10.0F));
  const F32x16 shifted = fma(a, set(-2.0F * constants::kLog2E32), set(kPowerShift));
  const F32x16 n = sub(shifted, set(kPowerShift));
  F32x16 v = fma(n, set(0.5F * constants::kLn2High32), a);
  v = fma(n, set(0.5F * constants::kLn2Low32), v);
  const F32x16 p = fma(mul(v, v), horner(constants::kTanh32, v), v);
  const F32x16 power = power_in(shifted);
  const F32x16 m = fma(power, p, fma(power, set(-0.5F), set(0.5F)));
  return with_sign(div(m, sub(set(1.0F), m)), x);
}

SLIPWAY_MATH F32x16 sigmoid(F32x16 x) {
  const F32x16 c = lower(x, set(constants::kMostSigmoid32));
  const F32x16 shifted = fma(c, set(-constants::kLog2E32), set(kPowerShift));
  const F32x16 n = sub(shifted, set(kPowerShift));
  F32x16 u = fma(n, set(constants::kLn2High32), c);
  u = fma(n, set(constants::kLn2Low32), u);
  const F32x16 slope = fma(horner(constants::kFallingExp32, u), u, set(-1.0F));
  const F32x16 one = set(1.0F);
  return sigmoid_of_divisor(x, fma(fma(slope, u, one), power_in(shifted), one));
}

SLIPWAY_MATH F32x16 log(F32x16 x) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  constexpr auto kSqrtHalf = std::bit_cast<std::int32_t>(constants::kSqrtHalf32);
  const M16 tiny = greater(set(std::numeric_limits<float>::min()), x);
  const F32x16 scaled = select(tiny, mul(x, set(0x1p23F)), x);
  const I32x16 above = sub(bits(scaled), set_i32(kSqrtHalf));
  const F32x16 n = sub(to_float(shift_right<23>(above)), select(tiny, set(23.0F), zero()));
  const F32x16 f =
      sub(from_bits(add(bit_and(above, set_i32(0x7FFFFF)), set_i32(kSqrtHalf))), set(1.0F));
  const F32x16 z = mul(f, f);
  F32x16 tail = fma(mul(f, z), horner(constants::kLog32, f), mul(n, set(constants::kLn2Low32)));
  tail = fma(set(-0.5F), z, tail);
  F32x16 y = fma(n, set(constants::kLn2High32), add(f, tail));
  y = select(equal(x, set(kInf)), set(kInf), y);
  y = select(equal(x, zero()), set(-kInf), y);
  return select(either(greater(x, zero()), equal(x, zero())), y,
                set(std::numeric_limits<float>::quiet_NaN()));
}

// exp where the result is neither large nor so small that it counts as 0.
SLIPWAY_MATH F32x16 moderate_exp(F32x16 x) { return scaled(exp_reduced(x)); }

// exp of what is not above 0. A NaN is one.
SLIPWAY_MATH F32x16 falling_exp(F32x16 x) { return scaled(exp_reduced(raise_exponent(x))); }

template <std::size_t N>
struct Coefficients {
  float c[N];
};
template <std::size_t N>
constexpr Coefficients<N> negated(const float (&c)[N]) {
  Coefficients<N> result{};
  for (std::size_t i = 0; i < N; ++i) result.c[i] = -c[i];
  return result;
}

// Both forms everywhere; of the far one, what it gives below 1 is finite and thrown away.
SLIPWAY_MATH F32x16 erf(F32x16 x) {
  static constexpr auto kFar = negated(constants::kErf32Far);
  const F32x16 a = lower(magnitude(x), set(4.0F));
  const F32x16 near = fma(x, horner(constants::kErf32Near, mul(x, x)), x);
  const F32x16 far = sub(set(1.0F), moderate_exp(horner(kFar.c, sub(a, set(1.0F)))));
  return select(greater(set(1.0F), a), near, with_sign(far, x));
}

SLIPWAY_MATH F32x16 gelu(F32x16 x) {
  return mul(mul(set(0.5F), x), add(set(1.0F), erf(mul(x, set(constants::kSqrtHalf32)))));
}

SLIPWAY_MATH F32x16 gelu_tanh(F32x16 x) {
  const F32x16 inner =
      mul(set(constants::kSqrtTwoOverPi32), fma(mul(set(0.044715F), mul(x, x)), x, x));
  return mul(mul(set(0.5F), x), add(set(1.0F), tanh(inner)));
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_MATH_INL_H
