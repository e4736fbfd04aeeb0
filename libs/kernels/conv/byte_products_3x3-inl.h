// Products of 3 x 3 taps with bytes, for the depthwise convolution: on AVX-512 with VNNI, on AVX2,
// and with NEON's dot products. Include after byte_tile-inl.h.
#if defined(SLIPWAY_CONV_BYTE_PRODUCTS_3X3_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_CONV_BYTE_PRODUCTS_3X3_INL_H
#undef SLIPWAY_CONV_BYTE_PRODUCTS_3X3_INL_H
#else
#define SLIPWAY_CONV_BYTE_PRODUCTS_3X3_INL_H
#endif

#include <algorithm>
#include <cstring>

#include "kernels/conv/byte_tile-inl.h"

#undef SLIPWAY_HAS_FOURS
#if HWY_TARGET == HWY_AVX3_DL || defined(SLIPWAY_DOT)
#define SLIPWAY_HAS_FOURS
#endif

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

inline constexpr std::size_t kTaps = 3;

// Products3x3 holds the weights of a block of channels:
//   kTogether       outputs of a row that are computed together
//   copy(x, n, to)  n positions of the input, as the products want them; zero: the byte that stands
//                   for the zero point there
//   outputs(x, y)   so many of them at y: x are the rows of the three taps at the first one, where
//                   kSlack positions beyond the last output's may be read; of the outputs, `count`
#if defined(SLIPWAY_HAS_FOURS)
// Bytes of four neighbouring positions, those of a channel side by side, and sums of products of
// such fours: of sixteen channels in an order of their own, in which arranged() brings numbers.
#if HWY_TARGET == HWY_AVX3_DL
inline constexpr std::size_t kTogetherByFours = 8;
inline constexpr std::uint8_t kFoursOffset = 0;
struct Fours {
  __m512i v;
};
HWY_INLINE Fours fours_at(const std::uint8_t* positions) {
  alignas(64) static constexpr std::uint8_t kOrder[64] = {
      0,  16, 32, 48, 1,  17, 33, 49, 2,  18, 34, 50, 3,  19, 35, 51, 4,  20, 36, 52, 5,  21,
      37, 53, 6,  22, 38, 54, 7,  23, 39, 55, 8,  24, 40, 56, 9,  25, 41, 57, 10, 26, 42, 58,
      11, 27, 43, 59, 12, 28, 44, 60, 13, 29, 45, 61, 14, 30, 46, 62, 15, 31, 47, 63};
  return {_mm512_permutexvar_epi8(_mm512_load_si512(kOrder), _mm512_loadu_si512(positions))};
}
HWY_INLINE Fours one_later(Fours w) { return {_mm512_slli_epi32(w.v, 8)}; }
HWY_INLINE I32x16 arranged(const void* numbers) { return {{{_mm512_loadu_si512(numbers)}}}; }
HWY_INLINE I32x16 dot(I32x16 sums, Fours x, Fours w) {
  sums.part[0].raw = _mm512_dpbusd_epi32(sums.part[0].raw, x.v, w.v);
  return sums;
}
HWY_INLINE void store_arranged(const F32x16 (&x)[kPacked], std::size_t count, ByteRange range,
                               std::uint8_t* to) {
  store_columns(x, count, range, to);
}
#elif HWY_TARGET == HWY_AVX2
// Channels 0 to 3 and 8 to 11, then 4 to 7 and 12 to 15.
inline constexpr std::size_t kTogetherByFours = 4;
inline constexpr std::uint8_t kFoursOffset = 0;
struct Fours {
  __m256i v[2];
};
HWY_INLINE __m256i twos_at(const std::uint8_t* positions) {
  const __m256i order = _mm256_setr_epi8(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15, 0, 8,
                                         1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
  const __m256i halves = _mm256_permute4x64_epi64(load_half(positions, 0), _MM_SHUFFLE(3, 1, 2, 0));
  return _mm256_shuffle_epi8(halves, order);
}
HWY_INLINE Fours fours_at(const std::uint8_t* positions) {
  const __m256i first = twos_at(positions);
  const __m256i second = twos_at(positions + 2 * kConvBlock);
  return {{_mm256_unpacklo_epi16(first, second), _mm256_unpackhi_epi16(first, second)}};
}
HWY_INLINE Fours one_later(Fours w) {
  return {{_mm256_slli_epi32(w.v[0], 8), _mm256_slli_epi32(w.v[1], 8)}};
}
HWY_INLINE I32x16 arranged(const void* numbers) {
  const __m256i first = load_half(numbers, 0);
  const __m256i second = load_half(numbers, 1);
  return {{{_mm256_permute2x128_si256(first, second, 0x20)},
           {_mm256_permute2x128_si256(first, second, 0x31)}}};
}
HWY_INLINE I32x16 dot(I32x16 sums, Fours x, Fours w) {
  for (std::size_t i = 0; i < kParts; ++i)
    sums.part[i].raw = _mm256_dpbusd_avx_epi32(sums.part[i].raw, x.v[i], w.v[i]);
  return sums;
}
HWY_INLINE void store_arranged(const F32x16 (&x)[kPacked], std::size_t count, ByteRange range,
                               std::uint8_t* to) {
  const __m256i zero = _mm256_set1_epi16(static_cast<std::int16_t>(range.zero));
  __m256i words[kPacked];
  SLIPWAY_UNROLL for (std::size_t i = 0; i < kPacked; ++i) {
    words[i] = _mm256_packs_epi32(_mm256_cvtps_epi32(x[i].part[0].raw),
                                  _mm256_cvtps_epi32(x[i].part[1].raw));
    words[i] = _mm256_adds_epi16(words[i], zero);
  }
  const __m256i low = _mm256_set1_epi8(static_cast<char>(range.low));
  const __m256i high = _mm256_set1_epi8(static_cast<char>(range.high));
  const __m256i both = _mm256_packus_epi16(words[0], words[1]);
  const __m256i bounded = _mm256_min_epu8(_mm256_max_epu8(both, low), high);
  const __m256i bytes = _mm256_permute4x64_epi64(bounded, _MM_SHUFFLE(3, 1, 2, 0));
  if (HWY_LIKELY(count == kPacked)) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), bytes);
  } else {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm256_castsi256_si128(bytes));
  }
}
#else
inline constexpr std::size_t kTogetherByFours = 4;
inline constexpr std::uint8_t kFoursOffset = 128;  // products are of signed bytes
struct Fours {
  int8x16_t v[4];
};
HWY_INLINE uint8x16x2_t twos_at(const std::uint8_t* positions) {
  return vzipq_u8(vld1q_u8(positions), vld1q_u8(positions + kConvBlock));
}
HWY_INLINE Fours fours_at(const std::uint8_t* positions) {
  const uint8x16x2_t first = twos_at(positions);
  const uint8x16x2_t second = twos_at(positions + 2 * kConvBlock);
  Fours y;
  for (int i = 0; i < 2; ++i) {
    const uint16x8_t a = vreinterpretq_u16_u8(first.val[i]);
    const uint16x8_t b = vreinterpretq_u16_u8(second.val[i]);
    y.v[2 * i] = vreinterpretq_s8_u16(vzip1q_u16(a, b));
    y.v[2 * i + 1] = vreinterpretq_s8_u16(vzip2q_u16(a, b));
  }
  return y;
}
HWY_INLINE Fours one_later(Fours w) {
  for (int8x16_t& v : w.v) v = vreinterpretq_s8_u32(vshlq_n_u32(vreinterpretq_u32_s8(v), 8));
  return w;
}
HWY_INLINE I32x16 arranged(const void* numbers) {
  return load_i32(static_cast<const std::int32_t*>(numbers));
}
HWY_INLINE I32x16 dot(I32x16 sums, Fours x, Fours w) {
  for (std::size_t i = 0; i < kParts; ++i)
    sums.part[i].raw = vdotq_s32(sums.part[i].raw, x.v[i], w.v[i]);
  return sums;
}
inline constexpr std::size_t kPacked = 1;
HWY_INLINE void store_arranged(const F32x16 (&x)[kPacked], std::size_t /*count*/, ByteRange range,
                               std::uint8_t* to) {
  store_bytes(to_bytes(x[0], range), to);
}
#endif

