// F32x16: sixteen floats, whatever the width of the processor's vectors: one AVX-512 register, two
// of AVX2, four of NEON, an array in scalar code. Its lanes are those of docs/numerics.md, so that
// a kernel written in it has the same bits everywhere. Include after dispatch.h.
#if defined(SLIPWAY_F32X16_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_F32X16_INL_H
#undef SLIPWAY_F32X16_INL_H
#else
#define SLIPWAY_F32X16_INL_H
#endif

#undef SLIPWAY_LANES
#undef SLIPWAY_MATH

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/float_bits.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

inline constexpr std::size_t kWide = 16;

#if HWY_TARGET == HWY_SCALAR
// Calls: this form is for processors without wide vectors, and small before it is fast.
#define SLIPWAY_LANES inline __attribute__((noinline))
#define SLIPWAY_MATH SLIPWAY_LANES
inline constexpr std::size_t kParts = 16;
struct F32x16 {
  float part[kParts];
};
struct I32x16 {
  std::int32_t part[kParts];
};
struct M16 {
  bool part[kParts];
};
#define SLIPWAY_ALL(expression)              \
  for (std::size_t i = 0; i < kParts; ++i) { \
    expression;                              \
  }

SLIPWAY_LANES F32x16 load(const float* from) {
  F32x16 y;
  std::memcpy(y.part, from, sizeof(y.part));
  return y;
}
SLIPWAY_LANES void store(const F32x16& x, float* to) { std::memcpy(to, x.part, sizeof(x.part)); }
SLIPWAY_LANES F32x16 set(float x) {
  F32x16 y;
  SLIPWAY_ALL(y.part[i] = x)
  return y;
}
SLIPWAY_LANES F32x16 fma(const F32x16& a, const F32x16& b, const F32x16& c) {
  F32x16 y;
  SLIPWAY_ALL(y.part[i] = __builtin_fmaf(a.part[i], b.part[i], c.part[i]))
  return y;
}
SLIPWAY_LANES F32x16 add(F32x16 a, F32x16 b) {
  F32x16 y;
  SLIPWAY_ALL(y.part[i] = a.part[i] + b.part[i])
  return y;
}
SLIPWAY_LANES F32x16 sub(F32x16 a, F32x16 b) {
  F32x16 y;
  SLIPWAY_ALL(y.part[i] = a.part[i] - b.part[i])
  return y;
}
SLIPWAY_LANES F32x16 mul(F32x16 a, F32x16 b) {
  F32x16 y;
  SLIPWAY_ALL(y.part[i] = a.part[i] * b.part[i])
  return y;
}
SLIPWAY_LANES F32x16 div(F32x16 a, F32x16 b) {
  F32x16 y;
  SLIPWAY_ALL(y.part[i] = a.part[i] / b.part[i])
  return y;
}
SLIPWAY_LANES F32x16 sqrt(F32x16 a) {
  F32x16 y;
  SLIPWAY_ALL(y.part[i] = __builtin_sqrtf(a.part[i]))
  return y;
}
SLIPWAY_LANES M16 greater(const F32x16& a, const F32x16& b) {
  M16 m;
  SLIPWAY_ALL(m.part[i] = a.part[i] > b.part[i])
  return m;
}
SLIPWAY_LANES M16 equal(const F32x16& a, const F32x16& b) {
  M16 m;
  SLIPWAY_ALL(m.part[i] = a.part[i] == b.part[i])
  return m;
}
SLIPWAY_LANES M16 is_nan(const F32x16& a) {
  M16 m;
  SLIPWAY_ALL(m.part[i] = a.part[i] != a.part[i])
  return m;
}
SLIPWAY_LANES M16 either(const M16& a, const M16& b) {
  M16 y;
  SLIPWAY_ALL(y.part[i] = a.part[i] || b.part[i])
  return y;
}
SLIPWAY_LANES F32x16 select(const M16& m, const F32x16& yes, const F32x16& no) {
  F32x16 y;
  SLIPWAY_ALL(y.part[i] = m.part[i] ? yes.part[i] : no.part[i])
  return y;
}
SLIPWAY_LANES I32x16 bits(const F32x16& a) { return std::bit_cast<I32x16>(a); }
SLIPWAY_LANES F32x16 from_bits(const I32x16& a) { return std::bit_cast<F32x16>(a); }
SLIPWAY_LANES I32x16 set_i32(std::int32_t x) {
  I32x16 y;
  SLIPWAY_ALL(y.part[i] = x)
  return y;
}
SLIPWAY_LANES I32x16 add(const I32x16& a, const I32x16& b) {
  I32x16 y;
  SLIPWAY_ALL(y.part[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(a.part[i]) +
                                                    static_cast<std::uint32_t>(b.part[i])))
  return y;
}
SLIPWAY_LANES I32x16 sub(const I32x16& a, const I32x16& b) {
  I32x16 y;
  SLIPWAY_ALL(y.part[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(a.part[i]) -
                                                    static_cast<std::uint32_t>(b.part[i])))
  return y;
}
SLIPWAY_LANES I32x16 bit_and(const I32x16& a, const I32x16& b) {
  I32x16 y;
  SLIPWAY_ALL(y.part[i] = a.part[i] & b.part[i])
  return y;
}
SLIPWAY_LANES I32x16 bit_or(const I32x16& a, const I32x16& b) {
  I32x16 y;
  SLIPWAY_ALL(y.part[i] = a.part[i] | b.part[i])
  return y;
}
template <int kBits>
SLIPWAY_LANES I32x16 shift_left(const I32x16& a) {
  I32x16 y;
  SLIPWAY_ALL(y.part[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(a.part[i]) << kBits))
  return y;
}
template <int kBits>
SLIPWAY_LANES I32x16 shift_right(const I32x16& a) {
  I32x16 y;
  SLIPWAY_ALL(y.part[i] = a.part[i] >> kBits)
  return y;
}
SLIPWAY_LANES F32x16 to_float(const I32x16& a) {
  F32x16 y;
  SLIPWAY_ALL(y.part[i] = static_cast<float>(a.part[i]))
  return y;
}
SLIPWAY_LANES F32x16 load_half(const std::uint16_t* from) {
  F32x16 y;
  SLIPWAY_ALL(y.part[i] = float_from_half_bits(from[i]))
  return y;
}
SLIPWAY_LANES F32x16 load_bfloat16(const std::uint16_t* from) {
  F32x16 y;
  SLIPWAY_ALL(y.part[i] = float_from_bfloat16_bits(from[i]))
  return y;
}
SLIPWAY_LANES F32x16 load_i8(const std::int8_t* from) {
  F32x16 y;
  SLIPWAY_ALL(y.part[i] = static_cast<float>(from[i]))
  return y;
}

