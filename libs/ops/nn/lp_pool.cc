#include <cmath>
#include <utility>

#include "kernels/numeric/float_math.h"
#include "kernels/numeric/reduce.h"
#include "ops/nn/pooling.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

// (sum |x|^p)^(1/p): for p = 2 squares are added by fma, for p = 1 there is no power.
template <typename T>
struct LpNorm {
  T p;

  T power(T x) const { return p == T(1) ? std::fabs(x) : numeric::pow(std::fabs(x), p); }
  T add(T sum, T x) const { return p == T(2) ? std::fma(x, x, sum) : sum + power(x); }
  T root(T sum) const {
    if (p == T(2)) return numeric::sqrt(sum);
    return p == T(1) ? sum : numeric::pow(sum, T(1) / p);
  }
};

// p is a float in version 1 and an int later.
Result<double> read_p(const NodeView& view) {
  const double p = view.version() == 1 ? static_cast<double>(view.get_float("p", 2.0F))
                                       : static_cast<double>(view.get_int("p", 2));
  if (!(p > 0)) return view.fail("p is ", p, ", it must be positive");
  return p;
}

Status evaluate_lp_pool(EvalContext& ctx) {
  const Tensor x = TRY(widened(ctx, 0));
  const Pooling pooling = TRY(plan_pooling(ctx, x.shape()));
  const double p = TRY(read_p(ctx));
  Tensor y = TRY(ctx.make(x.dtype(), pooling.output_shape));
  const bool known = visit_real(x.dtype(), [&]<typename T>() {
    const LpNorm<T> norm{static_cast<T>(p)};
    pool_planes<T>(pooling, x.data<T>(), y.mutable_data<T>(),
                   [&](const T* plane, const Window& window) {
                     T sum = 0;
                     for_each_tap(pooling.axes, window,
                                  [&](std::int64_t offset) { sum = norm.add(sum, plane[offset]); });
                     return norm.root(sum);
                   });
  });
  if (!known) return ctx.unsupported("no implementation for ", name(x.dtype()));
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

Status evaluate_global_lp_pool(EvalContext& ctx) {
  const Tensor x = TRY(widened(ctx, 0));
  const Shape shape = TRY(global_pooled_shape(ctx, x.shape()));
  const double p = TRY(read_p(ctx));
  Tensor y = TRY(ctx.make(x.dtype(), shape));
  const bool known = visit_real(x.dtype(), [&]<typename T>() {
    const LpNorm<T> norm{static_cast<T>(p)};
    const auto out = y.mutable_data<T>();
    const std::size_t count = out.empty() ? 0 : x.size() / out.size();
    for (std::size_t plane = 0; plane < out.size(); ++plane) {
      const T* in = x.data<T>().data() + plane * count;
      const T sum = norm.p == T(2) ? numeric::sum_of_squares(in, count)
                                   : numeric::sum_of<T>(
                                         count, [&](std::size_t i) { return norm.power(in[i]); });
      out[plane] = norm.root(sum);
    }
  });
  if (!known) return ctx.unsupported("no implementation for ", name(x.dtype()));
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

}  // namespace

std::vector<Op> lp_pool_ops() {
  return {
      {.name = "LpPool",
       .versions = {{1, "X: T -> Y: T | T = floats",
                     "auto_pad string, kernel_shape ints, p float, pads ints, strides ints"},
                    {2, "X: T -> Y: T | T = floats",
                     "auto_pad string, kernel_shape ints!, p int, pads ints, strides ints"},
                    {18, "X: T -> Y: T | T = floats",
                     "auto_pad string, ceil_mode int, dilations ints, kernel_shape ints!, p int, "
                     "pads ints, strides ints"}},
       .infer = infer_pooling,
       .evaluate = evaluate_lp_pool},
      {.name = "GlobalLpPool",
       .versions = {{1, "X: T -> Y: T | T = floats", "p float"},
                    {2, "X: T -> Y: T | T = floats", "p int"}},
       .infer = infer_global_pooling,
       .evaluate = evaluate_global_lp_pool},
  };
}

}  // namespace slipway
