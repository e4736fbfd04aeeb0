#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv/byte_conv.cc"
#include "kernels/conv/byte_conv.h"

#include <algorithm>

#include "kernels/conv/partition.h"
#define SLIPWAY_INT8_TARGETS
#define SLIPWAY_HAS_DOT
#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"
// clang-format off: after what it is written in
#include "kernels/conv/byte_tile-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

// One image of one group, for the kernels' blocks of output channels. The operands stand at the
// group's, and the first output block's, beginning.
class ByteRows {
 public:
  ByteRows(const ConvShape& shape, const ByteConvOperands& at, const ByteKernels& kernels)
      : shape_(shape), at_(at), kernels_(kernels) {
    const std::size_t fours = (std::min(shape.in_channels, kConvBlock) + kFour - 1) / kFour;
    run_.blocks = blocks_of(shape.in_channels);
    run_.last_fours = (shape.in_channels - (run_.blocks - 1) * kConvBlock + kFour - 1) / kFour;
    run_.x_position = shape.width.stride * kConvBlock;
    run_.x_block = shape.in_positions() * kConvBlock;
    run_.x_width = shape.width.dilation * kConvBlock;
    run_.x_height = shape.height.dilation * shape.width.input * kConvBlock;
    run_.x_depth = shape.depth.dilation * shape.height.input * shape.width.input * kConvBlock;
    run_.w_width = fours * kFourBytes;
    run_.w_height = shape.width.kernel * run_.w_width;
    run_.w_depth = shape.height.kernel * run_.w_height;
    run_.w_block = shape.depth.kernel * run_.w_depth;
    run_.w_out = run_.blocks * run_.w_block;
    to_.multiplier = at.multiplier;
    to_.float_bias = at.float_bias;
    to_.block = shape.out_positions() * kConvBlock;
    to_.range = {at.y_zero, at.low, at.high};
    to_.residual = at.residual;
  }

  // The tiles to come, so many, share the fetching of the weights that follow.
  void fetch_ahead_in(std::size_t tiles) {
    const std::size_t lines = kernels_.blocks * kLinesOfBlock;
    run_.ahead = kernels_.blocks * run_.w_out;
    run_.lines_a_tile = (lines + tiles - 1) / std::max<std::size_t>(1, tiles);
    run_.lines = {0, std::min(lines, run_.lines_a_tile)};
  }

  // Output columns [first, end) of one row.
  void row(std::size_t depth, std::size_t height, std::size_t first, std::size_t end) {
    Range depths = taps_inside(shape_.depth, depth);
    Range heights = taps_inside(shape_.height, height);
    const bool has_taps = !depths.empty() && !heights.empty();
    if (!has_taps) depths = heights = Range{};
    const bool is_as_before = depths == depths_ && heights == heights_;
    depths_ = depths;
    heights_ = heights;
    run_.depths = depths_.size();
    run_.heights = heights_.size();
    x_ = at_.x;
    if (has_taps) {
      const auto d = static_cast<std::size_t>(shape_.depth.at(depth, depths_.begin));
      const auto h = static_cast<std::size_t>(shape_.height.at(height, heights_.begin));
      x_ += (d * shape_.height.input + h) * shape_.width.input * kConvBlock;
    }
    w_ = at_.weights + depths_.begin * run_.w_depth + heights_.begin * run_.w_height;
    out_ = (depth * shape_.height.output + height) * shape_.width.output;
    if (!is_as_before) {
      set_start({0, shape_.width.kernel}, inside_start_);
      for (Edge& edge : edges_) edge.first = kNoTile;
    }
    if (kernels_.pointwise != nullptr && is_pointwise(shape_)) return pointwise_row(first, end);
    while (first < end) {
      const std::size_t columns = first_tile(end - first, kernels_.columns);
      tile(first, columns);
      run_.lines = run_.next_lines(run_.lines, kernels_.blocks);
      first += columns;
    }
  }

 private:
  static constexpr std::size_t kStrip = 56;                            // columns
  static constexpr std::size_t kMostLanes = kByteBlocks * kConvBlock;  // channels of a tile

  std::size_t lanes() const { return kernels_.blocks * kConvBlock; }

