#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv/byte_depthwise.cc"
#include "kernels/conv/byte_depthwise.h"

#include <algorithm>

#define SLIPWAY_INT8_TARGETS
#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"
// clang-format off: after what it is written in
#include "kernels/conv/byte_tile-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_AVX3_DL
inline constexpr std::size_t kWidest = 14;
#elif HWY_TARGET == HWY_SCALAR
inline constexpr std::size_t kWidest = 2;
#else
inline constexpr std::size_t kWidest = 4;
#endif

// Outputs of a tile at each end that some taps may miss.
inline constexpr std::size_t kEdge = 2;

// Taps of neighbouring outputs; steps in bytes.
struct Taps {
  const std::uint8_t* x;
  const std::int8_t* w;
  const std::int32_t* start;  // [columns, or 1][16]
  std::size_t start_column;   // 0: the same for every column
  std::size_t depths, heights, widths;
  std::size_t x_depth, x_height, x_width, x_position;
  std::size_t w_depth, w_height;
  const Range* outputs;  // that tap k of the width reaches, where the tile has edges
};

template <std::size_t kColumns, std::size_t kStride, bool kHasEdges>
void depthwise_tile(const Taps& taps, const ByteOutput& to) {
  const std::size_t step = kStride == 0 ? taps.x_position : kStride * kConvBlock;
  I32x16 tile[kColumns];
  SLIPWAY_UNROLL for (std::size_t p = 0; p < kColumns; ++p) {
    tile[p] = load_i32(taps.start + p * taps.start_column);
  }
  for (std::size_t d = 0; d < taps.depths; ++d) {
    for (std::size_t h = 0; h < taps.heights; ++h) {
      const std::uint8_t* x = taps.x + d * taps.x_depth + h * taps.x_height;
      const std::int8_t* w = taps.w + d * taps.w_depth + h * taps.w_height;
      for (std::size_t k = 0; k < taps.widths; ++k, x += taps.x_width, w += kConvBlock) {
        const I32x16 weight = load_s8(w);
        const Range outputs = kHasEdges ? taps.outputs[k] : Range{0, kColumns};
        SLIPWAY_UNROLL for (std::size_t p = 0; p < kColumns; ++p) {
          if (kHasEdges && p < kEdge && p < outputs.begin) continue;
          if (kHasEdges && p + kEdge >= kColumns && p >= outputs.end) continue;
          tile[p] = add_product(tile[p], load_u8(x + p * step), weight);
        }
      }
    }
  }
  std::int32_t sums[kColumns * kConvBlock];
  SLIPWAY_UNROLL for (std::size_t p = 0; p < kColumns; ++p) {
    store_i32(tile[p], sums + p * kConvBlock);
  }
  finish_bytes<1>(sums, kColumns, to);
}

using DepthwiseTile = void (*)(const Taps&, const ByteOutput&);

template <std::size_t kStride, bool kHasEdges, std::size_t... kIndex>
constexpr std::array<DepthwiseTile, sizeof...(kIndex)> tiles(std::index_sequence<kIndex...>) {
  return {depthwise_tile<indexed_columns(kIndex), kStride, kHasEdges>...};
}

// Entry: tile_index of the columns.
template <std::size_t kStride>
struct DepthwiseTiles {
  static constexpr auto kIndex = std::make_index_sequence<tile_index(kWidest) + 1>();
  static constexpr auto kInside = tiles<kStride, false>(kIndex);
  static constexpr auto kEdged = tiles<kStride, true>(kIndex);
};

// One row after another, of the block of channels that the operands stand at.
template <std::size_t kStride>
class DepthwiseRows {
 public:
  DepthwiseRows(const ConvShape& shape, const ByteConvOperands& at) : shape_(shape), at_(at) {
    taps_.x_position = shape.width.stride * kConvBlock;
    taps_.x_width = shape.width.dilation * kConvBlock;
    taps_.x_height = shape.height.dilation * shape.width.input * kConvBlock;
    taps_.x_depth = shape.depth.dilation * shape.height.input * shape.width.input * kConvBlock;
    taps_.w_height = shape.width.kernel * kConvBlock;
    taps_.w_depth = shape.height.kernel * taps_.w_height;
    to_.multiplier = at.multiplier;
    to_.block = 0;
    to_.range = {at.y_zero, at.low, at.high};
    to_.residual = at.residual;
  }

  void row(std::size_t line) {
    const std::size_t depth = line / shape_.height.output;
    const std::size_t height = line % shape_.height.output;
    Range depths = taps_inside(shape_.depth, depth);
    Range heights = taps_inside(shape_.height, height);
    x_ = at_.x;
    if (depths.empty() || heights.empty()) {
      depths = heights = Range{};
    } else {
      const auto d = static_cast<std::size_t>(shape_.depth.at(depth, depths.begin));
      const auto h = static_cast<std::size_t>(shape_.height.at(height, heights.begin));
      x_ += (d * shape_.height.input + h) * shape_.width.input * kConvBlock;
    }
    w_ = at_.weights + depths.begin * taps_.w_depth + heights.begin * taps_.w_height;
    taps_.depths = depths.size();
    taps_.heights = heights.size();
    out_ = line * shape_.width.output;
    set_start({0, shape_.width.kernel}, inside_start_);
    for (std::size_t first = 0; first < shape_.width.output;) {
      const std::size_t columns = first_tile<kWidest>(shape_.width.output - first);
      tile(first, columns);
      first += columns;
    }
  }

