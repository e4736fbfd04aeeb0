#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv/byte_depthwise.cc"
#include "kernels/conv/byte_depthwise.h"

#include <algorithm>

#define SLIPWAY_INT8_TARGETS
#define SLIPWAY_HAS_DOT
#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"
// clang-format off: after what it is written in
#include "kernels/conv/byte_depthwise_3x3-inl.h"
#include "kernels/conv/byte_tile-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

#ifndef SLIPWAY_DOT
// Outputs of a tile, tap by tap and by fours of taps.
#if HWY_TARGET == HWY_AVX3_DL
inline constexpr std::size_t kWidestByTaps = 7;
inline constexpr std::size_t kWidest = 14;
#elif HWY_TARGET == HWY_SCALAR
inline constexpr std::size_t kWidestByTaps = 2;
inline constexpr std::size_t kWidest = 2;
#else
inline constexpr std::size_t kWidestByTaps = 4;
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
  // Where the tile has edges and taps go by fours: which bytes of four of them are there for output
  // p, [fours of taps][kWidest].
  const std::uint64_t* there;
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

#if HWY_TARGET == HWY_AVX3_DL
inline constexpr bool kTapsGoByFours = true;
inline constexpr std::size_t kFourTaps = 4 * kConvBlock;

// Sixteen bytes of each of up to four neighbouring positions, those of a channel side by side.
HWY_INLINE __m512i load_positions(std::uint64_t there, const void* from) {
  alignas(64) static constexpr std::uint8_t kOrder[64] = {
      0,  16, 32, 48, 1,  17, 33, 49, 2,  18, 34, 50, 3,  19, 35, 51, 4,  20, 36, 52, 5,  21,
      37, 53, 6,  22, 38, 54, 7,  23, 39, 55, 8,  24, 40, 56, 9,  25, 41, 57, 10, 26, 42, 58,
      11, 27, 43, 59, 12, 28, 44, 60, 13, 29, 45, 61, 14, 30, 46, 62, 15, 31, 47, 63};
  return _mm512_permutexvar_epi8(_mm512_load_si512(kOrder), _mm512_maskz_loadu_epi8(there, from));
}

// Without dilation: four taps of the width in one instruction. Bytes that are not there are read as
// 0, which is what leaves a tap out.
template <std::size_t kColumns, std::size_t kStride, bool kHasEdges>
void fours_tile(const Taps& taps, const ByteOutput& to) {
  const std::size_t step = kStride == 0 ? taps.x_position : kStride * kConvBlock;
  ByteSums tile[kColumns];
  SLIPWAY_UNROLL for (std::size_t p = 0; p < kColumns; ++p) {
    tile[p] = start_sums(taps.start + p * taps.start_column);
  }
  for (std::size_t d = 0; d < taps.depths; ++d) {
    for (std::size_t h = 0; h < taps.heights; ++h) {
      const std::uint8_t* x = taps.x + d * taps.x_depth + h * taps.x_height;
      const std::int8_t* w = taps.w + d * taps.w_depth + h * taps.w_height;
      for (std::size_t k = 0; k < taps.widths; k += 4, x += kFourTaps, w += kFourTaps) {
        const std::size_t left = taps.widths - k;
        const std::uint64_t all =
            left >= 4 ? ~std::uint64_t{0} : (std::uint64_t{1} << (left * kConvBlock)) - 1;
        const AnyBytes::Weights weights = {load_positions(all, w)};
        SLIPWAY_UNROLL for (std::size_t p = 0; p < kColumns; ++p) {
          const std::uint64_t there = kHasEdges ? taps.there[k / 4 * kWidest + p] : all;
          tile[p] = AnyBytes::dot(tile[p], {load_positions(there, x + p * step)}, weights);
        }
      }
    }
  }
  std::int32_t sums[kColumns * kConvBlock];
  SLIPWAY_UNROLL for (std::size_t p = 0; p < kColumns; ++p) {
    store_i32(finished(tile[p]), sums + p * kConvBlock);
  }
  finish_bytes<1>(sums, kColumns, to);
}
#else
inline constexpr bool kTapsGoByFours = false;
template <std::size_t kColumns, std::size_t kStride, bool kHasEdges>
constexpr void (*fours_tile)(const Taps&, const ByteOutput&) = nullptr;
#endif

using DepthwiseTile = void (*)(const Taps&, const ByteOutput&);

