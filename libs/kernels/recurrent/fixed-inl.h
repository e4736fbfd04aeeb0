// Exact products of four fixed-point numbers of 16 bits (numeric/fixed.h) with four signed bytes,
// sixteen of them side by side, added to int32. Include after f32x16-inl.h, in a source with
// SLIPWAY_INT8_TARGETS.
#if defined(SLIPWAY_FIXED_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_FIXED_INL_H
#undef SLIPWAY_FIXED_INL_H
#else
#define SLIPWAY_FIXED_INL_H
#endif

#include <cstdint>
#include <cstring>

#include "kernels/numeric/fixed.h"
#include "kernels/numeric/round.h"
#include "kernels/simd/f32x16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

inline constexpr std::size_t kFour = 4;
inline constexpr std::size_t kFourBytes = kFour * kWide;  // of weights: a vector

// A vector of fixed-point numbers takes two bytes an element, of whole groups of sixteen.
constexpr std::size_t padded_to_group(std::size_t n) { return (n + kWide - 1) / kWide * kWide; }

// FixedSums: int32, lane j being the sum of start[j] and of q[i] w[4 j + i] for i below 4, of every
// take: of all sixteen lanes or, where registers are few, of one of kFixedParts equal parts of
// them, which begin where `start` and the weights do. FixedWeights: signed bytes; FixedFour: four
// numbers, loaded from where store_fixed has put those of their group. `start` is as packed.h says.
//
// store_fixed: the nearest integers of sixteen floats; anything where one is beyond 2^15 or a NaN.
#if HWY_TARGET == HWY_AVX3_DL
inline constexpr std::size_t kFixedParts = 1;
using FixedVector = __m512i;
HWY_INLINE FixedVector no_products() { return _mm512_setzero_si512(); }
HWY_INLINE FixedVector load_vector(const std::int8_t* from) { return _mm512_loadu_si512(from); }
HWY_INLINE FixedVector each_four(std::int32_t four) { return _mm512_set1_epi32(four); }
HWY_INLINE FixedVector add_products(FixedVector sum, FixedVector x, FixedVector w) {
  return _mm512_dpbusd_epi32(sum, x, w);
}
HWY_INLINE hn::Vec<DF> floats_of(FixedVector low, FixedVector high) {
  return {_mm512_cvtepi32_ps(_mm512_add_epi32(_mm512_slli_epi32(high, 8), low))};
}
HWY_INLINE void store_fixed(F32x16 x, std::uint8_t* fixed, std::size_t at) {
  const __m512i q = _mm512_add_epi32(_mm512_cvtps_epi32(x.part[0].raw), _mm512_set1_epi32(1 << 14));
  auto* const to = reinterpret_cast<__m128i*>(fixed + 2 * at);
  _mm_storeu_si128(to, _mm512_cvtepi32_epi8(q));
  _mm_storeu_si128(to + 1, _mm512_cvtepi32_epi8(_mm512_srli_epi32(q, 8)));
}

#elif HWY_TARGET == HWY_AVX2 && defined(SLIPWAY_DOT)
inline constexpr std::size_t kFixedParts = 2;
using FixedVector = __m256i;
HWY_INLINE FixedVector no_products() { return _mm256_setzero_si256(); }
HWY_INLINE FixedVector load_vector(const std::int8_t* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}
HWY_INLINE FixedVector each_four(std::int32_t four) { return _mm256_set1_epi32(four); }
HWY_INLINE FixedVector add_products(FixedVector sum, FixedVector x, FixedVector w) {
  return _mm256_dpbusd_avx_epi32(sum, x, w);
}
HWY_INLINE hn::Vec<DF> floats_of(FixedVector low, FixedVector high) {
  return {_mm256_cvtepi32_ps(_mm256_add_epi32(_mm256_slli_epi32(high, 8), low))};
}
HWY_INLINE void store_fixed(F32x16 x, std::uint8_t* fixed, std::size_t at) {
  const __m256i q[2] = {_mm256_cvtps_epi32(x.part[0].raw), _mm256_cvtps_epi32(x.part[1].raw)};
  const __m256i words = _mm256_add_epi16(
      _mm256_permute4x64_epi64(_mm256_packs_epi32(q[0], q[1]), _MM_SHUFFLE(3, 1, 2, 0)),
      _mm256_set1_epi16(1 << 14));
  const __m256i low = _mm256_and_si256(words, _mm256_set1_epi16(0xFF));
  const __m256i bytes = _mm256_permute4x64_epi64(
      _mm256_packus_epi16(low, _mm256_srli_epi16(words, 8)), _MM_SHUFFLE(3, 1, 2, 0));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(fixed + 2 * at), bytes);
}

