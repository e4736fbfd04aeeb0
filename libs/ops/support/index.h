// Index tensors: Gather, Scatter and their kin.
#pragma once

#include <vector>

#include "ops/eval_context.h"

namespace slipway {

// Elements of index input `i`, negative ones counted from the end of an axis of `extent`; fails on
// one outside [-extent, extent).
Result<std::vector<std::int64_t>> read_indices(const EvalContext& ctx, std::size_t i,
                                               std::int64_t extent);

// Product of dimensions [begin, end) of a shape.
std::int64_t extent_of(const Shape& shape, std::size_t begin, std::size_t end);

// For GatherElements and ScatterElements: the flat position in `data` of each element of index
// input `i`, which has data's rank and, off `axis`, no larger dimensions.
Result<std::vector<std::int64_t>> element_positions(const EvalContext& ctx, std::size_t i,
                                                    const Tensor& data, std::size_t axis);

// For GatherND and ScatterND: index input `i` of shape [..., k] names blocks of `data`, each at k
// leading positions after `batch` shared dimensions. The block numbers, and elements of a block.
struct BlockPositions {
  std::vector<std::int64_t> blocks;
  std::int64_t block_elements = 1;
};
Result<BlockPositions> block_positions(const EvalContext& ctx, std::size_t i, const Tensor& data,
                                       std::size_t batch);

}  // namespace slipway
