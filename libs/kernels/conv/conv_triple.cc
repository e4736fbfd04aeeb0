#include "kernels/conv/conv_triple.h"

#include <algorithm>

#include "kernels/conv/conv_column.h"

namespace slipway {
namespace {

constexpr std::size_t kBufferFloats = std::size_t{96} * 1024;
constexpr std::size_t kWeightFloats = std::size_t{48} * 1024;
constexpr std::size_t kUnits = 8;

// Floats of one row of the depthwise output, of all its blocks.
std::size_t row_floats(const ConvTripleShape& shape) {
  return blocks_of(shape.third.in_channels) * shape.third.width.output * kConvBlock;
}

std::size_t column_floats(const ConvTripleShape& shape, std::size_t band) {
  return rows_between(shape.pair, band) * row_between_floats(shape.pair);
}

std::size_t scratch_floats(const ConvTripleShape& shape, std::size_t band) {
  return conv_columns(shape.pair) * column_floats(shape, band) + band * row_floats(shape);
}

ConvRowCut cut_of(const ConvTripleShape& shape) {
  std::size_t band = 1;
  while (band < shape.third.height.output && scratch_floats(shape, band + 1) <= kBufferFloats)
    ++band;
  return cut_rows(shape.third.height.output, kUnits, band);
}

}  // namespace

bool is_conv_triple(const ConvTripleShape& shape) {
  return packed_conv_floats(shape.pair.first) + packed_conv_floats(shape.third) <= kWeightFloats &&
         scratch_floats(shape, 2) <= kBufferFloats;
}

std::size_t conv_triple_units(const ConvTripleShape& shape) {
  return shape.third.batch * cut_of(shape).segments;
}

std::size_t conv_triple_scratch_floats(const ConvTripleShape& shape) {
  return scratch_floats(shape, cut_of(shape).band);
}

void run_conv_triple(Isa isa, const ConvTripleShape& shape, const ConvTripleOperands& operands,
                     float* scratch, std::size_t begin, std::size_t end) {
  const ConvRowCut cut = cut_of(shape);
  const std::size_t columns = conv_columns(shape.pair);
  const std::size_t column_scratch = column_floats(shape, cut.band);
  const std::size_t mid_blocks = blocks_of(shape.third.in_channels);
  const std::size_t width = shape.third.width.output;
  const std::size_t y_block = shape.third.out_positions() * kConvBlock;
  const std::size_t out_blocks = blocks_of(shape.third.out_channels);
  float* const between = scratch + columns * column_scratch;
  const ConvColumn column(isa, shape.pair, cut.band);
  while (begin < end) {
    const std::size_t image = begin / cut.segments;
    const std::size_t stop = std::min(end, (image + 1) * cut.segments);
    const std::size_t last =
        std::min((stop - image * cut.segments) * cut.segment, shape.third.height.output);
    Range held;
    for (std::size_t row = begin % cut.segments * cut.segment; row < last; row += cut.band) {
      const Range out = {row, std::min(row + cut.band, last)};
      const std::size_t pitch = out.size() * width * kConvBlock;
      for (std::size_t c = 0; c < columns; ++c) {
        const std::size_t block = c * kColumnBlocks;
        ConvPairOperands here = column_operands(shape.pair, operands.pair, image, block);
        here.second.y = between + block * pitch;
        column.rows(here, std::min(kColumnBlocks, mid_blocks - block), out, pitch,
                    scratch + c * column_scratch, held);
      }
      held = column.rows_read(out);
      ConvShape band = shape.third;
      band.batch = 1;
      band.height.input = band.height.output = out.size();
      ConvOperands at = operands.third;
      const std::size_t y = image * out_blocks * y_block + row * width * kConvBlock;
      at.x = between;
      at.y += y;
      if (at.residual != nullptr) at.residual += y;
      conv_kernels(isa).band(band, {{0, out.size()}, out_blocks, y_block}, at);
    }
    begin = stop;
  }
}

}  // namespace slipway