// With a stride of 1 a four serves two outputs.
class Products3x3 {
 public:
  static constexpr std::size_t kTogether = kTogetherByFours;

  void set(const ByteConvOperands& at) {
    std::int32_t start[kConvBlock];
    for (std::size_t c = 0; c < kConvBlock; ++c) {
      std::int32_t sum = 0;
      for (std::size_t k = 0; k < kTaps * kTaps; ++k) sum += at.weights[k * kConvBlock + c];
      start[c] = static_cast<std::int32_t>(
          static_cast<std::uint32_t>(at.bias == nullptr ? 0 : at.bias[c]) -
          static_cast<std::uint32_t>(at.x_zero - kFoursOffset) * static_cast<std::uint32_t>(sum));
    }
    start_ = arranged(start);
    for (std::size_t h = 0; h < kTaps; ++h) {
      std::uint8_t taps[4 * kConvBlock] = {};
      std::memcpy(taps, at.weights + h * kTaps * kConvBlock, kTaps * kConvBlock);
      even_[h] = fours_at(taps);
      odd_[h] = one_later(even_[h]);
    }
    multiplier_ = from_bits(arranged(at.multiplier));
    is_small_ = true;
    for (std::size_t i = 0; i < kParts; ++i)
      is_small_ = is_small_ && hn::AllTrue(DF(), hn::Lt(multiplier_.part[i], hn::Set(DF(), 1.0F)));
    range_ = {at.y_zero, at.low, at.high};
  }

