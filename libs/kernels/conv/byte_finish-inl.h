// From the sums of a convolution of bytes to its output. Include after bytes-inl.h.
#if defined(SLIPWAY_CONV_BYTE_FINISH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_CONV_BYTE_FINISH_INL_H
#undef SLIPWAY_CONV_BYTE_FINISH_INL_H
#else
#define SLIPWAY_CONV_BYTE_FINISH_INL_H
#endif

#include "kernels/conv/byte_conv.h"
#include "kernels/conv/tile-inl.h"
#include "kernels/simd/bytes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

// Column p of output block b at y + b * block + p * 16.
struct ByteOutput {
  std::uint8_t* y;
  float* floats;  // in place of y where it is not null
  const float* multiplier;
  const float* float_bias;  // or null
  std::size_t block;
  ByteRange range;
  ByteResidual residual;  // r at the tile
};

// The sums as floats, of block b and column p at sums[(p * kBlocks + b) * 16].
template <std::size_t kBlocks>
HWY_NOINLINE void finish_floats(const std::int32_t* sums, std::size_t columns,
                                const ByteOutput& to) {
  for (std::size_t b = 0; b < kBlocks; ++b) {
    const F32x16 multiplier = load(to.multiplier + b * kConvBlock);
    const bool has_bias = to.float_bias != nullptr;
    const F32x16 bias = has_bias ? load(to.float_bias + b * kConvBlock) : zero();
    for (std::size_t p = 0; p < columns; ++p) {
      const I32x16 sum = load_i32(sums + (p * kBlocks + b) * kConvBlock);
      const F32x16 scaled = mul(to_float(sum), multiplier);
      store(has_bias ? add(scaled, bias) : scaled, to.floats + b * to.block + p * kConvBlock);
    }
  }
}

#if HWY_TARGET != HWY_SCALAR
HWY_INLINE F32x16 at_most(F32x16 x, float most) {
  for (std::size_t i = 0; i < kParts; ++i) x.part[i] = hn::Min(x.part[i], hn::Set(DF(), most));
  return x;
}
#endif

#if HWY_TARGET == HWY_AVX3_DL
inline constexpr std::size_t kPacked = 4;  // columns at a time

// Of four columns, sixteen channels each, q + zero within the range, as bytes side by side. Packing
// saturates on the way, which the bounds then contain.
HWY_INLINE __m512i packed_bytes(const __m512i (&q)[kPacked], ByteRange range) {
  const __m512i zero = _mm512_set1_epi16(static_cast<std::int16_t>(range.zero));
  const __m512i ab = _mm512_adds_epi16(_mm512_packs_epi32(q[0], q[1]), zero);
  const __m512i cd = _mm512_adds_epi16(_mm512_packs_epi32(q[2], q[3]), zero);
  const __m512i low = _mm512_set1_epi8(static_cast<char>(range.low));
  const __m512i high = _mm512_set1_epi8(static_cast<char>(range.high));
  const __m512i bytes = _mm512_min_epu8(_mm512_max_epu8(_mm512_packus_epi16(ab, cd), low), high);
  // By fours of channels, of each the columns: the other way round.
  const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
  return _mm512_permutexvar_epi32(order, bytes);
}

// The integers nearest to x: what is below all of them becomes the least, as does what is above
// unless it was bounded before.
HWY_INLINE __m512i nearest(__m512 x) { return _mm512_cvtps_epi32(x); }

HWY_INLINE void store_columns(const F32x16 (&x)[kPacked], std::size_t count, ByteRange range,
                              std::uint8_t* to) {
  __m512i q[kPacked];
  SLIPWAY_UNROLL for (std::size_t i = 0; i < kPacked; ++i) q[i] = nearest(x[i].part[0].raw);
  const __m512i bytes = packed_bytes(q, range);
  if (HWY_LIKELY(count == kPacked)) {
    _mm512_storeu_si512(to, bytes);
  } else {
    _mm512_mask_storeu_epi8(to, (std::uint64_t{1} << (count * kConvBlock)) - 1, bytes);
  }
}

#elif HWY_TARGET == HWY_AVX2
inline constexpr std::size_t kPacked = 2;  // columns at a time

// As above.
HWY_INLINE void store_columns(const F32x16 (&x)[kPacked], std::size_t count, ByteRange range,
                              std::uint8_t* to) {
  const __m256i zero = _mm256_set1_epi16(static_cast<std::int16_t>(range.zero));
  __m256i words[kPacked];
  SLIPWAY_UNROLL for (std::size_t i = 0; i < kPacked; ++i) {
    const __m256i first = _mm256_cvtps_epi32(x[i].part[0].raw);
    const __m256i second = _mm256_cvtps_epi32(x[i].part[1].raw);
    words[i] = _mm256_adds_epi16(_mm256_packs_epi32(first, second), zero);
  }
  const __m256i low = _mm256_set1_epi8(static_cast<char>(range.low));
  const __m256i high = _mm256_set1_epi8(static_cast<char>(range.high));
  const __m256i both = _mm256_packus_epi16(words[0], words[1]);
  const __m256i bounded = _mm256_min_epu8(_mm256_max_epu8(both, low), high);
  // Fours of channels: 0 and 2 of both columns, then 1 and 3.
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  const __m256i bytes = _mm256_permutevar8x32_epi32(bounded, order);
  if (HWY_LIKELY(count == kPacked)) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), bytes);
  } else {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm256_castsi256_si128(bytes));
  }
}
#endif

