#include <utility>

#include "kernels/numeric/reduce.h"
#include "ops/nn/pooling.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

// Kernel positions that lie in the input or its padding: what a mean that counts padding divides
// by.
std::int64_t padded_taps(std::span<const WindowAxis> axes, const Window& window) {
  std::int64_t taps = 1;
  for (std::size_t a = 0; a < axes.size(); ++a) {
    const WindowAxis& axis = axes[a];
    const std::int64_t start = window.output[a] * axis.stride - axis.pad_begin;
    const std::int64_t room = std::max<std::int64_t>(axis.input + axis.pad_end - start, 0);
    taps *= std::min(axis.kernel, (room + axis.dilation - 1) / axis.dilation);
  }
  return taps;
}

// The sum of the taps inside the input in kernel order, divided by their number (with padding where
// count_include_pad says so). A window without a tap has the mean 0.
template <typename T>
T mean_of_window(std::span<const WindowAxis> axes, const T* plane, const Window& window,
                 bool counts_padding) {
  T sum = 0;
  std::int64_t taps = 0;
  for_each_tap(axes, window, [&](std::int64_t offset) {
    sum += plane[offset];
    ++taps;
  });
  const std::int64_t count = counts_padding ? padded_taps(axes, window) : taps;
  return count == 0 ? T(0) : sum / static_cast<T>(count);
}

Status evaluate_average_pool(EvalContext& ctx) {
  const Tensor x = TRY(widened(ctx, 0));
  const Pooling pooling = TRY(plan_pooling(ctx, x.shape()));
  const bool counts_padding = ctx.get_int("count_include_pad", 0) != 0;
  Tensor y = TRY(ctx.make(x.dtype(), pooling.output_shape));
  const bool known = visit_real(x.dtype(), [&]<typename T>() {
    pool_planes<T>(pooling, x.data<T>(), y.mutable_data<T>(),
                   [&](const T* plane, const Window& window) {
                     return mean_of_window<T>(pooling.axes, plane, window, counts_padding);
                   });
  });
  if (!known) return ctx.unsupported("no implementation for ", name(x.dtype()));
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

Status evaluate_global_average_pool(EvalContext& ctx) {
  const Tensor x = TRY(widened(ctx, 0));
  const Shape shape = TRY(global_pooled_shape(ctx, x.shape()));
  Tensor y = TRY(ctx.make(x.dtype(), shape));
  const bool known = visit_real(x.dtype(), [&]<typename T>() {
    const auto out = y.mutable_data<T>();
    const std::size_t count = out.empty() ? 0 : x.size() / out.size();
    const T* in = x.data<T>().data();
    for (std::size_t plane = 0; plane < out.size(); ++plane) {
      out[plane] = numeric::mean(in + plane * count, count);
    }
  });
  if (!known) return ctx.unsupported("no implementation for ", name(x.dtype()));
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

}  // namespace

std::vector<Op> average_pool_ops() {
  return {
      {.name = "AveragePool",
       .versions = {{1, "X: T -> Y: T | T = floats",
                     "auto_pad string, kernel_shape ints!, pads ints, strides ints"},
                    {7, "X: T -> Y: T | T = floats",
                     "auto_pad string, count_include_pad int, kernel_shape ints!, pads ints, "
                     "strides ints"},
                    {10, "X: T -> Y: T | T = floats",
                     "auto_pad string, ceil_mode int, count_include_pad int, kernel_shape ints!, "
                     "pads ints, strides ints"},
                    {19, "X: T -> Y: T | T = floats",
                     "auto_pad string, ceil_mode int, count_include_pad int, dilations ints, "
                     "kernel_shape ints!, pads ints, strides ints"}},
       .infer = infer_pooling,
       .evaluate = evaluate_average_pool},
      {.name = "GlobalAveragePool",
       .versions = {{1, "X: T -> Y: T | T = floats", ""}},
       .infer = infer_global_pooling,
       .evaluate = evaluate_global_average_pool},
  };
}

}  // namespace slipway