  static std::uint8_t zero(std::uint8_t x_zero) { return x_zero ^ kFoursOffset; }
  static HWY_INLINE void copy(const std::uint8_t* x, std::size_t positions, std::uint8_t* to) {
#if HWY_TARGET == HWY_NEON
    for (std::size_t i = 0; i < positions * kConvBlock; i += kConvBlock)
      vst1q_u8(to + i, veorq_u8(vld1q_u8(x + i), vdupq_n_u8(kFoursOffset)));
#else
    std::memcpy(to, x, positions * kConvBlock);
#endif
  }

  template <std::size_t kStride>
  HWY_INLINE void outputs(const std::uint8_t* const (&x)[kTaps], std::uint8_t* y,
                          std::size_t count) const {
    I32x16 sum[kTogether];
    SLIPWAY_UNROLL for (std::size_t p = 0; p < kTogether; ++p) sum[p] = start_;
    SLIPWAY_UNROLL for (std::size_t h = 0; h < kTaps; ++h) {
      if constexpr (kStride == 1) {
        SLIPWAY_UNROLL for (std::size_t p = 0; p < kTogether; p += 2) {
          const Fours fours = fours_at(x[h] + p * kConvBlock);
          sum[p] = dot(sum[p], fours, even_[h]);
          sum[p + 1] = dot(sum[p + 1], fours, odd_[h]);
        }
      } else {
        SLIPWAY_UNROLL for (std::size_t p = 0; p < kTogether; ++p) {
          sum[p] = dot(sum[p], fours_at(x[h] + p * kStride * kConvBlock), even_[h]);
        }
      }
    }
    SLIPWAY_UNROLL for (std::size_t p = 0; p < kTogether; p += kPacked) {
      if (HWY_UNLIKELY(p >= count)) return;
      F32x16 floats[kPacked];
      SLIPWAY_UNROLL for (std::size_t i = 0; i < kPacked; ++i) {
        floats[i] = mul(to_float(sum[p + i]), multiplier_);
        if (HWY_UNLIKELY(!is_small_)) floats[i] = at_most(floats[i], 1024.0F);
      }
      store_arranged(floats, std::min(count - p, kPacked), range_, y + p * kConvBlock);
    }
  }

 private:
  ByteRange range_;
  bool is_small_;
  F32x16 multiplier_;
  I32x16 start_;
  Fours even_[kTaps], odd_[kTaps];  // taps 0, 1, 2 of four positions, and 1, 2, 3
};

#elif HWY_TARGET == HWY_AVX2
// Bytes as numbers of 16 bits, two taps of a channel side by side: those of the first two rows at
// one position, then those of the last row at two.
class Products3x3 {
 public:
  static constexpr std::size_t kTogether = 4;