#if HWY_TARGET == HWY_AVX3_DL || HWY_TARGET == HWY_AVX2
// Bounded in float, whose bounds are whole numbers, so that rounding may follow.
struct ByteSummand {
  F32x16 low, high;  // less the zero point
  F32x16 y_scale, zero, scale, sum_scale;

  explicit ByteSummand(const ByteOutput& to)
      : low(set(static_cast<float>(to.range.low - to.range.zero))),
        high(set(static_cast<float>(to.range.high - to.range.zero))),
        y_scale(set(to.residual.y_scale)),
        zero(set(static_cast<float>(to.residual.zero))),
        scale(set(to.residual.scale)),
        sum_scale(set(to.residual.sum_scale)) {}

  HWY_INLINE F32x16 added(F32x16 x, const std::uint8_t* r) const {
    for (std::size_t i = 0; i < kParts; ++i)
      x.part[i] = hn::Round(hn::Min(hn::Max(x.part[i], low.part[i]), high.part[i]));
    const F32x16 other = mul(sub(to_float(load_u8(r)), zero), scale);
    return at_most(div(add(mul(x, y_scale), other), sum_scale), 1024.0F);
  }
};

template <std::size_t kBlocks, bool kHasResidual>
HWY_INLINE void finish_block(const std::int32_t* sums, std::size_t columns, std::size_t b,
                             const ByteOutput& to) {
  const F32x16 multiplier = load(to.multiplier + b * kConvBlock);
  // A product with less than 1 is an integer of 32 bits.
  bool is_small = true;
  for (std::size_t i = 0; i < kParts; ++i)
    is_small = is_small && hn::AllTrue(DF(), hn::Lt(multiplier.part[i], hn::Set(DF(), 1.0F)));
  const ByteSummand summand(to);
  const ByteRange range =
      kHasResidual ? ByteRange{to.residual.sum_zero, to.residual.sum_low, to.residual.sum_high}
                   : to.range;
  for (std::size_t p = 0; p < columns; p += kPacked) {
    const std::size_t count = columns - p < kPacked ? columns - p : kPacked;
    const std::size_t at = b * to.block + p * kConvBlock;
    F32x16 x[kPacked];
    SLIPWAY_UNROLL for (std::size_t i = 0; i < kPacked; ++i) {
      const std::size_t column = i < count ? p + i : p;
      const I32x16 sum = load_i32(sums + (column * kBlocks + b) * kConvBlock);
      x[i] = mul(to_float(sum), multiplier);
      if constexpr (kHasResidual) {
        x[i] = summand.added(x[i], to.residual.r + at + (column - p) * kConvBlock);
      } else if (HWY_UNLIKELY(!is_small)) {
        x[i] = at_most(x[i], 1024.0F);
      }
    }
    store_columns(x, count, range, to.y + at);
  }
}

// Of block b and column p at sums[(p * kBlocks + b) * 16]. A loop, for it is long.
template <std::size_t kBlocks>
HWY_NOINLINE void finish_bytes(const std::int32_t* sums, std::size_t columns,
                               const ByteOutput& output) {
  if (output.floats != nullptr) return finish_floats<kBlocks>(sums, columns, output);
  const ByteOutput to = output;  // its bytes are not those that are written
  for (std::size_t b = 0; b < kBlocks; ++b) {
    if (to.residual.r == nullptr) {
      finish_block<kBlocks, false>(sums, columns, b, to);
    } else {
      finish_block<kBlocks, true>(sums, columns, b, to);
    }
  }
}
#else
HWY_INLINE F32x16 dequantized(I32x16 q, std::int32_t zero, float scale) {
  return mul(to_float(sub(q, set_i32(zero))), set(scale));
}

// Of block b and column p at sums[(p * kBlocks + b) * 16]. A loop, for it is long.
template <std::size_t kBlocks>
HWY_NOINLINE void finish_bytes(const std::int32_t* sums, std::size_t columns,
                               const ByteOutput& output) {
  if (output.floats != nullptr) return finish_floats<kBlocks>(sums, columns, output);
  const ByteOutput to = output;  // its bytes are not those that are written
  const ByteResidual& add_to = to.residual;
  const ByteRange sum_range = {add_to.sum_zero, add_to.sum_low, add_to.sum_high};
  for (std::size_t b = 0; b < kBlocks; ++b) {
    const F32x16 multiplier = load(to.multiplier + b * kConvBlock);
    for (std::size_t p = 0; p < columns; ++p) {
      const std::size_t at = b * to.block + p * kConvBlock;
      const I32x16 sum = load_i32(sums + (p * kBlocks + b) * kConvBlock);
      I32x16 q = to_bytes(mul(to_float(sum), multiplier), to.range);
      if (add_to.r != nullptr) {
        const F32x16 both = add(dequantized(q, to.range.zero, add_to.y_scale),
                                dequantized(load_u8(add_to.r + at), add_to.zero, add_to.scale));
        q = to_bytes(div(both, set(add_to.sum_scale)), sum_range);
      }
      store_bytes(q, to.y + at);
    }
  }
}
#endif

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_CONV_BYTE_FINISH_INL_H