#else
#define SLIPWAY_MATH HWY_INLINE
using DF = hn::CappedTag<float, kWide>;
using DI = hn::RebindToSigned<DF>;
inline constexpr std::size_t kPartLanes = HWY_MIN(HWY_LANES(float), kWide);
inline constexpr std::size_t kParts = kWide / kPartLanes;

struct F32x16 {
  hn::Vec<DF> part[kParts];
};
struct I32x16 {
  hn::Vec<DI> part[kParts];
};
struct M16 {
  hn::Mask<DF> part[kParts];
};
#define SLIPWAY_ALL(expression) \
  _Pragma("GCC unroll 4") for (std::size_t i = 0; i < kParts; ++i) { expression; }

HWY_INLINE F32x16 load(const float* from) {
  F32x16 y;
  SLIPWAY_ALL(y.part[i] = hn::LoadU(DF(), from + i * kPartLanes))
  return y;
}
HWY_INLINE void store(F32x16 x, float* to){
    SLIPWAY_ALL(hn::StoreU(x.part[i], DF(), to + i * kPartLanes))} HWY_INLINE F32x16 set(float x) {
  F32x16 y;
  SLIPWAY_ALL(y.part[i] = hn::Set(DF(), x))
  return y;
}
HWY_INLINE F32x16 fma(F32x16 a, F32x16 b, F32x16 c) {
  SLIPWAY_ALL(c.part[i] = hn::MulAdd(a.part[i], b.part[i], c.part[i]))
  return c;
}
HWY_INLINE F32x16 add(F32x16 a, F32x16 b) {
  SLIPWAY_ALL(a.part[i] = hn::Add(a.part[i], b.part[i]))
  return a;
}
HWY_INLINE F32x16 sub(F32x16 a, F32x16 b) {
  SLIPWAY_ALL(a.part[i] = hn::Sub(a.part[i], b.part[i]))
  return a;
}
HWY_INLINE F32x16 mul(F32x16 a, F32x16 b) {
  SLIPWAY_ALL(a.part[i] = hn::Mul(a.part[i], b.part[i]))
  return a;
}
HWY_INLINE F32x16 div(F32x16 a, F32x16 b) {
  SLIPWAY_ALL(a.part[i] = hn::Div(a.part[i], b.part[i]))
  return a;
}
HWY_INLINE F32x16 sqrt(F32x16 a) {
  SLIPWAY_ALL(a.part[i] = hn::Sqrt(a.part[i]))
  return a;
}
HWY_INLINE M16 greater(F32x16 a, F32x16 b) {
  M16 m;
  SLIPWAY_ALL(m.part[i] = hn::Gt(a.part[i], b.part[i]))
  return m;
}
HWY_INLINE M16 equal(F32x16 a, F32x16 b) {
  M16 m;
  SLIPWAY_ALL(m.part[i] = hn::Eq(a.part[i], b.part[i]))
  return m;
}
HWY_INLINE M16 is_nan(F32x16 a) {
  M16 m;
  SLIPWAY_ALL(m.part[i] = hn::IsNaN(a.part[i]))
  return m;
}
HWY_INLINE M16 either(M16 a, M16 b) {
  SLIPWAY_ALL(a.part[i] = hn::Or(a.part[i], b.part[i]))
  return a;
}
HWY_INLINE F32x16 select(M16 m, F32x16 yes, F32x16 no) {
  SLIPWAY_ALL(no.part[i] = hn::IfThenElse(m.part[i], yes.part[i], no.part[i]))
  return no;
}
HWY_INLINE I32x16 bits(F32x16 a) {
  I32x16 y;
  SLIPWAY_ALL(y.part[i] = hn::BitCast(DI(), a.part[i]))
  return y;
}
HWY_INLINE F32x16 from_bits(I32x16 a) {
  F32x16 y;
  SLIPWAY_ALL(y.part[i] = hn::BitCast(DF(), a.part[i]))
  return y;
}
HWY_INLINE I32x16 set_i32(std::int32_t x) {
  I32x16 y;
  SLIPWAY_ALL(y.part[i] = hn::Set(DI(), x))
  return y;
}
HWY_INLINE I32x16 add(I32x16 a, I32x16 b) {
  SLIPWAY_ALL(a.part[i] = hn::Add(a.part[i], b.part[i]))
  return a;
}
HWY_INLINE I32x16 sub(I32x16 a, I32x16 b) {
  SLIPWAY_ALL(a.part[i] = hn::Sub(a.part[i], b.part[i]))
  return a;
}
HWY_INLINE I32x16 bit_and(I32x16 a, I32x16 b) {
  SLIPWAY_ALL(a.part[i] = hn::And(a.part[i], b.part[i]))
  return a;
}
HWY_INLINE I32x16 bit_or(I32x16 a, I32x16 b) {
  SLIPWAY_ALL(a.part[i] = hn::Or(a.part[i], b.part[i]))
  return a;
}
template <int kBits>
HWY_INLINE I32x16 shift_left(I32x16 a) {
  SLIPWAY_ALL(a.part[i] = hn::ShiftLeft<kBits>(a.part[i]))
  return a;
}
template <int kBits>
HWY_INLINE I32x16 shift_right(I32x16 a) {
  SLIPWAY_ALL(a.part[i] = hn::ShiftRight<kBits>(a.part[i]))
  return a;
}
HWY_INLINE F32x16 to_float(I32x16 a) {
  F32x16 y;
  SLIPWAY_ALL(y.part[i] = hn::ConvertTo(DF(), a.part[i]))
  return y;
}
HWY_INLINE F32x16 load_half(const std::uint16_t* from) {
  const hn::Rebind<hwy::float16_t, DF> narrow;
  F32x16 y;
  SLIPWAY_ALL(
      y.part[i] = hn::PromoteTo(
          DF(), hn::LoadU(narrow, reinterpret_cast<const hwy::float16_t*>(from) + i * kPartLanes)))
  return y;
}
HWY_INLINE F32x16 load_bfloat16(const std::uint16_t* from) {
  const hn::Rebind<hwy::bfloat16_t, DF> narrow;
  F32x16 y;
  SLIPWAY_ALL(
      y.part[i] = hn::PromoteTo(
          DF(), hn::LoadU(narrow, reinterpret_cast<const hwy::bfloat16_t*>(from) + i * kPartLanes)))
  return y;
}
HWY_INLINE F32x16 load_i8(const std::int8_t* from) {
  const hn::Rebind<std::int8_t, DF> narrow;
  F32x16 y;
  SLIPWAY_ALL(y.part[i] = hn::ConvertTo(
                  DF(), hn::PromoteTo(DI(), hn::LoadU(narrow, from + i * kPartLanes))))
  return y;
}
#endif
#undef SLIPWAY_ALL

