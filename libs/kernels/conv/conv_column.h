// What conv_pair.h and conv_triple.h share: a convolution and the depthwise one after it, for two
// blocks of channels and a band of rows at a time.
#pragma once

#include <algorithm>
#include <cstddef>

#include "kernels/conv/conv_pair.h"
#include "kernels/conv/depthwise.h"
#include "kernels/conv/kernels.h"

namespace slipway {

inline constexpr std::size_t kColumnBlocks = 2;

inline std::size_t conv_columns(const ConvPairShape& shape) {
  return (blocks_of(shape.first.out_channels) + kColumnBlocks - 1) / kColumnBlocks;
}

// Rows between the two that `rows` rows of the output read.
inline std::size_t rows_between(const ConvPairShape& shape, std::size_t rows) {
  const ConvAxis& height = shape.second.height;
  return (rows - 1) * height.stride + (height.kernel - 1) * height.dilation + 1;
}

// Floats of one of them, of all the blocks of a column.
inline std::size_t row_between_floats(const ConvPairShape& shape) {
  return kColumnBlocks * shape.first.width.output * kConvBlock;
}

// How the rows of an image's output are divided: into segments, which are units of work, and those
// into bands, which are computed at once.
struct ConvRowCut {
  std::size_t segments;
  std::size_t segment;  // rows
  std::size_t band;     // rows
};

inline ConvRowCut cut_rows(std::size_t rows, std::size_t segments_wanted, std::size_t most_band) {
  constexpr std::size_t kLeastRows = 7;
  const std::size_t most = std::max<std::size_t>(1, rows / kLeastRows);
  ConvRowCut cut{};
  cut.segments = std::clamp<std::size_t>(segments_wanted, 1, most);
  cut.segment = (rows + cut.segments - 1) / cut.segments;
  cut.segments = (rows + cut.segment - 1) / cut.segment;
  const std::size_t bands = (cut.segment + most_band - 1) / most_band;
  cut.band = (cut.segment + bands - 1) / bands;
  return cut;
}

class ConvColumn {
 public:
  // For bands of at most so many rows.
  ConvColumn(Isa isa, const ConvPairShape& shape, std::size_t band) : shape_(shape) {
    row_ = shape.first.width.output * kConvBlock;
    pitch_ = rows_between(shape, band) * row_;
    band_ = band_convolution(shape.first, shape.is_plain, isa);
    depthwise_ = depthwise_kernels(isa).blocked;
  }

  // Rows `out` of the output of some blocks of channels, at which the operands stand, y at the
  // first of the rows. `held` are the rows between the two that an earlier call for these blocks
  // left in scratch.
  void rows(const ConvPairOperands& at, std::size_t blocks, Range out, std::size_t y_block,
            float* scratch, Range held) const {
    const Range read = rows_read(out);
    hold(at.first, blocks, read, scratch, held);
    ConvShape part = shape_.second;
    part.batch = 1;
    part.groups = kConvBlock;
    part.height.pad += static_cast<std::ptrdiff_t>(read.begin) -
                       static_cast<std::ptrdiff_t>(out.begin * part.height.stride);
    part.height.input = read.size();
    part.height.output = out.size();
    ConvOperands second = at.second;
    second.x = scratch;
    for (std::size_t b = 0; b < blocks; ++b) {
      depthwise_(part, second, 0, out.size());
      second.x += pitch_;
      second.y += y_block;
      second.weights += shape_.second.kernel_positions() * kConvBlock;
      if (second.bias != nullptr) second.bias += kConvBlock;
    }
  }

  // The rows between the two that a call for rows `out` leaves.
  Range rows_read(Range out) const {
    const ConvAxis& height = shape_.second.height;
    const auto input = static_cast<std::ptrdiff_t>(height.input);
    const std::ptrdiff_t first = std::clamp<std::ptrdiff_t>(height.at(out.begin, 0), 0, input);
    const std::ptrdiff_t last =
        std::clamp<std::ptrdiff_t>(height.at(out.end - 1, height.kernel - 1) + 1, first, input);
    return {static_cast<std::size_t>(first), static_cast<std::size_t>(last)};
  }

 private:
  void hold(const ConvOperands& first, std::size_t blocks, Range wanted, float* scratch,
            Range held) const {
    const bool overlap = held.begin <= wanted.begin && held.end > wanted.begin;
    const std::size_t kept = overlap ? std::min(held.end, wanted.end) - wanted.begin : 0;
    for (std::size_t b = 0; b < blocks && kept != 0; ++b) {
      float* const to = scratch + b * pitch_;
      const float* const from = to + (wanted.begin - held.begin) * row_;
      if (from != to) std::copy(from, from + kept * row_, to);
    }
    if (wanted.begin + kept == wanted.end) return;
    ConvOperands at = first;
    at.y = scratch + kept * row_;
    band_(shape_.first, {{wanted.begin + kept, wanted.end}, blocks, pitch_}, at);
  }

  const ConvPairShape& shape_;
  std::size_t row_;    // floats between the two, of a block
  std::size_t pitch_;  // from block to block in scratch
  ConvBandKernel band_;
  ConvKernel depthwise_;
};

// Without y.
inline ConvPairOperands column_operands(const ConvPairShape& shape,
                                        const ConvPairOperands& operands, std::size_t image,
                                        std::size_t block) {
  const std::size_t blocks = blocks_of(shape.first.out_channels);
  const std::size_t channels = shape.first.in_channels;
  const std::size_t in_lanes = shape.is_plain ? channels : blocks_of(channels) * kConvBlock;
  ConvPairOperands at = operands;
  at.first.x += image * in_lanes * shape.first.in_positions();
  at.first.weights += block * (packed_conv_floats(shape.first) / blocks);
  if (at.first.bias != nullptr) at.first.bias += block * kConvBlock;
  at.second.weights += block * shape.second.kernel_positions() * kConvBlock;
  if (at.second.bias != nullptr) at.second.bias += block * kConvBlock;
  return at;
}

}  // namespace slipway
