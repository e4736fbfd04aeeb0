// Sigmoid and tanh of several vectors at once, one operation on all of them after the other, so
// that the latency of one hides behind the others. The same bits as math-inl.h. Include after
// dispatch.h.
#if defined(SLIPWAY_GATES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_GATES_INL_H
#undef SLIPWAY_GATES_INL_H
#else
#define SLIPWAY_GATES_INL_H
#endif

#include <type_traits>

#include "kernels/numeric/float_math.h"
#include "kernels/simd/f32x16-inl.h"
#include "kernels/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR
template <std::size_t kSigmoids, std::size_t kCount>
HWY_INLINE void activate_each(F32x16 (&x)[kCount]) {
  for (std::size_t i = 0; i < kCount; ++i) {
    for (float& lane : x[i].part) {
      lane = i < kSigmoids ? numeric::sigmoid(lane) : numeric::tanh(lane);
    }
  }
}
#else

// x * 2^n for a whole n, rounded once.
HWY_INLINE F32x16 times_power(F32x16 x, F32x16 shifted, F32x16 n) {
#if HWY_TARGET <= HWY_AVX3
  (void)shifted;
  x.part[0].raw = _mm512_scalef_ps(x.part[0].raw, n.part[0].raw);
  return x;
#else
  (void)n;
  const I32x16 whole = sub(bits(shifted), bits(set(0x1.8p23F)));
  const I32x16 half = shift_right<1>(whole);
  return mul(mul(x, power_of_two(half)), power_of_two(sub(whole, half)));
#endif
}

#define SLIPWAY_EACH(from, to, expression) \
  HWY_UNROLL(16) for (std::size_t i = from; i < to; ++i) { expression; }

// In place: sigmoid of the first kSigmoids, tanh of the rest. Both begin with an exponential.
template <std::size_t kSigmoids, std::size_t kCount>
HWY_INLINE void activate_each(F32x16 (&x)[kCount]) {
  constexpr std::size_t kLast = std::extent_v<decltype(constants::kExp32)> - 1;
  const F32x16 one = set(1.0F);
  const F32x16 shift = set(0x1.8p23F);
  const I32x16 sign = set_i32(INT32_MIN);
  F32x16 z[kCount];
  F32x16 shifted[kCount];
  F32x16 n[kCount];
  F32x16 q[kCount];
  SLIPWAY_EACH(0, kSigmoids, z[i] = raise(from_bits(bit_or(bits(x[i]), sign)), set(-104.0F)))
  SLIPWAY_EACH(kSigmoids, kCount, z[i] = mul(set(-2.0F), lower(magnitude(x[i]), set(10.0F))))
  SLIPWAY_EACH(0, kCount, shifted[i] = fma(z[i], set(constants::kLog2E32), shift))
  SLIPWAY_EACH(0, kCount, n[i] = sub(shifted[i], shift))
  SLIPWAY_EACH(0, kCount, z[i] = fma(n[i], set(-constants::kLn2High32), z[i]))
  SLIPWAY_EACH(0, kCount, z[i] = fma(n[i], set(-constants::kLn2Low32), z[i]))
  SLIPWAY_EACH(0, kCount, q[i] = set(constants::kExp32[kLast]))
  HWY_UNROLL(8)
  for (std::size_t term = 1; term <= kLast; ++term) {
    const F32x16 next = set(constants::kExp32[kLast - term]);
    SLIPWAY_EACH(0, kCount, q[i] = fma(q[i], z[i], next))
  }
  SLIPWAY_EACH(0, kCount, z[i] = fma(mul(z[i], z[i]), q[i], z[i]))
  SLIPWAY_EACH(0, kSigmoids, z[i] = times_power(add(one, z[i]), shifted[i], n[i]))
  SLIPWAY_EACH(0, kSigmoids, q[i] = select(greater(zero(), x[i]), z[i], one))
  SLIPWAY_EACH(0, kSigmoids, x[i] = div(q[i], add(one, z[i])))
  SLIPWAY_EACH(kSigmoids, kCount, n[i] = power_of_two(sub(bits(shifted[i]), bits(shift))))
  SLIPWAY_EACH(kSigmoids, kCount, q[i] = fma(n[i], z[i], sub(n[i], one)))
  SLIPWAY_EACH(kSigmoids, kCount, x[i] = with_sign(div(q[i], add(q[i], set(2.0F))), x[i]))
}
#undef SLIPWAY_EACH
#endif

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_GATES_INL_H