template <std::size_t kStride, bool kHasEdges, std::size_t... kIndex>
constexpr std::array<DepthwiseTile, sizeof...(kIndex)> tiles(std::index_sequence<kIndex...>) {
  return {depthwise_tile<indexed_columns(kIndex), kStride, kHasEdges>...};
}

template <std::size_t kStride, bool kHasEdges, std::size_t... kIndex>
constexpr std::array<DepthwiseTile, sizeof...(kIndex)> fours_tiles(std::index_sequence<kIndex...>) {
  return {fours_tile<indexed_columns(kIndex), kStride, kHasEdges>...};
}

// Entry: tile_index of the columns.
struct DepthwiseKernels {
  std::size_t columns;  // of the widest
  const DepthwiseTile* inside;
  const DepthwiseTile* edged;
};

template <std::size_t kStride>
DepthwiseKernels depthwise_kernels(bool by_fours) {
  static constexpr auto kIndex = std::make_index_sequence<tile_index(kWidestByTaps) + 1>();
  static constexpr auto kInside = tiles<kStride, false>(kIndex);
  static constexpr auto kEdged = tiles<kStride, true>(kIndex);
  if (!by_fours) return {kWidestByTaps, kInside.data(), kEdged.data()};
  static constexpr auto kFoursIndex = std::make_index_sequence<tile_index(kWidest) + 1>();
  static constexpr auto kInsideByFours = fours_tiles<kStride, false>(kFoursIndex);
  static constexpr auto kEdgedByFours = fours_tiles<kStride, true>(kFoursIndex);
  return {kWidest, kInsideByFours.data(), kEdgedByFours.data()};
}

// One row after another, of the block of channels that the operands stand at.
class DepthwiseRows {
 public:
  DepthwiseRows(const ConvShape& shape, const ByteConvOperands& at)
      : shape_(shape),
        at_(at),
        by_fours_(kTapsGoByFours && shape.width.dilation == 1 &&
                  shape.width.kernel <= kMostEdgeTaps),
        kernels_(shape.width.stride == 1 ? depthwise_kernels<1>(by_fours_)
                                         : depthwise_kernels<0>(by_fours_)) {
    taps_.x_position = shape.width.stride * kConvBlock;
    taps_.x_width = shape.width.dilation * kConvBlock;
    taps_.x_height = shape.height.dilation * shape.width.input * kConvBlock;
    taps_.x_depth = shape.depth.dilation * shape.height.input * shape.width.input * kConvBlock;
    taps_.w_height = shape.width.kernel * kConvBlock;
    taps_.w_depth = shape.height.kernel * taps_.w_height;
    to_.multiplier = at.multiplier;
    to_.float_bias = at.float_bias;
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
    const bool is_as_before = depths == depths_ && heights == heights_;
    depths_ = depths;
    heights_ = heights;
    taps_.depths = depths.size();
    taps_.heights = heights.size();
    out_ = line * shape_.width.output;
    if (!is_as_before) {
      set_start({0, shape_.width.kernel}, inside_start_);
      for (Edge& edge : edges_) edge.first = kNoTile;
    }
    for (std::size_t first = 0; first < shape_.width.output;) {
      const std::size_t columns = first_tile(shape_.width.output - first, kernels_.columns);
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
      return kernels_.inside[tile_index(columns)](taps_, to_);
    }
    if (by_fours_) return edge_by_fours(first, columns);
    Range outputs[kMostEdgeTaps];
    bool is_edged = width.kernel <= kMostEdgeTaps;
    for (std::size_t k = 0; is_edged && k < width.kernel; ++k) {
      outputs[k] = outputs_inside(width, first, columns, k);
      is_edged = outputs[k].begin <= kEdge && outputs[k].end + kEdge >= columns;
    }
    if (!is_edged) return single_outputs(first, columns);
    set_edge(first, columns);
    taps_.outputs = outputs;
    place(first, width.at(first, 0));
    kernels_.edged[tile_index(columns)](taps_, to_);
  }

  // All the taps of output o lie inside the input.
  bool is_inside(std::size_t o) const {
    const ConvAxis& width = shape_.width;
    return width.at(o, 0) >= 0 &&
           width.at(o, width.kernel - 1) < static_cast<std::ptrdiff_t>(width.input);
  }

