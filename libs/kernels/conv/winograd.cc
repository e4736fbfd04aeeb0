#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv/winograd.cc"
#include "kernels/conv/winograd.h"

#include <algorithm>
#include <vector>

#include "kernels/conv/kernels.h"
#include "kernels/conv/partition.h"
#include "kernels/elementwise/activation.h"
#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"
// NOLINTNEXTLINE(llvm-include-order): after the vectors it is written in
#include "kernels/simd/activation-inl.h"

#ifndef SLIPWAY_WINOGRAD_ROWS
#define SLIPWAY_WINOGRAD_ROWS
namespace slipway {
// One row of tiles of one block of channels.
struct WinogradInputRow {
  const float* x;      // the block's plane
  std::ptrdiff_t top;  // of the patches, and of the first one its left edge
  std::ptrdiff_t left;
  std::size_t height, width, tiles;
};
struct WinogradOutputRow {
  float* y;               // where the tiles' first row of outputs begins
  const float* bias;      // of the block, or null
  const float* residual;  // as y, or null
  std::size_t rows;       // of outputs: the last tiles may have one
  std::size_t width, tiles;
};

struct WinogradKernels {
  // Point i of tile t goes to points[i * step + t * 16].
  void (*input)(const WinogradInputRow& row, float* points, std::size_t step);
  // Sums lie as the points do.
  void (*output)(const WinogradOutputRow& row, const ConvOperands& ends, const float* sums,
                 std::size_t step);
};
}  // namespace slipway
#endif

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

struct Four {
  F32x16 at[4];
};

HWY_INLINE Four input_points(const Four& d) {
  return {
      {sub(d.at[0], d.at[2]), add(d.at[1], d.at[2]), sub(d.at[2], d.at[1]), sub(d.at[1], d.at[3])}};
}

// The lines of a row of patches; those in the padding are one position of zeros.
struct Lines {
  const float* at[4];
  std::size_t step[4];
  std::size_t width;

  // One column of a patch, and its points along the first axis.
  HWY_INLINE Four points_of(std::ptrdiff_t column) const {
    Four d;
    if (column < 0 || column >= static_cast<std::ptrdiff_t>(width)) {
      for (F32x16& each : d.at) each = zero();
      return d;
    }
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < 4; ++i)
      d.at[i] = load(at[i] + static_cast<std::size_t>(column) * step[i]);
    return input_points(d);
  }
};

void input_row(const WinogradInputRow& row, float* points, std::size_t step) {
  static constexpr float kZeros[kWide] = {};
  Lines lines;
  lines.width = row.width;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::ptrdiff_t line = row.top + static_cast<std::ptrdiff_t>(i);
    const bool is_inside = line >= 0 && line < static_cast<std::ptrdiff_t>(row.height);
    lines.at[i] =
        is_inside ? row.x + static_cast<std::size_t>(line) * row.width * kConvBlock : kZeros;
    lines.step[i] = is_inside ? kConvBlock : 0;
  }
  Four column[4];
  column[2] = lines.points_of(row.left);
  column[3] = lines.points_of(row.left + 1);
  for (std::size_t t = 0; t < row.tiles; ++t, points += kConvBlock) {
    const std::ptrdiff_t left = row.left + 2 * static_cast<std::ptrdiff_t>(t);
    column[0] = column[2];
    column[1] = column[3];
    column[2] = lines.points_of(left + 2);
    column[3] = lines.points_of(left + 3);
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < 4; ++i) {
      const Four v =
          input_points({{column[0].at[i], column[1].at[i], column[2].at[i], column[3].at[i]}});
      HWY_UNROLL(4)
      for (std::size_t j = 0; j < 4; ++j) store(v.at[j], points + (4 * i + j) * step);
    }
  }
}

// Two outputs from the sums at four points.
struct Two {
  F32x16 at[2];
};
HWY_INLINE Two outputs_of(F32x16 a, F32x16 b, F32x16 c, F32x16 d) {
  return {{add(add(a, b), c), sub(sub(b, c), d)}};
}

HWY_INLINE void add_to(float* y, const float* residual, std::size_t count) {
  for (std::size_t i = 0; i < count; i += kWide) store(add(load(y + i), load(residual + i)), y + i);
}

// What comes after the bias, while a row is in the first cache.
HWY_INLINE void finish_row(float* y, const float* residual, const ConvOperands& ends,
                           std::size_t count) {
  if (residual != nullptr && !ends.residual_is_last) add_to(y, residual, count);
  if (ends.activation.kind != Activation::kNone) activate_row(y, count, ends.activation);
  if (residual != nullptr && ends.residual_is_last) add_to(y, residual, count);
}