#elif HWY_TARGET == HWY_AVX2
// Four numbers stand in the order 0 2 1 3: the even ones are multiplied together, and the odd ones.
inline constexpr std::size_t kFixedParts = 1;
struct FixedSums {
  __m256i v[2];
};
struct FixedWeights {
  __m256i even[2], odd[2];
};
struct FixedFour {
  __m256i even, odd;
};
HWY_INLINE FixedSums start_fixed(const std::int8_t* /*start*/) {
  return {{_mm256_setzero_si256(), _mm256_setzero_si256()}};
}
HWY_INLINE FixedWeights load_fixed_weights(const std::int8_t* w) {
  FixedWeights y;
  for (int i = 0; i < 2; ++i) {
    const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w + 32 * i));
    y.even[i] = _mm256_srai_epi16(_mm256_slli_epi16(v, 8), 8);
    y.odd[i] = _mm256_srai_epi16(v, 8);
  }
  return y;
}
HWY_INLINE FixedFour load_fixed(const std::uint8_t* fixed, std::size_t four) {
  std::int32_t pair[2];
  std::memcpy(pair, fixed + 2 * kFour * four, sizeof(pair));
  return {_mm256_set1_epi32(pair[0]), _mm256_set1_epi32(pair[1])};
}
HWY_INLINE void take(FixedSums& sums, FixedFour x, FixedWeights w) {
  for (int i = 0; i < 2; ++i) {
    const __m256i even = _mm256_madd_epi16(x.even, w.even[i]);
    const __m256i odd = _mm256_madd_epi16(x.odd, w.odd[i]);
    sums.v[i] = _mm256_add_epi32(sums.v[i], _mm256_add_epi32(even, odd));
  }
}
HWY_INLINE void finish(FixedSums sums, std::size_t /*part*/, F32x16& y) {
  for (std::size_t i = 0; i < kParts; ++i) y.part[i].raw = _mm256_cvtepi32_ps(sums.v[i]);
}
HWY_INLINE void store_fixed(F32x16 x, std::uint8_t* fixed, std::size_t at) {
  const __m256i a = _mm256_cvtps_epi32(x.part[0].raw);
  const __m256i b = _mm256_cvtps_epi32(x.part[1].raw);
  const __m256i q = _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), _MM_SHUFFLE(3, 1, 2, 0));
  constexpr int kOrder = _MM_SHUFFLE(3, 1, 2, 0);
  const __m256i ordered = _mm256_shufflehi_epi16(_mm256_shufflelo_epi16(q, kOrder), kOrder);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(fixed + 2 * at), ordered);
}

#elif HWY_TARGET == HWY_NEON && defined(SLIPWAY_DOT)
// q as two signed bytes, 256 times the high one and the low one: all low ones of a group, then all
// high ones.
inline constexpr std::size_t kFixedParts = 2;
struct FixedSums {
  int32x4_t low[2], high[2];
};
struct FixedWeights {
  int8x16_t v[2];
};
struct FixedFour {
  int8x16_t low, high;
};
HWY_INLINE FixedSums start_fixed(const std::int8_t* /*start*/) {
  const int32x4_t none = vdupq_n_s32(0);
  return {{none, none}, {none, none}};
}
HWY_INLINE FixedWeights load_fixed_weights(const std::int8_t* w) {
  return {{vld1q_s8(w), vld1q_s8(w + 16)}};
}
HWY_INLINE int8x16_t four_bytes(const std::uint8_t* from) {
  std::int32_t four;
  std::memcpy(&four, from, sizeof(four));
  return vreinterpretq_s8_s32(vdupq_n_s32(four));
}
HWY_INLINE FixedFour load_fixed(const std::uint8_t* fixed, std::size_t four) {
  const std::uint8_t* const at = fixed + four / 4 * 2 * kWide + four % 4 * kFour;
  return {four_bytes(at), four_bytes(at + kWide)};
}
HWY_INLINE void take(FixedSums& sums, FixedFour x, FixedWeights w) {
  for (int i = 0; i < 2; ++i) {
    sums.low[i] = vdotq_s32(sums.low[i], w.v[i], x.low);
    sums.high[i] = vdotq_s32(sums.high[i], w.v[i], x.high);
  }
}
HWY_INLINE void finish(FixedSums sums, std::size_t part, F32x16& y) {
  for (std::size_t i = 0; i < 2; ++i)
    y.part[2 * part + i].raw = vcvtq_f32_s32(vaddq_s32(vshlq_n_s32(sums.high[i], 8), sums.low[i]));
}
HWY_INLINE void store_fixed(F32x16 x, std::uint8_t* fixed, std::size_t at) {
  int16x8_t q[2];
  for (std::size_t i = 0; i < 2; ++i)
    q[i] = vcombine_s16(vqmovn_s32(vcvtnq_s32_f32(x.part[2 * i].raw)),
                        vqmovn_s32(vcvtnq_s32_f32(x.part[2 * i + 1].raw)));
  std::uint8_t* const to = fixed + 2 * at;
  vst1q_u8(to, vreinterpretq_u8_s8(vcombine_s8(vmovn_s16(q[0]), vmovn_s16(q[1]))));
  vst1q_u8(to + kWide,
           vreinterpretq_u8_s8(vcombine_s8(vrshrn_n_s16(q[0], 8), vrshrn_n_s16(q[1], 8))));
}

