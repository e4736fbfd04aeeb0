#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv/depthwise.cc"
#include "kernels/conv/depthwise.h"

#include <algorithm>

#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"
// clang-format off: after what it is written in
#include "kernels/conv/tile-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

// Outputs of a tile at each end that some taps may miss.
inline constexpr std::size_t kEdge = 2;

// Taps of neighbouring outputs; steps in floats.
struct Taps {
  const float* x;
  const float* w;
  std::size_t depths, heights, widths;
  std::size_t x_depth, x_height, x_width, x_position;
  std::size_t w_depth, w_height;
  const Range* outputs;  // that tap k of the width reaches; null: all
};

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

using DepthwiseTile = void (*)(const Taps&, const TileOutput&);

template <std::size_t kStride, bool kHasEdges, std::size_t... kIndex>
constexpr std::array<DepthwiseTile, sizeof...(kIndex)> tiles(std::index_sequence<kIndex...>) {
  return {whole_tile<indexed_columns(kIndex), kStride, kHasEdges>...};
}

// Entry: tile_index of the columns.
template <std::size_t kStride>
struct DepthwiseTiles {
  static constexpr auto kIndex = std::make_index_sequence<tile_index(kTileColumns) + 1>();
  static constexpr auto kInside = tiles<kStride, false>(kIndex);
  static constexpr auto kEdged = tiles<kStride, true>(kIndex);
};

// One row after another, of the block of channels that the operands stand at.
template <std::size_t kStride>
class DepthwiseRows {
 public:
  DepthwiseRows(const ConvShape& shape, const ConvOperands& at) : shape_(shape), at_(at) {
    taps_.x_position = shape.width.stride * kConvBlock;
    taps_.x_width = shape.width.dilation * kConvBlock;
    taps_.x_height = shape.height.dilation * shape.width.input * kConvBlock;
    taps_.x_depth = shape.depth.dilation * shape.height.input * shape.width.input * kConvBlock;
    taps_.w_height = shape.width.kernel * kConvBlock;
    taps_.w_depth = shape.height.kernel * taps_.w_height;
    to_.bias = at.bias;
    to_.block = 0;
    to_.clamp = clamp_of(at.activation);
  }

  void row(std::size_t line) {
    const std::size_t depth = line / shape_.height.output;
    const std::size_t height = line % shape_.height.output;
    const Range depths = taps_inside(shape_.depth, depth);
    const Range heights = taps_inside(shape_.height, height);
    const bool has_taps = !depths.empty() && !heights.empty();
    taps_.depths = has_taps ? depths.size() : 0;
    taps_.heights = has_taps ? heights.size() : 0;
    x_ = at_.x;
    w_ = at_.weights;
    if (has_taps) {
      const auto d = static_cast<std::size_t>(shape_.depth.at(depth, depths.begin));
      const auto h = static_cast<std::size_t>(shape_.height.at(height, heights.begin));
      x_ += (d * shape_.height.input + h) * shape_.width.input * kConvBlock;
      w_ += depths.begin * taps_.w_depth + heights.begin * taps_.w_height;
    }
    out_ = line * shape_.width.output;
    for (std::size_t first = 0; first < shape_.width.output;) {
      const std::size_t columns = first_tile<kTileColumns>(shape_.width.output - first);
      tile(first, columns);
      first += columns;
    }
    finish_row();
  }

 private:
  void tile(std::size_t first, std::size_t columns) {
    const ConvAxis& width = shape_.width;
    taps_.w = w_;
    taps_.widths = width.kernel;
    if (width.at(first, 0) >= 0 && width.at(first + columns - 1, width.kernel - 1) <
                                       static_cast<std::ptrdiff_t>(width.input)) {
      place(first, width.at(first, 0));
      return DepthwiseTiles<kStride>::kInside[tile_index(columns)](taps_, to_);
    }
    Range outputs[kMostEdgeTaps];
    bool is_edged = width.kernel <= kMostEdgeTaps;
    for (std::size_t k = 0; is_edged && k < width.kernel; ++k) {
      outputs[k] = outputs_inside(width, first, columns, k);
      is_edged = outputs[k].begin <= kEdge && outputs[k].end + kEdge >= columns;
    }
    if (!is_edged) return single_outputs(first, columns);
    taps_.outputs = outputs;
    place(first, width.at(first, 0));
    DepthwiseTiles<kStride>::kEdged[tile_index(columns)](taps_, to_);
  }

  // Each with the taps of its own.
  void single_outputs(std::size_t first, std::size_t columns) {
    for (std::size_t o = first; o < first + columns; ++o) {
      const Range taps = taps_inside(shape_.width, o);
      taps_.w = w_ + taps.begin * kConvBlock;
      taps_.widths = taps.empty() ? 0 : taps.size();
      place(o, taps.empty() ? 0 : shape_.width.at(o, taps.begin));
      DepthwiseTiles<kStride>::kInside[0](taps_, to_);
    }
  }

  // The first tap of a tile may lie before the row; it is then not read.
  void place(std::size_t output, std::ptrdiff_t input) {
    taps_.x = x_ + input * static_cast<std::ptrdiff_t>(kConvBlock);
    to_.y = at_.y + (out_ + output) * kConvBlock;
    const bool is_first = at_.residual != nullptr && !at_.residual_is_last;
    to_.residual = is_first ? at_.residual + (out_ + output) * kConvBlock : nullptr;
  }

  // What a clamp cannot do in registers.
  void finish_row() {
    float* y = at_.y + out_ * kConvBlock;
    const std::size_t count = shape_.width.output * kConvBlock;
    if (!is_clamp(at_.activation)) activate_row(y, count, at_.activation);
    if (at_.residual == nullptr || !at_.residual_is_last) return;
    const float* residual = at_.residual + out_ * kConvBlock;
    for (std::size_t i = 0; i < count; i += kWide) {
      store(add(load(y + i), load(residual + i)), y + i);
    }
  }

  const ConvShape& shape_;
  const ConvOperands& at_;
  Taps taps_{};
  TileOutput to_{};
  const float* x_ = nullptr;
  const float* w_ = nullptr;
  std::size_t out_ = 0;
};

template <std::size_t kStride>
void convolve_rows(const ConvShape& shape, const ConvOperands& operands, std::size_t begin,
                   std::size_t end) {
  const std::size_t lines = shape.depth.output * shape.height.output;
  const std::size_t blocks = blocks_of(shape.groups);
  for (std::size_t unit = begin; unit < end;) {
    const std::size_t image = unit / lines;  // and block
    ConvOperands at = operands;
    const std::size_t y_block = image * shape.out_positions() * kConvBlock;
    at.x += image * shape.in_positions() * kConvBlock;
    at.weights += image % blocks * shape.kernel_positions() * kConvBlock;
    if (at.bias != nullptr) at.bias += image % blocks * kConvBlock;
    if (at.residual != nullptr) at.residual += y_block;
    at.y += y_block;
    DepthwiseRows<kStride> rows(shape, at);
    const std::size_t stop = std::min(end, (image + 1) * lines);
    for (; unit < stop; ++unit) rows.row(unit - image * lines);
  }
}

void blocked(const ConvShape& shape, const ConvOperands& operands, std::size_t begin,
             std::size_t end) {
  if (shape.width.stride == 1) return convolve_rows<1>(shape, operands, begin, end);
  if (shape.width.stride == 2) return convolve_rows<2>(shape, operands, begin, end);
  convolve_rows<0>(shape, operands, begin, end);
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
