#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv/depthwise.cc"
#include "kernels/conv/depthwise.h"

#include <algorithm>
#include <array>

#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"
// clang-format off: after what it is written in
#include "kernels/conv/block_rows-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

template <std::size_t kColumns, std::size_t kStride, bool kHasEdges>
HWY_INLINE void add_taps(const Taps& taps, Tile<kColumns, 1>& tile) {
  const std::size_t step = kStride == 0 ? taps.x_position : kStride * kConvBlock;
  for (std::size_t d = 0; d < taps.depths; ++d) {
    for (std::size_t h = 0; h < taps.heights; ++h) {
      const float* x = taps.x + d * taps.x_depth + h * taps.x_height;
      const float* w = taps.w + d * taps.w_depth + h * taps.w_height;
      for (std::size_t k = 0; k < taps.widths; ++k, x += taps.x_width, w += kConvBlock) {
        const F32x16 weight = load(w);
        const Range outputs = kHasEdges ? taps.outputs[k] : Range{0, kColumns};
        SLIPWAY_UNROLL for (std::size_t p = 0; p < kColumns; ++p) {
          if (kHasEdges && p < kEdge && p < outputs.begin) continue;
          if (kHasEdges && p + kEdge >= kColumns && p >= outputs.end) continue;
          tile.at[p][0] = fma(load(x + p * step), weight, tile.at[p][0]);
        }
      }
    }
  }
}

template <std::size_t kColumns, std::size_t kStride, bool kHasEdges>
void whole_tile(const Taps& taps, const TileOutput& to) {
  Tile<kColumns, 1> tile;
  SLIPWAY_UNROLL for (std::size_t p = 0; p < kColumns; ++p) tile.at[p][0] = zero();
  add_taps<kColumns, kStride, kHasEdges>(taps, tile);
  finish_tile(tile, to);
}

template <std::size_t kStride, bool kHasEdges, std::size_t... kIndex>
constexpr std::array<BlockTile, sizeof...(kIndex)> tiles(std::index_sequence<kIndex...>) {
  return {whole_tile<indexed_columns(kIndex), kStride, kHasEdges>...};
}

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL || HWY_TARGET == HWY_AVX2
// As many sums as leave registers for the weights of a row of taps.
#if HWY_TARGET == HWY_AVX2
inline constexpr std::size_t kWidestTile = 7;
#else
inline constexpr std::size_t kWidestTile = kTileColumns;
#endif

// A kernel kWidth wide at kStride whose first column begins kBefore inputs before the row and whose
// last ends kAfter behind it. Each input is read once for all the columns that it belongs to.
template <std::size_t kColumns, std::size_t kStride, std::size_t kWidth, std::size_t kBefore,
          std::size_t kAfter>
void fixed_tile(const Taps& taps, const TileOutput& to) {
  constexpr std::size_t kInputs = (kColumns - 1) * kStride + kWidth;
  using Part = hn::Vec<DF>;
  Tile<kColumns, 1> tile;
  for (std::size_t part = 0; part < kParts; ++part) {
    Part sums[kColumns];
    SLIPWAY_UNROLL for (std::size_t p = 0; p < kColumns; ++p) sums[p] = hn::Zero(DF());
    for (std::size_t d = 0; d < taps.depths; ++d) {
      const float* x = taps.x + d * taps.x_depth + part * kPartLanes;
      const float* w = taps.w + d * taps.w_depth + part * kPartLanes;
      for (std::size_t h = 0; h < taps.heights; ++h, x += taps.x_height, w += taps.w_height) {
        Part weight[kWidth];
        SLIPWAY_UNROLL for (std::size_t k = 0; k < kWidth; ++k) {
          weight[k] = hn::LoadU(DF(), w + k * kConvBlock);
        }
        _Pragma("GCC unroll 32") for (std::size_t i = kBefore; i < kInputs - kAfter; ++i) {
          Part value = hn::LoadU(DF(), x + i * kConvBlock);
          // Once, and not as an operand of each product: the processor has two loads a cycle.
          __asm__("" : "+v"(value.raw));
          SLIPWAY_UNROLL for (std::size_t k = 0; k < kWidth; ++k) {
            if (k > i || (i - k) % kStride != 0 || (i - k) / kStride >= kColumns) continue;
            Part& sum = sums[(i - k) / kStride];
            sum = hn::MulAdd(value, weight[k], sum);
          }
        }
      }
    }
    SLIPWAY_UNROLL for (std::size_t p = 0; p < kColumns; ++p) tile.at[p][0].part[part] = sums[p];
  }
  finish_tile(tile, to);
}

struct FixedForm {
  std::size_t columns, stride, width;
  std::ptrdiff_t before, after;
  BlockTile tile;