#elif HWY_TARGET == HWY_NEON
inline constexpr std::size_t kFixedParts = 1;
struct FixedSums {
  int32x4_t v[4];
};
struct FixedWeights {
  int16x8_t v[4][2];  // of each of the four numbers: sixteen columns
};
struct FixedFour {
  int16x4_t v;
};
HWY_INLINE FixedSums start_fixed(const std::int8_t* /*start*/) {
  const int32x4_t none = vdupq_n_s32(0);
  return {{none, none, none, none}};
}
HWY_INLINE FixedWeights load_fixed_weights(const std::int8_t* w) {
  const int8x16x4_t turned = vld4q_s8(w);
  FixedWeights y;
  for (int i = 0; i < 4; ++i) {
    y.v[i][0] = vmovl_s8(vget_low_s8(turned.val[i]));
    y.v[i][1] = vmovl_high_s8(turned.val[i]);
  }
  return y;
}
HWY_INLINE FixedFour load_fixed(const std::uint8_t* fixed, std::size_t four) {
  return {vreinterpret_s16_u8(vld1_u8(fixed + 2 * kFour * four))};
}
template <int kLane>
HWY_INLINE void take_lane(FixedSums& sums, FixedFour x, FixedWeights w) {
  for (int i = 0; i < 2; ++i) {
    const int16x8_t columns = w.v[kLane][i];
    sums.v[2 * i] = vmlal_lane_s16(sums.v[2 * i], vget_low_s16(columns), x.v, kLane);
    sums.v[2 * i + 1] = vmlal_high_lane_s16(sums.v[2 * i + 1], columns, x.v, kLane);
  }
}
HWY_INLINE void take(FixedSums& sums, FixedFour x, FixedWeights w) {
  take_lane<0>(sums, x, w);
  take_lane<1>(sums, x, w);
  take_lane<2>(sums, x, w);
  take_lane<3>(sums, x, w);
}
HWY_INLINE void finish(FixedSums sums, std::size_t /*part*/, F32x16& y) {
  for (std::size_t i = 0; i < kParts; ++i) y.part[i].raw = vcvtq_f32_s32(sums.v[i]);
}
HWY_INLINE void store_fixed(F32x16 x, std::uint8_t* fixed, std::size_t at) {
  for (std::size_t i = 0; i < kParts; ++i) {
    const int16x4_t q = vqmovn_s32(vcvtnq_s32_f32(x.part[i].raw));
    vst1_u8(fixed + 2 * (at + i * kPartLanes), vreinterpret_u8_s16(q));
  }
}

#else
inline constexpr std::size_t kFixedParts = 1;
struct FixedSums {
  std::int32_t v[kWide];
};
struct FixedWeights {
  const std::int8_t* v;
};
struct FixedFour {
  std::int16_t v[kFour];
};
HWY_INLINE FixedSums start_fixed(const std::int8_t* /*start*/) { return {}; }
HWY_INLINE FixedWeights load_fixed_weights(const std::int8_t* w) { return {w}; }
HWY_INLINE FixedFour load_fixed(const std::uint8_t* fixed, std::size_t four) {
  FixedFour y;
  std::memcpy(y.v, fixed + 2 * kFour * four, sizeof(y.v));
  return y;
}
HWY_INLINE void take(FixedSums& sums, FixedFour x, FixedWeights w) {
  for (std::size_t j = 0; j < kWide; ++j) {
    for (std::size_t i = 0; i < kFour; ++i) {
      sums.v[j] =
          static_cast<std::int32_t>(static_cast<std::uint32_t>(sums.v[j]) +
                                    static_cast<std::uint32_t>(x.v[i] * w.v[kFour * j + i]));
    }
  }
}
HWY_INLINE void finish(FixedSums sums, std::size_t /*part*/, F32x16& y) {
  for (std::size_t j = 0; j < kWide; ++j) y.part[j] = static_cast<float>(sums.v[j]);
}
HWY_INLINE void store_fixed(F32x16 x, std::uint8_t* fixed, std::size_t at) {
  std::int16_t q[kWide];
  for (std::size_t j = 0; j < kWide; ++j) {
    const float v = x.part[j] > -0x1p15F ? x.part[j] : -0x1p15F;
    q[j] = static_cast<std::int16_t>(numeric::round_half_even(v < 32767.0F ? v : 32767.0F));
  }
  std::memcpy(fixed + 2 * at, q, sizeof(q));
}
#endif

