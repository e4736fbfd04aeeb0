#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/pool/pool.cc"
#include "kernels/pool/pool.h"

#include <algorithm>
#include <limits>

#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

struct Max {
  static constexpr float kStart = -kInf;
  HWY_INLINE static F32x16 combine(F32x16 a, F32x16 b) { return greater_of(a, b); }
  HWY_INLINE static F32x16 finish(F32x16 a, std::size_t) { return a; }
};
struct Average {
  static constexpr float kStart = 0.0F;
  HWY_INLINE static F32x16 combine(F32x16 a, F32x16 b) { return add(a, b); }
  HWY_INLINE static F32x16 finish(F32x16 a, std::size_t count) {
    return count == 0 ? zero() : div(a, set(static_cast<float>(count)));
  }
};

// Taps in the input and in the padding around it.
std::size_t padded_taps(const ConvAxis& axis, std::ptrdiff_t pad_end, std::size_t output) {
  const std::ptrdiff_t room =
      static_cast<std::ptrdiff_t>(axis.input) + pad_end - axis.at(output, 0);
  const auto dilation = static_cast<std::ptrdiff_t>(axis.dilation);
  const std::ptrdiff_t taps = room <= 0 ? 0 : (room + dilation - 1) / dilation;
  return std::min(axis.kernel, static_cast<std::size_t>(taps));
}

// The inputs of one output: rows of `widths` taps.
struct Window {
  const float* x;
  std::size_t depths, heights, widths;
  std::size_t x_depth, x_height, x_width;
};

template <typename Kind>
HWY_INLINE F32x16 pooled(const Window& window) {
  F32x16 sum = set(Kind::kStart);
  for (std::size_t d = 0; d < window.depths; ++d) {
    for (std::size_t h = 0; h < window.heights; ++h) {
      const float* x = window.x + d * window.x_depth + h * window.x_height;
      for (std::size_t k = 0; k < window.widths; ++k, x += window.x_width) {
        sum = Kind::combine(sum, load(x));
      }
    }
  }
  return sum;
}

template <typename Kind>
void pool_row(const PoolShape& shape, const float* x, float* y, std::size_t line) {
  const std::size_t depth = line / shape.height.output;
  const std::size_t height = line % shape.height.output;
  const Range depths = taps_inside(shape.depth, depth);
  const Range heights = taps_inside(shape.height, height);
  Window window{};
  window.depths = depths.empty() ? 0 : depths.size();
  window.heights = heights.empty() || depths.empty() ? 0 : heights.size();
  window.x_width = shape.width.dilation * kConvBlock;
  window.x_height = shape.height.dilation * shape.width.input * kConvBlock;
  window.x_depth = shape.depth.dilation * shape.height.input * shape.width.input * kConvBlock;
  if (window.heights != 0) {
    const auto d = static_cast<std::size_t>(shape.depth.at(depth, depths.begin));
    const auto h = static_cast<std::size_t>(shape.height.at(height, heights.begin));
    x += (d * shape.height.input + h) * shape.width.input * kConvBlock;
  }
  const std::size_t padded = padded_taps(shape.depth, shape.depth_pad_end, depth) *
                             padded_taps(shape.height, shape.height_pad_end, height);
  for (std::size_t o = 0; o < shape.width.output; ++o) {
    const Range widths = taps_inside(shape.width, o);
    window.widths = widths.empty() ? 0 : widths.size();
    window.x = x;
    if (window.widths != 0) {
      window.x += static_cast<std::size_t>(shape.width.at(o, widths.begin)) * kConvBlock;
    }
    const std::size_t count = shape.counts_padding
                                  ? padded * padded_taps(shape.width, shape.width_pad_end, o)
                                  : window.depths * window.heights * window.widths;
    store(Kind::finish(pooled<Kind>(window), count), y + o * kConvBlock);
  }
}

template <typename Kind>
void pool(const PoolShape& shape, const float* x, float* y, std::size_t begin, std::size_t end) {
  const std::size_t lines = shape.lines();
  for (std::size_t unit = begin; unit < end; ++unit) {
    pool_row<Kind>(shape, x + unit / lines * shape.in_positions() * kConvBlock,
                   y + unit * shape.width.output * kConvBlock, unit % lines);
  }
}

// Vector j takes positions j, j + 16, ...: the tree of numeric/lanes.h for sixteen channels.
template <typename Kind>
void global_pool(const float* x, float* y, std::size_t positions, std::size_t begin,
                 std::size_t end) {
  for (std::size_t block = begin; block < end; ++block) {
    const float* from = x + block * positions * kConvBlock;
    F32x16 lane[kWide];
    for (F32x16& l : lane) l = set(Kind::kStart);
    std::size_t i = 0;
    for (; i + kWide <= positions; i += kWide) {
      for (std::size_t j = 0; j < kWide; ++j) {
        lane[j] = Kind::combine(lane[j], load(from + (i + j) * kConvBlock));
      }
    }
    for (std::size_t j = 0; i < positions; ++i, ++j) {
      lane[j] = Kind::combine(lane[j], load(from + i * kConvBlock));
    }
    for (std::size_t half = kWide / 2; half != 0; half /= 2) {
      for (std::size_t j = 0; j < half; ++j) lane[j] = Kind::combine(lane[j], lane[j + half]);
    }
    store(Kind::finish(lane[0], positions), y + block * kConvBlock);
  }
}

constexpr PoolKernels kTable = {pool<Max>, pool<Average>, global_pool<Max>, global_pool<Average>};

}  // namespace
const PoolKernels& pool_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(PoolKernels, pool_kernels, pool_table)
}  // namespace slipway
#endif
