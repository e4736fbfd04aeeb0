// Operators of two inputs that broadcast: NumPy's way from opset 7 on; before, B is stretched to A
// by the attributes `broadcast` and `axis`.
#pragma once

#include <string_view>

#include "base/function_ref.h"
#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/support/broadcast.h"
#include "ops/support/compute.h"

namespace slipway {

// The rows of signature and attributes for an operator that was `A, B -> C` since opset 1.
inline constexpr std::string_view kBroadcastAttributes = "axis int, broadcast int";

Status infer_binary(InferContext& ctx);       // C has the element type of A
Status infer_binary_bool(InferContext& ctx);  // C is bool

// The loop over inputs 0 and 1 of the node.
Result<BroadcastLoop> plan_binary(const EvalContext& ctx);

// out[i] = f(a, b) for elements of type T.
template <typename T, typename R, typename F>
void run_binary(const BroadcastLoop& loop, const Tensor& a, const Tensor& b, Tensor& out, F f) {
  const T* const left = a.data<T>().data();
  const T* const right = b.data<T>().data();
  R* const result = out.mutable_data<R>().data();
  for_each_run(loop,
               [&](std::size_t at, const auto& offsets, const auto& steps, std::size_t count) {
                 const T* x = left + offsets[0];
                 const T* y = right + offsets[1];
                 for (std::size_t i = 0; i < count; ++i)
                   result[at + i] = f(x[i * steps[0]], y[i * steps[1]]);
               });
}

// What computes all elements of a result.
using BinaryRun =
    FunctionRef<void(const BroadcastLoop&, const Tensor& a, const Tensor& b, Tensor& out)>;

// The inputs and the result that `run` sees are of the inputs' compute type.
Status evaluate_binary(EvalContext& ctx, BinaryRun run);

// f(T, T) -> T in the compute type of the inputs.
template <typename F>
Status map_binary(EvalContext& ctx, F f) {
  return evaluate_binary(
      ctx, [&](const BroadcastLoop& loop, const Tensor& a, const Tensor& b, Tensor& out) {
        visit_compute(a.dtype(), [&]<typename T>() { run_binary<T, T>(loop, a, b, out, f); });
      });
}

}  // namespace slipway
