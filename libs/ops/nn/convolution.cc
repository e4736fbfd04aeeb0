#include "ops/nn/convolution.h"

#include <utility>

namespace slipway {

Status check_kernel_shape(const NodeView& view, const std::vector<std::int64_t>& kernel) {
  const std::vector<std::int64_t>* stated = view.get_ints("kernel_shape");
  if (stated == nullptr || stated->empty() || *stated == kernel) return {};
  return view.fail("kernel_shape is ", shape_text(*stated), ", the weights have ",
                   shape_text(kernel));
}

Result<Convolution> plan_convolution(const NodeView& view, const Shape& x, const Shape& w) {
  if (x.size() < 3 || w.size() != x.size()) {
    return view.fail("the input has shape ", shape_text(x), ", the weights have ", shape_text(w),
                     ": needed are [N, C, spatial...] and [M, C / group, kernel...]");
  }
  Convolution plan;
  plan.batch = x[0];
  plan.groups = view.get_int("group", 1);
  plan.in_channels = w[1];
  if (plan.groups < 1 || w[0] % plan.groups != 0) {
    return view.fail("group is ", plan.groups, "; it must divide the ", w[0], " output channels");
  }
  if (x[1] % plan.groups != 0 || x[1] / plan.groups != w[1]) {
    return view.fail("the weights have ", w[1], " input channels for each of ", plan.groups,
                     " groups, the input has ", x[1],
                     " channels: export the model with weights [M, C / group, kernel...]");
  }
  plan.out_channels = w[0] / plan.groups;
  const std::vector<std::int64_t> kernel(w.begin() + 2, w.end());
  TRY(check_kernel_shape(view, kernel));
  const WindowAttributes window = TRY(read_window(view, kernel));
  plan.axes = TRY(window_axes(view, window, std::span(x).subspan(2)));
  plan.output_shape = {x[0], w[0]};
  for (const WindowAxis& axis : plan.axes) plan.output_shape.push_back(axis.output);
  const Result<std::size_t> count = element_count(plan.output_shape);
  if (!count.ok()) return view.fail("the output: ", count.error().message);
  if (*count == 0) return plan;
  for (const WindowAxis& axis : plan.axes) plan.out_positions *= axis.output;
  if (plan.in_channels == 0) return plan;  // no element bounds the other extents then
  for (const WindowAxis& axis : plan.axes) {
    plan.in_positions *= axis.input;
    plan.kernel_positions *= axis.kernel;
  }
  return plan;
}

Status check_bias(const EvalContext& ctx, const Tensor& bias, std::int64_t channels) {
  if (bias.rank() == 1 && bias.dim(0) == channels) return {};
  return ctx.fail("the bias has shape ", shape_text(bias.shape()), ", it must be [", channels, "]");
}

Result<std::optional<std::vector<std::int64_t>>> infer_kernel(const InferContext& ctx,
                                                              std::size_t weight_input) {
  const Dims* weights = ctx.dims(weight_input);
  if (weights != nullptr && weights->size() > 2) {
    if (auto shape = known_shape(Dims(weights->begin() + 2, weights->end()))) {
      TRY(check_kernel_shape(ctx, *shape));
      return std::optional(std::move(*shape));
    }
  }
  const std::vector<std::int64_t>* stated = ctx.get_ints("kernel_shape");
  if (stated == nullptr || stated->empty()) return std::optional<std::vector<std::int64_t>>();
  return std::optional(*stated);
}

Status infer_convolution(InferContext& ctx) {
  return infer_convolution_of(ctx, 0, 1, ctx.dtype(0));
}

Status infer_convolution_of(InferContext& ctx, std::size_t x_input, std::size_t w_input,
                            DType dtype) {
  ctx.set_output(0, dtype);
  const Dims* x = ctx.dims(x_input);
  const Dims* w = ctx.dims(w_input);
  if (x == nullptr) return {};
  if (x->size() < 3 || (w != nullptr && w->size() != x->size())) {
    return ctx.fail("the input has rank ", x->size(), ", the weights have ",
                    w == nullptr ? 0 : w->size(), ": both need two axes and the spatial ones");
  }
  const std::int64_t groups = ctx.get_int("group", 1);
  if (w != nullptr && (*x)[1].is_known() && (*w)[1].is_known()) {
    const std::int64_t channels = (*x)[1].extent();
    if (groups < 1 || channels % groups != 0 || channels / groups != (*w)[1].extent()) {
      return ctx.fail("the weights have ", (*w)[1].extent(), " input channels for each of ", groups,
                      " groups, the input has ", channels,
                      " channels: export the model with weights [M, C / group, kernel...]");
    }
  }
  Dims output(x->size());
  output[0] = (*x)[0];
  if (w != nullptr) output[1] = (*w)[0];
  const std::optional<std::vector<std::int64_t>> kernel = TRY(infer_kernel(ctx, w_input));
  if (kernel && kernel->size() + 2 == x->size()) {
    const WindowAttributes window = TRY(read_window(ctx, *kernel));
    for (std::size_t axis = 0; axis < kernel->size(); ++axis) {
      output[axis + 2] = TRY(window_output_dim(ctx, window, axis, (*x)[axis + 2]));
    }
  }
  ctx.set_output(0, dtype, std::move(output));
  return {};
}

std::int64_t count_convolution(const CostContext& ctx) {
  const Shape& w = ctx.input(1);
  if (w.size() < 2) return 0;
  Shape all = ctx.output(0);
  all.insert(all.end(), w.begin() + 1, w.end());
  return saturating_count(all);
}

}  // namespace slipway
