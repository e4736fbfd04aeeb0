// How a convolution is cut into units: any range of them can be computed by itself.
//
// A unit is a chunk of the output's rows (of its positions where it is pointwise), whose input
// should stay in the second cache, by a block of output channels. The blocks go by fastest.
#pragma once

#include <algorithm>

#include "kernels/conv/shape.h"

namespace slipway {

struct ConvPartition {
  bool is_flat = false;        // lines are positions, not rows
  EvenParts chunks;            // of lines
  std::size_t out_blocks = 0;  // of a group: units of one chunk
  std::size_t units = 0;
};

inline ConvPartition partition(const ConvShape& shape) {
  constexpr std::size_t kChunkFloats = std::size_t{64} * 1024;  // of a second cache of 512 KB
  constexpr std::size_t kFlatStep = 28;  // whole tiles on most instruction sets
  constexpr std::size_t kUnits = 16;     // threads share a few units evenly, so that there are
  constexpr std::size_t kLeastPositions =
      112;  // as many where chunks need not be smaller than this
  ConvPartition p;
  p.is_flat = is_pointwise(shape);
  const std::size_t positions = shape.out_positions();
  const std::size_t lines = p.is_flat ? positions : shape.depth.output * shape.height.output;
  // What one line reads that no line before it has read, and what comes into the cache with it:
  // lines beside those that a stride leaves out, too.
  const ConvAxis& height = shape.height;
  const ConvAxis& width = shape.width;
  const std::size_t line_positions = p.is_flat
                                         ? 1
                                         : std::min(height.stride, height.kernel) *
                                               std::min(width.input, width.output * width.stride);
  const std::size_t line_floats = std::max<std::size_t>(1, shape.in_channels * line_positions);
  // Every chunk reads all weights again: where they are most of what is read, chunks may be larger.
  const std::size_t weights = shape.in_channels * shape.out_channels * shape.kernel_positions();
  const std::size_t most = weights / 4 > line_floats * lines ? 2 * kChunkFloats : kChunkFloats;
  p.chunks = EvenParts::of_at_most(most / line_floats, lines, p.is_flat ? kFlatStep : 1);
  p.out_blocks = blocks_of(shape.out_channels);
  const std::size_t of_a_chunk = shape.batch * shape.groups * p.out_blocks;
  const std::size_t wanted = (kUnits + of_a_chunk - 1) / std::max<std::size_t>(1, of_a_chunk);
  p.chunks.parts =
      std::max(p.chunks.parts, std::min({wanted, positions / kLeastPositions, p.chunks.grains()}));
  p.units = of_a_chunk * p.chunks.parts;
  return p;
}

// The same convolution with its positions as one row; it is pointwise.
inline ConvShape flattened(const ConvShape& shape) {
  ConvShape flat = shape;
  flat.width.input = flat.width.output = shape.out_positions();
  flat.depth = flat.height = ConvAxis{};
  return flat;
}

// Neighbouring units of one chunk.
struct ConvUnits {
  std::size_t image;  // and group
  std::size_t group;
  Range lines;
  Range blocks;  // of the group's output: a unit each
};

// Units begin .. end as far as they are of one chunk. begin < end.
inline ConvUnits first_units(const ConvShape& shape, const ConvPartition& part, std::size_t begin,
                             std::size_t end) {
  const std::size_t block = begin % part.out_blocks;
  const std::size_t chunk = begin / part.out_blocks % part.chunks.parts;
  const std::size_t image = begin / part.out_blocks / part.chunks.parts;
  return {image,
          image % shape.groups,
          part.chunks.part(chunk),
          {block, std::min(block + (end - begin), part.out_blocks)}};
}

}  // namespace slipway