  // bias - zero point * weights of the taps, which are exact and wrap.
  void set_start(Range widths, std::int32_t* start) const {
    const std::int32_t zero = at_.x_zero - kernels_.offset;
    for (std::size_t b = 0; b < kernels_.blocks; ++b) {
      const std::int32_t* sums = at_.tap_sums + b * shape_.kernel_positions() * kConvBlock;
      for (std::size_t j = 0; j < kConvBlock; ++j) {
        start[b * kConvBlock + j] = at_.bias == nullptr ? 0 : at_.bias[b * kConvBlock + j];
      }
      if (zero == 0) continue;
      for (std::size_t d = depths_.begin; d < depths_.end; ++d) {
        for (std::size_t h = heights_.begin; h < heights_.end; ++h) {
          for (std::size_t k = widths.begin; k < widths.end; ++k) {
            const std::size_t tap = (d * shape_.height.kernel + h) * shape_.width.kernel + k;
            for (std::size_t j = 0; j < kConvBlock; ++j) {
              start[b * kConvBlock + j] = static_cast<std::int32_t>(
                  static_cast<std::uint32_t>(start[b * kConvBlock + j]) -
                  static_cast<std::uint32_t>(zero) *
                      static_cast<std::uint32_t>(sums[tap * kConvBlock + j]));
            }
          }
        }
      }
    }
  }

  // Output columns [first, end) of a row in which every one reads the input at its own place.
  void pointwise_row(std::size_t first, std::size_t end) {
    std::int32_t sums[kStrip * kMostLanes];
    run_.w = w_;
    run_.start = inside_start_;
    while (first < end) {
      const std::size_t strip = std::min(end - first, kStrip);
      place(first, static_cast<std::ptrdiff_t>(first));
      for (std::size_t done = 0; done < strip;) {
        const std::size_t left = strip - done;
        const std::size_t columns = first_tile(left, kernels_.columns);
        const std::size_t tiles = tiles_alike(left, columns);
        kernels_.pointwise[tile_index(columns)](run_, tiles, sums + done * lanes());
        for (std::size_t t = 0; t < tiles; ++t)
          run_.lines = run_.next_lines(run_.lines, kernels_.blocks);
        run_.x += tiles * columns * kConvBlock;
        done += tiles * columns;
      }
      kernels_.finish(sums, strip, to_);
      first += strip;
    }
  }

  void tile(std::size_t first, std::size_t columns) {
    const ConvAxis& width = shape_.width;
    run_.w = w_;
    run_.widths = width.kernel;
    run_.start = inside_start_;
    run_.start_column = 0;
    const bool is_inside =
        width.at(first, 0) >= 0 &&
        width.at(first + columns - 1, width.kernel - 1) < static_cast<std::ptrdiff_t>(width.input);
    if (is_inside) {
      place(first, width.at(first, 0));
      return kernels_.whole[tile_index(columns)](run_, to_);
    }
    Range reached[kMostEdgeTaps];
    bool is_edged = width.kernel <= kMostEdgeTaps;
    for (std::size_t k = 0; is_edged && k < width.kernel; ++k) {
      reached[k] = outputs_inside(width, first, columns, k);
      is_edged = is_edge(reached[k], columns, 2);
    }
    if (!is_edged) return single_outputs(first, columns);
    run_.start = edge_start(first, columns);
    run_.start_column = lanes();
    run_.columns = reached;
    place(first, width.at(first, 0));
    kernels_.edged[tile_index(columns)](run_, to_);
  }

  // What each column of a tile starts from: that of the row before where this one has the same
  // taps.
  const std::int32_t* edge_start(std::size_t first, std::size_t columns) {
    Edge& edge = edges_[first == 0 ? 0 : 1];
    if (edge.first == first) return edge.start;
    edge.first = first;
    for (std::size_t p = 0; p < columns; ++p) {
      const Range taps = taps_inside(shape_.width, first + p);
      std::int32_t* to = edge.start + p * lanes();
      if (taps.size() == shape_.width.kernel) {
        std::copy_n(inside_start_, lanes(), to);
      } else {
        set_start(taps, to);
      }
    }
    return edge.start;
  }

  // Each with the taps of its own.
  void single_outputs(std::size_t first, std::size_t columns) {
    run_.start = single_start_;
    for (std::size_t o = first; o < first + columns; ++o) {
      const Range taps = taps_inside(shape_.width, o);
      set_start(taps, single_start_);
      run_.w = w_ + taps.begin * run_.w_width;
      run_.widths = taps.empty() ? 0 : taps.size();
      place(o, taps.empty() ? 0 : shape_.width.at(o, taps.begin));
      kernels_.whole[0](run_, to_);
    }
  }

  // The first tap of a tile may lie before the row; it is then not read.
  void place(std::size_t output, std::ptrdiff_t input) {
    const std::size_t at = (out_ + output) * kConvBlock;
    run_.x = x_ + input * static_cast<std::ptrdiff_t>(kConvBlock);
    if (at_.floats != nullptr) {
      to_.floats = at_.floats + at;
    } else {
      to_.y = at_.y + at;
    }
    if (at_.residual.r != nullptr) to_.residual.r = at_.residual.r + at;
  }

