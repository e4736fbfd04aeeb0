// The random numbers of one node: those of its seed, or of the run where it states none.
#pragma once

#include "kernels/numeric/random.h"
#include "ops/eval_context.h"
#include "ops/infer_context.h"

namespace slipway {

// From the float attribute `seed`, by its bits.
numeric::Random random_source(const EvalContext& ctx);

// The element type that attribute `dtype` names by number, `default_type` when absent.
Result<DType> stated_dtype(const NodeView& view, DType default_type);

}  // namespace slipway