// 2^14 + q as two unsigned bytes: all low ones of a group, then all high ones.
#if HWY_TARGET == HWY_AVX3_DL || (HWY_TARGET == HWY_AVX2 && defined(SLIPWAY_DOT))
struct FixedSums {
  FixedVector low, high;
};
struct FixedWeights {
  FixedVector v;
};
struct FixedFour {
  FixedVector low, high;
};
HWY_INLINE FixedSums start_fixed(const std::int8_t* start) {
  return {load_vector(start), no_products()};
}
HWY_INLINE FixedWeights load_fixed_weights(const std::int8_t* w) {
  FixedVector v = load_vector(w);
  asm("" : "+v"(v));  // loaded once, not for each use
  return {v};
}
HWY_INLINE FixedFour load_fixed(const std::uint8_t* fixed, std::size_t four) {
  const std::uint8_t* const at = fixed + four / 4 * 2 * kWide + four % 4 * kFour;
  std::int32_t bytes[2];
  std::memcpy(&bytes[0], at, kFour);
  std::memcpy(&bytes[1], at + kWide, kFour);
  return {each_four(bytes[0]), each_four(bytes[1])};
}
HWY_INLINE void take(FixedSums& sums, FixedFour x, FixedWeights w) {
  sums.low = add_products(sums.low, x.low, w.v);
  sums.high = add_products(sums.high, x.high, w.v);
}
HWY_INLINE void finish(FixedSums sums, std::size_t part, F32x16& y) {
  y.part[part] = floats_of(sums.low, sums.high);
}
#endif

// Whether one of sixteen is not within [-1, 1].
#if HWY_TARGET == HWY_SCALAR
HWY_INLINE bool has_outside(F32x16 x) {
  bool is_outside = false;
  for (const float v : x.part) is_outside |= !(__builtin_fabsf(v) <= 1.0F);
  return is_outside;
}
#else
HWY_INLINE bool has_outside(F32x16 x) {
  const DF df;
  bool is_inside = true;
  for (std::size_t i = 0; i < kParts; ++i) {
    is_inside &= hn::AllTrue(df, hn::Le(hn::Abs(x.part[i]), hn::Set(df, 1.0F)));
  }
  return !is_inside;
}
#endif

// The bits of the greatest magnitude among n floats: those of a NaN where there is one.
#if HWY_TARGET == HWY_SCALAR
HWY_INLINE std::uint32_t greatest_bits(const float* x, std::size_t n) {
  std::uint32_t greatest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    greatest = std::max(greatest, std::bit_cast<std::uint32_t>(x[i]) & 0x7FFFFFFFU);
  }
  return greatest;
}
#else
HWY_INLINE std::uint32_t greatest_bits(const float* x, std::size_t n) {
  const DI di;
  auto greatest = hn::Zero(di);
  for (std::size_t at = 0; at < n; at += kWide) {
    const I32x16 v = bits(magnitude(load_first(x + at, std::min(kWide, n - at))));
    for (std::size_t i = 0; i < kParts; ++i) greatest = hn::Max(greatest, v.part[i]);
  }
  return static_cast<std::uint32_t>(hn::GetLane(hn::MaxOfLanes(di, greatest)));
}
#endif

// n floats, times a factor, as fixed-point numbers; zeros up to whole groups.
inline void write_fixed(const float* x, std::size_t n, float factor, std::uint8_t* fixed) {
  for (std::size_t at = 0; at < n; at += kWide) {
    const F32x16 group = load_first(x + at, std::min(kWide, n - at));
    store_fixed(mul(group, set(factor)), fixed, at);
  }
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_FIXED_INL_H