void output_row(const WinogradOutputRow& row, const ConvOperands& ends, const float* sums,
                std::size_t step) {
  const std::size_t line = row.width * kConvBlock;
  for (std::size_t t = 0; t < row.tiles; ++t) {
    Two along[4];
    HWY_UNROLL(4)
    for (std::size_t j = 0; j < 4; ++j) {
      const float* const from = sums + j * step + t * kConvBlock;
      along[j] = outputs_of(load(from), load(from + 4 * step), load(from + 8 * step),
                            load(from + 12 * step));
    }
    const bool has_second = 2 * t + 1 < row.width;
    float* to = row.y + 2 * t * kConvBlock;
    for (std::size_t i = 0; i < row.rows; ++i, to += line) {
      Two y = outputs_of(along[0].at[i], along[1].at[i], along[2].at[i], along[3].at[i]);
      if (row.bias != nullptr) {
        for (F32x16& each : y.at) each = add(each, load(row.bias));
      }
      store(y.at[0], to);
      if (has_second) store(y.at[1], to + kConvBlock);
    }
  }
  for (std::size_t i = 0; i < row.rows; ++i) {
    finish_row(row.y + i * line, row.residual == nullptr ? nullptr : row.residual + i * line, ends,
               line);
  }
}

constexpr WinogradKernels kTable = {input_row, output_row};

}  // namespace
const WinogradKernels& winograd_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {

SLIPWAY_KERNELS(WinogradKernels, winograd_kernels, winograd_table)

namespace {

constexpr std::size_t kPoints = numeric::kWinogradPoints;
constexpr std::size_t kTile = numeric::kWinogradTile;
constexpr std::size_t kPair = 2;  // blocks of output channels

std::size_t tiles_of(const ConvAxis& axis) { return (axis.output + kTile - 1) / kTile; }

// A unit is a span of the pairs of blocks of output channels, of a chunk of tile rows. The spans go
// by fastest.
struct Partition {
  EvenParts chunks;   // of rows of tiles
  std::size_t tiles;  // of a row
  std::size_t in_blocks, out_blocks;
  EvenParts spans;  // of pairs

  std::size_t most_tiles() const { return chunks.largest() * tiles; }
  std::size_t point_floats() const { return kPoints * in_blocks * kConvBlock * most_tiles(); }
  // From an output block to the next, in the packed weights.
  std::size_t block_floats() const { return in_blocks * kConvBlock * kConvBlock; }
};

Partition partition_of(const ConvShape& shape) {
  constexpr std::size_t kUnits = 4;
  constexpr std::size_t kMostFloats = std::size_t{256} * 1024;  // of points, of a second cache
  Partition p;
  p.tiles = tiles_of(shape.width);
  p.in_blocks = blocks_of(shape.in_channels);
  p.out_blocks = blocks_of(shape.out_channels);
  const std::size_t row_floats = kPoints * p.in_blocks * kConvBlock * p.tiles;
  p.chunks = EvenParts::of_at_most(kMostFloats / row_floats, tiles_of(shape.height), 1);
  // Every span needs the chunk's points: no more of them than give threads something to share.
  const std::size_t chunks = std::max<std::size_t>(1, shape.batch * p.chunks.parts);
  p.spans.count = (p.out_blocks + kPair - 1) / kPair;
  p.spans.parts = std::min(p.spans.count, (kUnits + chunks - 1) / chunks);
  return p;
}

// The products at one point: a convolution of positions in a row.
ConvShape products_of(const ConvShape& shape, std::size_t positions, std::size_t out_channels) {
  ConvShape flat;
  flat.in_channels = shape.in_channels;
  flat.out_channels = out_channels;
  flat.width.input = flat.width.output = positions;
  return flat;
}

struct Chunk {
  const ConvShape& shape;
  const Partition& part;
  const WinogradKernels& kernels;
  std::size_t image;
  Range rows;

  std::size_t tiles() const { return rows.size() * part.tiles; }
  std::size_t step() const { return tiles() * kConvBlock; }  // from block to block

  void make_points(const float* x, float* points) const {
    WinogradInputRow row;
    row.left = -shape.width.pad;
    row.height = shape.height.input;
    row.width = shape.width.input;
    row.tiles = part.tiles;
    for (std::size_t b = 0; b < part.in_blocks; ++b) {
      row.x = x + (image * part.in_blocks + b) * shape.in_positions() * kConvBlock;
      for (std::size_t r = 0; r < rows.size(); ++r) {
        row.top = static_cast<std::ptrdiff_t>(kTile * (rows.begin + r)) - shape.height.pad;
        kernels.input(row, points + (b * tiles() + r * part.tiles) * kConvBlock,
                      part.in_blocks * step());
      }
    }
  }

  // Of one block of output channels, whose sums at the first point begin `sums`.
  void write_outputs(const ConvOperands& operands, std::size_t block, const float* sums,
                     std::size_t point_step) const {
    WinogradOutputRow row;
    row.bias = operands.bias == nullptr ? nullptr : operands.bias + block * kConvBlock;
    row.width = shape.width.output;
    row.tiles = part.tiles;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const std::size_t first = kTile * (rows.begin + r);
      const std::size_t at =
          ((image * part.out_blocks + block) * shape.out_positions() + first * shape.width.output) *
          kConvBlock;
      row.y = operands.y + at;
      row.residual = operands.residual == nullptr ? nullptr : operands.residual + at;
      row.rows = std::min(kTile, shape.height.output - first);
      kernels.output(row, operands, sums + r * part.tiles * kConvBlock, point_step);
    }
  }
};

}  // namespace

