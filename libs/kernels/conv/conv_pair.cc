#include "kernels/conv/conv_pair.h"

#include <algorithm>

#include "kernels/conv/conv_column.h"

namespace slipway {
namespace {

constexpr std::size_t kBufferFloats = std::size_t{48} * 1024;
constexpr std::size_t kUnits = 8;  // at least so many, where the rows allow it

ConvRowCut cut_of(const ConvPairShape& shape) {
  const std::size_t rows = shape.second.height.output;
  const std::size_t room = kBufferFloats / row_between_floats(shape);
  const std::size_t reach = rows_between(shape, 1);
  const std::size_t band = room <= reach ? 1 : (room - reach) / shape.second.height.stride + 1;
  const std::size_t columns = conv_columns(shape);
  return cut_rows(rows, (kUnits + columns - 1) / columns, band);
}

}  // namespace

std::size_t conv_pair_units(const ConvPairShape& shape) {
  return shape.first.batch * conv_columns(shape) * cut_of(shape).segments;
}

std::size_t conv_pair_scratch_floats(const ConvPairShape& shape) {
  return rows_between(shape, cut_of(shape).band) * row_between_floats(shape);
}

void run_conv_pair(Isa isa, const ConvPairShape& shape, const ConvPairOperands& operands,
                   float* scratch, std::size_t begin, std::size_t end) {
  const ConvRowCut cut = cut_of(shape);
  const std::size_t columns = conv_columns(shape);
  const std::size_t all_blocks = blocks_of(shape.first.out_channels);
  const std::size_t y_block = shape.second.out_positions() * kConvBlock;
  const ConvColumn column(isa, shape, cut.band);
  while (begin < end) {
    const std::size_t at = begin / cut.segments;  // image and column
    const std::size_t stop = std::min(end, (at + 1) * cut.segments);
    const std::size_t block = at % columns * kColumnBlocks;
    const std::size_t blocks = std::min(kColumnBlocks, all_blocks - block);
    const ConvPairOperands first = column_operands(shape, operands, at / columns, block);
    float* const y = operands.second.y + (at / columns * all_blocks + block) * y_block;
    const std::size_t last =
        std::min((stop - at * cut.segments) * cut.segment, shape.second.height.output);
    Range held;
    for (std::size_t row = begin % cut.segments * cut.segment; row < last; row += cut.band) {
      const Range out = {row, std::min(row + cut.band, last)};
      ConvPairOperands here = first;
      here.second.y = y + row * shape.second.width.output * kConvBlock;
      column.rows(here, blocks, out, y_block, scratch, held);
      held = column.rows_read(out);
    }
    begin = stop;
  }
}

}  // namespace slipway