  // What the tile at output `first` starts from and, by fours, which bytes it reads: that of the
  // row before where this one has the same taps.
  struct Edge {
    std::size_t first = kNoTile;
    std::int32_t start[kWidest * kConvBlock];
    std::uint64_t there[kMostEdgeTaps / 4 * kWidest];
  };
  static constexpr std::size_t kNoTile = ~std::size_t{0};

  void set_edge(std::size_t first, std::size_t columns) {
    Edge& edge = edges_[first == 0 ? 0 : 1];
    taps_.start = edge.start;
    taps_.start_column = kConvBlock;
    taps_.there = edge.there;
    if (edge.first == first) return;
    edge.first = first;
    const I32x16 inside = load_i32(inside_start_);
    for (std::size_t p = 0; p < columns; ++p) {
      const Range taps = taps_inside(shape_.width, first + p);
      std::int32_t* start = edge.start + p * kConvBlock;
      store_i32(inside, start);
      if (!is_inside(first + p)) set_start(taps, start);
      for (std::size_t k = 0; k < shape_.width.kernel; k += 4) {
        edge.there[k / 4 * kWidest + p] =
            positions_before(taps.end, k) & ~positions_before(taps.begin, k);
      }
    }
  }

  void edge_by_fours(std::size_t first, std::size_t columns) {
    set_edge(first, columns);
    place(first, shape_.width.at(first, 0));
    kernels_.edged[tile_index(columns)](taps_, to_);
  }

  // The bytes of those of four taps from k on that come before `end`.
  static std::uint64_t positions_before(std::size_t end, std::size_t k) {
    if (end <= k) return 0;
    return end - k >= 4 ? ~std::uint64_t{0} : (std::uint64_t{1} << ((end - k) * kConvBlock)) - 1;
  }

  // Each with the taps of its own.
  void single_outputs(std::size_t first, std::size_t columns) {
    taps_.start = single_start_;
    for (std::size_t o = first; o < first + columns; ++o) {
      const Range taps = taps_inside(shape_.width, o);
      set_start(taps, single_start_);
      taps_.w = w_ + taps.begin * kConvBlock;
      taps_.widths = taps.empty() ? 0 : taps.size();
      place(o, taps.empty() ? 0 : shape_.width.at(o, taps.begin));
      kernels_.inside[0](taps_, to_);
    }
  }

  // The first tap of a tile may lie before the row; it is then not read.
  void place(std::size_t output, std::ptrdiff_t input) {
    const std::size_t at = (out_ + output) * kConvBlock;
    taps_.x = x_ + input * static_cast<std::ptrdiff_t>(kConvBlock);
    if (at_.floats != nullptr) {
      to_.floats = at_.floats + at;
    } else {
      to_.y = at_.y + at;
    }
    if (at_.residual.r != nullptr) to_.residual.r = at_.residual.r + at;
  }

  const ConvShape& shape_;
  const ByteConvOperands& at_;
  const bool by_fours_;
  const DepthwiseKernels kernels_;
  Taps taps_{};
  ByteOutput to_{};
  const std::uint8_t* x_ = nullptr;
  const std::int8_t* w_ = nullptr;
  std::size_t out_ = 0;
  std::int32_t inside_start_[kConvBlock];
  std::int32_t single_start_[kConvBlock];
  Range depths_{1, 0}, heights_{1, 0};  // of the row before
  Edge edges_[2];
};
#endif

template <typename Rows>
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
    if (at.float_bias != nullptr) at.float_bias += image % blocks * kConvBlock;
    if (at.floats != nullptr) {
      at.floats += y_block;
    } else {
      at.y += y_block;
    }
    Rows rows(shape, at);
    const std::size_t stop = std::min(end, (image + 1) * lines);
    for (; unit < stop; ++unit) rows.row(unit - image * lines);
  }
}

void blocked(const ConvShape& shape, const ByteConvOperands& operands, std::size_t begin,
             std::size_t end) {
  if (is_3x3(shape) && operands.residual.r == nullptr && operands.floats == nullptr)
    return convolve_rows<Depthwise3x3>(shape, operands, begin, end);
#ifdef SLIPWAY_DOT
  constexpr Isa kOthers = HWY_TARGET == HWY_AVX2 ? Isa::kAvx2 : Isa::kNeon;
  byte_depthwise_kernels(kOthers).blocked(shape, operands, begin, end);
#else
  convolve_rows<DepthwiseRows>(shape, operands, begin, end);
#endif
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