  const ConvShape& shape_;
  const ByteConvOperands& at_;
  const ByteKernels kernels_;
  ByteRun run_{};
  ByteOutput to_{};
  Range depths_{1, 0}, heights_{1, 0};  // of the row before
  const std::uint8_t* x_ = nullptr;
  const std::int8_t* w_ = nullptr;
  std::size_t out_ = 0;
  std::int32_t inside_start_[kMostLanes];
  std::int32_t single_start_[kMostLanes];

  static constexpr std::size_t kNoTile = ~std::size_t{0};
  struct Edge {
    std::size_t first = kNoTile;
    std::int32_t start[kByteColumns * kMostLanes];  // of each column
  };
  Edge edges_[2];
};

// The quickest kernels for weights that so many tiles will take.
ByteKernels choose_kernels(std::size_t step, std::size_t blocks, const std::int8_t* weights,
                           std::size_t bytes, std::size_t tiles) {
#if HWY_TARGET == HWY_AVX2 && !defined(SLIPWAY_DOT)
  if (tiles >= kWorthLooking && has_small_pairs(weights, bytes))
    return byte_kernels_of<SmallPairs>(step, blocks);
#else
  static_cast<void>(weights), static_cast<void>(bytes), static_cast<void>(tiles);
#endif
  return byte_kernels_of<AnyBytes>(step, blocks);
}

void convolve_chunk(const ConvShape& shape, const ByteConvOperands& at, const ConvPartition& part,
                    std::size_t step, std::size_t blocks, Range lines) {
  const std::size_t bytes = packed_byte_conv_bytes(shape);
  const std::size_t out_bytes = bytes / (shape.groups * blocks_of(shape.out_channels));
  const std::size_t across = part.is_flat ? lines.size() : shape.width.output;
  const std::size_t tiles =
      (across + kByteColumns - 1) / kByteColumns * (part.is_flat ? 1 : lines.size());
  ByteRows rows(shape, at, choose_kernels(step, blocks, at.weights, blocks * out_bytes, tiles));
  constexpr std::size_t kWorthFetching = std::size_t{256} * 1024;  // they leave the caches
  if (bytes >= kWorthFetching) rows.fetch_ahead_in(tiles);
  if (part.is_flat) return rows.row(0, 0, lines.begin, lines.end);
  for (std::size_t line = lines.begin; line < lines.end; ++line) {
    rows.row(line / shape.height.output, line % shape.height.output, 0, shape.width.output);
  }
}

void convolve(const ConvShape& shape, const ByteConvOperands& operands, const ConvPartition& part,
              std::size_t step, std::size_t begin, std::size_t end) {
  const std::size_t fours = (std::min(shape.in_channels, kConvBlock) + kFour - 1) / kFour;
  const std::size_t in_blocks = blocks_of(shape.in_channels);
  const std::size_t taps = shape.kernel_positions();
  while (begin < end) {
    const ConvUnits u = first_units(shape, part, begin, end);
    begin += u.blocks.size();
    for (std::size_t block = u.blocks.begin; block < u.blocks.end;) {
      const std::size_t w_block = u.group * part.out_blocks + block;
      const std::size_t y_block = u.image * part.out_blocks + block;
      ByteConvOperands at = operands;
      at.x += u.image * in_blocks * shape.in_positions() * kConvBlock;
      at.weights += w_block * in_blocks * taps * fours * kFourBytes;
      at.tap_sums += w_block * taps * kConvBlock;
      if (at.bias != nullptr) at.bias += w_block * kConvBlock;
      at.multiplier += w_block * kConvBlock;
      if (at.float_bias != nullptr) at.float_bias += w_block * kConvBlock;
      if (at.residual.r != nullptr) at.residual.r += y_block * shape.out_positions() * kConvBlock;
      const std::size_t y_at = y_block * shape.out_positions() * kConvBlock;
      if (at.floats != nullptr) {
        at.floats += y_at;
      } else {
        at.y += y_at;
      }
      const std::size_t blocks = block + kByteBlocks <= u.blocks.end ? kByteBlocks : 1;
      convolve_chunk(shape, at, part, step, blocks, u.lines);
      block += blocks;
    }
  }
}

void blocked(const ConvShape& given, const ByteConvOperands& operands, std::size_t begin,
             std::size_t end) {
  const ConvPartition part = partition(given);
  const ConvShape shape = part.is_flat ? flattened(given) : given;
  const bool is_few = shape.width.stride * kConvBlock == kFewStep && shape.in_channels <= kFour;
  const std::size_t step = is_few ? kFewStep : shape.width.stride == 1 ? kConvBlock : 0;
  convolve(shape, operands, part, step, begin, end);
}

constexpr ByteConvKernels kTable = {blocked};

}  // namespace
const ByteConvKernels& byte_conv_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(ByteConvKernels, byte_conv_kernels, byte_conv_table)
}  // namespace slipway
#endif
