// The depthwise convolution of bytes by 3 x 3 taps, without a residual, on AVX-512 with VNNI. Rows
// of the input are copied to where the zero point stands around them, so that every output has all
// its taps; four neighbouring positions are one operand of the dot product, and with a stride of 1
// serve two outputs. Include after byte_tile-inl.h.
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

#if HWY_TARGET == HWY_AVX3_DL
inline constexpr std::size_t kTaps = 3;
inline constexpr std::size_t kTogether = 8;               // outputs of a row
inline constexpr std::size_t kSlack = 2 * kTogether + 4;  // positions read beyond a row
inline constexpr std::size_t kMostPositions = 320;        // of a row with what is around it

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
      : shape_(shape), x_(at.x), y_(at.y), range_{at.y_zero, at.low, at.high} {
    multiplier_ = _mm512_loadu_ps(at.multiplier);
    is_small_ = _mm512_cmp_ps_mask(multiplier_, _mm512_set1_ps(1.0F), _CMP_LT_OQ) == 0xFFFF;
    set_weights(at);
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

  void set_weights(const ByteConvOperands& at) {
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

  // Of sixteen bytes of each of four neighbouring positions, those of a channel side by side.
  HWY_INLINE static __m512i interleaved(__m512i positions) {
    alignas(64) static constexpr std::uint8_t kOrder[64] = {
        0,  16, 32, 48, 1,  17, 33, 49, 2,  18, 34, 50, 3,  19, 35, 51, 4,  20, 36, 52, 5,  21,
        37, 53, 6,  22, 38, 54, 7,  23, 39, 55, 8,  24, 40, 56, 9,  25, 41, 57, 10, 26, 42, 58,
        11, 27, 43, 59, 12, 28, 44, 60, 13, 29, 45, 61, 14, 30, 46, 62, 15, 31, 47, 63};
    return _mm512_permutexvar_epi8(_mm512_load_si512(kOrder), positions);
  }

  template <std::size_t kStride>
  HWY_INLINE void outputs(const std::uint8_t* const* taps, std::uint8_t* y) const {
    const std::size_t width = shape_.width.output;
    for (std::size_t first = 0; first < width; first += kTogether) {
      // The last ones of a long row are computed once more.
      const std::size_t o =
          first + kTogether <= width || width < kTogether ? first : width - kTogether;
      __m512i sum[kTogether];
      SLIPWAY_UNROLL for (std::size_t p = 0; p < kTogether; ++p) sum[p] = start_;
      SLIPWAY_UNROLL for (std::size_t h = 0; h < kTaps; ++h) {
        const std::uint8_t* const x = taps[h] + o * kStride * kConvBlock;
        if constexpr (kStride == 1) {
          SLIPWAY_UNROLL for (std::size_t p = 0; p < kTogether; p += 2) {
            const __m512i four = interleaved(_mm512_loadu_si512(x + p * kConvBlock));
            sum[p] = _mm512_dpbusd_epi32(sum[p], four, even_[h]);
            sum[p + 1] = _mm512_dpbusd_epi32(sum[p + 1], four, odd_[h]);
          }
        } else {
          SLIPWAY_UNROLL for (std::size_t p = 0; p < kTogether; ++p) {
            const __m512i four = interleaved(_mm512_loadu_si512(x + p * kStride * kConvBlock));
            sum[p] = _mm512_dpbusd_epi32(sum[p], four, even_[h]);
          }
        }
      }
      finish(sum, y + o * kConvBlock, std::min(width, kTogether));
    }
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

  const ConvShape& shape_;
  const std::uint8_t* x_;
  std::uint8_t* y_;
  ByteRange range_;
  bool is_small_;
  __m512 multiplier_;
  __m512i start_;
  __m512i even_[kTaps], odd_[kTaps];  // taps 0, 1, 2 of four positions, and 1, 2, 3
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
