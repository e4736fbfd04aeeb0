#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/pool/pool.cc"
#include "kernels/pool/pool.h"

#include <algorithm>
#include <limits>

#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"
#include "kernels/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

// What is known of a window so far.
struct Max {
  F32x16 best;
  M16 nan;

  HWY_INLINE static Max start() { return {set(-kInf), greater(zero(), zero())}; }
  HWY_INLINE void take(F32x16 x) {
    best = raise(best, x);
    nan = either(nan, is_nan(x));
  }
  HWY_INLINE void take(const Max& later) {
    best = raise(best, later.best);
    nan = either(nan, later.nan);
  }
  HWY_INLINE F32x16 finish(std::size_t) const {
    return select(nan, set(std::numeric_limits<float>::quiet_NaN()), best);
  }
};
struct Average {
  F32x16 sum;

  HWY_INLINE static Average start() { return {zero()}; }
  HWY_INLINE void take(F32x16 x) { sum = add(sum, x); }
  HWY_INLINE void take(const Average& later) { sum = add(sum, later.sum); }
  HWY_INLINE F32x16 finish(std::size_t count) const {
    return count == 0 ? zero() : div(sum, set(static_cast<float>(count)));
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

template <typename Kind, std::size_t kWidths>
HWY_INLINE F32x16 pooled(const Window& window, std::size_t count) {
  Kind kind = Kind::start();
  for (std::size_t d = 0; d < window.depths; ++d) {
    for (std::size_t h = 0; h < window.heights; ++h) {
      const float* x = window.x + d * window.x_depth + h * window.x_height;
      for (std::size_t k = 0; k < (kWidths == 0 ? window.widths : kWidths); ++k) {
        kind.take(load(x));
        x += window.x_width;
      }
    }
  }
  return kind.finish(count);
}

// Outputs [first, end) of a row, all of whose taps along the width are there.
template <typename Kind, std::size_t kWidths>
void pool_inside(Window window, std::size_t step, std::size_t count, float* y,
                 std::size_t outputs) {
  for (std::size_t o = 0; o < outputs; ++o, window.x += step, y += kConvBlock)
    store(pooled<Kind, kWidths>(window, count), y);
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
  const auto single = [&](std::size_t o) HWY_ATTR {
    const Range widths = taps_inside(shape.width, o);
    window.widths = widths.empty() ? 0 : widths.size();
    window.x = x;
    if (window.widths != 0) {
      window.x += static_cast<std::size_t>(shape.width.at(o, widths.begin)) * kConvBlock;
    }
    const std::size_t count = shape.counts_padding
                                  ? padded * padded_taps(shape.width, shape.width_pad_end, o)
                                  : window.depths * window.heights * window.widths;
    store(pooled<Kind, 0>(window, count), y + o * kConvBlock);
  };
  std::size_t o = 0;
  for (; o < shape.width.output && shape.width.at(o, 0) < 0; ++o) single(o);
  const Range whole =
      outputs_inside(shape.width, o, shape.width.output - o, shape.width.kernel - 1);
  if (whole.begin == 0 && !whole.empty()) {
    window.widths = shape.width.kernel;
    window.x = x + static_cast<std::size_t>(shape.width.at(o, 0)) * kConvBlock;
    const std::size_t count =
        (shape.counts_padding ? padded : window.depths * window.heights) * window.widths;
    const auto inside = window.widths == 3   ? pool_inside<Kind, 3>
                        : window.widths == 2 ? pool_inside<Kind, 2>
                                             : pool_inside<Kind, 0>;
    inside(window, shape.width.stride * kConvBlock, count, y + o * kConvBlock, whole.end);
    o += whole.end;
  }
  for (; o < shape.width.output; ++o) single(o);
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
    Kind lane[kWide];
    for (Kind& l : lane) l = Kind::start();
    std::size_t i = 0;
    for (; i + kWide <= positions; i += kWide) {
      for (std::size_t j = 0; j < kWide; ++j) {
        lane[j].take(load(from + (i + j) * kConvBlock));
      }
    }
    for (std::size_t j = 0; i < positions; ++i, ++j) {
      lane[j].take(load(from + i * kConvBlock));
    }
    for (std::size_t half = kWide / 2; half != 0; half /= 2) {
      for (std::size_t j = 0; j < half; ++j) lane[j].take(lane[j + half]);
    }
    store(lane[0].finish(positions), y + block * kConvBlock);
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
