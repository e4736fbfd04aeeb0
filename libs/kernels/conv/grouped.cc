#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv/grouped.cc"
#include "kernels/conv/grouped.h"

#include <algorithm>
#include <iterator>

#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"
// clang-format off: after what it is written in
#include "kernels/conv/block_rows-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

// Channel i of each group of kGroup lanes, in all lanes of the group.
#if HWY_TARGET == HWY_SCALAR
template <std::size_t kGroup>
HWY_INLINE F32x16 spread(const float* x, std::size_t i) {
  F32x16 y;
  for (std::size_t j = 0; j < kWide; ++j) y.part[j] = x[j / kGroup * kGroup + i];
  return y;
}
#else
template <std::size_t kGroup>
HWY_INLINE F32x16 spread(const float* x, std::size_t i) {
  const DF d;
  F32x16 y;
  if constexpr (kGroup >= kPartLanes) {
    for (std::size_t part = 0; part < kParts; ++part) {
      y.part[part] = hn::Set(d, x[part * kPartLanes / kGroup * kGroup + i]);
    }
  } else {
    std::int32_t lanes[kPartLanes];
    for (std::size_t j = 0; j < kPartLanes; ++j) {
      lanes[j] = static_cast<std::int32_t>(j / kGroup * kGroup + i);
    }
    const auto indices = hn::SetTableIndices(d, lanes);
    for (std::size_t part = 0; part < kParts; ++part) {
      y.part[part] = hn::TableLookupLanes(hn::LoadU(d, x + part * kPartLanes), indices);
    }
  }
  return y;
}
#endif

template <std::size_t kGroup, std::size_t kColumns>
void grouped_tile(const Taps& taps, const TileOutput& to) {
  Tile<kColumns, 1> tile;
  SLIPWAY_UNROLL for (std::size_t p = 0; p < kColumns; ++p) tile.at[p][0] = zero();
  for (std::size_t d = 0; d < taps.depths; ++d) {
    for (std::size_t h = 0; h < taps.heights; ++h) {
      const float* x = taps.x + d * taps.x_depth + h * taps.x_height;
      const float* w = taps.w + d * taps.w_depth + h * taps.w_height;
      for (std::size_t k = 0; k < taps.widths; ++k, x += taps.x_width) {
        SLIPWAY_UNROLL for (std::size_t i = 0; i < kGroup; ++i, w += kConvBlock) {
          const F32x16 weight = load(w);
          SLIPWAY_UNROLL for (std::size_t p = 0; p < kColumns; ++p) {
            tile.at[p][0] = fma(spread<kGroup>(x + p * taps.x_position, i), weight, tile.at[p][0]);
          }
        }
      }
    }
  }
  finish_tile(tile, to);
}

template <std::size_t kGroup>
BlockTiles grouped_tiles() {
  static constexpr BlockTile kInside[] = {grouped_tile<kGroup, 1>, grouped_tile<kGroup, 2>,
                                          grouped_tile<kGroup, 3>, grouped_tile<kGroup, 4>};
  return {kGroup * kConvBlock, std::size(kInside), kInside, nullptr, 0, nullptr};
}

void blocked(const ConvShape& shape, const ConvOperands& operands, std::size_t begin,
             std::size_t end) {
  const BlockTiles tiles = shape.in_channels == 2   ? grouped_tiles<2>()
                           : shape.in_channels == 4 ? grouped_tiles<4>()
                                                    : grouped_tiles<8>();
  convolve_rows(shape, operands, tiles, begin, end);
}

constexpr GroupedKernels kTable = {blocked};

}  // namespace
const GroupedKernels& grouped_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {

std::size_t packed_grouped_floats(const ConvShape& shape) {
  return blocks_of(shape.groups * shape.out_channels) * shape.kernel_positions() *
         shape.in_channels * kConvBlock;
}

void pack_grouped(const ConvShape& shape, const float* weights, float* packed) {
  const std::size_t positions = shape.kernel_positions();
  std::fill_n(packed, packed_grouped_floats(shape), 0.0F);
  for (std::size_t o = 0; o < shape.groups * shape.out_channels; ++o) {
    for (std::size_t i = 0; i < shape.in_channels; ++i) {
      for (std::size_t k = 0; k < positions; ++k) {
        const std::size_t row = (o / kConvBlock * positions + k) * shape.in_channels + i;
        packed[row * kConvBlock + o % kConvBlock] = *weights++;
      }
    }
  }
}

std::size_t grouped_units(const ConvShape& shape) {
  return shape.batch * blocks_of(shape.groups * shape.out_channels) * shape.depth.output *
         shape.height.output;
}

SLIPWAY_KERNELS(GroupedKernels, grouped_kernels, grouped_table)

}  // namespace slipway
#endif