HWY_INLINE F32x16 zero() { return set(0.0F); }

// acc + x b with x in every lane.
HWY_INLINE F32x16 fma(float x, F32x16 b, F32x16 acc) { return fma(set(x), b, acc); }

HWY_INLINE F32x16 negative(F32x16 a) { return from_bits(add(bits(a), set_i32(INT32_MIN))); }
HWY_INLINE F32x16 magnitude(F32x16 a) { return from_bits(bit_and(bits(a), set_i32(INT32_MAX))); }
HWY_INLINE F32x16 with_sign(F32x16 a, F32x16 sign) {
  return from_bits(
      bit_or(bit_and(bits(a), set_i32(INT32_MAX)), bit_and(bits(sign), set_i32(INT32_MIN))));
}

// The first `count` floats, the rest +0; nothing beyond them is touched. count <= 16.
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
HWY_INLINE F32x16 load_first(const float* from, std::size_t count) {
  return {{hn::MaskedLoad(hn::FirstN(DF(), count), DF(), from)}};
}
HWY_INLINE void store_first(F32x16 x, float* to, std::size_t count) {
  hn::BlendedStore(x.part[0], hn::FirstN(DF(), count), DF(), to);
}
#else
HWY_INLINE F32x16 load_first(const float* from, std::size_t count) {
  if (HWY_LIKELY(count == kWide)) return load(from);
  float lane[kWide] = {};
  for (std::size_t i = 0; i < count; ++i) lane[i] = from[i];
  return load(lane);
}
HWY_INLINE void store_first(F32x16 x, float* to, std::size_t count) {
  if (HWY_LIKELY(count == kWide)) {
    store(x, to);
    return;
  }
  float lane[kWide];
  store(x, lane);
  for (std::size_t i = 0; i < count; ++i) to[i] = lane[i];
}
#endif

