// The depthwise convolution of bytes by 3 x 3 taps, without a residual, where there are products
// for it. Rows of the input are copied to where the zero point stands around them, so that every
// output has all its taps. Include after byte_tile-inl.h.
#if defined(SLIPWAY_CONV_BYTE_DEPTHWISE_3X3_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_CONV_BYTE_DEPTHWISE_3X3_INL_H
#undef SLIPWAY_CONV_BYTE_DEPTHWISE_3X3_INL_H
#else
#define SLIPWAY_CONV_BYTE_DEPTHWISE_3X3_INL_H
#endif

#include <algorithm>
#include <cstring>

#include "kernels/conv/byte_products_3x3-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

#if defined(SLIPWAY_HAS_FOURS) || HWY_TARGET == HWY_AVX2
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
    std::memset(rows_, Products3x3::zero(at.x_zero), (kTaps + 1) * pitch_);
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
      const std::size_t positions = shape_.width.input;
      Products3x3::copy(x_ + in * positions * kConvBlock, positions,
                        to + static_cast<std::size_t>(shape_.width.pad) * kConvBlock);
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
