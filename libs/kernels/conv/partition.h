// How a convolution is cut into units: any range of them can be computed by itself.
//
// A unit is a chunk of the output's rows (of its positions where it is pointwise), whose input
// should stay in the second cache, by a few blocks of output channels. The blocks go by fastest.
#pragma once

#include <algorithm>

#include "kernels/conv/shape.h"

namespace slipway {

struct ConvPartition {
  bool is_flat = false;   // positions are one row
  std::size_t lines = 0;  // rows, or positions
  std::size_t chunk = 1;  // lines of a unit
  std::size_t chunks = 0;
  std::size_t out_blocks = 0;  // of a group
  std::size_t unit_blocks = 2;
  std::size_t unit_columns = 0;  // units of one chunk
  std::size_t units = 0;
};

inline ConvPartition partition(const ConvShape& shape) {
  constexpr std::size_t kChunkFloats = std::size_t{96} * 1024;
  constexpr std::size_t kFlatStep = 84;  // whole tiles on every instruction set
  ConvPartition p;
  p.is_flat = is_pointwise(shape);
  p.lines = p.is_flat ? shape.out_positions() : shape.depth.output * shape.height.output;
  // What one line reads that no line before it has read.
  const ConvAxis& height = shape.height;
  const ConvAxis& width = shape.width;
  const std::size_t line_positions =
      p.is_flat ? 1
                : std::min(height.stride, height.kernel) *
                      std::min(width.input, width.output * std::min(width.stride, width.kernel));
  const std::size_t line_floats = shape.in_channels * line_positions;
  p.chunk = std::max<std::size_t>(1, kChunkFloats / std::max<std::size_t>(1, line_floats));
  if (p.is_flat) p.chunk = (p.chunk + kFlatStep - 1) / kFlatStep * kFlatStep;
  p.chunks = (p.lines + p.chunk - 1) / p.chunk;
  p.out_blocks = blocks_of(shape.out_channels);
  p.unit_columns = (p.out_blocks + p.unit_blocks - 1) / p.unit_blocks;
  p.units = shape.batch * shape.groups * p.chunks * p.unit_columns;
  return p;
}

// The same convolution with its positions as one row; it is pointwise.
inline ConvShape flattened(const ConvShape& shape) {
  ConvShape flat = shape;
  flat.width.input = flat.width.output = shape.out_positions();
  flat.depth = flat.height = ConvAxis{};
  return flat;
}

struct ConvUnit {
  std::size_t image;  // and group
  std::size_t group;
  Range lines;
  Range blocks;  // of the group's output
};

inline ConvUnit conv_unit(const ConvShape& shape, const ConvPartition& part, std::size_t unit) {
  const std::size_t column = unit % part.unit_columns;
  const std::size_t chunk = unit / part.unit_columns % part.chunks;
  ConvUnit u{unit / part.unit_columns / part.chunks, 0, {}, {}};
  u.group = u.image % shape.groups;
  u.lines = {chunk * part.chunk, std::min((chunk + 1) * part.chunk, part.lines)};
  u.blocks = {column * part.unit_blocks,
              std::min((column + 1) * part.unit_blocks, part.out_blocks)};
  return u;
}

}  // namespace slipway
