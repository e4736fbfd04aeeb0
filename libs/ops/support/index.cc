#include "ops/support/index.h"

#include "ops/support/copy.h"

namespace slipway {
namespace {

Error outside(const EvalContext& ctx, std::int64_t index, std::int64_t extent) {
  return ctx.fail("index ", index, " is outside an axis of ", extent, " elements");
}

bool normalize(std::int64_t& index, std::int64_t extent) {
  if (index < -extent || index >= extent) return false;
  if (index < 0) index += extent;
  return true;
}

}  // namespace

Result<std::vector<std::int64_t>> read_indices(const EvalContext& ctx, std::size_t i,
                                               std::int64_t extent) {
  std::vector<std::int64_t> indices = TRY(ctx.ints(i));
  for (std::int64_t& index : indices) {
    if (!normalize(index, extent)) return outside(ctx, index, extent);
  }
  return indices;
}

std::int64_t extent_of(const Shape& shape, std::size_t begin, std::size_t end) {
  std::uint64_t extent = 1;  // wraps for shapes without elements, which nobody walks
  for (std::size_t i = begin; i < end; ++i) extent *= static_cast<std::uint64_t>(shape[i]);
  return static_cast<std::int64_t>(extent);
}

Result<std::vector<std::int64_t>> element_positions(const EvalContext& ctx, std::size_t i,
                                                    const Tensor& data, std::size_t axis) {
  const Shape& shape = ctx.input(i).shape();
  if (shape.size() != data.rank()) {
    return ctx.fail("the indices ", shape_text(shape), " and the data ", shape_text(data.shape()),
                    " must have the same rank");
  }
  std::vector<std::int64_t> positions = TRY(read_indices(ctx, i, data.dim(axis)));
  if (positions.empty()) return positions;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (d != axis && shape[d] > data.dim(d)) {
      return ctx.fail("the indices ", shape_text(shape), " are larger than the data ",
                      shape_text(data.shape()), " along axis ", d);
    }
  }
  const Strides strides = row_major_strides(data.shape());
  std::vector<std::int64_t> at(shape.size(), 0);
  std::int64_t base = 0;  // of the current element, without its index along `axis`
  for (std::int64_t& position : positions) {
    position = base + position * strides[axis];
    for (std::size_t d = shape.size(); d > 0; --d) {
      const std::int64_t step = d - 1 == axis ? 0 : strides[d - 1];
      base += step;
      if (++at[d - 1] < shape[d - 1]) break;
      base -= step * shape[d - 1];
      at[d - 1] = 0;
    }
  }
  return positions;
}

Result<BlockPositions> block_positions(const EvalContext& ctx, std::size_t i, const Tensor& data,
                                       std::size_t batch) {
  const Shape& shape = ctx.input(i).shape();
  if (shape.empty() || shape.size() <= batch) {
    return ctx.fail("the indices ", shape_text(shape), " need more than ", batch, " dimensions");
  }
  const std::int64_t depth = shape.back();
  if (depth > static_cast<std::int64_t>(data.rank() - std::min(batch, data.rank()))) {
    return ctx.fail("the indices ", shape_text(shape), " name ", depth,
                    " positions, the data has only ", data.rank(), " dimensions");
  }
  for (std::size_t d = 0; d < batch; ++d) {
    if (shape[d] != data.dim(d)) {
      return ctx.fail("batch dimension ", d, " of the indices is ", shape[d], ", of the data ",
                      data.dim(d));
    }
  }
  const auto width = static_cast<std::size_t>(depth);
  BlockPositions out;
  out.block_elements = extent_of(data.shape(), batch + width, data.rank());
  const std::vector<std::int64_t> indices = TRY(ctx.ints(i));
  const Shape outer(shape.begin(), shape.end() - 1);
  const std::size_t rows = TRY(element_count(outer));
  // Rows without positions are as many as the shape says, whatever memory that is: let make()
  // judge.
  if (width == 0) TRY(ctx.make(DType::kInt64, outer));
  const auto batches = static_cast<std::size_t>(extent_of(shape, 0, batch));
  const std::size_t rows_a_batch = batches == 0 ? 0 : rows / batches;
  const std::int64_t blocks_a_batch = extent_of(data.shape(), batch, batch + width);
  out.blocks.reserve(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    std::int64_t block = 0;
    for (std::size_t k = 0; k < width; ++k) {
      const std::int64_t extent = data.dim(batch + k);
      std::int64_t index = indices[row * width + k];
      if (!normalize(index, extent)) return outside(ctx, index, extent);
      block = block * extent + index;
    }
    out.blocks.push_back(static_cast<std::int64_t>(row / rows_a_batch) * blocks_a_batch + block);
  }
  return out;
}

}  // namespace slipway
