#include <type_traits>
#include <utility>

#include "ops/nn/convolve.h"
#include "ops/nn/winograd.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

Status evaluate_conv(EvalContext& ctx) {
  const Tensor x = TRY(widened(ctx, 0));
  const Tensor w = TRY(widened(ctx, 1));
  const Tensor bias = TRY(widened(ctx, 2));
  Convolution plan = TRY(plan_convolution(ctx, x.shape(), w.shape()));
  if (ctx.has_input(2)) TRY(check_bias(ctx, bias, w.dim(0)));
  Tensor y = TRY(ctx.make(x.dtype(), plan.output_shape));
  const bool known = visit_real(x.dtype(), [&]<typename T>() {
    if (y.size() == 0) return;
    const T* const added = ctx.has_input(2) ? bias.data<T>().data() : nullptr;
    if constexpr (std::is_same_v<T, float>) {
      if (is_winograd(plan)) {
        return convolve_tiles(plan, x.data<T>().data(), w.data<T>().data(), added,
                              y.mutable_data<T>().data());
      }
    }
    if (plan.in_channels > 0) merge_pointwise(plan);
    convolve<T>(plan, x, w, added, y);
  });
  if (!known) return ctx.unsupported("no implementation for ", name(x.dtype()));
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

}  // namespace

std::vector<Op> conv_ops() {
  return {{.name = "Conv",
           .versions = {{1, "X: T, W: T, B?: T -> Y: T | T = floats",
                         "auto_pad string, dilations ints, group int, kernel_shape ints, "
                         "pads ints, strides ints"}},
           .infer = infer_convolution,
           .evaluate = evaluate_conv,
           .multiply_adds = count_convolution}};
}

}  // namespace slipway
