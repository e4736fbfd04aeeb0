// The depthwise convolution of bytes by 3 x 3 taps, without a residual, on AVX-512 with VNNI and on
// AVX2. Rows of the input are copied to where the zero point stands around them, so that every
// output has all its taps. Include after byte_tile-inl.h.
#if defined(SLIPWAY_CONV_BYTE_DEPTHWISE_3X3_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_CONV_BYTE_DEPTHWISE_3X3_INL_H
#undef SLIPWAY_CONV_BYTE_DEPTHWISE_3X3_INL_H
#else
#define SLIPWAY_CONV_BYTE_DEPTHWISE_3X3_INL_H
#endif

#include <algorithm>
#include <cstring>

#include "kernels/conv/byte_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_AVX3_DL || HWY_TARGET == HWY_AVX2
inline constexpr std::size_t kTaps = 3;

// Products3x3 holds the weights of a block of channels:
//   kTogether       outputs of a row that are computed together
//   outputs(x, y)   so many of them at y: x are the rows of the three taps at the first one, where
//                   kSlack positions beyond the last output's may be read; of the outputs, `count`
#if HWY_TARGET == HWY_AVX3_DL
// Four neighbouring positions are one operand of the dot product, and with a stride of 1 serve two
// outputs.
class Products3x3 {
 public:
  static constexpr std::size_t kTogether = 8;

  void set(const ByteConvOperands& at) {
    multiplier_ = _mm512_loadu_ps(at.multiplier);
    is_small_ = _mm512_cmp_ps_mask(multiplier_, _mm512_set1_ps(1.0F), _CMP_LT_OQ) == 0xFFFF;
    range_ = {at.y_zero, at.low, at.high};
    const __m512i ones = _mm512_set1_epi8(1);
    __m512i sums = _mm512_setzero_si512();
    for (std::size_t h = 0; h < kTaps; ++h) {
      constexpr std::uint64_t kRow = (std::uint64_t{1} << (kTaps * kConvBlock)) - 1;
      even_[h] = interleaved(_mm512_maskz_loadu_epi8(kRow, at.weights + h * kTaps * kConvBlock));
      odd_[h] = _mm512_slli_epi32(even_[h], 8);
      sums = _mm512_dpbusd_epi32(sums, ones, even_[h]);
    }
    const __m512i bias = at.bias == nullptr ? _mm512_setzero_si512() : _mm512_loadu_si512(at.bias);
    start_ = _mm512_sub_epi32(bias, _mm512_mullo_epi32(sums, _mm512_set1_epi32(at.x_zero)));
  }

  template <std::size_t kStride>
  HWY_INLINE void outputs(const std::uint8_t* const (&x)[kTaps], std::uint8_t* y,
                          std::size_t count) const {
    __m512i sum[kTogether];
    SLIPWAY_UNROLL for (std::size_t p = 0; p < kTogether; ++p) sum[p] = start_;
    SLIPWAY_UNROLL for (std::size_t h = 0; h < kTaps; ++h) {
      if constexpr (kStride == 1) {
        SLIPWAY_UNROLL for (std::size_t p = 0; p < kTogether; p += 2) {
          const __m512i four = interleaved(_mm512_loadu_si512(x[h] + p * kConvBlock));
          sum[p] = _mm512_dpbusd_epi32(sum[p], four, even_[h]);
          sum[p + 1] = _mm512_dpbusd_epi32(sum[p + 1], four, odd_[h]);
        }
      } else {
        SLIPWAY_UNROLL for (std::size_t p = 0; p < kTogether; ++p) {
          const __m512i four = interleaved(_mm512_loadu_si512(x[h] + p * kStride * kConvBlock));
          sum[p] = _mm512_dpbusd_epi32(sum[p], four, even_[h]);
        }
      }
    }
    finish(sum, y, count);
  }

 private:
  // Of sixteen bytes of each of four neighbouring positions, those of a channel side by side.
  HWY_INLINE static __m512i interleaved(__m512i positions) {
    alignas(64) static constexpr std::uint8_t kOrder[64] = {
        0,  16, 32, 48, 1,  17, 33, 49, 2,  18, 34, 50, 3,  19, 35, 51, 4,  20, 36, 52, 5,  21,
        37, 53, 6,  22, 38, 54, 7,  23, 39, 55, 8,  24, 40, 56, 9,  25, 41, 57, 10, 26, 42, 58,
        11, 27, 43, 59, 12, 28, 44, 60, 13, 29, 45, 61, 14, 30, 46, 62, 15, 31, 47, 63};
    return _mm512_permutexvar_epi8(_mm512_load_si512(kOrder), positions);
  }

