#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/pool/byte_pool.cc"
#include "kernels/pool/byte_pool.h"

#include <algorithm>

#define SLIPWAY_INT8_TARGETS
#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"
// clang-format off: after what it is written in
#include "kernels/simd/bytes-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

// Sixteen unsigned bytes.
#if HWY_TARGET == HWY_SCALAR
struct Lanes {
  std::uint8_t v[kWide];
};
HWY_INLINE Lanes no_lanes() { return {}; }
HWY_INLINE Lanes greater_lanes(Lanes a, const std::uint8_t* b) {
  for (std::size_t i = 0; i < kWide; ++i) a.v[i] = a.v[i] < b[i] ? b[i] : a.v[i];
  return a;
}
HWY_INLINE void store_lanes(Lanes a, std::uint8_t* to) { std::memcpy(to, a.v, sizeof(a.v)); }
#else
using DB = hn::CappedTag<std::uint8_t, kWide>;
struct Lanes {
  hn::Vec<DB> v;
};
HWY_INLINE Lanes no_lanes() { return {hn::Zero(DB())}; }
HWY_INLINE Lanes greater_lanes(Lanes a, const std::uint8_t* b) {
  return {hn::Max(a.v, hn::LoadU(DB(), b))};
}
HWY_INLINE void store_lanes(Lanes a, std::uint8_t* to) { hn::StoreU(a.v, DB(), to); }
#endif

void pool_row(const PoolShape& shape, const std::uint8_t* x, std::uint8_t* y, std::size_t line) {
  const std::size_t depth = line / shape.height.output;
  const std::size_t height = line % shape.height.output;
  const Range depths = taps_inside(shape.depth, depth);
  const Range heights = taps_inside(shape.height, height);
  const bool has_taps = !depths.empty() && !heights.empty();
  const std::size_t x_width = shape.width.dilation * kConvBlock;
  const std::size_t x_height = shape.height.dilation * shape.width.input * kConvBlock;
  const std::size_t x_depth =
      shape.depth.dilation * shape.height.input * shape.width.input * kConvBlock;
  if (has_taps) {
    const auto d = static_cast<std::size_t>(shape.depth.at(depth, depths.begin));
    const auto h = static_cast<std::size_t>(shape.height.at(height, heights.begin));
    x += (d * shape.height.input + h) * shape.width.input * kConvBlock;
  }
  for (std::size_t o = 0; o < shape.width.output; ++o) {
    const Range widths = taps_inside(shape.width, o);
    Lanes most = no_lanes();
    if (has_taps && !widths.empty()) {
      const std::uint8_t* const first =
          x + static_cast<std::size_t>(shape.width.at(o, widths.begin)) * kConvBlock;
      for (std::size_t d = 0; d < depths.size(); ++d) {
        for (std::size_t h = 0; h < heights.size(); ++h) {
          const std::uint8_t* from = first + d * x_depth + h * x_height;
          for (std::size_t k = 0; k < widths.size(); ++k, from += x_width)
            most = greater_lanes(most, from);
        }
      }
    }
    store_lanes(most, y + o * kConvBlock);
  }
}

void max_pool(const PoolShape& shape, const std::uint8_t* x, std::uint8_t* y, std::size_t begin,
              std::size_t end) {
  const std::size_t lines = shape.lines();
  for (std::size_t unit = begin; unit < end; ++unit) {
    pool_row(shape, x + unit / lines * shape.in_positions() * kConvBlock,
             y + unit * shape.width.output * kConvBlock, unit % lines);
  }
}

// Vector j takes positions j, j + 16, ...: the tree of numeric/lanes.h for sixteen channels.
void global_average(const ByteAverage& average, const std::uint8_t* x, std::uint8_t* y,
                    std::size_t positions, std::size_t begin, std::size_t end) {
  const I32x16 x_zero = set_i32(average.x_zero);
  const F32x16 x_scale = set(average.x_scale);
  for (std::size_t block = begin; block < end; ++block) {
    const std::uint8_t* from = x + block * positions * kConvBlock;
    F32x16 lane[kWide];
    for (F32x16& l : lane) l = zero();
    for (std::size_t i = 0; i < positions; i += kWide) {
      const std::size_t count = std::min(kWide, positions - i);
      for (std::size_t j = 0; j < count; ++j, from += kConvBlock)
        lane[j] = add(lane[j], mul(to_float(sub(load_u8(from), x_zero)), x_scale));
    }
    for (std::size_t half = kWide / 2; half != 0; half /= 2) {
      for (std::size_t j = 0; j < half; ++j) lane[j] = add(lane[j], lane[j + half]);
    }
    const F32x16 mean = div(lane[0], set(static_cast<float>(positions)));
    store_bytes(saturated_bytes(div(mean, set(average.y_scale)), average.y_zero),
                y + block * kConvBlock);
  }
}

constexpr BytePoolKernels kTable = {max_pool, global_average};

}  // namespace
const BytePoolKernels& byte_pool_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(BytePoolKernels, byte_pool_kernels, byte_pool_table)
}  // namespace slipway
#endif