 private:
  // bias - zero point * weights of the taps.
  void set_start(Range widths, std::int32_t* start) const {
    I32x16 sum = at_.bias == nullptr ? set_i32(0) : load_i32(at_.bias);
    const I32x16 zero = set_i32(at_.x_zero);
    I32x16 products = set_i32(0);
    for (std::size_t d = 0; d < taps_.depths; ++d) {
      for (std::size_t h = 0; h < taps_.heights; ++h) {
        const std::int8_t* w = w_ + d * taps_.w_depth + h * taps_.w_height;
        for (std::size_t k = widths.begin; k < widths.end; ++k) {
          products = add_product(products, zero, load_s8(w + k * kConvBlock));
        }
      }
    }
    store_i32(sub(sum, products), start);
  }

  void tile(std::size_t first, std::size_t columns) {
    const ConvAxis& width = shape_.width;
    taps_.w = w_;
    taps_.widths = width.kernel;
    taps_.start = inside_start_;
    taps_.start_column = 0;
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
    for (std::size_t p = 0; p < columns; ++p) {
      const Range taps = taps_inside(width, first + p);
      std::int32_t* to = edged_start_ + p * kConvBlock;
      if (taps.size() == width.kernel) {
        std::copy_n(inside_start_, kConvBlock, to);
      } else {
        set_start(taps, to);
      }
    }
    taps_.start = edged_start_;
    taps_.start_column = kConvBlock;
    taps_.outputs = outputs;
    place(first, width.at(first, 0));
    DepthwiseTiles<kStride>::kEdged[tile_index(columns)](taps_, to_);
  }

  // Each with the taps of its own.
  void single_outputs(std::size_t first, std::size_t columns) {
    taps_.start = edged_start_;
    for (std::size_t o = first; o < first + columns; ++o) {
      const Range taps = taps_inside(shape_.width, o);
      set_start(taps, edged_start_);
      taps_.w = w_ + taps.begin * kConvBlock;
      taps_.widths = taps.empty() ? 0 : taps.size();
      place(o, taps.empty() ? 0 : shape_.width.at(o, taps.begin));
      DepthwiseTiles<kStride>::kInside[0](taps_, to_);
    }
  }

  // The first tap of a tile may lie before the row; it is then not read.
  void place(std::size_t output, std::ptrdiff_t input) {
    const std::size_t at = (out_ + output) * kConvBlock;
    taps_.x = x_ + input * static_cast<std::ptrdiff_t>(kConvBlock);
    to_.y = at_.y + at;
    if (at_.residual.r != nullptr) to_.residual.r = at_.residual.r + at;
  }

  const ConvShape& shape_;
  const ByteConvOperands& at_;
  Taps taps_{};
  ByteOutput to_{};
  const std::uint8_t* x_ = nullptr;
  const std::int8_t* w_ = nullptr;
  std::size_t out_ = 0;
  std::int32_t inside_start_[kConvBlock];
  std::int32_t edged_start_[kWidest * kConvBlock];
};

template <std::size_t kStride>
void convolve_rows(const ConvShape& shape, const ByteConvOperands& operands, std::size_t begin,
                   std::size_t end) {
  const std::size_t lines = shape.depth.output * shape.height.output;
  const std::size_t blocks = blocks_of(shape.groups);
  for (std::size_t unit = begin; unit < end;) {
    const std::size_t image = unit / lines;  // and block
    ByteConvOperands at = operands;
    const std::size_t y_block = image * shape.out_positions() * kConvBlock;
    at.x += image * shape.in_positions() * kConvBlock;
    at.weights += image % blocks * shape.kernel_positions() * kConvBlock;
    if (at.bias != nullptr) at.bias += image % blocks * kConvBlock;
    at.multiplier += image % blocks * kConvBlock;
    if (at.residual.r != nullptr) at.residual.r += y_block;
    at.y += y_block;
    DepthwiseRows<kStride> rows(shape, at);
    const std::size_t stop = std::min(end, (image + 1) * lines);
    for (; unit < stop; ++unit) rows.row(unit - image * lines);
  }
}

void blocked(const ConvShape& shape, const ByteConvOperands& operands, std::size_t begin,
             std::size_t end) {
  if (shape.width.stride == 1) return convolve_rows<1>(shape, operands, begin, end);
  convolve_rows<0>(shape, operands, begin, end);
}

constexpr ByteDepthwiseKernels kTable = {blocked};

}  // namespace
const ByteDepthwiseKernels& byte_depthwise_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {

std::size_t packed_byte_depthwise_bytes(const ConvShape& shape) {
  return blocks_of(shape.groups) * shape.kernel_positions() * kConvBlock;
}

void pack_byte_depthwise(const ConvShape& shape, const std::int8_t* weights, std::int8_t* packed) {
  const std::size_t positions = shape.kernel_positions();
  std::fill_n(packed, packed_byte_depthwise_bytes(shape), std::int8_t{0});
  for (std::size_t c = 0; c < shape.groups; ++c) {
    for (std::size_t k = 0; k < positions; ++k) {
      packed[(c / kConvBlock * positions + k) * kConvBlock + c % kConvBlock] = *weights++;
    }
  }
}

SLIPWAY_KERNELS(ByteDepthwiseKernels, byte_depthwise_kernels, byte_depthwise_table)

}  // namespace slipway
#endif
