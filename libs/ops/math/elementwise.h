// map_*: output 0 is a function of each element of input 0, computed in the compute type.
#pragma once

#include "base/function_ref.h"
#include "ops/eval_context.h"
#include "ops/support/compute.h"

namespace slipway {

namespace internal {
template <typename T, typename F>
void map_elements(const Tensor& x, Tensor& y, F& f) {
  const std::span<const T> in = x.data<T>();
  const std::span<T> out = y.mutable_data<T>();
  for (std::size_t i = 0; i < in.size(); ++i) out[i] = f(in[i]);
}
}  // namespace internal

// Output 0 of input 0, both in its compute type, by `run`.
Status map_tensor(EvalContext& ctx, FunctionRef<void(const Tensor& x, Tensor& y)> run);

// f(T) -> T for float and double.
template <typename F>
Status map_real(EvalContext& ctx, F f) {
  return map_tensor(ctx, [&](const Tensor& x, Tensor& y) {
    visit_real(x.dtype(), [&]<typename T>() { internal::map_elements<T>(x, y, f); });
  });
}

// f(T) -> T for float, double, int64 and uint64.
template <typename F>
Status map_numeric(EvalContext& ctx, F f) {
  return map_tensor(ctx, [&](const Tensor& x, Tensor& y) {
    visit_compute(x.dtype(), [&]<typename T>() { internal::map_elements<T>(x, y, f); });
  });
}

Status map_real(EvalContext& ctx, float (*of_float)(float), double (*of_double)(double));

// An operator that is one function, as `evaluate`.
template <float (*kFloat)(float), double (*kDouble)(double)>
Status evaluate_real(EvalContext& ctx) {
  return map_real(ctx, kFloat, kDouble);
}

}  // namespace slipway
