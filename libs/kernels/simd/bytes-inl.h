// Exact products of four unsigned with four signed bytes, sixteen of them side by side, added to
// int32. Include after f32x16-inl.h, in a source with SLIPWAY_INT8_TARGETS.
#if defined(SLIPWAY_BYTES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_BYTES_INL_H
#undef SLIPWAY_BYTES_INL_H
#else
#define SLIPWAY_BYTES_INL_H
#endif

#include <cstdint>
#include <cstring>

#include "kernels/numeric/round.h"
#include "kernels/simd/f32x16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

// ByteSums: sixteen int32, lane j being the sum of start[j] and of x[i] w[4 j + i] for i below 4,
// of every dot. What weights there are decides how that is done: a form has Weights, 64 signed
// bytes, and Four, four unsigned ones with kOffset subtracted. AnyBytes has no conditions.
#if HWY_TARGET == HWY_AVX3_DL
struct ByteSums {
  __m512i v;
};
HWY_INLINE ByteSums start_sums(const std::int32_t* start) { return {_mm512_loadu_si512(start)}; }
HWY_INLINE I32x16 finished(ByteSums sums) { return {{{sums.v}}}; }

struct AnyBytes {
  static constexpr std::int32_t kOffset = 0;
  struct Weights {
    __m512i v;
  };
  struct Four {
    __m512i v;
  };
  static HWY_INLINE Weights load_weights(const std::int8_t* w) { return {_mm512_loadu_si512(w)}; }
  static HWY_INLINE Four load_four(const std::uint8_t* x) {
    std::int32_t four;
    std::memcpy(&four, x, sizeof(four));
    return {_mm512_set1_epi32(four)};
  }
  static HWY_INLINE ByteSums dot(ByteSums sums, Four x, Weights w) {
    return {_mm512_dpbusd_epi32(sums.v, x.v, w.v)};
  }
};

#elif HWY_TARGET == HWY_AVX2
struct ByteSums {
  __m256i v[2];
};
HWY_INLINE __m256i load_half(const void* from, int half) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from) + half);
}
HWY_INLINE ByteSums start_sums(const std::int32_t* start) {
  return {{load_half(start, 0), load_half(start, 1)}};
}
HWY_INLINE I32x16 finished(ByteSums sums) { return {{{sums.v[0]}, {sums.v[1]}}}; }
HWY_INLINE __m256i broadcast_four(const std::uint8_t* x) {
  std::int32_t four;
  std::memcpy(&four, x, sizeof(four));
  return _mm256_set1_epi32(four);
}

// As they lie in memory.
struct PlainBytes {
  static constexpr std::int32_t kOffset = 0;
  struct Weights {
    __m256i v[2];
  };
  struct Four {
    __m256i v;
  };
  static HWY_INLINE Weights load_weights(const std::int8_t* w) {
    return {{load_half(w, 0), load_half(w, 1)}};
  }
  static HWY_INLINE Four load_four(const std::uint8_t* x) { return {broadcast_four(x)}; }
};

#ifdef SLIPWAY_DOT
struct AnyBytes : PlainBytes {
  static HWY_INLINE ByteSums dot(ByteSums sums, Four x, Weights w) {
    for (int i = 0; i < 2; ++i) sums.v[i] = _mm256_dpbusd_avx_epi32(sums.v[i], x.v, w.v[i]);
    return sums;
  }
};

