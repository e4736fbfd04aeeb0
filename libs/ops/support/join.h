// Joining tensors: Concat, ConcatFromSequence, the stacking of Loop and Scan outputs.
#pragma once

#include <vector>

#include "ops/eval_context.h"

namespace slipway {

// The tensors after one another along `axis`; they must agree in type, rank and every other
// dimension.
Result<Tensor> concatenate(const EvalContext& ctx, const std::vector<const Tensor*>& parts,
                           std::int64_t axis);

// The tensors, all of one type and shape, along a new axis of the result.
Result<Tensor> stack(const EvalContext& ctx, const std::vector<const Tensor*>& parts,
                     std::int64_t axis);

}  // namespace slipway