// As numeric::greater_of and less_of: the first of equals, NaN if there is one.
HWY_INLINE F32x16 greater_of(F32x16 a, F32x16 b) {
  return select(either(greater(b, a), is_nan(b)), b, a);
}
HWY_INLINE F32x16 less_of(F32x16 a, F32x16 b) {
  return select(either(greater(a, b), is_nan(b)), b, a);
}

// Lane j takes in lane j + 8, j + 4, j + 2, j + 1: the tree of numeric/lanes.h.
#if HWY_TARGET == HWY_SCALAR
HWY_INLINE float sum_lanes(F32x16 x) {
  for (std::size_t half = kWide / 2; half != 0; half /= 2) {
    for (std::size_t j = 0; j < half; ++j) x.part[j] += x.part[j + half];
  }
  return x.part[0];
}
#else
template <class D>
HWY_INLINE float sum_lanes_of(D d, hn::Vec<D> x) {
  if constexpr (hn::MaxLanes(D()) == 4) {
    float lane[4];
    hn::StoreU(x, d, lane);
    return (lane[0] + lane[2]) + (lane[1] + lane[3]);
  } else {
    const hn::Half<D> half;
    return sum_lanes_of(half, hn::Add(hn::LowerHalf(half, x), hn::UpperHalf(half, x)));
  }
}
HWY_INLINE float sum_lanes(F32x16 x) {
  for (std::size_t half = kParts / 2; half != 0; half /= 2) {
    for (std::size_t i = 0; i < half; ++i) x.part[i] = hn::Add(x.part[i], x.part[i + half]);
  }
  return sum_lanes_of(DF(), x.part[0]);
}
#endif

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_F32X16_INL_H
