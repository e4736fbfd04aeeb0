// The per-round results of Loop and Scan that are joined along a new axis.
#pragma once

#include <vector>

#include "ops/eval_context.h"
#include "ops/infer_context.h"

namespace slipway {

// Rounds one node may run, whatever its trip count says.
inline constexpr std::int64_t kMaxRounds = 10'000'000;

// Joins the results of all rounds along a new axis. Without rounds: an empty tensor of the type
// that the body states for its output `body_output`, unknown dimensions as 0.
Result<Tensor> join_rounds(const EvalContext& ctx, const std::vector<Value>& rounds,
                           const Graph& body, std::size_t body_output, std::int64_t axis);

// `type` with a dimension inserted, negative axes counted in the result.
Result<Type> with_axis(const NodeView& view, const Type& type, std::int64_t axis,
                       const Dim& extent);

}  // namespace slipway
