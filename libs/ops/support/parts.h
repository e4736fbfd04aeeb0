// Cutting a dimension into parts: Split and SplitToSequence.
#pragma once

#include <vector>

#include "ops/eval_context.h"

namespace slipway {

// `extent` in parts of `size`, the last one smaller where it does not divide. size must be
// positive.
std::vector<std::int64_t> parts_of(std::int64_t extent, std::int64_t size);

// Fails unless every size is at least 0 and they add up to `extent`.
Status check_parts(const NodeView& view, const std::vector<std::int64_t>& sizes,
                   std::int64_t extent);

// `extent` elements along `axis` of `data`, from `start`. The range must lie inside.
Result<Tensor> cut(const EvalContext& ctx, const Tensor& data, std::size_t axis, std::int64_t start,
                   std::int64_t extent);

}  // namespace slipway