  void set(const ByteConvOperands& at) {
    multiplier_ = load(at.multiplier);
    for (std::size_t i = 0; i < kParts; ++i)
      is_small_ = is_small_ && hn::AllTrue(DF(), hn::Lt(multiplier_.part[i], hn::Set(DF(), 1.0F)));
    range_ = {at.y_zero, at.low, at.high};
    const auto weight = [&](std::size_t h, std::size_t k, std::size_t c) {
      return static_cast<std::int16_t>(at.weights[(h * kTaps + k) * kConvBlock + c]);
    };
    for (std::size_t c = 0; c < kConvBlock; ++c) {
      std::int32_t sum = 0;
      for (std::size_t k = 0; k < kTaps; ++k) {
        columns_[k][2 * c] = weight(0, k, c);
        columns_[k][2 * c + 1] = weight(1, k, c);
        sum += weight(0, k, c) + weight(1, k, c) + weight(2, k, c);
      }
      last_row_[0][2 * c] = weight(2, 0, c);
      last_row_[0][2 * c + 1] = weight(2, 1, c);
      last_row_[1][2 * c] = weight(2, 2, c);
      last_row_[1][2 * c + 1] = 0;
      start_[c] = static_cast<std::int32_t>(
          static_cast<std::uint32_t>(at.bias == nullptr ? 0 : at.bias[c]) -
          static_cast<std::uint32_t>(at.x_zero) * static_cast<std::uint32_t>(sum));
    }
  }

  static std::uint8_t zero(std::uint8_t x_zero) { return x_zero; }
  static HWY_INLINE void copy(const std::uint8_t* x, std::size_t positions, std::uint8_t* to) {
    std::memcpy(to, x, positions * kConvBlock);
  }

  template <std::size_t kStride>
  HWY_INLINE void outputs(const std::uint8_t* const (&x)[kTaps], std::uint8_t* y,
                          std::size_t count) const {
    constexpr std::size_t kInputs = (kTogether - 1) * kStride + kTaps;
    Pairs sums[kTogether];
    SLIPWAY_UNROLL for (std::size_t p = 0; p < kTogether; ++p) {
      sums[p] = {load_half(start_, 0), load_half(start_, 1)};
    }
    SLIPWAY_UNROLL for (std::size_t i = 0; i < kInputs; ++i) {
      const Pairs both = pairs(bytes_at(x[0], i), bytes_at(x[1], i));
      SLIPWAY_UNROLL for (std::size_t k = 0; k < kTaps; ++k) {
        if (k > i || (i - k) % kStride != 0 || (i - k) / kStride >= kTogether) continue;
        add(sums[(i - k) / kStride], both, columns_[k]);
      }
    }
    SLIPWAY_UNROLL for (std::size_t p = 0; p < kTogether; ++p) {
      const std::size_t i = p * kStride;
      add(sums[p], pairs(bytes_at(x[2], i), bytes_at(x[2], i + 1)), last_row_[0]);
      add(sums[p], pairs(bytes_at(x[2], i + 2), _mm_setzero_si128()), last_row_[1]);
    }
    SLIPWAY_UNROLL for (std::size_t p = 0; p < kTogether; p += kPacked) {
      if (p >= count) continue;
      F32x16 floats[kPacked];
      SLIPWAY_UNROLL for (std::size_t j = 0; j < kPacked; ++j) {
        floats[j] = mul(to_float(I32x16{{{sums[p + j].low}, {sums[p + j].high}}}), multiplier_);
        if (HWY_UNLIKELY(!is_small_)) floats[j] = at_most(floats[j], 1024.0F);
      }
      store_columns(floats, std::min(count - p, kPacked), range_, y + p * kConvBlock);
    }
  }

 private:
  // Of channels 0 to 7 and 8 to 15.
  struct Pairs {
    __m256i low, high;
  };

  HWY_INLINE static __m128i bytes_at(const std::uint8_t* x, std::size_t position) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(x + position * kConvBlock));
  }
  HWY_INLINE static Pairs pairs(__m128i a, __m128i b) {
    return {_mm256_cvtepu8_epi16(_mm_unpacklo_epi8(a, b)),
            _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(a, b))};
  }
  HWY_INLINE static void add(Pairs& sum, const Pairs& x, const std::int16_t* w) {
    sum.low = _mm256_add_epi32(sum.low, _mm256_madd_epi16(x.low, load_half(w, 0)));
    sum.high = _mm256_add_epi32(sum.high, _mm256_madd_epi16(x.high, load_half(w, 1)));
  }

  ByteRange range_;
  bool is_small_ = true;
  F32x16 multiplier_;
  alignas(32) std::int32_t start_[kConvBlock];
  alignas(32) std::int16_t columns_[kTaps][2 * kConvBlock];
  alignas(32) std::int16_t last_row_[2][2 * kConvBlock];
};
#endif

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_CONV_BYTE_PRODUCTS_3X3_INL_H
