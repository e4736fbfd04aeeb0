#include "ops/quant/operands.h"

#include "kernels/numeric/round.h"
#include "ops/quant/integer_range.h"
#include "ops/support/broadcast.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

// The one element of input i as float.
Result<float> single(const EvalContext& ctx, std::size_t i, std::string_view what) {
  if (ctx.input(i).size() != 1) {
    return ctx.fail(what, " is ", describe(ctx.value(i)), ": it must be one element");
  }
  const Tensor value = TRY(cast(ctx.input(i), DType::kFloat32));
  return value.data<float>()[0];
}

template <typename T>
void subtract(const BroadcastLoop& loop, const Tensor& zero_point, Tensor& values) {
  const T* const shift = zero_point.data<T>().data();
  T* const out = values.mutable_data<T>().data();
  for_each_run(loop,
               [&](std::size_t at, const auto& offsets, const auto& steps, std::size_t count) {
                 for (std::size_t i = 0; i < count; ++i)
                   out[at + i] -= shift[offsets[1] + i * steps[1]];
               });
}

// f(sum, a_scale, b_scale) into `out` for every element.
template <typename T, typename R, typename F>
void combine(const BroadcastLoop& loop, const Tensor& sums, const Tensor& a_scale,
             const Tensor& b_scale, Tensor& out, F f) {
  const T* const sum = sums.data<T>().data();
  const float* const a = a_scale.data<float>().data();
  const float* const b = b_scale.data<float>().data();
  R* const result = out.mutable_data<R>().data();
  for_each_run(loop,
               [&](std::size_t at, const auto& offsets, const auto& steps, std::size_t count) {
                 for (std::size_t i = 0; i < count; ++i) {
                   result[at + i] = f(static_cast<float>(sum[at + i]), a[offsets[1] + i * steps[1]],
                                      b[offsets[2] + i * steps[2]]);
                 }
               });
}

}  // namespace

Result<Tensor> without_zero_point(const EvalContext& ctx, std::size_t i, std::size_t zero_point,
                                  const Shape& zero_point_shape, std::string_view what) {
  const DType dtype = is_float(ctx.input(i).dtype()) ? DType::kFloat32 : DType::kInt32;
  Tensor values = TRY(cast(ctx.input(i), dtype));
  if (!ctx.has_input(zero_point)) return values;
  const Tensor shift = TRY(cast(ctx.input(zero_point), dtype));
  const Shape shapes[] = {values.shape(), zero_point_shape};
  const Result<BroadcastLoop> loop = plan_broadcast(shapes);
  if (!loop.ok() || loop->shape != values.shape()) {
    return ctx.fail("the zero point of ", what, " is ", shape_text(ctx.input(zero_point).shape()),
                    " for ", shape_text(values.shape()),
                    ": it must be one element, or one for each row, column or channel");
  }
  if (dtype == DType::kFloat32) {
    subtract<float>(*loop, shift, values);
  } else {
    subtract<std::int32_t>(*loop, shift, values);
  }
  return values;
}

Status requantize(EvalContext& ctx, const Tensor& sums, const Tensor& a_scale,
                  const Tensor& b_scale, std::size_t y_scale, std::size_t zero_point) {
  const DType dtype = ctx.input(zero_point).dtype();
  const float scale = TRY(single(ctx, y_scale, "y_scale"));
  const float shift = TRY(single(ctx, zero_point, "y_zero_point"));
  const Shape shapes[] = {sums.shape(), a_scale.shape(), b_scale.shape()};
  const Result<BroadcastLoop> loop = plan_broadcast(shapes);
  if (!loop.ok() || loop->shape != sums.shape()) {
    return ctx.fail("scales ", shape_text(a_scale.shape()), " and ", shape_text(b_scale.shape()),
                    " do not stretch to the result ", shape_text(sums.shape()));
  }
  Tensor y = TRY(ctx.make(is_float(dtype) ? DType::kFloat32 : DType::kInt32, sums.shape()));
  if (is_float(dtype)) {
    const auto rescale = [=](float sum, float a, float b) { return sum * (a * b / scale) + shift; };
    if (sums.dtype() == DType::kFloat32) {
      combine<float, float>(*loop, sums, a_scale, b_scale, y, rescale);
    } else {
      combine<std::int32_t, float>(*loop, sums, a_scale, b_scale, y, rescale);
    }
  } else {
    const numeric::IntegerRange range = integer_range(dtype);
    const auto rescale = [=](float sum, float a, float b) {
      return numeric::quantize(sum * (a * b / scale), 1.0F, static_cast<std::int32_t>(shift),
                               range);
    };
    if (sums.dtype() == DType::kFloat32) {
      combine<float, std::int32_t>(*loop, sums, a_scale, b_scale, y, rescale);
    } else {
      combine<std::int32_t, std::int32_t>(*loop, sums, a_scale, b_scale, y, rescale);
    }
  }
  return set_narrowed(ctx, 0, std::move(y), dtype);
}

}  // namespace slipway
