#include "ops/nn/pooling.h"

#include <utility>

namespace slipway {

Result<Pooling> plan_pooling(const NodeView& view, const Shape& input) {
  if (input.size() < 2) {
    return view.fail("the input has shape ", shape_text(input),
                     "; pooling needs [batch, channels, spatial axes...]");
  }
  const std::vector<std::int64_t>* kernel = view.get_ints("kernel_shape");
  if (kernel == nullptr) return view.fail("attribute kernel_shape is missing");
  const WindowAttributes window = TRY(read_window(view, *kernel));
  Pooling pooling;
  pooling.axes = TRY(window_axes(view, window, std::span(input).subspan(2)));
  pooling.output_shape = {input[0], input[1]};
  for (const WindowAxis& axis : pooling.axes) pooling.output_shape.push_back(axis.output);
  if (TRY(element_count(input)) == 0) return pooling;
  pooling.planes = input[0] * input[1];
  pooling.plane_inputs = product(std::span(input).subspan(2));
  return pooling;
}

Result<Shape> global_pooled_shape(const NodeView& view, const Shape& input) {
  if (input.size() < 2) {
    return view.fail("the input has shape ", shape_text(input),
                     "; pooling needs [batch, channels, spatial axes...]");
  }
  for (std::size_t axis = 2; axis < input.size(); ++axis) {
    if (input[axis] == 0) return view.fail("the input ", shape_text(input), " has an empty axis");
  }
  Shape output(input.size(), 1);
  output[0] = input[0];
  output[1] = input[1];
  return output;
}

Status infer_pooling(InferContext& ctx) {
  ctx.set_output(0, ctx.dtype(0));
  if (ctx.has_output(1)) ctx.set_output(1, DType::kInt64);
  const Dims* input = ctx.dims(0);
  const std::vector<std::int64_t>* kernel = ctx.get_ints("kernel_shape");
  if (kernel == nullptr) return {};
  const WindowAttributes window = TRY(read_window(ctx, *kernel));
  if (input == nullptr) return {};
  if (input->size() != kernel->size() + 2) {
    return ctx.fail("kernel_shape has ", kernel->size(), " numbers, the input has rank ",
                    input->size(), ": it needs a batch, a channel and as many spatial axes");
  }
  Dims output = {(*input)[0], (*input)[1]};
  for (std::size_t axis = 0; axis < kernel->size(); ++axis) {
    output.push_back(TRY(window_output_dim(ctx, window, axis, (*input)[axis + 2])));
  }
  if (ctx.has_output(1)) ctx.set_output(1, DType::kInt64, output);
  ctx.set_output(0, ctx.dtype(0), std::move(output));
  return {};
}

Status infer_global_pooling(InferContext& ctx) {
  ctx.set_output(0, ctx.dtype(0));
  const Dims* input = ctx.dims(0);
  if (input == nullptr) return {};
  if (input->size() < 2) {
    return ctx.fail("the input has rank ", input->size(),
                    "; pooling needs [batch, channels, spatial axes...]");
  }
  Dims output(input->size(), Dim(1));
  output[0] = (*input)[0];
  output[1] = (*input)[1];
  ctx.set_output(0, ctx.dtype(0), std::move(output));
  return {};
}

}  // namespace slipway
