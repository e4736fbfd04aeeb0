// Halves are storage: what computes on them computes in float and rounds once at the end
// (docs/numerics.md). Here that is written out, so that kernels of floats can do it.
#pragma once

#include "base/result.h"
#include "graph/graph.h"

namespace slipway::compile {

// The same model, in which operators take and give floats where they took and gave half or
// bfloat16, between conversions; constants are converted. What only moves elements stays as it is.
// The bits are the same.
Result<Model> widen_halves(const Model& model);

}  // namespace slipway::compile
