// Pooling over everything, of what a convolution left in blocks.
#pragma once

#include "compile/lowering.h"
#include "plan/params.h"

namespace slipway::compile {

// A node that reduces all spatial axes of its first input, floats in blocks, with or without
// keeping the axes. `kind`: a global one.
Status pool_globally(Lowering& lowering, std::size_t node, plan::PoolKind kind);

}  // namespace slipway::compile