std::size_t packed_winograd_floats(const ConvShape& shape) {
  const Partition part = partition_of(shape);
  return kPoints * part.out_blocks * part.block_floats();
}

void pack_winograd(const ConvShape& shape, const float* weights, float* packed) {
  const std::size_t c = shape.in_channels;
  std::vector<float> points(kPoints * kPair * kConvBlock * c);
  for (std::size_t first = 0; first < shape.out_channels; first += kPair * kConvBlock) {
    const std::size_t count = std::min(kPair * kConvBlock, shape.out_channels - first);
    for (std::size_t i = 0; i < count * c; ++i) {
      float of_one[kPoints];
      numeric::winograd_filter(weights + (first * c + i) * 9, of_one);
      for (std::size_t p = 0; p < kPoints; ++p) points[p * count * c + i] = of_one[p];
    }
    const ConvShape products = products_of(shape, 1, count);
    for (std::size_t p = 0; p < kPoints; ++p) {
      pack_conv(products, points.data() + p * count * c, packed);
      packed += packed_conv_floats(products);
    }
  }
}

std::size_t winograd_units(const ConvShape& shape) {
  const Partition part = partition_of(shape);
  return shape.batch * part.chunks.parts * part.spans.parts;
}

std::size_t winograd_scratch_floats(const ConvShape& shape) {
  const Partition part = partition_of(shape);
  return part.point_floats() + kPoints * kPair * kConvBlock * part.most_tiles();
}

void run_winograd(Isa isa, const ConvShape& shape, const ConvOperands& operands, float* scratch,
                  std::size_t begin, std::size_t end) {
  const Partition part = partition_of(shape);
  float* const points = scratch;
  float* const sums = scratch + part.point_floats();
  while (begin < end) {
    const std::size_t chunk_index = begin / part.spans.parts;
    const Chunk chunk = {shape, part, winograd_kernels(isa), chunk_index / part.chunks.parts,
                         part.chunks.part(chunk_index % part.chunks.parts)};
    chunk.make_points(operands.x, points);
    const std::size_t last = std::min(end, (chunk_index + 1) * part.spans.parts) - 1;
    const Range pairs = {part.spans.part(begin % part.spans.parts).begin,
                         part.spans.part(last % part.spans.parts).end};
    begin = last + 1;
    for (std::size_t pair = pairs.begin; pair < pairs.end; ++pair) {
      const std::size_t block = pair * kPair;
      const std::size_t count = std::min(kPair, part.out_blocks - block);
      const ConvShape products = products_of(shape, chunk.tiles(), count * kConvBlock);
      for (std::size_t p = 0; p < kPoints; ++p) {
        ConvOperands at;
        at.x = points + p * part.in_blocks * chunk.step();
        at.weights = operands.weights + (block * kPoints + p * count) * part.block_floats();
        at.y = sums + p * count * chunk.step();
        conv_kernels(isa).band(products, {{0, 1}, count, chunk.step()}, at);
      }
      for (std::size_t b = 0; b < count; ++b)
        chunk.write_outputs(operands, block + b, sums + b * chunk.step(), count * chunk.step());
    }
  }
}

}  // namespace slipway
#endif