  bool operator==(const FixedForm&) const = default;
};

template <std::size_t kColumns, std::size_t kStride, std::size_t kWidth, std::size_t kBefore,
          std::size_t kAfter>
constexpr FixedForm kFixed = {kColumns, kStride,
                              kWidth,   kBefore,
                              kAfter,   fixed_tile<kColumns, kStride, kWidth, kBefore, kAfter>};

// Rows of a multiple of seven columns, which is what images of 224 have, padded at both ends.
template <std::size_t kColumns>
constexpr std::array<FixedForm, 22> kFixedForms = {
    kFixed<kColumns, 1, 3, 0, 0>, kFixed<kColumns, 1, 3, 1, 0>, kFixed<kColumns, 1, 3, 0, 1>,
    kFixed<kColumns, 1, 3, 1, 1>, kFixed<kColumns, 2, 3, 0, 0>, kFixed<kColumns, 2, 3, 1, 0>,
    kFixed<kColumns, 2, 3, 0, 1>, kFixed<kColumns, 1, 5, 0, 0>, kFixed<kColumns, 1, 5, 2, 0>,
    kFixed<kColumns, 1, 5, 0, 2>, kFixed<kColumns, 1, 5, 2, 2>, kFixed<kColumns, 2, 5, 0, 0>,
    kFixed<kColumns, 2, 5, 2, 0>, kFixed<kColumns, 2, 5, 0, 1>, kFixed<kColumns, 2, 5, 2, 1>,
    kFixed<kColumns, 2, 5, 1, 0>, kFixed<kColumns, 2, 5, 0, 2>, kFixed<kColumns, 2, 5, 1, 2>,
    kFixed<kColumns, 1, 7, 0, 0>, kFixed<kColumns, 1, 7, 3, 0>, kFixed<kColumns, 1, 7, 0, 3>,
    kFixed<kColumns, 1, 7, 3, 3>};

inline BlockTile fixed_form(const ConvShape& shape, std::size_t columns, std::ptrdiff_t before,
                            std::ptrdiff_t after) {
  if (shape.width.dilation != 1 || columns % 7 != 0) return nullptr;
  const std::array<FixedForm, 22>& forms = columns == 7 ? kFixedForms<7> : kFixedForms<kWidestTile>;
  for (const FixedForm& form : forms) {
    const FixedForm wanted = {columns, shape.width.stride, shape.width.kernel, before,
                              after,   form.tile};
    if (form == wanted) return form.tile;
  }
  return nullptr;
}
constexpr FixedTile kFixedForm = fixed_form;
#else
inline constexpr std::size_t kWidestTile = kTileColumns;
constexpr FixedTile kFixedForm = nullptr;
#endif

template <std::size_t kStride, std::size_t kWidest>
BlockTiles depthwise_tiles() {
  static constexpr auto kIndex = std::make_index_sequence<tile_index(kWidest) + 1>();
  static constexpr auto kInside = tiles<kStride, false>(kIndex);
  static constexpr auto kEdged = tiles<kStride, true>(kIndex);
  return {kConvBlock, kWidest, kInside.data(), kEdged.data(), kWidestTile, kFixedForm};
}

void blocked(const ConvShape& shape, const ConvOperands& operands, std::size_t begin,
             std::size_t end) {
  constexpr std::size_t kWidestOfStride = std::min<std::size_t>(kWidestTile, 8);
  const BlockTiles tiles = shape.width.stride == 1 ? depthwise_tiles<1, kWidestTile>()
                                                   : depthwise_tiles<0, kWidestOfStride>();
  convolve_rows(shape, operands, tiles, begin, end);
}

constexpr DepthwiseKernels kTable = {blocked};

}  // namespace
const DepthwiseKernels& depthwise_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {

std::size_t packed_depthwise_floats(const ConvShape& shape) {
  return blocks_of(shape.groups) * shape.kernel_positions() * kConvBlock;
}

void pack_depthwise(const ConvShape& shape, const float* weights, float* packed) {
  const std::size_t positions = shape.kernel_positions();
  std::fill_n(packed, packed_depthwise_floats(shape), 0.0F);
  for (std::size_t c = 0; c < shape.groups; ++c) {
    for (std::size_t k = 0; k < positions; ++k) {
      packed[(c / kConvBlock * positions + k) * kConvBlock + c % kConvBlock] = *weights++;
    }
  }
}

std::size_t depthwise_units(const ConvShape& shape) {
  return shape.batch * blocks_of(shape.groups) * shape.depth.output * shape.height.output;
}

SLIPWAY_KERNELS(DepthwiseKernels, depthwise_kernels, depthwise_table)

}  // namespace slipway
#endif
