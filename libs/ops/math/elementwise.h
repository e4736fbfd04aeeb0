// map_*: output 0 is a function of each element of input 0, computed in the compute type.
#pragma once

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

// f(T) -> T for float and double.
template <typename F>
Status map_real(EvalContext& ctx, F f) {
  const Tensor x = TRY(widened(ctx, 0));
  Tensor y = TRY(ctx.make(x.dtype(), x.shape()));
  visit_real(x.dtype(), [&]<typename T>() { internal::map_elements<T>(x, y, f); });
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

// f(T) -> T for float, double, int64 and uint64.
template <typename F>
Status map_numeric(EvalContext& ctx, F f) {
  const Tensor x = TRY(widened(ctx, 0));
  Tensor y = TRY(ctx.make(x.dtype(), x.shape()));
  visit_compute(x.dtype(), [&]<typename T>() { internal::map_elements<T>(x, y, f); });
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

// An operator that is one function, as `evaluate`.
template <float (*kFloat)(float), double (*kDouble)(double)>
Status evaluate_real(EvalContext& ctx) {
  struct Call {
    float operator()(float x) const { return kFloat(x); }
    double operator()(double x) const { return kDouble(x); }
  };
  return map_real(ctx, Call{});
}

}  // namespace slipway
