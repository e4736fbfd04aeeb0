#include <utility>

#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/support/window.h"

namespace slipway {
namespace {

// The extents that MaxPool had before: (input - 1) * stride + kernel - pads.
Result<Shape> pooled_from(const NodeView& view, std::span<const std::int64_t> spatial) {
  const std::vector<std::int64_t>* kernel = view.get_ints("kernel_shape");
  if (kernel == nullptr || kernel->size() != spatial.size()) {
    return view.fail("kernel_shape needs one number for each of ", spatial.size(), " spatial axes");
  }
  const WindowAttributes window = TRY(read_window(view, *kernel));
  Shape extents;
  for (std::size_t a = 0; a < spatial.size(); ++a) {
    if (spatial[a] < 0 || spatial[a] > (std::int64_t{1} << 31)) {
      return view.fail("spatial axis ", a, " has an extent of ", spatial[a]);
    }
    const std::int64_t extent = (spatial[a] - 1) * window.strides[a] + window.kernel[a] -
                                window.pads[a] - window.pads[spatial.size() + a];
    if (extent < 0) return view.fail("spatial axis ", a, " would get an extent of ", extent);
    extents.push_back(extent);
  }
  return extents;
}

// Puts each element where its index says, in a tensor of the extents before pooling; where a larger
// output_shape is given, that tensor is its first corner.
Status evaluate_max_unpool(EvalContext& ctx) {
  const Tensor& x = ctx.input(0);
  if (x.rank() < 3 || ctx.input(1).shape() != x.shape()) {
    return ctx.fail("X has shape ", shape_text(x.shape()), " and I ",
                    shape_text(ctx.input(1).shape()), ": both must be the same [N, C, spatial...]");
  }
  Shape before = {x.dim(0), x.dim(1)};
  for (const std::int64_t extent : TRY(pooled_from(ctx, std::span(x.shape()).subspan(2)))) {
    before.push_back(extent);
  }
  Shape shape = before;
  if (ctx.has_input(2)) shape = TRY(ctx.ints(2));
  if (shape.size() != before.size()) {
    return ctx.fail("output_shape has ", shape.size(), " entries, ", before.size(), " are needed");
  }
  for (std::size_t a = 0; a < shape.size(); ++a) {
    if (shape[a] < before[a]) {
      return ctx.fail("output_shape is ", shape_text(shape), ", at least ", shape_text(before),
                      " is needed");
    }
  }
  Tensor y = TRY(ctx.make(x.dtype(), shape));
  TRY(ctx.make(x.dtype(), before));
  const std::int64_t count = x.size() == 0 ? 0 : product(before);
  const std::vector<std::int64_t> indices = TRY(ctx.ints(1));
  std::vector<std::size_t> places;
  places.reserve(indices.size());
  for (const std::int64_t given : indices) {
    if (given < 0 || given >= count) {
      return ctx.fail("I holds ", given, ", the output has ", count, " elements");
    }
    std::int64_t rest = given;
    std::int64_t place = 0;
    std::int64_t scale = 1;
    for (std::size_t a = shape.size(); a-- > 0;) {
      place += rest % before[a] * scale;
      rest /= before[a];
      scale *= shape[a];
    }
    places.push_back(static_cast<std::size_t>(place));
  }
  visit_width(x.dtype(), [&]<typename T>() {
    const auto in = x.data<T>();
    const auto out = y.mutable_data<T>();
    for (std::size_t i = 0; i < places.size(); ++i) out[places[i]] = in[i];
  });
  ctx.set_output(0, std::move(y));
  return {};
}

Status infer_max_unpool(InferContext& ctx) {
  ctx.set_output(0, ctx.dtype(0));
  if (ctx.has_input(2)) {
    if (auto shape = ctx.elements(2)) ctx.set_output(0, ctx.dtype(0), *std::move(shape));
    return {};
  }
  const Dims* x = ctx.dims(0);
  if (x == nullptr) return {};
  if (x->size() < 3) return ctx.fail("X has rank ", x->size(), ", it must be 3 or more");
  Dims output(x->size());
  output[0] = (*x)[0];
  output[1] = (*x)[1];
  if (const auto spatial = known_shape(Dims(x->begin() + 2, x->end()))) {
    const Shape extents = TRY(pooled_from(ctx, *spatial));
    for (std::size_t a = 0; a < extents.size(); ++a) output[a + 2] = Dim(extents[a]);
  }
  ctx.set_output(0, ctx.dtype(0), std::move(output));
  return {};
}

}  // namespace

std::vector<Op> max_unpool_ops() {
  return {
      {.name = "MaxUnpool",
       .versions = {{9, "X: T1, I: T2, output_shape?: T2 -> output: T1 | T1 = floats, T2 = int64",
                     "kernel_shape ints!, pads ints, strides ints"}},
       .infer = infer_max_unpool,
       .evaluate = evaluate_max_unpool}};
}

}  // namespace slipway