  HWY_INLINE void finish(const __m512i (&sum)[kTogether], std::uint8_t* y,
                         std::size_t count) const {
    SLIPWAY_UNROLL for (std::size_t half = 0; half < kTogether; half += kPacked) {
      __m512i q[kPacked];
      SLIPWAY_UNROLL for (std::size_t i = 0; i < kPacked; ++i) {
        __m512 x = _mm512_mul_ps(_mm512_cvtepi32_ps(sum[half + i]), multiplier_);
        if (HWY_UNLIKELY(!is_small_)) x = _mm512_min_ps(x, _mm512_set1_ps(1024.0F));
        q[i] = nearest(x);
      }
      const __m512i bytes = packed_bytes(q, range_);
      if (HWY_LIKELY(count >= half + kPacked)) {
        _mm512_storeu_si512(y + half * kConvBlock, bytes);
      } else if (count > half) {
        _mm512_mask_storeu_epi8(y + half * kConvBlock,
                                (std::uint64_t{1} << ((count - half) * kConvBlock)) - 1, bytes);
      }
    }
  }

  ByteRange range_;
  bool is_small_;
  __m512 multiplier_;
  __m512i start_;
  __m512i even_[kTaps], odd_[kTaps];  // taps 0, 1, 2 of four positions, and 1, 2, 3
};
#else
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

inline constexpr std::size_t kSlack =
    2 * Products3x3::kTogether + 4;                 // positions read beyond a row
inline constexpr std::size_t kMostPositions = 320;  // of a row with what is around it

inline bool is_3x3(const ConvShape& shape) {
  const ConvAxis& width = shape.width;
  return shape.depth.kernel == 1 && shape.depth.input == 1 && shape.depth.output == 1 &&
         shape.depth.pad == 0 && shape.height.kernel == kTaps && shape.height.dilation == 1 &&
         width.kernel == kTaps && width.dilation == 1 && width.stride <= 2 && width.pad >= 0 &&
         static_cast<std::size_t>(width.pad) + width.input <= kMostPositions - kSlack &&
         (width.output - 1) * width.stride + kTaps <= kMostPositions - kSlack;
}

class Depthwise3x3 {
 public:
  // The operands stand at a block of channels of an image.
  Depthwise3x3(const ConvShape& shape, const ByteConvOperands& at)
      : shape_(shape), x_(at.x), y_(at.y) {
    products_.set(at);
    const std::size_t reached = (shape.width.output - 1) * shape.width.stride + kTaps;
    const std::size_t around = static_cast<std::size_t>(shape.width.pad) + shape.width.input;
    pitch_ = (std::max(reached, around) + kSlack) * kConvBlock;
    std::memset(rows_, at.x_zero, (kTaps + 1) * pitch_);
    for (std::size_t& row : held_) row = kNone;
  }

  void row(std::size_t line) {
    const std::uint8_t* taps[kTaps];
    for (std::size_t k = 0; k < kTaps; ++k) taps[k] = tap_row(shape_.height.at(line, k));
    std::uint8_t* const y = y_ + line * shape_.width.output * kConvBlock;
    if (shape_.width.stride == 1) {
      outputs<1>(taps, y);
    } else {
      outputs<2>(taps, y);
    }
  }

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};
  static constexpr std::size_t kTogether = Products3x3::kTogether;

  // Row `input` of the input with the zero point around it; the last of the rows held is zero
  // points alone.
  const std::uint8_t* tap_row(std::ptrdiff_t input) {
    const auto in = static_cast<std::size_t>(input);
    if (input < 0 || in >= shape_.height.input) return rows_ + kTaps * pitch_;
    std::uint8_t* const to = rows_ + in % kTaps * pitch_;
    if (held_[in % kTaps] != in) {
      held_[in % kTaps] = in;
      const std::size_t bytes = shape_.width.input * kConvBlock;
      std::memcpy(to + static_cast<std::size_t>(shape_.width.pad) * kConvBlock, x_ + in * bytes,
                  bytes);
    }
    return to;
  }

  template <std::size_t kStride>
  HWY_INLINE void outputs(const std::uint8_t* const (&taps)[kTaps], std::uint8_t* y) const {
    const std::size_t width = shape_.width.output;
    for (std::size_t first = 0; first < width; first += kTogether) {
      // The last ones of a long row are computed once more.
      const std::size_t o =
          first + kTogether <= width || width < kTogether ? first : width - kTogether;
      const std::size_t at = o * kStride * kConvBlock;
      const std::uint8_t* const x[kTaps] = {taps[0] + at, taps[1] + at, taps[2] + at};
      products_.outputs<kStride>(x, y + o * kConvBlock, std::min(width, kTogether));
    }
  }

  const ConvShape& shape_;
  const std::uint8_t* x_;
  std::uint8_t* y_;
  Products3x3 products_;
  std::size_t held_[kTaps];
  std::size_t pitch_;  // bytes of a row held
  alignas(64) std::uint8_t rows_[(kTaps + 1) * kMostPositions * kConvBlock];
};
#else
inline bool is_3x3(const ConvShape&) { return false; }
class Depthwise3x3 {
 public:
  Depthwise3x3(const ConvShape&, const ByteConvOperands&) {}
  void row(std::size_t) {}
};
#endif

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_CONV_BYTE_DEPTHWISE_3X3_INL_H