// With those weights of the second half that are in memory, where g++ would load them.
HWY_INLINE ByteSums dot_from_memory(ByteSums sums, AnyBytes::Four x, __m256i first,
                                    const std::int8_t* second) {
  sums.v[0] = _mm256_dpbusd_avx_epi32(sums.v[0], x.v, first);
  asm("%{vex%} vpdpbusd %2, %1, %0"
      : "+x"(sums.v[1])
      : "x"(x.v), "m"(*reinterpret_cast<const __m256i_u*>(second)));
  return sums;
}
#else
// As numbers of 16 bits: the even ones of each four together, and the odd ones.
struct AnyBytes {
  static constexpr std::int32_t kOffset = 0;
  struct Weights {
    __m256i even[2], odd[2];
  };
  struct Four {
    __m256i even, odd;
  };
  static HWY_INLINE Weights load_weights(const std::int8_t* w) {
    Weights y;
    for (int i = 0; i < 2; ++i) {
      const __m256i v = load_half(w, i);
      y.even[i] = _mm256_srai_epi16(_mm256_slli_epi16(v, 8), 8);
      y.odd[i] = _mm256_srai_epi16(v, 8);
    }
    return y;
  }
  static HWY_INLINE Four load_four(const std::uint8_t* x) {
    const __m256i v = broadcast_four(x);
    return {_mm256_and_si256(v, _mm256_set1_epi16(0xFF)), _mm256_srli_epi16(v, 8)};
  }
  static HWY_INLINE ByteSums dot(ByteSums sums, Four x, Weights w) {
    for (int i = 0; i < 2; ++i) {
      sums.v[i] = _mm256_add_epi32(sums.v[i], _mm256_madd_epi16(x.even, w.even[i]));
      asm("" : "+x"(sums.v[i]));  // one after the other: otherwise a sum has no register left
      sums.v[i] = _mm256_add_epi32(sums.v[i], _mm256_madd_epi16(x.odd, w.odd[i]));
    }
    return sums;
  }
};

// Two neighbouring products of bytes at once, and their sum, which saturates beyond 16 bits.
HWY_INLINE __m256i add_pairs(__m256i sum, __m256i x, __m256i w) {
  const __m256i pairs = _mm256_maddubs_epi16(x, w);
  return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

// No two weights of a pair have more than 128 together: no sum of two products is beyond 16 bits.
struct SmallPairs : PlainBytes {
  static HWY_INLINE ByteSums dot(ByteSums sums, Four x, Weights w) {
    for (int i = 0; i < 2; ++i) sums.v[i] = add_pairs(sums.v[i], x.v, w.v[i]);
    return sums;
  }
};
#endif

#elif HWY_TARGET == HWY_NEON
struct SignedBytes {
  static constexpr std::int32_t kOffset = 128;
  struct Weights {
    int8x16_t v[4];
  };
  struct Four {
    int8x16_t v;
  };
  static HWY_INLINE Weights load_weights(const std::int8_t* w) {
    return {{vld1q_s8(w), vld1q_s8(w + 16), vld1q_s8(w + 32), vld1q_s8(w + 48)}};
  }
  static HWY_INLINE Four load_four(const std::uint8_t* x) {
    std::uint32_t four;
    std::memcpy(&four, x, sizeof(four));
    return {vreinterpretq_s8_u32(vdupq_n_u32(four ^ 0x80808080U))};
  }
};

#ifdef SLIPWAY_DOT
struct ByteSums {
  int32x4_t v[4];
};
HWY_INLINE ByteSums start_sums(const std::int32_t* start) {
  return {{vld1q_s32(start), vld1q_s32(start + 4), vld1q_s32(start + 8), vld1q_s32(start + 12)}};
}
HWY_INLINE I32x16 finished(ByteSums sums) {
  I32x16 y;
  for (std::size_t i = 0; i < kParts; ++i) y.part[i].raw = sums.v[i];
  return y;
}

struct AnyBytes : SignedBytes {
  static HWY_INLINE ByteSums dot(ByteSums sums, Four x, Weights w) {
    for (int i = 0; i < 4; ++i) sums.v[i] = vdotq_s32(sums.v[i], w.v[i], x.v);
    return sums;
  }

  // Four times four of them, of which each dot takes one.
  static HWY_INLINE Four load_block(const std::uint8_t* x) {
    return {vreinterpretq_s8_u8(veorq_u8(vld1q_u8(x), vdupq_n_u8(0x80)))};
  }
  template <int kFour>
  static HWY_INLINE ByteSums dot_in_block(ByteSums sums, Four x, Weights w) {
    for (int i = 0; i < 4; ++i) sums.v[i] = vdotq_laneq_s32(sums.v[i], w.v[i], x.v, kFour);
    return sums;
  }
};
#else
struct ByteSums {
  int32x4_t v[8];
};
HWY_INLINE ByteSums start_sums(const std::int32_t* start) {
  ByteSums sums;
  for (int i = 0; i < 4; ++i) {
    const int32x4_t s = vld1q_s32(start + 4 * i);
    sums.v[2 * i] = vzip1q_s32(s, vdupq_n_s32(0));
    sums.v[2 * i + 1] = vzip2q_s32(s, vdupq_n_s32(0));
  }
  return sums;
}
HWY_INLINE I32x16 finished(ByteSums sums) {
  I32x16 y;
  for (int i = 0; i < 4; ++i) y.part[i].raw = vpaddq_s32(sums.v[2 * i], sums.v[2 * i + 1]);
  return y;
}

struct AnyBytes : SignedBytes {
  static HWY_INLINE ByteSums dot(ByteSums sums, Four x, Weights w) {
    for (int i = 0; i < 4; ++i) {
      sums.v[2 * i] = vpadalq_s16(sums.v[2 * i], vmull_s8(vget_low_s8(x.v), vget_low_s8(w.v[i])));
      sums.v[2 * i + 1] = vpadalq_s16(sums.v[2 * i + 1], vmull_high_s8(x.v, w.v[i]));
    }
    return sums;
  }
};
#endif

#else
struct ByteSums {
  std::int32_t v[kWide];
};
HWY_INLINE ByteSums start_sums(const std::int32_t* start) {
  ByteSums sums;
  std::memcpy(sums.v, start, sizeof(sums.v));
  return sums;
}
HWY_INLINE I32x16 finished(ByteSums sums) {
  I32x16 y;
  std::memcpy(y.part, sums.v, sizeof(y.part));
  return y;
}

struct AnyBytes {
  static constexpr std::int32_t kOffset = 0;
  struct Weights {
    const std::int8_t* v;
  };
  struct Four {
    std::int32_t v[4];
  };
  static HWY_INLINE Weights load_weights(const std::int8_t* w) { return {w}; }
  static HWY_INLINE Four load_four(const std::uint8_t* x) { return {{x[0], x[1], x[2], x[3]}}; }
  static HWY_INLINE ByteSums dot(ByteSums sums, Four x, Weights w) {
    for (std::size_t j = 0; j < kWide; ++j) {
      for (std::size_t i = 0; i < 4; ++i) {
        sums.v[j] = static_cast<std::int32_t>(static_cast<std::uint32_t>(sums.v[j]) +
                                              static_cast<std::uint32_t>(x.v[i] * w.v[4 * j + i]));
      }
    }
    return sums;
  }
};
#endif

// Sixteen bytes as int32, and what is between them and a sum of products of a byte with a signed
// byte: exact while it is below 2^31.
#if HWY_TARGET == HWY_SCALAR
HWY_INLINE I32x16 load_i32(const std::int32_t* from) {
  I32x16 y;
  std::memcpy(y.part, from, sizeof(y.part));
  return y;
}
HWY_INLINE void store_i32(I32x16 x, std::int32_t* to) { std::memcpy(to, x.part, sizeof(x.part)); }
HWY_INLINE I32x16 load_u8(const std::uint8_t* from) {
  I32x16 y;
  for (std::size_t i = 0; i < kParts; ++i) y.part[i] = from[i];
  return y;
}
HWY_INLINE I32x16 load_s8(const std::int8_t* from) {
  I32x16 y;
  for (std::size_t i = 0; i < kParts; ++i) y.part[i] = from[i];
  return y;
}
HWY_INLINE I32x16 add_product(I32x16 sum, I32x16 x, I32x16 w) {
  for (std::size_t i = 0; i < kParts; ++i) sum.part[i] += x.part[i] * w.part[i];
  return sum;
}
#else
HWY_INLINE I32x16 load_i32(const std::int32_t* from) {
  I32x16 y;
  for (std::size_t i = 0; i < kParts; ++i) y.part[i] = hn::LoadU(DI(), from + i * kPartLanes);
  return y;
}
HWY_INLINE void store_i32(I32x16 x, std::int32_t* to) {
  for (std::size_t i = 0; i < kParts; ++i) hn::StoreU(x.part[i], DI(), to + i * kPartLanes);
}
HWY_INLINE I32x16 load_u8(const std::uint8_t* from) {
  const hn::Rebind<std::uint8_t, DI> narrow;
  I32x16 y;
  for (std::size_t i = 0; i < kParts; ++i) {
    y.part[i] = hn::PromoteTo(DI(), hn::LoadU(narrow, from + i * kPartLanes));
  }
  return y;
}
HWY_INLINE I32x16 load_s8(const std::int8_t* from) {
  const hn::Rebind<std::int8_t, DI> narrow;
  I32x16 y;
  for (std::size_t i = 0; i < kParts; ++i) {
    y.part[i] = hn::PromoteTo(DI(), hn::LoadU(narrow, from + i * kPartLanes));
  }
  return y;
}
HWY_INLINE I32x16 add_product(I32x16 sum, I32x16 x, I32x16 w) {
  for (std::size_t i = 0; i < kParts; ++i) {
#if HWY_TARGET == HWY_AVX3_DL
    sum.part[i].raw = _mm512_dpwssd_epi32(sum.part[i].raw, x.part[i].raw, w.part[i].raw);
#elif HWY_TARGET == HWY_AVX2
    sum.part[i].raw =
        _mm256_add_epi32(sum.part[i].raw, _mm256_madd_epi16(x.part[i].raw, w.part[i].raw));
#else
    sum.part[i] = hn::Add(sum.part[i], hn::Mul(x.part[i], w.part[i]));
#endif
  }
  return sum;
}
#endif

// round_half_even(x) + zero within [low, high]; x is no NaN, and the bounds are those of a byte.
struct ByteRange {
  std::int32_t zero, low, high;
};

#if HWY_TARGET == HWY_SCALAR
HWY_INLINE I32x16 to_bytes(F32x16 x, ByteRange range) {
  I32x16 y;
  for (std::size_t i = 0; i < kParts; ++i) {
    const float v = x.part[i] < -1024.0F ? -1024.0F : x.part[i] > 1024.0F ? 1024.0F : x.part[i];
    const std::int32_t q = static_cast<std::int32_t>(numeric::round_half_even(v)) + range.zero;
    y.part[i] = q < range.low ? range.low : q > range.high ? range.high : q;
  }
  return y;
}
HWY_INLINE void store_bytes(I32x16 x, std::uint8_t* to) {
  for (std::size_t i = 0; i < kParts; ++i) to[i] = static_cast<std::uint8_t>(x.part[i]);
}
#else
HWY_INLINE I32x16 to_bytes(F32x16 x, ByteRange range) {
  const DF df;
  const DI di;
  I32x16 y;
  for (std::size_t i = 0; i < kParts; ++i) {
#if HWY_TARGET == HWY_AVX3_DL
    // What is below every integer becomes the least of them.
    const hn::Vec<DI> whole = {_mm512_cvtps_epi32(hn::Min(x.part[i], hn::Set(df, 1024.0F)).raw)};
#elif HWY_TARGET == HWY_AVX2
    const hn::Vec<DI> whole = {_mm256_cvtps_epi32(hn::Min(x.part[i], hn::Set(df, 1024.0F)).raw)};
#else
    const auto whole =
        hn::NearestInt(hn::Min(hn::Max(x.part[i], hn::Set(df, -1024.0F)), hn::Set(df, 1024.0F)));
#endif
    const auto q = hn::Add(whole, hn::Set(di, range.zero));
    y.part[i] = hn::Min(hn::Max(q, hn::Set(di, range.low)), hn::Set(di, range.high));
  }
  return y;
}
HWY_INLINE void store_bytes(I32x16 x, std::uint8_t* to) {
  const hn::Rebind<std::uint8_t, DI> narrow;
  for (std::size_t i = 0; i < kParts; ++i) {
#if HWY_TARGET == HWY_AVX3_DL
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtepi32_epi8(x.part[i].raw));
#else
    hn::StoreU(hn::DemoteTo(narrow, x.part[i]), narrow, to + i * kPartLanes);
#endif
  }
}
#endif

// saturate(round_half_even(x) + zero) as an unsigned byte; NaN gives 0.
HWY_INLINE I32x16 saturated_bytes(F32x16 x, std::int32_t zero) {
  const F32x16 least = set(-1024.0F);
  return to_bytes(select(greater(x, least), x, least), {zero, 0, 255});
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_BYTES_INL_H
